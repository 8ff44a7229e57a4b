"""The report of a results folder: one page of HTML."""
