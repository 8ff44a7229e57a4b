"""The command line ``overbruggen COMMAND ...``: arguments, commands and exit status."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence

from analysis.errors import AnalysisError
from experiments.cli.arguments import parse_arguments
from experiments.cli.commands import COMMANDS
from experiments.console import error_console, print_text
from experiments.exit_statuses import EXIT_BAD_INPUT
from experiments.interrupts import SIGNAL_EXIT_STATUSES, get_stop_signal, handle_interrupts
from sim.errors import InputError


def main(words: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status (``exit_statuses``)."""
    # Runs are spread over processes; threads of a matrix library would only compete with them.
    for threads in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(threads, "1")
    words = list(sys.argv[1:] if words is None else words)
    with handle_interrupts():
        try:
            arguments = parse_arguments(words)
            return COMMANDS[arguments.command](arguments, shlex.join(["overbruggen", *words]))
        except (Exception, KeyboardInterrupt) as reason:
            # A library's clean-up may raise another exception instead of KeyboardInterrupt.
            signal = get_stop_signal()
            if signal is not None:
                print_text(
                    "Interrupted; no file is half written. `overbruggen resume FOLDER` continues a"
                    " study."
                )
                return SIGNAL_EXIT_STATUSES[signal]
            if not isinstance(reason, (InputError, AnalysisError)):
                raise
            error_console.print(
                str(reason), style="red", highlight=False, markup=False, soft_wrap=True
            )
            return EXIT_BAD_INPUT


if __name__ == "__main__":
    sys.exit(main())
