"""Random configurations for Hypothesis: every preset, topology, rule and parameter, in small
worlds.
"""

from hypothesis import strategies as st

from sim.config import Config
from sim.presets import list_structure_presets, load_structure

FINE = st.floats(0.0, 1.0).map(lambda x: round(x, 3))


@st.composite
def structures(draw):
    """A preset, or a form with every field drawn."""
    if draw(st.booleans()):
        return load_structure(draw(st.sampled_from(list_structure_presets()))).model_dump()
    topology = draw(
        st.sampled_from(["complete", "ring", "star", "mediated", "random", "small_world"])
    )
    exposures = ["convenor", "leaders", "everyone"] + ([] if topology == "mediated" else ["linked"])
    smallest = draw(st.integers(2, 4))
    shares = draw(st.tuples(FINE, FINE, FINE, FINE).filter(lambda s: sum(s) > 0))
    return {
        "name": "drawn",
        "topology": topology,
        "min_size": smallest,
        "max_size": draw(st.integers(smallest, 8)),
        "formalisation": draw(FINE),
        "setup_cost": draw(FINE),
        "link_cost": draw(st.sampled_from([0.0, 0.01, 0.05])),
        "rule_cost": draw(FINE),
        "exit_cost": draw(FINE),
        "mediator_understanding": draw(FINE) if topology == "mediated" else None,
        "extra_links": draw(FINE) if topology == "random" else None,
        "entry": draw(st.sampled_from(["invitation", "open"])),
        "discovery": dict(
            zip(("encounter", "referral", "directory", "convenor"), shares, strict=True)
        ),
        "exposure": draw(st.sampled_from(exposures)),
        "seen_at_most": draw(st.integers(1, 6)),
        "persistence": draw(FINE),
        "inertia": draw(FINE),
        "term": draw(st.sampled_from([0, 3, 8])),
        "modularity": draw(FINE),
        "sharing": draw(st.sampled_from(["equal", "contribution", "convenor_first"])),
    }


@st.composite
def configurations(draw):
    """A small world with every parameter drawn."""
    lowest = draw(st.integers(1, 3))
    breadths = [
        {"lowest": 1, "highest": 2, "share": draw(FINE)},
        {"lowest": lowest, "highest": lowest + draw(st.integers(0, 2)), "share": 1.0},
    ]
    sampled = st.sampled_from
    return Config.model_validate(
        {
            "structure": draw(structures()),
            "population": {
                "organisations": draw(st.integers(1, 30)),
                "domains": draw(st.integers(5, 9)),
                "budget": draw(sampled([0.7, 1.0, 3.0])),
                "concentration": draw(sampled([0.1, 0.2, 1.0, 3.0])),
                "base_skill": draw(sampled([0.0, 0.02, 0.1])),
                "sectors": draw(
                    sampled([{"care": 1.0}, {"care": 1.0, "goods": 2.0, "services": 0.0}])
                ),
                "capacity": draw(st.integers(1, 3)),
                "ledger_slots": draw(sampled([20, 32])),
            },
            "challenge": {
                "value": draw(sampled([0.5, 1.0])),
                "breadth_premium": draw(sampled([0.0, 1.0, 1.5])),
                "affinity": draw(FINE),
                "workload": draw(sampled([1.0, 6.0])),
                "deadline": draw(sampled([3, 25])),
                "aspiration": draw(sampled([0.2, 0.35, 0.8])),
                "breadths": breadths,
            },
            "search": {
                "meetings": draw(st.integers(0, 8)),
                "cost": draw(sampled([0.0, 0.01])),
                "directory_sample": draw(st.integers(1, 8)),
                "noise": draw(sampled([0.0, 0.1, 0.5])),
            },
            "understanding": {
                "decay": draw(sampled(["gaussian", "exponential", "linear"])),
                "reach": draw(sampled([0.5, 2.0, 5.0])),
                "familiarity_gain": draw(FINE),
                "mediated_learning": draw(FINE),
            },
            "trust": {
                name: draw(FINE)
                for name in (
                    "initial",
                    "initial_across_sectors",
                    "threshold",
                    "gain",
                    "loss",
                    "crowding_out",
                )
            },
            "production": {
                "depth": draw(sampled([1.0, 1.5, 2.0, 2.7])),
                "floor": draw(sampled([0.01, 0.1])),
                "complementarity": draw(sampled([-1000.0, -2.0, -1.0, 0.0, 0.5, 1.0])),
                "pooling": draw(sampled(["best", "additive", "noisy_or"])),
                "uncertainty": draw(sampled([0.0, 0.3])),
            },
            "imitation": {
                "rule": draw(sampled(["success", "conformity", "blind", "prestige"])),
                "rate": draw(sampled([0.0, 0.1, 0.5])),
                "strength": draw(FINE),
                "selectivity": draw(FINE),
                "upward_only": draw(st.booleans()),
            },
            "learning": {
                "practice": draw(sampled([0.0, 0.01, 0.2])),
                "identity": draw(sampled([0.0, 0.02, 0.5])),
                "bridging_start": draw(FINE),
                "reflection": draw(FINE),
                "bridging_gain": draw(FINE),
                "forgetting": draw(sampled([0.0, 0.01, 0.3])),
                "performance_rate": draw(FINE),
            },
            "letting_go": {"surplus_rate": draw(FINE), "cooling_off": draw(sampled([0, 3]))},
            "environment": {
                "turbulence": draw(sampled([0.0, 0.2])),
                "obsolescence": draw(FINE),
                "pick_up": draw(FINE),
                "turnover": draw(sampled([0.0, 0.05])),
            },
            "run": {"rounds": draw(st.integers(5, 30)), "seed": draw(st.integers(0, 2**64 - 1))},
        }
    )
