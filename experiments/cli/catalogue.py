"""The table of the studies that come with the package; the model is not imported."""

from __future__ import annotations

from analysis.tables import Table
from experiments.design.plan import AdaptiveReplicates
from experiments.design.study import Study
from experiments.design.study_file import list_study_names, read_study_file
from experiments.design.study_loading import load_study


def build_studies_table() -> Table:
    """Return a row per study: patterns by number, then the others by name.

    Name and question share a column, so that the table fits a narrow terminal.
    """
    about = {name: read_study_file(name) for name in list_study_names()}
    ordered = sorted(about, key=lambda name: (about[name].get("pattern", len(about) + 1), name))
    rows = []
    for name in ordered:
        study = load_study(name)
        rows.append(
            (
                f"{name}\n{study.question}",
                str(about[name].get("pattern", "")),
                format_study_size(study),
                study.design.name.replace("_", " "),
            )
        )
    note = (
        "Runs: points x replicates. `overbruggen study NAME` runs a study; --dry-run estimates its"
        " duration. Results: docs/patterns.md."
    )
    return Table("Studies", ("study and question", "pattern", "runs", "design"), rows, note)


def format_study_size(study: Study) -> str:
    """Return the number of runs of a study: points x replicates."""
    points, replicates = len(study.sample.points), study.replicates
    if isinstance(replicates, AdaptiveReplicates):
        return f"{points} x {replicates.at_least} to {replicates.at_most}"
    return f"{points} x {replicates} = {points * replicates:,}"
