"""Docks: published models compared with ours, a folder each: ``dock.yaml`` says what is compared, ``cells.csv`` holds the reference values."""
