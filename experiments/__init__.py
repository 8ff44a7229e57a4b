"""Designs, execution, results and the command line."""

__all__: list[str] = []
