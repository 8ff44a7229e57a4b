"""Which runs a study has: factors, designs, constraints, and the plan of its runs."""

from experiments.design.study import load_study, problem, unit_sample

__all__ = ["load_study", "problem", "unit_sample"]
