"""The command line in this process, for tests."""

from experiments.__main__ import main

SMALL = ["population.organisations=20", "run.rounds=10"]


def run_command(capsys, *words):
    """Run a command; return its exit status, output and errors."""
    status = main([str(word) for word in words])
    out, err = capsys.readouterr()
    return status, out, err
