"""Tidy table in, table or figure out: no disk, no sweeps, no knowledge of the model."""
