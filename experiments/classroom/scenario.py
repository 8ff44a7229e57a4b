"""What a page may choose: a form and parameters for each side, from presets and declared ranges, never code, paths or class names."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from analysis.names import suggest_name
from experiments.configuration import explain_validation_error, list_parameters
from sim.config import FORM_TOPOLOGIES, IMITATION_RULES, POOLING_RULES, Config
from sim.errors import InputError
from sim.presets import list_structure_presets, load_structure

Side = Literal["a", "b"]
SIDES: tuple[Side, ...] = ("a", "b")
Scalar = Annotated[
    bool | int | float | Annotated[str, Field(max_length=40)] | None,
    Field(union_mode="left_to_right"),
]

# What a page never sets: files, own functions, what only batches need, and names the presets bring.
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
    "population.domains": 8,
}  # the broadest challenge needs eight domains
PARAMETER_CHOICES: dict[str, tuple[str, ...]] = {
    "imitation.rule": IMITATION_RULES,
    "production.pooling": POOLING_RULES,
    "structure.topology": FORM_TOPOLOGIES,
}
PAGE_DEFAULTS: dict[str, Scalar] = {"population.organisations": 60}
DEFAULT_MEDIATOR_UNDERSTANDING, DEFAULT_EXTRA_LINKS = (
    0.8,
    0.2,
)  # what a topology gets that needs a number the form did not have: those of the platform and the movement
MOST_SIDE_VALUES = 100


def list_page_parameters() -> dict[str, Any]:
    """Return the parameters a page may set, by dotted path, with their declarations."""
    return {
        path: field for path, field in list_parameters().items() if path not in HIDDEN_PARAMETERS
    }


def is_shared(path: str) -> bool:
    """Tell whether both sides must have the same value: who there is, and the luck."""
    return path.startswith(("population.", "run."))


class SideSettings(BaseModel):
    """What one side is: a preset of structure, and parameters that differ from it."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    structure: Annotated[str, Field(max_length=40)] = "alliance"
    values: dict[Annotated[str, Field(max_length=60)], Scalar] = Field(
        default_factory=dict, max_length=MOST_SIDE_VALUES
    )


class Scenario(BaseModel):
    """What both sides are; ``shared`` holds population and seed."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    shared: dict[Annotated[str, Field(max_length=60)], Scalar] = Field(
        default_factory=dict, max_length=MOST_SIDE_VALUES
    )
    a: SideSettings = SideSettings()
    b: SideSettings = SideSettings()

    def configs(self) -> dict[Side, Config]:
        """Return both sides' configurations; InputError when something is not allowed."""
        for path in self.shared:
            if path in list_page_parameters() and not is_shared(path):
                raise InputError(f"{path} belongs to one side; give it under a or b")
        return {
            "a": build_side_config(self.shared, self.a),
            "b": build_side_config(self.shared, self.b),
        }

    def with_value(self, side: Side | Literal["both"], path: str, value: Scalar) -> Scenario:
        """Return the scenario with one parameter changed, on one side or both; shared ones change for both."""
        check_page_value(path, value)
        if is_shared(path):
            return self.model_copy(update={"shared": {**self.shared, path: value}})
        chosen: tuple[Side, ...] = ("a", "b") if side == "both" else (side,)
        renewed: dict[str, Any] = {
            s: SideSettings(
                structure=getattr(self, s).structure,
                values={**getattr(self, s).values, path: value},
            )
            for s in chosen
        }
        return self.model_copy(update=renewed)

    def with_structure(self, side: Side | Literal["both"], name: str) -> Scenario:
        """Return the scenario with another form on a side; parameters of the form that were set there go, others stay."""
        load_structure(name)
        chosen: tuple[Side, ...] = ("a", "b") if side == "both" else (side,)
        kept = {
            s: {
                path: v
                for path, v in getattr(self, s).values.items()
                if not path.startswith("structure.")
            }
            for s in chosen
        }
        return self.model_copy(
            update={s: SideSettings(structure=name, values=kept[s]) for s in chosen}
        )


def check_page_value(path: str, value: Scalar) -> None:
    """Raise InputError unless a page may set this parameter to this value; Config checks types and ranges besides."""
    known = list_page_parameters()
    if path not in known:
        raise InputError(
            f"{path} is not a parameter of the page.{suggest_name(path, tuple(known))}"
        )
    if path in PARAMETER_CHOICES and value not in PARAMETER_CHOICES[path]:
        raise InputError(
            f"{path} is {value}; allowed:"
            f" {', '.join(PARAMETER_CHOICES[path])}.{suggest_name(str(value), PARAMETER_CHOICES[path])}"
        )
    if path in UPPER_LIMITS and isinstance(value, int | float) and value > UPPER_LIMITS[path]:
        raise InputError(
            f"{path} is {value}; the page goes up to {UPPER_LIMITS[path]}. `overbruggen run"
            f" {path}={value}` has no such limit"
        )
    if path in LOWER_LIMITS and isinstance(value, int | float) and value < LOWER_LIMITS[path]:
        raise InputError(f"{path} is {value}; the page needs at least {LOWER_LIMITS[path]}")


def build_side_config(shared: dict[str, Scalar], choice: SideSettings) -> Config:
    """Return one side's configuration, checked."""
    if choice.structure not in list_structure_presets():
        raise InputError(
            f"structure {choice.structure} is not a"
            f" preset.{suggest_name(choice.structure, list_structure_presets())}"
        )
    values: dict[str, Any] = {"structure": load_structure(choice.structure).model_dump()}
    for path, value in {**PAGE_DEFAULTS, **shared, **choice.values}.items():
        check_page_value(path, value)
        *groups, name = path.split(".")
        fields = values
        for group in groups:
            fields = fields.setdefault(group, {})
        fields[name] = value
    fit_topology(values["structure"])
    try:
        return Config.model_validate(values)
    except ValidationError as error:
        raise InputError(explain_validation_error(error)) from error


def fit_topology(structure: dict[str, Any]) -> None:
    """Give a topology the number it needs, and take away those that belong to another."""
    for topology, name, usual in (
        ("mediated", "mediator_understanding", DEFAULT_MEDIATOR_UNDERSTANDING),
        ("random", "extra_links", DEFAULT_EXTRA_LINKS),
    ):
        if structure["topology"] != topology:
            structure[name] = None
        elif structure[name] is None:
            structure[name] = usual
