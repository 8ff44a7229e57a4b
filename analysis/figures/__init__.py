"""Figures: a tidy table in, a matplotlib Figure out; one file per family."""
