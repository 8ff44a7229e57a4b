"""A replication archive of a study: configuration, results, figures, software, and what is needed to get the same bytes again."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

import polars as pl
import yaml

from experiments.archive.crate import METADATA, Contents, crate
from experiments.archive.environment import WHEEL, constraints, installed, pins, wheel
from experiments.archive.inputs import Inputs, inputs_of, placed
from experiments.archive.readme import citation, licences, readme, script
from experiments.archive.recipe import ENVIRONMENT, INPUTS, RECIPE, RESULTS, Recipe, Step, not_made, steps_of
from experiments.archive.zip import CHECKSUMS, Entry, checksum_list, sum_of, write_zip
from experiments.console import say
from experiments.design.plan import Adaptive, Plan
from experiments.design.recorded import plan_of, refuse_another_version, study_in
from experiments.design.study import Study
from experiments.models.mesa import MesaTarget
from experiments.store.files import NotWrittenError, not_written, write_file, writing
from experiments.store.layout import STUDY_FILE
from experiments.store.manifest import StudyManifest, read_study_manifest
from experiments.store.results import opened, study_tables_in
from sim.errors import InputError

SCRIPT = "rebuild.sh"
WORKING = ("parts", "journal.jsonl")  # how a study came to its tables; nothing in them that the tables lack
SPDX = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]*")
PICTURE = re.compile(r"!\[\]\((?P<name>[^)]+)\.png\)\n\n(?P<caption>.*)", re.DOTALL)


class Wanted(NamedTuple):
    """What an archive is to be.

    Attributes:
        out: where it goes; beside the folder, named like it, unless told.
        overwrite: replace an archive that is there.
        with_data: also pack the files of organisations.
        licence: SPDX identifier of the licence of everything but the software.
        authors: who made the study.
    """

    out: Path | None = None
    overwrite: bool = False
    with_data: bool = False
    licence: str | None = None
    authors: tuple[str, ...] = ()


def package(folder: Path, wanted: Wanted) -> Path:
    """Write the replication archive of a study's folder; return where it is.

    The same folder gives the same bytes.

    Raises:
        InputError: there is no whole study, something in it changed since it was made, or the archive cannot be written.
    """
    manifest = read_study_manifest(folder)
    target = target_of(folder, wanted)
    study_tables_in(folder, manifest, opened)  # refuses what is incomplete or damaged
    steps = steps_of(folder, manifest)
    refuse_other_packages(folder, manifest)
    study = study_in(folder)
    plan, _ = plan_of(study)
    refuse_another_version(folder, plan, manifest)
    refuse_other_runs(folder, study, plan)
    contents = contents_of(folder, manifest, steps, inputs_of(folder, study, plan), plan, wanted)
    entries = described(contents)
    draft = target.with_name(f".{target.name}.draft")
    try:
        write_file(draft, lambda file: write_zip(file, entries, (SCRIPT,)))
        with writing():
            draft.replace(target)
    except NotWrittenError as reason:
        raise not_written(target, reason) from reason
    say(f"Replication archive {target}: {len(entries)} files. Make it again: unpack it and follow its README.md, or `overbruggen rebuild {target}`.")
    for data in contents.recipe.data:
        say(f"The organisations of {data.path} are not in it, only their checksums; --with-data packs them, if you may give them on.")
    return target


# --- what is refused -----------------------------------------------------------------------------------------------------


def target_of(folder: Path, wanted: Wanted) -> Path:
    """Return where an archive goes, if it may go there."""
    target = wanted.out or folder.resolve().with_name(f"{folder.resolve().name}.zip")
    if target.is_dir():
        raise InputError(f"{target} is a folder; give a file: --out {target / folder.resolve().name}.zip")
    if target.exists() and not wanted.overwrite:
        raise InputError(f"{target} exists already; give another file with --out, or --overwrite to replace it")
    if folder.resolve() in target.resolve().parents:
        raise InputError(f"{target} lies in the folder that is packaged; give a file elsewhere with --out")
    if wanted.licence is not None and not SPDX.fullmatch(wanted.licence):
        raise InputError(f"--license is {wanted.licence}; allowed: an identifier of spdx.org/licenses, for example CC-BY-4.0")
    try:
        with writing():
            target.parent.mkdir(parents=True, exist_ok=True)
    except NotWrittenError as reason:
        raise not_written(target, reason) from reason
    return target


def refuse_other_packages(folder: Path, manifest: StudyManifest) -> None:
    """Refuse to pin other packages than those that made the results."""
    for name, before in manifest.packages.items():
        try:
            now = version(name)
        except PackageNotFoundError:
            now = "not installed"
        if now != before:
            raise InputError(
                f"{folder} was made with {name} {before}, and here it is {now}; package it where it was made, or install {name}=={before}"
            )


def refuse_other_runs(folder: Path, study: Study, plan: Plan) -> None:
    """Refuse results with runs that the study as it stands now would not do: a file it depends on changed since."""
    adaptive = isinstance(study.replicates, Adaptive)
    most = study.replicates.at_most if isinstance(study.replicates, Adaptive) else study.replicates
    planned = {run.id for run in plan.runs([0] * len(plan.points), [most] * len(plan.points))}
    found = set[str]()
    for name in ("runs", "failures"):
        path = folder / f"{name}.parquet"
        if path.exists():
            found |= set(pl.read_parquet(path, columns=["run"])["run"])
    if found - planned or (planned - found and not adaptive):
        raise InputError(
            f"{folder} holds other runs than its study would do now: {STUDY_FILE}, an own function or a file of organisations changed since; "
            f"undo that, or `overbruggen resume {folder}` does what changed"
        )


# --- what is in it -------------------------------------------------------------------------------------------------------


def contents_of(folder: Path, manifest: StudyManifest, steps: Sequence[Step], inputs: Inputs, plan: Plan, wanted: Wanted) -> Contents:
    """Collect what an archive holds."""
    names = results_in(folder)
    entries: dict[str, Entry] = {f"{RESULTS}/{name}": folder / name for name in names}
    entries[f"{RESULTS}/{STUDY_FILE}"] = entries[f"{INPUTS}/{manifest.study}.yaml"] = inputs.study
    entries |= {f"{INPUTS}/{place}": entry for place, entry in inputs.files.items()}
    if wanted.with_data:
        entries |= {f"{INPUTS}/{placed('population.path', name)}": Path(name) for data in inputs.data for name in data.files}
    entries |= environment(inputs.packages)
    recipe = Recipe(
        study=manifest.study, own_model=isinstance(plan.target, MesaTarget), version=manifest.version, python=manifest.python,
        steps=tuple(step.model_copy(update={"files": sums_in(entries, step.files)}) for step in steps),
        data=() if wanted.with_data else tuple(inputs.data), not_compared=not_made(names, steps),
    )  # fmt: skip
    entries[RECIPE] = (recipe.model_dump_json(indent=2) + "\n").encode()
    about = yaml.safe_load(inputs.study)
    return Contents(
        title=about.get("title", manifest.study), question=about.get("question", f"Study {manifest.study}"),
        hypotheses=tuple(about.get("hypotheses", ())), manifest=manifest, recipe=recipe, entries=entries, captions=captions(folder, names),
        authors=wanted.authors, licence=wanted.licence, seconds=seconds_of(folder),
    )  # fmt: skip


def results_in(folder: Path) -> list[str]:
    """Return the files of a study's folder that go into an archive: none that is hidden, and not how the study came to its tables."""
    found = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return [name.as_posix() for name in found if name.parts[0] not in WORKING and not any(part.startswith(".") for part in name.parts)]


def sums_in(entries: dict[str, Entry], names: Collection[str]) -> dict[str, str]:
    """Return the checksums of results as they are packed."""
    return {name: sum_of(entries[f"{RESULTS}/{name}"]) for name in names}


def environment(packages: Collection[str]) -> dict[str, Entry]:
    """Return the software, and what to install."""
    needed = [f"{ENVIRONMENT}/{WHEEL}", *(f"{name}=={installed(name).version}" for name in sorted(packages))]
    return {
        f"{ENVIRONMENT}/{WHEEL}": wheel(),
        f"{ENVIRONMENT}/constraints.txt": constraints(pins(packages)).encode(),
        f"{ENVIRONMENT}/requirements.txt": "".join(f"{line}\n" for line in needed).encode(),
    }


def captions(folder: Path, names: Sequence[str]) -> dict[str, str]:
    """Return the captions of the figures in a folder, by the stem of their files."""
    read = [PICTURE.match((folder / name).read_text(encoding="utf-8")) for name in names if name.endswith(".md")]
    return {found["name"]: found["caption"].strip() for found in read if found}


def seconds_of(folder: Path) -> float | None:
    """Return the processor time of all runs; None when the folder does not hold how it came about."""
    ledgers = sorted((folder / "parts").glob("ledger-*.parquet"))
    return float(sum(pl.read_parquet(path, columns=["seconds"])["seconds"].sum() for path in ledgers)) if ledgers else None


def described(contents: Contents) -> dict[str, Entry]:
    """Add what an archive says of itself, and the checksums of all of it."""
    entries: dict[str, Entry] = dict(contents.entries)
    entries |= {SCRIPT: script(contents).encode(), "CITATION.cff": citation(contents).encode(), "LICENSE": licences(contents).encode()}
    entries["README.md"] = readme(contents).encode()
    entries[METADATA] = crate(replace(contents, entries={**entries, CHECKSUMS: b""})).encode()
    entries[CHECKSUMS] = checksum_list({place: sum_of(entry) for place, entry in entries.items()}).encode()
    return entries
