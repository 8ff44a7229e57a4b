"""Which names may be what: read by tests/architecture/test_names.py."""

# Verbs that a function may begin with. A new one is welcome here if it is one.
VERBS = frozenset(
    """
    act adapt add admit adopt advance align allow analyse announce append apply arrange ask
    assemble assess assign average balance begin book build can carry change check choose
    classify clean clear collect compare compile complete compose compute convert copy count
    create cross cumulate decide declare defer derive describe dissolve divide draw drop dump
    encode end enlarge enter escape estimate evaluate exchange exclude execute explain extract
    fade fill find fit flatten form format gather generate get give grow handle has hash hold
    imitate import increase inline invite is isolate iterate join judge label learn leave let
    link list load lock look lower make mark measure meet merge move normalise note number open
    order pack pad paint pair parse perform pick pivot place plan play pool practise predict
    prefetch prepare present print probe project pull put raise rank read rebuild record reflect
    refuse release relocate remove rename render renew replace report require rerun resample
    resolve restore resume return rewrite round run sample save scan search select serve set
    settle shorten show shuffle silence smooth socialise sort split spread standardise start
    stop strip subtract suggest sum summarise swap sync tabulate take teach thin track try unbox
    unite unpack unwrap update use validate walk warn weigh widen work wrap write zip
    """.split()
)

# Functions named after the quantity they return, because users call them so, as in SciPy;
# decorators; the command
# line's commands, which are looked up by name; components of Solara, which are classes in all but
# syntax.
NAMED_AFTER_WHAT_THEY_RETURN = {
    "sim": """
    classic_entry entry gini kernel philox
    """.split(),
    "analysis": """
    Form accounts animation best_by_region caused_by_round causes corrected crossings
    decomposition differences distribution effects elementary_effects equivalence erosion
    expertise_space half_lives heat_map interaction inverted_u_tests main_effects means
    one_at_a_time page phase_diagram profiles regression_shares replicates_needed
    replicates_needed_to_compare response_lines run_exhibit sobol_indices storyboard time_course
    turning variance_shares variance_stability
    """.split(),
    "experiments": """
    Network Page classroom dock figures main package problem sensitivity study unit_sample
    """.split(),
}

# Names that every plug-in of a kind has once, because its registry looks for them; by the beginning
# of its module.
CONVENTIONS = {
    "sim.classics": ("MODEL", "PAPER", "Stream"),
    "experiments": ("main",),
}
