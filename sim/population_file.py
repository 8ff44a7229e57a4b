"""Placeholder replaced by the reader."""
from typing import Any
def read_population(population: Any, seed: int) -> Any: raise ValueError
def check_breadth(config: Any, domains: int) -> None: raise ValueError
