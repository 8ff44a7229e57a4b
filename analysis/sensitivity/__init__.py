"""Which factors matter, and how much of a measure is noise."""

from analysis.sensitivity.indices import elementary_effects, sobol_indices
from analysis.sensitivity.level_effects import main_effects, one_at_a_time
from analysis.sensitivity.metamodel import fit_metamodel
from analysis.sensitivity.noise import estimate_noise

__all__ = [
    "elementary_effects",
    "estimate_noise",
    "fit_metamodel",
    "main_effects",
    "one_at_a_time",
    "sobol_indices",
]
