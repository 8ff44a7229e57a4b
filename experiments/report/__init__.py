"""The report of a results folder: a single HTML page."""
