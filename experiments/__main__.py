"""The command line: ``overbruggen VERB ...``; its grammar stands in ``grammar.py``, what each verb does in ``acts.py``."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence

from analysis.errors import AnalysisError
from experiments.cli.arguments import parse_arguments
from experiments.cli.commands import COMMANDS
from experiments.console import error_console, print_text
from experiments.interrupts import SIGNAL_EXIT_STATUSES, get_stop_signal, handle_interrupts
from sim.errors import InputError

EXIT_BAD_INPUT = 2  # exit status; others stand in acts.py


def main(words: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status.

    0 done, 1 a rebuilt study differs, 2 bad input, 3 runs failed, 4 a dock misses, 130 interrupted (Ctrl-C), 143 terminated (SIGTERM).
    """
    for threads in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(
            threads, "1"
        )  # runs are spread over processes; threads of a matrix library only get in their way
    given = list(sys.argv[1:] if words is None else words)
    with handle_interrupts():
        try:
            arguments = parse_arguments(given)
            return COMMANDS[arguments.verb](arguments, shlex.join(["overbruggen", *given]))
        except (Exception, KeyboardInterrupt) as reason:
            signal = get_stop_signal()
            if (
                signal is not None
            ):  # a library's own tidying up may raise something else instead of KeyboardInterrupt
                print_text(
                    "Interrupted; nothing is half written. `overbruggen resume FOLDER` goes on with"
                    " a study."
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
