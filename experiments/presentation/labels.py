"""What stands beside axes: our own measures and parameters with their units."""

from __future__ import annotations

from experiments.configuration import parameter_paths
from experiments.models.classics import about
from sim.observation.measures import MEASURES
from sim.observation.outcomes import OUTCOMES

OWN = {
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
SYMBOL = 2  # letters; longer names are words


def labels(model: str | None = None) -> dict[str, str]:
    """Return what stands beside the axis of every parameter and measure; ``model`` names a classic instead of our own model."""
    if model:
        return labels_of_classic(model)
    found = {}
    for path, field in parameter_paths().items():
        found[path] = with_unit(path.removeprefix("structure.").replace(".", " "), str((field.json_schema_extra or {}).get("unit", NO_UNIT)))
    for name, measure in {**MEASURES, **OUTCOMES}.items():
        found[name] = with_unit(name, measure.unit)
        found[f"{name}_end"] = with_unit(f"{name}, last quarter", measure.unit)
    return found | OWN


def labels_of_classic(model: str) -> dict[str, str]:
    """Return what stands beside the axes of a classic's parameters and measures."""
    parameters, measures = about(model)
    found = {}
    for name, field in parameters.items():
        extra = field.json_schema_extra
        found[name] = with_unit(extra["symbol"] or name if len(name) <= SYMBOL else name, extra["unit"])
    for name, measure in measures.items():
        found[name], found[f"{name}_mean"] = with_unit(name, measure.unit), with_unit(f"{name}, all rounds", measure.unit)
    return found


def with_unit(name: str, unit: str) -> str:
    """Return a name in words with its unit, if that says more; "value per round" of a value is "per round". Symbols stay as they are."""
    words = name.replace("_", " ")
    if len(words) > SYMBOL:
        words = words[:1].upper() + words[1:]
    shown = unit.removeprefix("value ") if "value" in words.lower() or "synergy" in words.lower() else unit
    return words if unit in (NO_UNIT, name) else f"{words} ({shown.replace('0-1', '0 to 1')})"
