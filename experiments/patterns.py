"""Test the nine patterns of the model on its defaults and write ``docs/patterns.md``: ``python -m experiments.patterns``.

What a check means stands in ``analysis/patterns.py``, its runs in ``configs/study/``. Text between the markers of a pattern
on the page (why it shows, or does not) is written by people and kept.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import polars as pl
from matplotlib.figure import Figure

from analysis import patterns
from analysis.figures import patterns as figures
from analysis.figures.style import save
from analysis.patterns import Check, verdict
from analysis.tables import Table
from experiments.design import Study, load_study
from experiments.execute import available_cores
from experiments.screen import say, show
from experiments.study import Results, play

DOCS = Path(__file__).parents[1] / "docs"


class Pattern(NamedTuple):
    """A hypothesis, the study that tests it, its checks and its figure."""

    number: int
    hypothesis: str
    study: str
    check: Callable[[Results], list[Check]]
    figure: Callable[[Results], Figure]


def of_runs(function: Callable[[pl.DataFrame], list[Check]]) -> Callable[[Results], list[Check]]:
    """Let a function of the runs take the results of a study."""
    return lambda results: function(results.runs)


def drawn(function: Callable[[pl.DataFrame], Figure]) -> Callable[[Results], Figure]:
    """Let a figure of the runs take the results of a study."""
    return lambda results: function(results.runs)


def events_of(results: Results) -> pl.DataFrame:
    """Return the events of a study that keeps them; collaborations without a round of work have nothing to show."""
    assert results.events is not None  # the study says keep: [events]
    return results.events.filter(pl.col("rounds") > 0)


def erosion(results: Results) -> list[Check]:
    """Check pattern 3, which needs the main study beside its own."""
    return patterns.imitation_erodes(run_whole("structure_and_imitation", ("production.depth=2",)).runs, results.runs)


PATTERNS = (
    Pattern(
        1, "Without partners, broad challenges fail and narrow ones succeed; adding any light form raises joint value on broad ones.",
        "alone_or_together", of_runs(patterns.narrow_alone_broad_together), drawn(figures.alone_or_together),
    ),
    Pattern(
        2, "Synergy against cognitive distance of partners is an inverted U; bridging skill shifts its top to the right.",
        "distance_and_bridging", lambda r: patterns.best_distance(events_of(r)), lambda r: figures.distance_and_bridging(events_of(r)),
    ),
    Pattern(
        3, "Imitation lowers diversity within collaborations monotonically; joint value against imitation rate is an inverted U or falling, "
        "and denser coordination falls sooner.",
        "density_and_imitation", erosion, drawn(figures.density_and_imitation),
    ),
    Pattern(
        4, "Selective learning beats blind following at the same rate.",
        "selective_learning", of_runs(patterns.selective_beats_blind), drawn(figures.selective_learning),
    ),
    Pattern(
        5, "Formalisation against joint value is an inverted U whose top moves left as trust grows.",
        "formalisation_and_trust", of_runs(patterns.formalisation_tops), drawn(figures.formalisation_and_trust),
    ),
    Pattern(
        6, "Coordination cost makes complete topologies lose to star and mediated ones as size grows.",
        "size_and_topology", of_runs(patterns.size_crossing), drawn(figures.size_and_topology),
    ),
    Pattern(
        7, "Under turbulence, persistence costs: temporary beats definitive; without turbulence, some persistence pays.",
        "turbulence_and_persistence", of_runs(patterns.temporary_or_definitive), drawn(figures.turbulence_and_persistence),
    ),
    Pattern(
        8, "Reflection raises later synergy with new partners, not only with the old.",
        "reflection", of_runs(patterns.reflection_pays), drawn(figures.reflection),
    ),
    Pattern(
        9, "Success-biased imitation of leaders in wide-exposure forms (platform, movement) gives fast gains, then the deepest erosion.",
        "imitation_of_leaders", of_runs(patterns.leaders_imitated), drawn(figures.imitation_of_leaders),
    ),
)  # fmt: skip


def run_whole(name: str, overrides: Sequence[str] = ()) -> Results:
    """Run a study on all cores."""
    study = load_study(name, overrides)
    return play(study, study.points(), available_cores())


def check_table(title: str, checks: Sequence[Check], study: Study) -> Table:
    """Return effects, intervals and outcomes."""
    rows = [(check.claim, str(check.estimate), f"> {check.threshold:g}", check.outcome) for check in checks]
    note = f"n = {study.replicates} replicates per point with common random numbers, seed {study.seed}; intervals are family-wise 95 % (Bonferroni)."
    return Table(title, ("claim", "effect [interval]", "claimed", "outcome"), rows, note)


def remark(page: str, number: int) -> str:
    """Return what people wrote about a pattern on the present page."""
    found = re.search(rf"<!-- why {number} -->\n(.*?)<!-- end -->", page, re.DOTALL)
    return found.group(1) if found else ""


def section(pattern: Pattern, checks: Sequence[Check], study: Study, page: str) -> str:
    """Return one pattern's part of the page."""
    table = check_table("", checks, study).to_markdown().split("\n", 2)[2]  # a heading stands in place of the title
    return (
        f"## {pattern.number}. {pattern.hypothesis}\n\n**{verdict(checks).capitalize()}.**\n\n"
        f"<!-- why {pattern.number} -->\n{remark(page, pattern.number)}<!-- end -->\n\n"
        f"{table}\nRuns: `overbruggen study {pattern.study}`.\n\n![{pattern.hypothesis}](images/patterns/{pattern.study}.png)\n"
    )


HEAD = """# The nine patterns, tested on the defaults

Written by `make patterns`; the texts below the verdicts by hand. The patterns are hypotheses of the specification, not targets: defaults
were calibrated on other things ([calibration.md](calibration.md)) before any of them was tested, and none was tuned for. A claim *holds*
when its whole interval lies above what is claimed; *the opposite* when it lies below; else it is *not shown*. What the checks compute
stands in `analysis/patterns.py`.

| pattern | verdict |
|---|---|
"""


def try_pattern(pattern: Pattern, images: Path, page: str) -> tuple[str, str]:
    """Run one pattern's study, show its checks and draw its figure; return its line and its part of the page."""
    study, results = load_study(pattern.study), run_whole(pattern.study)
    checks = pattern.check(results)
    images.mkdir(parents=True, exist_ok=True)
    save(pattern.figure(results), images / pattern.study, (".png",))
    show(check_table(f"{pattern.number}. {pattern.hypothesis} {verdict(checks).capitalize()}.", checks, study))
    return f"| {pattern.number}. {pattern.hypothesis} | {verdict(checks)} |", section(pattern, checks, study, page)


def main(numbers: Sequence[str]) -> None:
    """Try all patterns and write the page; with numbers, try just these and draw their figures."""
    path = DOCS / "patterns.md"
    page = path.read_text(encoding="utf-8") if path.exists() else ""
    chosen = [pattern for pattern in PATTERNS if not numbers or str(pattern.number) in numbers]
    parts = [try_pattern(pattern, DOCS / "images" / "patterns", page) for pattern in chosen]
    if not numbers:
        lines, sections = zip(*parts, strict=True)
        path.write_text(HEAD + "\n".join(lines) + "\n\n" + "\n".join(sections), encoding="utf-8")
        say(f"Written: {path}")


if __name__ == "__main__":
    main(sys.argv[1:])
