"""What is measured of a run: per round, per collaboration, and over all of it."""
