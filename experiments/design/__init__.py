"""Which runs a study has: its factors, design, constraints and the plan of its runs."""

from experiments.design.study import Study, problem, unit_sample
from experiments.design.study_loading import load_study

__all__ = ["Study", "load_study", "problem", "unit_sample"]
