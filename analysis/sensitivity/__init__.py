"""Which factors matter, and how much of a measure is chance."""

from analysis.sensitivity.indices import elementary_effects, sobol_indices
from analysis.sensitivity.level_effects import main_effects, one_at_a_time
from analysis.sensitivity.metamodel import metamodel
from analysis.sensitivity.noise import noise

__all__ = [
    "elementary_effects",
    "main_effects",
    "metamodel",
    "noise",
    "one_at_a_time",
    "sobol_indices",
]
