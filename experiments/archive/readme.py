"""What a replication archive says of itself to the reader of a paper, and the files that go with it: script, citation, licence."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator

from experiments.archive.environment import WHEEL_FILE, read_framework_metadata
from experiments.archive.recipe import (
    ENVIRONMENT_FOLDER,
    FAILURES_FILE,
    INPUTS_FOLDER,
    MANIFEST_DEPENDENT_FILES,
    NEVER_COMPARED_FILES,
    RESULTS_FOLDER,
    VARYING_FAILURE_COLUMNS,
    RebuildStep,
)
from experiments.archive.ro_crate import ArchiveContents
from experiments.archive.zip import format_checksums
from experiments.store.layout import REPORT_FILE
from sim import __version__

ARCHIVE_REBUILT_FOLDER = "../rebuilt"
RESULT_FILE_DESCRIPTIONS = {
    "runs.parquet": (
        "a row per run that is done, in the order of the design: factor levels, replicate, seed,"
        " id, measures"
    ),
    "events.parquet": "a row per event of every run (our model: per collaboration)",
    "series.parquet": "a row per run and recorded round",
    FAILURES_FILE: "a row per run that failed, with its reason",
    "config.yaml": (
        "the configuration of the first point with all defaults; a point differs from it by its"
        " factor levels"
    ),
    "study.yaml": "the study as its file says it",
    "manifest.json": "versions, commit, command, machine, times of the results",
    "tables.md": "the tables of the study; tables.tex has them for LaTeX, table_*.csv unrounded",
    REPORT_FILE: "the study as one page",
}
REBUILD_SCRIPT_TEMPLATE = """#!/bin/sh
# Make the study again in an environment of its own, and compare every file with its checksum.
# sh rebuild.sh                  all runs
# sh rebuild.sh --figures-only   tables and figures from the stored results
# sh rebuild.sh --overwrite      again, replacing the folder rebuilt
# PYTHON=/path/to/python{python} sh rebuild.sh   another Python than python3
set -eu
cd "$(dirname "$0")"
PYTHON=${{PYTHON:-python3}}
found=$("$PYTHON" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
if [ "$found" != "{python}" ]; then
    echo "The results were made with Python {python} and this is $found; packages may be missing for it, and last digits may differ." >&2
fi
if [ ! -x env/bin/overbruggen ]; then
    "$PYTHON" -m venv env
    env/bin/python -m pip install --quiet --disable-pip-version-check -c {environment}/constraints.txt -r {environment}/requirements.txt
fi
exec env/bin/overbruggen rebuild . --out rebuilt "$@"
"""


def format_archive_readme(contents: ArchiveContents) -> str:
    """Return the page for the reader of a paper."""
    parts = [
        *format_readme_introduction(contents),
        *format_readme_inventory(contents),
        *format_rebuild_instructions(contents),
        *format_figure_commands(contents),
        *format_comparison_limits(contents),
    ]
    return "\n".join([*parts, *format_expected_checksums(contents), ""])


def format_readme_introduction(contents: ArchiveContents) -> Iterator[str]:
    """Say what was asked, and how the results came about."""
    made = contents.manifest
    yield f"# Replication archive: {contents.title}\n"
    yield f"**Question.** {contents.question}\n"
    if contents.hypotheses:
        yield "**Hypotheses.**\n"
        yield from (f"- {hypothesis}" for hypothesis in contents.hypotheses)
        yield ""
    commit = f", commit {made.commit}" if made.commit else ""
    yield (
        f"{made.runs} runs done, {made.failed} failed; seed {made.seed}; factors:"
        f" {', '.join(made.factors) or 'none'}."
    )
    yield (
        f"Made with Overbruggen {made.overbruggen} (model version {made.version}{commit}) and"
        f" Python {made.python}"
    )
    yield f"on {made.machine}, finished {made.ended.date().isoformat()}, at last by\n"
    yield f"```sh\n{made.command}\n```\n"


def format_readme_inventory(contents: ArchiveContents) -> Iterator[str]:
    """Say what is in the archive."""
    rows = [("`README.md`, `LICENSE`, `CITATION.cff`", "this page; licences; how to cite")]
    rows += [
        (
            "`rebuild.sh`, `rebuild.json`",
            "makes everything again and compares it; the same for programs",
        )
    ]
    rows += [
        (
            "`checksums.sha256`, `ro-crate-metadata.json`",
            "the SHA-256 of every file; metadata as RO-Crate 1.1",
        )
    ]
    rows += [
        (f"`{place}`", describe_input_file(place))
        for place in sorted(contents.entries)
        if place.startswith((f"{INPUTS_FOLDER}/", f"{ENVIRONMENT_FOLDER}/"))
    ]
    names = [
        name for name in RESULT_FILE_DESCRIPTIONS if f"{RESULTS_FOLDER}/{name}" in contents.entries
    ]
    rows += [(f"`{RESULTS_FOLDER}/{name}`", RESULT_FILE_DESCRIPTIONS[name]) for name in names]
    rows += [
        (
            f"`{RESULTS_FOLDER}/`",
            (
                "beside these: figures (below) as PDF, SVG and PNG, each with its caption (`.md`,"
                " `.tex`) and its table (`.csv`)"
            ),
        )
    ]
    yield "## What is in it\n\n| place | what |\n|---|---|"
    yield from (f"| {place} | {what} |" for place, what in rows)
    yield ""


def describe_input_file(place: str) -> str:
    """Say what an input or a file of the environment is."""
    known = {
        "constraints.txt": "the version of every package",
        "requirements.txt": "what to install",
        WHEEL_FILE: f"Overbruggen {__version__}",
    }
    name = place.rpartition("/")[2]
    return known.get(
        name,
        (
            "the study's file, from which its command starts"
            if place.endswith(".yaml")
            else "what the study's file names"
        ),
    )


def format_rebuild_instructions(contents: ArchiveContents) -> Iterator[str]:
    """Say how everything is made again."""
    python = format_minor_version(contents)
    yield (
        f"## Make it again\n\nIt needs Python {python} and a package index for pip, and no"
        f" installed Overbruggen.{format_archive_run_time(contents)}\n"
    )
    yield "```sh\nsha256sum -c checksums.sha256       # the archive is whole"
    yield "sh rebuild.sh                       # all runs again, every file compared"
    yield (
        "sh rebuild.sh --figures-only        # tables and figures alone, from the stored results:"
        " seconds to minutes\n```\n"
    )
    yield "The same without the script:\n"
    yield (
        "```sh\npython3 -m venv env\nenv/bin/python -m pip install -c"
        f" {ENVIRONMENT_FOLDER}/constraints.txt -r {ENVIRONMENT_FOLDER}/requirements.txt"
    )
    yield "env/bin/overbruggen rebuild . --out rebuilt\n```\n"
    yield (
        "It prints a line per file, same or different, and ends with exit status 1 if anything"
        " differs. On Windows use the Windows Subsystem for"
    )
    yield (
        "Linux and the commands above: results folders are locked in a way Windows does not have.\n"
    )
    for data in contents.recipe.data:
        place = data.path if data.path.startswith(("/", "~")) else f"{INPUTS_FOLDER}/{data.path}"
        yield (
            f"**Not in this archive:** the organisations of `{data.path}`. Put them at `{place}`"
            " before making the runs again:\n"
        )
        yield f"```\n{format_checksums(data.files)}```\n"


def format_archive_run_time(contents: ArchiveContents) -> str:
    """Say how long the runs take."""
    if contents.seconds is None:
        return ""
    minutes = contents.seconds / 60.0
    took = f"{minutes:.0f} minutes" if minutes >= 2.0 else f"{contents.seconds:.1f} s"
    return (
        f"\nThe runs took {took} of one processor core where they were made; a study uses all"
        " cores. Installing takes some minutes more."
    )


def format_figure_commands(contents: ArchiveContents) -> Iterator[str]:
    """Say which command makes which figure and table."""
    yield "## The command behind each figure and table\n"
    yield (
        f"Given in the folder `{INPUTS_FOLDER}`, after `. ../env/bin/activate`;"
        f" `{ARCHIVE_REBUILT_FOLDER}` is where the results come to lie.\n"
    )
    for number, step in enumerate(contents.recipe.steps, start=1):
        yield (
            f"### {number}."
            f" {step.command[0]}\n\n```sh\n{step.spoken(ARCHIVE_REBUILT_FOLDER)}\n```\n"
        )
        figures = list_step_figures(step, contents)
        rest = [name for name in step.files if name.rpartition(".")[0] not in figures]
        if rest:
            yield f"makes {', '.join(f'`{name}`' for name in rest)}{' and' if figures else '.'}\n"
        yield from (f"- **`{name}`**: {contents.captions[name]}" for name in figures)
        yield ""


def list_step_figures(step: RebuildStep, contents: ArchiveContents) -> list[str]:
    """Return the figures a command makes, by the stem of their files."""
    return [
        name.removesuffix(".md")
        for name in step.files
        if name.endswith(".md") and name.removesuffix(".md") in contents.captions
    ]


def format_comparison_limits(contents: ArchiveContents) -> Iterator[str]:
    """Say what is compared and what cannot be equal."""
    yield "## What must be equal, and what cannot be\n"
    yield (
        "Every table and figure is compared byte by byte. Not compared, for times, paths and the"
        " machine stand in them:"
    )
    yield (
        f"{', '.join(f'`{name}`' for name in NEVER_COMPARED_FILES)}, and the columns"
        f" {', '.join(VARYING_FAILURE_COLUMNS)} of `{FAILURES_FILE}`, if there is one."
    )
    if any(
        name in MANIFEST_DEPENDENT_FILES for step in contents.recipe.steps for name in step.files
    ):
        yield (
            f"{', '.join(f'`{name}`' for name in MANIFEST_DEPENDENT_FILES)} tells what"
            " `manifest.json` says, and is compared with --figures-only alone."
        )
    if contents.recipe.not_compared:
        yield (
            "No command is known for"
            f" {', '.join(f'`{name}`' for name in contents.recipe.not_compared)}, so these are not"
            " compared either."
        )
    yield (
        "Equal bytes are promised for the pinned packages on the same kind of machine as above."
        " Another processor or C library may"
    )
    yield (
        "round the last digit of a number otherwise; the comparison then says how far apart the"
        " tables are.\n"
    )
    if contents.manifest.failed:
        yield (
            f"{contents.manifest.failed} runs failed. One that died, or ran out of time, may fare"
            " otherwise on another machine.\n"
        )


def format_expected_checksums(contents: ArchiveContents) -> Iterator[str]:
    """List the checksums that making it again must give."""
    yield "## Expected checksums (SHA-256)\n"
    for number, step in enumerate(contents.recipe.steps, start=1):
        yield f"By command {number}:\n\n```\n{format_checksums(step.files)}```\n"


def format_minor_version(contents: ArchiveContents) -> str:
    """Return the version of Python, without its last part."""
    return ".".join(contents.manifest.python.split(".")[:2])


def format_rebuild_script(contents: ArchiveContents) -> str:
    """Return the script that makes everything again."""
    return REBUILD_SCRIPT_TEMPLATE.format(
        python=format_minor_version(contents), environment=shlex.quote(ENVIRONMENT_FOLDER)
    )


def format_archive_citation(contents: ArchiveContents) -> str:
    """Return how to cite the archive, in the Citation File Format 1.2.0."""
    quoted = json.dumps  # a JSON text is a YAML text
    authors = contents.authors or ("The authors of this study",)
    lines = [
        "cff-version: 1.2.0",
        'message: "If you use this archive, please cite it and the software it was made with."',
        "type: dataset",
    ]
    lines += [
        f"title: {quoted(f'Replication archive: {contents.title}', ensure_ascii=False)}",
        "authors:",
    ]
    lines += [f"  - name: {quoted(name, ensure_ascii=False)}" for name in authors]
    lines += [f"date-released: {contents.manifest.ended.date().isoformat()}"]
    lines += [f"license: {contents.licence}"] if contents.licence else []
    lines += [
        "references:",
        "  - type: software",
        "    title: Overbruggen",
        f"    version: {quoted(contents.manifest.overbruggen)}",
    ]
    lines += [f"    commit: {contents.manifest.commit}"] if contents.manifest.commit else []
    return "\n".join([*lines, "    authors:", '      - name: "The Overbruggen developers"', ""])


def format_archive_licences(contents: ArchiveContents) -> str:
    """Return under which licence what stands."""
    chosen = (
        f"{contents.licence} (https://spdx.org/licenses/{contents.licence})"
        if contents.licence
        else "no licence was chosen: ask the authors"
    )
    return (
        f"Study, results, figures and texts: {chosen}.\n\nThe software in"
        f" {ENVIRONMENT_FOLDER}/{WHEEL_FILE}:\n\n{read_framework_metadata().licence}"
    )
