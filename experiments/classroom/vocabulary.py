"""What the page needs to know before it meets a model: parameters, names, ranges and choices.

All of it comes from the declarations of the model and of the server, so that the page copies none.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import yaml

from experiments.classroom.bands import BAND_RUNS
from experiments.classroom.messages import (
    DECISION_TIMES,
    DEFAULT_DECISION_TIME,
    FEWEST_BAND_ROUNDS,
    LONGEST_CODE,
    PROTOCOL_VERSION,
    SPEEDS,
)
from experiments.classroom.scenario import (
    DEFAULT_STRUCTURE,
    LOWER_LIMITS,
    PAGE_DEFAULTS,
    PARAMETER_CHOICES,
    UPPER_LIMITS,
    is_shared,
    list_page_parameters,
)
from experiments.classroom.snapshots import CHARTED_MEASURES, PEAK_STEPS
from sim.config import FORM_TOPOLOGIES, Config
from sim.interactive.parameter_changes import can_change_between_rounds
from sim.observation.measures import MEASURES
from sim.presets import list_structure_presets, load_structure

RULES_FILE = Path(__file__).parent / "rules.yaml"
# The settings beside the networks; all others are in the panel of all parameters.
BASIC_PARAMETERS = (
    "imitation.rate",
    "imitation.rule",
    "imitation.selectivity",
    "structure.formalisation",
    "structure.persistence",
    "learning.reflection",
    "environment.turbulence",
    "production.depth",
)
SHARED_BASIC_PARAMETERS = ("population.organisations", "run.seed")
LESSON_SPEED = 20  # rounds per second at which lessons play; one of SPEEDS
# How far a slider goes where the declared range goes further than a class needs.
SLIDER_REACH = {
    "run.seed": 999,
    "structure.term": 60,
    "letting_go.cooling_off": 60,
    "search.cost": 0.1,
    "structure.link_cost": 0.2,
}
INTEGER_SLIDER_REACH = 8
SLIDER_REACH_FACTOR = 4.0  # of a slider whose declared range has no end near the default
MOST_SLIDER_STEPS = 110
SLIDER_STEPS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5)


@cache
def read_rules() -> dict[str, dict[str, str]]:
    """Return the rule of every parameter: its equation, and its section of docs/rules.md."""
    rules: dict[str, dict[str, str]] = yaml.safe_load(RULES_FILE.read_text(encoding="utf-8"))
    return rules


@cache
def build_vocabulary() -> dict[str, Any]:
    """Return everything the page needs before it meets a model."""
    return {
        "protocol": PROTOCOL_VERSION,
        "groups": [
            {
                "name": group,
                "meaning": Config.model_fields[group].description,
                "parameters": list(describe_page_group(group)),
            }
            for group in list_page_groups()
        ],
        "basic_parameters": BASIC_PARAMETERS,
        "shared_basic_parameters": SHARED_BASIC_PARAMETERS,
        "structures": list_structure_values(),
        "default_structure": DEFAULT_STRUCTURE,
        "topologies": [name for name in FORM_TOPOLOGIES if name != "none"],
        "charts": [
            {"name": name, "unit": MEASURES[name].unit, "meaning": MEASURES[name].meaning}
            for name in CHARTED_MEASURES
        ],
        "peak_steps": PEAK_STEPS,
        "speeds": SPEEDS,
        "lesson_speed": LESSON_SPEED,
        "band_runs": BAND_RUNS,
        "fewest_band_rounds": FEWEST_BAND_ROUNDS,
        "decision_times": {"choices": DECISION_TIMES, "default": DEFAULT_DECISION_TIME},
        "longest_code": LONGEST_CODE,
    }


@cache
def list_structure_values() -> dict[str, dict[str, Any]]:
    """Return the values of every preset of structure, by dotted path."""
    return {
        name: flatten_page_values(load_structure(name).model_dump(), "structure.")
        for name in list_structure_presets()
    }


def list_page_groups() -> list[str]:
    """Return the groups that have parameters on the page, in the order of their declaration."""
    on_page = {path.split(".")[0] for path in list_page_parameters()}
    return [group for group in Config.model_fields if group in on_page]


def describe_page_group(group: str) -> list[dict[str, Any]]:
    """Return what the page shows of the parameters of a group."""
    return [
        describe_page_parameter(path, field)
        for path, field in list_page_parameters().items()
        if path.split(".")[0] == group
    ]


def describe_page_parameter(path: str, field: Any) -> dict[str, Any]:
    """Return what the page shows of one parameter."""
    extra = field.json_schema_extra
    parameter = {
        "path": path,
        "meaning": field.description,
        "unit": extra["unit"],
        "symbol": extra["symbol"],
        "source": extra["source"],
        "default": PAGE_DEFAULTS.get(path, field.get_default(call_default_factory=True)),
        "at_once": can_change_between_rounds(path),
        "shared": is_shared(path),
        **read_rules()[path],
    }
    return parameter | choose_control(path, field)


def choose_control(path: str, field: Any) -> dict[str, Any]:
    """Return the kind of control that a parameter gets, with its range or choices."""
    kind = field.annotation
    if path in PARAMETER_CHOICES or get_origin(kind) is Literal:
        return {"kind": "choice", "choices": PARAMETER_CHOICES.get(path) or get_args(kind)}
    if kind is bool:
        return {"kind": "flag"}
    low, high = find_control_range(path, field)
    reach = {"low": low, "high": high, "optional": kind not in (int, float)}
    if kind is int:
        return reach | {"kind": "whole", "step": 1}
    return reach | {"kind": "number", "step": choose_control_step(low, high)}


def find_control_range(path: str, field: Any) -> tuple[float, float]:
    """Return the range of a slider: the declared one, or a part of it around the default."""
    limits = {
        sign: getattr(rule, sign)
        for rule in field.metadata
        for sign in ("ge", "gt", "le", "lt")
        if hasattr(rule, sign)
    }
    default = field.get_default(call_default_factory=True) or 0.0
    low = max(limits.get("ge", limits.get("gt", 0.0)), LOWER_LIMITS.get(path, -1e9))
    high = min(limits.get("le", limits.get("lt", 1e9)), UPPER_LIMITS.get(path, 1e9))
    smallest_reach = INTEGER_SLIDER_REACH if field.annotation is int else 1.0
    reach = SLIDER_REACH.get(path, max(SLIDER_REACH_FACTOR * abs(default), smallest_reach))
    low = max(low, -2.0 * reach)
    if "gt" in limits and low == limits["gt"]:
        low += choose_control_step(low, min(high, reach))
    of_presets = (values.get(path) or 0.0 for values in list_structure_values().values())
    return low, min(high, max(reach, *of_presets))


def choose_control_step(low: float, high: float) -> float:
    """Return a step of about a hundredth of the range, as a round number."""
    for step in SLIDER_STEPS:
        if (high - low) / step <= MOST_SLIDER_STEPS:
            return step
    return 1.0


def flatten_page_values(values: dict[str, Any], before: str) -> dict[str, Any]:
    """Return nested values by dotted path, without those that the page does not show."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, dict):
            flat |= flatten_page_values(value, f"{before}{name}.")
        elif before + name in list_page_parameters():
            flat[before + name] = value
    return flat
