"""Random configurations for Hypothesis: every preset, choice and parameter, in small worlds.

A parameter is drawn from its declared limits; ``NARROWED`` holds what a small world, or a rule with
several branches, asks for instead.
"""

from hypothesis import strategies as st

from sim.config import FORM_TOPOLOGIES, Config, Group, Structure, list_choices
from sim.presets import list_structure_presets, load_structure

FINE = st.floats(0.0, 1.0).map(lambda x: round(x, 3))
MOST_ABOVE_LOWEST = 8  # of a whole number without a narrower limit
DRAWN_SIZES = (2, 8)

# Parameters that stay at their defaults, and why the twin says nothing about them.
NOT_DRAWN = {
    "population.source": "the twin draws its organisations; tests/unit/test_population_file.py",
    "population.path": "see population.source",
    "population.minimum_projects": "see population.source",
    "population.sample_seed": "see population.source",
    "run.measures": "the twin has no partner network; tests/contracts/test_measures.py counts it",
    "run.window": "see run.measures",
}


def sampled(*values):
    return st.sampled_from(values)


NARROWED = {
    "population.organisations": st.integers(1, 30),
    "population.domains": st.integers(5, 9),
    "population.budget": sampled(0.7, 1.0, 3.0),
    "population.concentration": sampled(0.1, 0.2, 1.0, 3.0),
    "population.base_skill": sampled(0.0, 0.02, 0.1),
    "population.sectors": sampled({"care": 1.0}, {"care": 1.0, "goods": 2.0, "services": 0.0}),
    "population.capacity": st.integers(1, 3),
    "population.ledger_slots": sampled(20, 32),
    "challenge.value": sampled(0.5, 1.0),
    "challenge.breadth_premium": sampled(0.0, 1.0, 1.5),
    "challenge.workload": sampled(1.0, 6.0),
    "challenge.deadline": sampled(3, 25),
    "challenge.aspiration": sampled(0.2, 0.35, 0.8),
    "search.cost": sampled(0.0, 0.01),
    "search.noise": sampled(0.0, 0.1, 0.5),
    "understanding.reach": sampled(0.5, 2.0, 5.0),
    "production.depth": sampled(1.0, 1.5, 2.0, 2.7),
    "production.floor": sampled(0.01, 0.1),
    "production.complementarity": sampled(-1000.0, -2.0, -1.0, 0.0, 0.5, 1.0),
    "production.uncertainty": sampled(0.0, 0.3),
    "imitation.rate": sampled(0.0, 0.1, 0.5),
    "learning.practice": sampled(0.0, 0.01, 0.2),
    "learning.identity": sampled(0.0, 0.02, 0.5),
    "learning.forgetting": sampled(0.0, 0.01, 0.3),
    "letting_go.cooling_off": sampled(0, 3),
    "environment.turbulence": sampled(0.0, 0.2),
    "environment.turnover": sampled(0.0, 0.05),
    "structure.link_cost": sampled(0.0, 0.01, 0.05),
    "structure.term": sampled(0, 3, 8),
    "run.rounds": st.integers(5, 30),
    "run.seed": st.integers(0, 2**64 - 1),
    "run.record_every": sampled(1, 1, 1, 2, 3),
}


def within_limits(field):
    """A strategy for one parameter, from its declaration."""
    choices = list_choices(field)
    if choices:
        return st.sampled_from(choices)
    if field.annotation is bool:
        return st.booleans()
    limits = {
        sign: getattr(limit, sign)
        for limit in field.metadata
        for sign in ("ge", "gt", "le", "lt")
        if hasattr(limit, sign)
    }
    lowest = limits.get("ge", limits.get("gt"))
    if field.annotation is int:
        return st.integers(lowest, min(limits.get("le", 2**31), lowest + MOST_ABOVE_LOWEST))
    widest = limits.get("le", limits.get("lt", lowest + 1.0))
    return FINE.map(lambda x: lowest + x * (widest - lowest)).filter(
        lambda x: x > lowest or "gt" not in limits
    )


@st.composite
def group_values(draw, group, before, given):
    """Values of every parameter of a group, by name; those ``given`` are as they are."""
    values = {}
    for name, field in group.model_fields.items():
        path, kind = f"{before}{name}", field.annotation
        if name in given:
            values[name] = given[name]
        elif isinstance(kind, type) and issubclass(kind, Group):
            values[name] = draw(group_values(kind, f"{path}.", {}))
        elif path not in NOT_DRAWN:
            values[name] = draw(NARROWED[path] if path in NARROWED else within_limits(field))
    return values


@st.composite
def structures(draw):
    """A preset, or a form with every field drawn."""
    if draw(st.booleans()):
        return load_structure(draw(st.sampled_from(list_structure_presets()))).model_dump()
    topology = draw(st.sampled_from([name for name in FORM_TOPOLOGIES if name != "none"]))
    exposures = list_choices(Structure.model_fields["exposure"])
    if topology == "mediated":
        exposures = [name for name in exposures if name != "linked"]
    smallest = draw(st.integers(DRAWN_SIZES[0], 4))
    channels = Structure.model_fields["discovery"].annotation.model_fields
    shares = draw(st.tuples(*(FINE for _ in channels)).filter(lambda s: sum(s) > 0))
    given = {
        "name": "drawn",
        "mix": {},
        "topology": topology,
        "min_size": smallest,
        "max_size": draw(st.integers(smallest, DRAWN_SIZES[1])),
        "mediator_understanding": draw(FINE) if topology == "mediated" else None,
        "extra_links": draw(FINE) if topology == "random" else None,
        "discovery": dict(zip(channels, shares, strict=True)),
        "exposure": draw(st.sampled_from(exposures)),
    }
    return draw(group_values(Structure, "structure.", given))


@st.composite
def breadth_classes(draw):
    """Two classes of breadth, the second always possible."""
    lowest = draw(st.integers(1, 3))
    return [
        {"lowest": 1, "highest": 2, "share": draw(FINE)},
        {"lowest": lowest, "highest": lowest + draw(st.integers(0, 2)), "share": 1.0},
    ]


@st.composite
def configurations(draw):
    """A small world with every parameter drawn."""
    values = {}
    for name, field in Config.model_fields.items():
        given = {"breadths": draw(breadth_classes())} if name == "challenge" else {}
        values[name] = (
            draw(structures())
            if name == "structure"
            else draw(group_values(field.annotation, f"{name}.", given))
        )
    return Config.model_validate(values)
