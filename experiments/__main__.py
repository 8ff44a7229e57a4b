"""The command line: ``overbruggen run | study | figures | describe``."""

from __future__ import annotations

import argparse
import gc
import os
import shlex
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from analysis.errors import AnalysisError
from experiments.screen import errors, say, show
from sim.errors import InputError

BAD_INPUT, SIGNALLED = 2, 128
EXAMPLES = """examples:
  overbruggen run                                        one run of the default alliance
  overbruggen run structure=hub imitation.rate=0.1       another form, with imitation
  overbruggen study structure_and_imitation              the main question, all forms
  overbruggen study structure_and_imitation structure=hub,alliance replicates=10 --out results/small
  overbruggen figures results/structure_and_imitation    draw the figures again
  overbruggen describe trust                             what the parameters of trust mean

Overrides follow the verb: group=preset or parameter=value; in a study several values by comma make a factor."""


def parser() -> argparse.ArgumentParser:
    """Return the grammar of the command line."""
    top = argparse.ArgumentParser(
        prog="overbruggen", description="Simulate how organisations find each other, work together and let go.",
        epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    verbs = top.add_subparsers(dest="verb", required=True, metavar="run | study | figures | describe")
    run = verbs.add_parser("run", help="one run: summary, rounds and events as Parquet, one figure")
    study = verbs.add_parser("study", help="a design of many runs: tables with intervals, figures")
    study.add_argument("name", help="name of a study, for example structure_and_imitation")
    study.add_argument("--workers", type=int, default=None, help="processes (default: all cores)")
    for verb in (run, study):
        verb.add_argument("overrides", nargs="*", help="group=preset or parameter=value")
        verb.add_argument("--out", type=Path, default=None, help="results folder (default: in results/)")
        verb.add_argument("--overwrite", action="store_true", help="replace an existing results folder")
    figures = verbs.add_parser("figures", help="draw the figures of a results folder again")
    figures.add_argument("folder", type=Path)
    describe = verbs.add_parser("describe", help="every parameter: type, range, default, unit, meaning, source")
    describe.add_argument("group", nargs="?", default=None, help="a group of parameters, or measures (default: all parameters)")
    describe.add_argument("--markdown", action="store_true", help="as Markdown")
    return top


def read(given: Sequence[str]) -> argparse.Namespace:
    """Read the command line; overrides may also follow an option."""
    grammar = parser()
    arguments, left = grammar.parse_known_args(given)
    if arguments.verb not in ("run", "study") or any(word.startswith("-") for word in left):
        grammar.parse_args(given)  # says what is not recognised
    else:
        arguments.overrides += left
    return arguments


@contextmanager
def noting_signals(noted: list[int]) -> Iterator[None]:
    """Let SIGTERM end the program as Ctrl-C does, and note which came: a library's own tidying up may raise something else instead."""

    def end(number: int, frame: object) -> None:
        noted.append(number)
        if len(noted) == 1 or number == signal.SIGINT:  # tidying up is not interrupted by a second SIGTERM
            raise KeyboardInterrupt

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def seldom_tidied() -> Iterator[None]:
    """Look for circular garbage seldom: what is imported stays, and going through it again and again costs a tenth of a run."""
    before = gc.get_threshold()
    gc.set_threshold(100_000, 50, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def act(arguments: argparse.Namespace, command: str) -> None:
    """Do what was asked; modules are imported where needed, so that each verb starts fast."""
    if arguments.verb == "run":
        with seldom_tidied():  # only here: a study in one process leaves models behind
            from experiments.single import run

            run(arguments.overrides, arguments.out, arguments.overwrite, command)
    elif arguments.verb == "study":
        from experiments.study import run_study

        if arguments.workers is not None and arguments.workers < 1:
            raise InputError(f"--workers is {arguments.workers}; allowed: 1 or more")
        run_study(arguments.name, arguments.overrides, arguments.out, arguments.overwrite, arguments.workers, command)
    elif arguments.verb == "figures":
        from experiments.reporting import redraw

        redraw(arguments.folder)
    else:
        from experiments.describe import MEASURED, describe, measures_markdown, parameters_markdown

        if arguments.markdown:
            print(measures_markdown() if arguments.group == MEASURED else parameters_markdown(), end="")
        else:
            for table in describe(arguments.group):
                show(table)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status: 0, 2 for bad input, 130 when interrupted, 143 when terminated (SIGTERM)."""
    for threads in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(threads, "1")  # runs are spread over processes; threads of a matrix library only get in their way
    given = list(sys.argv[1:] if arguments is None else arguments)
    signals: list[int] = []
    try:
        with noting_signals(signals):
            act(read(given), shlex.join(["overbruggen", *given]))
    except (Exception, KeyboardInterrupt) as reason:
        if signals:
            say("Interrupted; nothing was written.")
            return SIGNALLED + signals[0]
        if not isinstance(reason, (InputError, AnalysisError)):
            raise
        errors.print(str(reason), style="red", highlight=False, markup=False, soft_wrap=True)
        return BAD_INPUT
    return 0


if __name__ == "__main__":
    sys.exit(main())
