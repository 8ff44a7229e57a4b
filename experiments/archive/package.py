"""Packs the replication archive of a study: whatever reproduces its results byte for byte."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

import polars as pl
import yaml

from experiments.archive.contents import (
    CITATION_FILE,
    CONSTRAINTS_FILE,
    CRATE_METADATA_FILE,
    LICENCES_FILE,
    README_FILE,
    REBUILD_SCRIPT_FILE,
    REQUIREMENTS_FILE,
    ArchiveContents,
)
from experiments.archive.environment import (
    WHEEL_FILE,
    build_wheel,
    collect_pins,
    find_installed_package,
    format_pip_constraints,
)
from experiments.archive.inputs import ArchiveInputs, check_relative_path, collect_archive_inputs
from experiments.archive.readme import (
    format_archive_citation,
    format_archive_licences,
    format_archive_readme,
    format_rebuild_script,
)
from experiments.archive.recipe import (
    ENVIRONMENT_FOLDER,
    INPUTS_FOLDER,
    RECIPE_FILE,
    RESULTS_FOLDER,
    RebuildStep,
    Recipe,
    list_files_not_made,
    list_rebuild_steps,
)
from experiments.archive.ro_crate import format_crate_metadata
from experiments.archive.zip import (
    CHECKSUMS_FILE,
    ArchiveEntry,
    compute_entry_checksum,
    format_checksums,
    write_zip,
)
from experiments.console import print_text
from experiments.design.plan import AdaptiveReplicates, Plan
from experiments.design.recorded_study import (
    load_recorded_study,
    plan_study,
    refuse_another_version,
)
from experiments.design.study import Study
from experiments.models.mesa import MesaTarget
from experiments.store.files import NotWrittenError, make_write_error, wrap_write_errors, write_file
from experiments.store.layout import STUDY_FILE
from experiments.store.manifest import StudyManifest, read_study_manifest
from experiments.store.results import read_study_tables, scan_table
from sim.errors import InputError

WORKING_FILES = ("parts", "journal.jsonl")  # the tables contain everything that these contain
SPDX_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]*")
CAPTION_PATTERN = re.compile(r"!\[\]\((?P<name>[^)]+)\.png\)\n\n(?P<caption>.*)", re.DOTALL)


class ArchiveOptions(NamedTuple):
    """The options of ``overbruggen package``.

    Attributes:
        out: the file to write; None: beside the folder, with its name.
        overwrite: replace an existing archive.
        with_data: include the files of organisations.
        licence: SPDX identifier of the licence of everything but the software.
        authors: of the study.
    """

    out: Path | None = None
    overwrite: bool = False
    with_data: bool = False
    licence: str | None = None
    authors: tuple[str, ...] = ()


def write_archive(folder: Path, options: ArchiveOptions) -> Path:
    """Write the replication archive of a study's folder; return its path.

    The same folder gives the same bytes.

    Raises:
        InputError: the study is incomplete, a file changed since it was made, or the archive cannot
            be written.
    """
    manifest = read_study_manifest(folder)
    target = find_archive_target(folder, options)
    read_study_tables(folder, manifest, scan_table)  # refuses what is incomplete or damaged
    steps = list_rebuild_steps(folder, manifest)
    refuse_other_packages(folder, manifest)
    study = load_recorded_study(folder)
    plan, _ = plan_study(study)
    refuse_another_version(folder, plan, manifest)
    refuse_other_runs(folder, study, plan)
    contents = collect_archive_contents(
        folder, manifest, steps, collect_archive_inputs(folder, study, plan), plan, options
    )
    entries = add_archive_descriptions(contents)
    draft = target.with_name(f".{target.name}.draft")
    try:
        write_file(draft, lambda file: write_zip(file, entries, (REBUILD_SCRIPT_FILE,)))
        with wrap_write_errors():
            draft.replace(target)
    except NotWrittenError as reason:
        raise make_write_error(target, reason) from reason
    print_text(
        f"Replication archive {target}: {len(entries)} files. To reproduce it, unpack it and follow"
        f" its README.md, or use `overbruggen rebuild {target}`."
    )
    for data in contents.recipe.data:
        print_text(
            f"The organisations of {data.path} are not in it, only their checksums; --with-data"
            " includes them, if you may share them."
        )
    return target


# --- checks ---------------------------------------------------------------------------------------


def find_archive_target(folder: Path, options: ArchiveOptions) -> Path:
    """Return the path of the archive; refuse one that may not be written."""
    target = options.out or folder.resolve().with_name(f"{folder.resolve().name}.zip")
    if target.is_dir():
        raise InputError(
            f"{target} is a folder; give a file: --out {target / folder.resolve().name}.zip"
        )
    if target.exists() and not options.overwrite:
        raise InputError(
            f"{target} exists already; give another file with --out, or --overwrite to replace it"
        )
    if folder.resolve() in target.resolve().parents:
        raise InputError(
            f"{target} lies in the folder that is packaged; give a file elsewhere with --out"
        )
    if options.licence is not None and not SPDX_PATTERN.fullmatch(options.licence):
        raise InputError(
            f"--license is {options.licence}; allowed: an identifier of spdx.org/licenses, for"
            " example CC-BY-4.0"
        )
    try:
        with wrap_write_errors():
            target.parent.mkdir(parents=True, exist_ok=True)
    except NotWrittenError as reason:
        raise make_write_error(target, reason) from reason
    return target


def refuse_other_packages(folder: Path, manifest: StudyManifest) -> None:
    """Refuse to pin other versions of packages than those that made the results."""
    for name, recorded in manifest.packages.items():
        try:
            present = version(name)
        except PackageNotFoundError:
            present = "not installed"
        if present != recorded:
            raise InputError(
                f"{folder} was made with {name} {recorded}, and here it is {present}; package it"
                f" where it was made, or install {name}=={recorded}"
            )


def refuse_other_runs(folder: Path, study: Study, plan: Plan) -> None:
    """Refuse results whose runs differ from those of the study now: a file it uses has changed."""
    adaptive = isinstance(study.replicates, AdaptiveReplicates)
    points = len(plan.points)
    runs = plan.walk_runs([0] * points, [study.most_replicates] * points)
    planned = {run.id for run in runs}
    recorded = set[str]()
    for name in ("runs", "failures"):
        path = folder / f"{name}.parquet"
        if path.exists():
            recorded |= set(pl.read_parquet(path, columns=["run"])["run"])
    if recorded - planned or (planned - recorded and not adaptive):
        raise InputError(
            f"{folder} holds other runs than its study would do now: {STUDY_FILE}, a user-defined"
            " function or a file of organisations changed; undo that, or repeat the changed runs"
            f" with `overbruggen resume {folder}`"
        )


# --- contents -------------------------------------------------------------------------------------


def collect_archive_contents(
    folder: Path,
    manifest: StudyManifest,
    steps: Sequence[RebuildStep],
    inputs: ArchiveInputs,
    plan: Plan,
    options: ArchiveOptions,
) -> ArchiveContents:
    """Return what an archive holds, without the files that describe it."""
    names = list_result_files(folder)
    entries: dict[str, ArchiveEntry] = {f"{RESULTS_FOLDER}/{name}": folder / name for name in names}
    entries[f"{RESULTS_FOLDER}/{STUDY_FILE}"] = entries[
        f"{INPUTS_FOLDER}/{manifest.study}.yaml"
    ] = inputs.study
    entries |= {f"{INPUTS_FOLDER}/{place}": entry for place, entry in inputs.files.items()}
    if options.with_data:
        entries |= {
            f"{INPUTS_FOLDER}/{check_relative_path('population.path', name)}": Path(name)
            for data in inputs.data
            for name in data.files
        }
    entries |= collect_environment_files(inputs.packages)
    recipe = Recipe(
        study=manifest.study,
        own_model=isinstance(plan.target, MesaTarget),
        version=manifest.version,
        python=manifest.python,
        steps=tuple(
            step.model_copy(update={"files": compute_result_checksums(entries, step.files)})
            for step in steps
        ),
        data=() if options.with_data else tuple(inputs.data),
        not_compared=list_files_not_made(names, steps),
    )
    entries[RECIPE_FILE] = (recipe.model_dump_json(indent=2) + "\n").encode()
    study = yaml.safe_load(inputs.study)
    return ArchiveContents(
        title=study.get("title", manifest.study),
        question=study.get("question", f"Study {manifest.study}"),
        hypotheses=tuple(study.get("hypotheses", ())),
        manifest=manifest,
        recipe=recipe,
        entries=entries,
        captions=read_figure_captions(folder, names),
        authors=options.authors,
        licence=options.licence,
        seconds=sum_run_seconds(folder),
    )


def list_result_files(folder: Path) -> list[str]:
    """Return the files of a study's folder for an archive: no hidden files and no working files."""
    names = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return [
        name.as_posix()
        for name in names
        if name.parts[0] not in WORKING_FILES
        and not any(part.startswith(".") for part in name.parts)
    ]


def compute_result_checksums(
    entries: dict[str, ArchiveEntry], names: Collection[str]
) -> dict[str, str]:
    """Return the checksums of results in the archive."""
    return {name: compute_entry_checksum(entries[f"{RESULTS_FOLDER}/{name}"]) for name in names}


def collect_environment_files(packages: Collection[str]) -> dict[str, ArchiveEntry]:
    """Return the files of the software: a wheel, its requirements and its constraints."""
    needed = [
        f"{ENVIRONMENT_FOLDER}/{WHEEL_FILE}",
        *(f"{name}=={find_installed_package(name).version}" for name in sorted(packages)),
    ]
    return {
        f"{ENVIRONMENT_FOLDER}/{WHEEL_FILE}": build_wheel(),
        f"{ENVIRONMENT_FOLDER}/{CONSTRAINTS_FILE}": (
            format_pip_constraints(collect_pins(packages)).encode()
        ),
        f"{ENVIRONMENT_FOLDER}/{REQUIREMENTS_FILE}": (
            "".join(f"{line}\n" for line in needed).encode()
        ),
    }


def read_figure_captions(folder: Path, names: Sequence[str]) -> dict[str, str]:
    """Return the captions of the figures in a folder, by the stem of their files."""
    matches = [
        CAPTION_PATTERN.match((folder / name).read_text(encoding="utf-8"))
        for name in names
        if name.endswith(".md")
    ]
    return {match["name"]: match["caption"].strip() for match in matches if match}


def sum_run_seconds(folder: Path) -> float | None:
    """Return the processor time of all runs; None if the folder has no ledger of them."""
    ledgers = sorted((folder / "parts").glob("ledger-*.parquet"))
    return (
        float(sum(pl.read_parquet(path, columns=["seconds"])["seconds"].sum() for path in ledgers))
        if ledgers
        else None
    )


def add_archive_descriptions(contents: ArchiveContents) -> dict[str, ArchiveEntry]:
    """Return the entries of an archive with the files that describe it, and its checksums."""
    entries: dict[str, ArchiveEntry] = dict(contents.entries)
    entries |= {
        REBUILD_SCRIPT_FILE: format_rebuild_script(contents).encode(),
        CITATION_FILE: format_archive_citation(contents).encode(),
        LICENCES_FILE: format_archive_licences(contents).encode(),
    }
    entries[README_FILE] = format_archive_readme(contents).encode()
    entries[CRATE_METADATA_FILE] = format_crate_metadata(
        replace(contents, entries={**entries, CHECKSUMS_FILE: b""})
    ).encode()
    entries[CHECKSUMS_FILE] = format_checksums(
        {place: compute_entry_checksum(entry) for place, entry in entries.items()}
    ).encode()
    return entries
