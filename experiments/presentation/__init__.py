"""Results as tables and figures; reads a results folder and runs nothing."""
