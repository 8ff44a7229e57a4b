"""Replication archives: packed from a results folder, and rebuilt."""
