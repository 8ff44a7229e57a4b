"""The command line: arguments, commands and the tables that describe the model."""
