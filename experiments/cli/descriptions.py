"""Tables that `overbruggen describe` prints and the documentation contains."""

from __future__ import annotations

from importlib import import_module
from inspect import cleandoc
from typing import Any

from pydantic import BaseModel

from analysis.names import suggest_or_list
from analysis.tables import Table
from experiments.configuration import format_allowed_values, list_parameters
from experiments.models.classics import (
    build_classics_table,
    get_summary_line,
    list_parameters_and_measures,
)
from sim.classics.registry import list_classics, load_classic
from sim.config import Config
from sim.errors import InputError
from sim.observation.events import EVENT_MEANINGS
from sim.observation.measures import MEASURES
from sim.observation.outcomes import OUTCOMES

MEASURES_TOPIC, CLASSICS_TOPIC = "measures", "classics"
ROUND_NOTE = (
    "In a table of runs a measure is the mean over all recorded rounds, and <measure>_end that over"
    " their last quarter."
)
CLASSIC_NOTE = (
    "In a table of runs a measure is its value at the end, and <measure>_mean the mean over all"
    " rounds, the start included."
)
PARAMETER_COLUMNS = (
    "parameter",
    "symbol",
    "type and range",
    "default",
    "unit",
    "meaning",
    "source",
)


def build_description_tables(group: str | None = None) -> list[Table]:
    """Return the tables of a topic.

    Args:
        group: a group of parameters, ``measures``, ``classics`` or the name of a classic; all
            groups of parameters by default.

    Raises:
        InputError: the topic is unknown.
    """
    names = list(Config.model_fields)
    if group == MEASURES_TOPIC:
        return build_measure_tables()
    if group == CLASSICS_TOPIC:
        return [build_classics_table()]
    if group in list_classics():
        return build_classic_tables(group)
    if group is not None and group not in names:
        topics = [*names, MEASURES_TOPIC, CLASSICS_TOPIC, *list_classics()]
        raise InputError(f"{group} is not a group of parameters.{suggest_or_list(group, topics)}")
    return [build_group_table(name) for name in names if group in (None, name)]


def build_measure_tables() -> list[Table]:
    """Return the tables of measures: per round, per run, per collaboration."""
    columns = ("measure", "unit", "meaning")
    return [
        Table(
            "Every round",
            columns,
            [(name, m.unit, m.meaning) for name, m in MEASURES.items()],
            ROUND_NOTE,
        ),
        Table(
            "The whole run", columns, [(name, m.unit, m.meaning) for name, m in OUTCOMES.items()]
        ),
        Table(
            "Every collaboration (event table)", ("column", "meaning"), list(EVENT_MEANINGS.items())
        ),
    ]


def build_classic_tables(name: str) -> list[Table]:
    """Return the tables of a classic: its parameters and measures."""
    parameters, measures = list_parameters_and_measures(name)
    rows = [build_parameter_row(path, field) for path, field in parameters.items()]
    return [
        Table(
            f"{name}: {get_summary_line(load_classic(name))}",
            PARAMETER_COLUMNS,
            rows,
            f"`overbruggen run model={name} {next(iter(parameters))}=...` sets them.",
        ),
        Table(
            "Every round",
            ("measure", "unit", "meaning"),
            [(name, m.unit, m.meaning) for name, m in measures.items()],
            CLASSIC_NOTE,
        ),
    ]


def build_group_table(group: str) -> Table:
    """Return the parameters of one group."""
    meaning = Config.model_fields[group].description or ""
    rows = [
        build_parameter_row(path, field)
        for path, field in list_parameters().items()
        if path.split(".")[0] == group
    ]
    return Table(f"{group}: {meaning}", PARAMETER_COLUMNS, rows)


def build_parameter_row(path: str, field: Any) -> tuple[str, ...]:
    """Return one parameter's row."""
    extra = field.json_schema_extra
    return (
        path,
        extra["symbol"],
        format_allowed_values(field),
        format_default(field),
        extra["unit"],
        field.description,
        extra["source"],
    )


def format_default(field: Any) -> str:
    """Return a default as text."""
    value = field.get_default(call_default_factory=True)
    if isinstance(value, tuple) and value and isinstance(value[0], BaseModel):
        return "; ".join(
            ", ".join(f"{k} {v}" for k, v in part.model_dump().items()) for part in value
        )
    if isinstance(value, dict):
        return ", ".join(f"{k} {v:g}" for k, v in value.items()) or "none"
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return "null" if value is None else str(value)


def format_parameters_markdown() -> str:
    """Return the parameter reference as Markdown."""
    title = (
        "# Parameters\n\nMade by `overbruggen describe --markdown`; the declarations stand in"
        " `sim/config/`.\n\n"
    )
    return title + "\n".join(table.to_markdown() for table in build_description_tables())


def format_classics_markdown() -> str:
    """Return the reference of classics as Markdown: descriptions, parameters and measures."""
    parts = [
        "# Classics",
        "This page is made by `overbruggen describe classics --markdown` from the models in"
        " `sim/classics/`.\nHow to run and add one: [how-to-classics.md](how-to-classics.md).",
    ]
    for name in list_classics():
        text = cleandoc(import_module(load_classic(name).__module__).__doc__ or "").replace(
            "``", "`"
        )
        heading, _, rest = text.partition("\n")
        parts += [
            f"## {heading}",
            rest.strip(),
            *(table.to_markdown().strip() for table in build_classic_tables(name)),
        ]
    return "\n\n".join(parts) + "\n"


def format_measures_markdown() -> str:
    """Return the reference of measures as Markdown."""
    title = (
        "# Measures\n\nThis page is made by `overbruggen describe measures --markdown` from the"
        " declarations in\n`sim/observation/measures.py` and `sim/observation/outcomes.py`.\n\n"
    )
    return title + "\n".join(table.to_markdown() for table in build_measure_tables())
