"""Rules and measures of a researcher's own."""
