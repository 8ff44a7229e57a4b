"""Docks compare our implementations of published models with published results.

Each dock is a folder: ``dock.yaml`` describes the comparison, ``cells.csv`` holds reference values.
"""
