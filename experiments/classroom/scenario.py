"""What a page may choose: a form and parameters per side, from presets and declared ranges.

A page can never name code, a path or a class.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from analysis.names import suggest_name
from experiments.configuration import explain_validation_error, list_parameters
from sim.config import FORM_TOPOLOGIES, IMITATION_RULES, POOLING_RULES, Config
from sim.errors import InputError
from sim.presets import load_structure

Side = Literal["a", "b"]
SIDES: tuple[Side, ...] = ("a", "b")
Scalar = Annotated[
    bool | int | float | Annotated[str, Field(max_length=40)] | None,
    Field(union_mode="left_to_right"),
]

# What a page never sets: files, user-defined functions, what only studies need, names of presets.
HIDDEN_PARAMETERS = {
    "population.source",
    "population.path",
    "population.minimum_projects",
    "population.sample_seed",
    "population.sectors",
    "challenge.breadths",
    "structure.name",
    "structure.mix",
    "run.rounds",
    "run.record_every",
    "run.window",
    "run.measures",
}
UPPER_LIMITS: dict[str, int] = {
    "population.organisations": 300,
    "population.domains": 16,
    "population.capacity": 4,
    "population.ledger_slots": 64,
    "structure.max_size": 20,
    "structure.min_size": 20,
    "structure.seen_at_most": 20,
    "search.meetings": 64,
    "run.seed": 999_999,
    "challenge.deadline": 1_000,
    "structure.term": 1_000,
    "letting_go.cooling_off": 1_000,
}
LOWER_LIMITS = {
    "population.organisations": 2,
    "population.domains": max(breadth.highest for breadth in Config().challenge.breadths),
}
PARAMETER_CHOICES: dict[str, tuple[str, ...]] = {
    "imitation.rule": IMITATION_RULES,
    "production.pooling": POOLING_RULES,
    "structure.topology": FORM_TOPOLOGIES,
}
PAGE_DEFAULTS: dict[str, Scalar] = {"population.organisations": 60}
# A number that only one topology has, and its value when another form gets that topology.
TOPOLOGY_NUMBERS = {"mediated": ("mediator_understanding", 0.8), "random": ("extra_links", 0.2)}
DEFAULT_STRUCTURE = "alliance"
MOST_SIDE_VALUES = 100


def list_page_parameters() -> dict[str, Any]:
    """Return the parameters a page may set, by dotted path, with their declarations."""
    return {
        path: field for path, field in list_parameters().items() if path not in HIDDEN_PARAMETERS
    }


def is_shared(path: str) -> bool:
    """Tell whether both sides share a parameter: the population, and the random seed."""
    return path.startswith(("population.", "run."))


class SideSettings(BaseModel):
    """One side: a preset of structure, and parameters that differ from it."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    structure: Annotated[str, Field(max_length=40)] = DEFAULT_STRUCTURE
    values: dict[Annotated[str, Field(max_length=60)], Scalar] = Field(
        default_factory=dict, max_length=MOST_SIDE_VALUES
    )


class Scenario(BaseModel):
    """Both sides; ``shared`` holds population and seed."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    shared: dict[Annotated[str, Field(max_length=60)], Scalar] = Field(
        default_factory=dict, max_length=MOST_SIDE_VALUES
    )
    a: SideSettings = SideSettings()
    b: SideSettings = SideSettings()

    def build_configs(self) -> dict[Side, Config]:
        """Return the configurations of both sides; raise InputError when one is not allowed."""
        for path in self.shared:
            if path in list_page_parameters() and not is_shared(path):
                raise InputError(f"{path} belongs to one side; give it under a or b")
        return {
            "a": build_side_config(self.shared, self.a),
            "b": build_side_config(self.shared, self.b),
        }

    def replace_value(self, side: Side | Literal["both"], path: str, value: Scalar) -> Scenario:
        """Return the scenario with another value of a parameter, on one side or both.

        Parameters that the sides share change on both.
        """
        check_page_value(path, value)
        if is_shared(path):
            return self.model_copy(update={"shared": {**self.shared, path: value}})
        changed: dict[str, Any] = {}
        for name in list_sides(side):
            settings: SideSettings = getattr(self, name)
            values = {**settings.values, path: value}
            changed[name] = SideSettings(structure=settings.structure, values=values)
        return self.model_copy(update=changed)

    def replace_structure(self, side: Side | Literal["both"], structure: str) -> Scenario:
        """Return the scenario with another preset of structure on one side or both.

        Parameters of the form that were set there go; others stay.
        """
        load_structure(structure)
        changed: dict[str, Any] = {}
        for name in list_sides(side):
            values = {
                path: value
                for path, value in getattr(self, name).values.items()
                if not path.startswith("structure.")
            }
            changed[name] = SideSettings(structure=structure, values=values)
        return self.model_copy(update=changed)


def list_sides(side: Side | Literal["both"]) -> tuple[Side, ...]:
    """Return the sides that a choice concerns."""
    return SIDES if side == "both" else (side,)


def check_page_value(path: str, value: Scalar) -> None:
    """Raise InputError unless a page may set a parameter to a value.

    Config checks types and declared ranges.
    """
    known = list_page_parameters()
    if path not in known:
        raise InputError(
            f"{path} is not a parameter of the page.{suggest_name(path, tuple(known))}"
        )
    choices = PARAMETER_CHOICES.get(path)
    if choices and value not in choices:
        raise InputError(
            f"{path} is {value}; allowed: {', '.join(choices)}.{suggest_name(str(value), choices)}"
        )
    if isinstance(value, int | float):
        check_page_range(path, value)


def check_page_range(path: str, value: float) -> None:
    """Raise InputError unless a value is within the limits of the page."""
    if value > UPPER_LIMITS.get(path, value):
        raise InputError(
            f"{path} is {value}; the page goes up to {UPPER_LIMITS[path]}. `overbruggen run"
            f" {path}={value}` has no such limit"
        )
    if value < LOWER_LIMITS.get(path, value):
        raise InputError(f"{path} is {value}; the page needs at least {LOWER_LIMITS[path]}")


def build_side_config(shared: dict[str, Scalar], settings: SideSettings) -> Config:
    """Return the configuration of one side, checked."""
    structure = load_structure(settings.structure).model_dump()
    values: dict[str, Any] = {"structure": structure}
    for path, value in {**PAGE_DEFAULTS, **shared, **settings.values}.items():
        check_page_value(path, value)
        *groups, name = path.split(".")
        fields = values
        for group in groups:
            fields = fields.setdefault(group, {})
        fields[name] = value
    fit_topology(structure)
    try:
        return Config.model_validate(values)
    except ValidationError as error:
        raise InputError(explain_validation_error(error)) from error


def fit_topology(structure: dict[str, Any]) -> None:
    """Give a topology the number that only it has, and remove the numbers of other topologies."""
    for topology, (name, default) in TOPOLOGY_NUMBERS.items():
        if structure["topology"] != topology:
            structure[name] = None
        elif structure[name] is None:
            structure[name] = default
