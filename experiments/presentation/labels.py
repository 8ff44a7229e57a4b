"""Axis labels: parameters and measures with their units."""

from __future__ import annotations

from experiments.configuration import list_parameters
from experiments.models.classics import list_parameters_and_measures
from sim.observation.measures import MEASURES
from sim.observation.outcomes import OUTCOMES

AXIS_LABEL_OVERRIDES = {
    "structure": "Form",
    "form": "Form",
    "imitation.rate": "Imitation rate (per exposed member and round)",
    "imitation_rate": "Imitation rate (per exposed member and round)",
    "production.depth": "Depth of expertise (exponent)",
    "depth": "Depth of expertise (exponent)",
    "learning.bridging_start": "Bridging skill at the start (0 to 1)",
    "largest_size": "Size of collaborations (members)",
    "rounds": "Lifetime of collaborations (rounds)",
    "partners": "Partners of an organisation over the run (number)",
    "diversity_within": "Diversity within collaborations (root mean square distance)",
    "gini_value": "Inequality of value (Gini coefficient, 0 to 1)",
    "trust_within": "Trust within collaborations (0 to 1)",
}
NO_UNIT = "-"
MAX_SYMBOL_LENGTH = 2  # letters; longer names are words


def list_axis_labels(model: str | None = None) -> dict[str, str]:
    """Return the axis label of every parameter and measure by name.

    Args:
        model: preset of a classic; None for the collaboration model.
    """
    if model:
        return list_classic_axis_labels(model)
    labels = {}
    for path, field in list_parameters().items():
        labels[path] = add_unit_to_label(
            path.removeprefix("structure.").replace(".", " "),
            str((field.json_schema_extra or {}).get("unit", NO_UNIT)),
        )
    for name, measure in {**MEASURES, **OUTCOMES}.items():
        labels[name] = add_unit_to_label(name, measure.unit)
        labels[f"{name}_end"] = add_unit_to_label(f"{name}, last quarter", measure.unit)
    return labels | AXIS_LABEL_OVERRIDES


def list_classic_axis_labels(model: str) -> dict[str, str]:
    """Return the axis labels of a classic's parameters and measures by name."""
    parameters, measures = list_parameters_and_measures(model)
    labels = {}
    for name, field in parameters.items():
        extra = field.json_schema_extra
        labels[name] = add_unit_to_label(
            extra["symbol"] or name if len(name) <= MAX_SYMBOL_LENGTH else name, extra["unit"]
        )
    for name, measure in measures.items():
        labels[name] = add_unit_to_label(name, measure.unit)
        labels[f"{name}_mean"] = add_unit_to_label(f"{name}, all rounds", measure.unit)
    return labels


def add_unit_to_label(name: str, unit: str) -> str:
    """Return a name in words with its unit.

    A unit does not repeat the quantity: "value per round" of a value becomes "per round". Symbols
    keep their case.
    """
    words = name.replace("_", " ")
    if len(words) > MAX_SYMBOL_LENGTH:
        words = words[:1].upper() + words[1:]
    shown = (
        unit.removeprefix("value ")
        if "value" in words.lower() or "synergy" in words.lower()
        else unit
    )
    return words if unit in (NO_UNIT, name) else f"{words} ({shown.replace('0-1', '0 to 1')})"
