"""The README of a replication archive, for readers of the paper; its script and legal files."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from fnmatch import fnmatchcase

from experiments.archive.contents import (
    ARCHIVE_FILES,
    CITATION_FILE,
    CRATE_METADATA_FILE,
    LICENCES_FILE,
    README_FILE,
    REBUILD_SCRIPT_FILE,
    ArchiveContents,
    describe_archive_file,
)
from experiments.archive.environment import WHEEL_FILE, read_framework_metadata
from experiments.archive.recipe import (
    ENVIRONMENT_FOLDER,
    INPUTS_FOLDER,
    MANIFEST_DEPENDENT_FILES,
    NEVER_COMPARED_FILES,
    RECIPE_FILE,
    RESULTS_FOLDER,
    VARYING_FAILURE_COLUMNS,
    RebuildStep,
)
from experiments.archive.zip import CHECKSUMS_FILE, format_checksums
from experiments.store.layout import FAILURES_FILE, RESULT_FILES

ARCHIVE_REBUILT_FOLDER = "../rebuilt"
REBUILD_SCRIPT_TEMPLATE = """#!/bin/sh
# Reproduces the study in a new environment, and compares every file with its checksum.
# sh rebuild.sh                  all runs
# sh rebuild.sh --figures-only   tables and figures from the stored results
# sh rebuild.sh --overwrite      replaces the folder rebuilt
# PYTHON=/path/to/python{python} sh rebuild.sh   another Python than python3
set -eu
cd "$(dirname "$0")"
PYTHON=${{PYTHON:-python3}}
found=$("$PYTHON" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
if [ "$found" != "{python}" ]; then
    echo "Python {python} made the results, and this is Python $found." >&2
    echo "Packages may be missing for it, and last digits may differ." >&2
fi
if [ ! -x env/bin/overbruggen ]; then
    "$PYTHON" -m venv env
    env/bin/python -m pip install --quiet --disable-pip-version-check \\
        -c {environment}/constraints.txt -r {environment}/requirements.txt
fi
exec env/bin/overbruggen rebuild . --out rebuilt "$@"
"""


def format_archive_readme(contents: ArchiveContents) -> str:
    """Return the README of an archive."""
    parts = [
        *format_readme_introduction(contents),
        *format_readme_inventory(contents),
        *format_rebuild_instructions(contents),
        *format_figure_commands(contents),
        *format_comparison_limits(contents),
    ]
    return "\n".join([*parts, *format_expected_checksums(contents), ""])


def format_readme_introduction(contents: ArchiveContents) -> Iterator[str]:
    """Walk through the lines on the question, and on how the results came about."""
    manifest = contents.manifest
    yield f"# Replication archive: {contents.title}\n"
    yield f"**Question.** {contents.question}\n"
    if contents.hypotheses:
        yield "**Hypotheses.**\n"
        yield from (f"- {hypothesis}" for hypothesis in contents.hypotheses)
        yield ""
    commit = f", commit {manifest.commit}" if manifest.commit else ""
    yield (
        f"{manifest.runs} runs finished and {manifest.failed} failed. Seed: {manifest.seed}."
        f" Factors: {', '.join(manifest.factors) or 'none'}."
    )
    yield (
        f"Made with Overbruggen {manifest.overbruggen} (model version {manifest.version}{commit})"
        f" and Python {manifest.python}"
    )
    yield f"on {manifest.machine}, finished {manifest.ended.date().isoformat()}. Last command:\n"
    yield f"```sh\n{manifest.command}\n```\n"


def format_readme_inventory(contents: ArchiveContents) -> Iterator[str]:
    """Walk through the lines of the table of files."""
    top_files = (
        README_FILE,
        LICENCES_FILE,
        CITATION_FILE,
        REBUILD_SCRIPT_FILE,
        RECIPE_FILE,
        CHECKSUMS_FILE,
        CRATE_METADATA_FILE,
    )
    rows = [(f"`{name}`", ARCHIVE_FILES[name]) for name in top_files]
    rows += [
        (f"`{place}`", describe_archive_file(place, contents) or "")
        for place in sorted(contents.entries)
        if place.startswith((f"{INPUTS_FOLDER}/", f"{ENVIRONMENT_FOLDER}/"))
    ]
    rows += [
        (f"`{RESULTS_FOLDER}/{pattern}`", content)
        for pattern, content in RESULT_FILES.items()
        if any(fnmatchcase(place, f"{RESULTS_FOLDER}/{pattern}") for place in contents.entries)
    ]
    rows += [
        (
            f"`{RESULTS_FOLDER}/`",
            (
                "also: figures (below) as PDF, SVG and PNG, each with its caption (`.md`, `.tex`)"
                " and its data (`.csv`)"
            ),
        )
    ]
    yield "## Contents\n\n| file | content |\n|---|---|"
    yield from (f"| {place} | {content} |" for place, content in rows)
    yield ""


def format_rebuild_instructions(contents: ArchiveContents) -> Iterator[str]:
    """Walk through the lines on how to reproduce everything."""
    python = format_minor_version(contents)
    yield (
        f"## Reproduce it\n\nYou need Python {python} and a package index for pip, but no installed"
        f" Overbruggen.{format_archive_run_time(contents)}\n"
    )
    yield "```sh\nsha256sum -c checksums.sha256       # checks that the archive is complete"
    yield "sh rebuild.sh                       # repeats all runs and compares every file"
    yield (
        "sh rebuild.sh --figures-only        # only tables and figures, from the stored results:"
        " seconds to minutes\n```\n"
    )
    yield "The same without the script:\n"
    yield (
        "```sh\npython3 -m venv env\nenv/bin/python -m pip install -c"
        f" {ENVIRONMENT_FOLDER}/constraints.txt -r {ENVIRONMENT_FOLDER}/requirements.txt"
    )
    yield "env/bin/overbruggen rebuild . --out rebuilt\n```\n"
    yield (
        "It prints one line per file, same or different; the exit status is 1 if anything differs."
    )
    yield (
        "On Windows use the Windows Subsystem for Linux and the commands above, because Windows"
        " cannot lock results folders as they need it.\n"
    )
    for data in contents.recipe.data:
        place = data.path if data.path.startswith(("/", "~")) else f"{INPUTS_FOLDER}/{data.path}"
        yield (
            f"**Not in this archive:** the organisations of `{data.path}`. Put them at `{place}`"
            " before you repeat the runs. Their checksums:\n"
        )
        yield f"```\n{format_checksums(data.files)}```\n"


def format_archive_run_time(contents: ArchiveContents) -> str:
    """Return how long the runs take; nothing if that is not known."""
    if contents.seconds is None:
        return ""
    minutes = contents.seconds / 60.0
    duration = f"{minutes:.0f} minutes" if minutes >= 2.0 else f"{contents.seconds:.1f} s"
    return (
        f"\nThe runs took {duration} of one processor core on the machine above; a study uses all"
        " cores. The installation takes some more minutes."
    )


def format_figure_commands(contents: ArchiveContents) -> Iterator[str]:
    """Walk through the lines on which command makes which figure and table."""
    yield "## The command behind each figure and table\n"
    yield (
        f"Start these commands in the folder `{INPUTS_FOLDER}`, after `. ../env/bin/activate`. The"
        f" results go to `{ARCHIVE_REBUILT_FOLDER}`.\n"
    )
    for number, step in enumerate(contents.recipe.steps, start=1):
        yield (
            f"### {number}."
            f" {step.command[0]}\n\n```sh\n{step.format_command(ARCHIVE_REBUILT_FOLDER)}\n```\n"
        )
        figures = list_step_figures(step, contents)
        others = [f"`{name}`" for name in step.files if name.rpartition(".")[0] not in figures]
        if others:
            yield f"Makes {', '.join(others)}{', and' if figures else '.'}\n"
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
    """Walk through the lines on what is compared and what cannot be equal."""
    yield "## What is compared\n"
    yield (
        "Every table and figure is compared byte by byte. These are not compared, because they"
        " contain times, paths and the machine:"
    )
    yield (
        f"{', '.join(f'`{name}`' for name in NEVER_COMPARED_FILES)}, and the columns"
        f" {', '.join(VARYING_FAILURE_COLUMNS)} of `{FAILURES_FILE}` if there is one."
    )
    if any(
        name in MANIFEST_DEPENDENT_FILES for step in contents.recipe.steps for name in step.files
    ):
        yield (
            f"{', '.join(f'`{name}`' for name in MANIFEST_DEPENDENT_FILES)} repeats"
            " `manifest.json`, and is compared only with --figures-only."
        )
    if contents.recipe.not_compared:
        yield (
            "These are not compared either, because no command is known that makes them:"
            f" {', '.join(f'`{name}`' for name in contents.recipe.not_compared)}."
        )
    yield (
        "Equal bytes are guaranteed for the pinned packages on the same kind of machine as above."
    )
    yield (
        "Another processor or C library may round the last digit of a number differently; the"
        " comparison then shows how far the numbers of a table differ.\n"
    )
    if contents.manifest.failed:
        yield (
            f"{contents.manifest.failed} runs failed. A run that died or ran out of time may end"
            " differently on another machine.\n"
        )


def format_expected_checksums(contents: ArchiveContents) -> Iterator[str]:
    """Walk through the lines of the expected checksums."""
    yield "## Expected checksums (SHA-256)\n"
    for number, step in enumerate(contents.recipe.steps, start=1):
        yield f"By command {number}:\n\n```\n{format_checksums(step.files)}```\n"


def format_minor_version(contents: ArchiveContents) -> str:
    """Return the version of Python, without its last part."""
    return ".".join(contents.manifest.python.split(".")[:2])


def format_rebuild_script(contents: ArchiveContents) -> str:
    """Return the script that reproduces everything."""
    return REBUILD_SCRIPT_TEMPLATE.format(
        python=format_minor_version(contents), environment=shlex.quote(ENVIRONMENT_FOLDER)
    )


def format_archive_citation(contents: ArchiveContents) -> str:
    """Return the citation of the archive, in the Citation File Format 1.2.0."""
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
    """Return the licences of the software and of everything else."""
    chosen = (
        f"{contents.licence} (https://spdx.org/licenses/{contents.licence})"
        if contents.licence
        else "the authors chose no licence: ask them"
    )
    return (
        f"Study, results, figures and texts: {chosen}.\n\nThe software in"
        f" {ENVIRONMENT_FOLDER}/{WHEEL_FILE}:\n\n{read_framework_metadata().licence}"
    )
