"""Show whether a change leaves every byte of the results as it was.

``make same-bytes BEFORE=folder`` runs it. Each side of the comparison is a checkout, whose program
then makes a fixed set of results (runs, studies, figures, reports, archives, docking), or the
results that an earlier comparison made of a checkout::

    git worktree add ../before main
    python benchmarks/same_bytes.py ../before .                 # both sides go to dist/same_bytes
    python benchmarks/same_bytes.py dist/same_bytes/before .    # does not make the first side again

Both programs run under this Python and as if outside a checkout, because a commit is no result. The
comparison leaves out what differs whenever results are made: moments, durations, and in an archive
the program and its checksums. Everything else must be equal to the bit.

New code of a model gives every run a new id, and so every table of runs new bytes, until
``python -m docs.build.same_numbers`` records that it gives the same numbers. The comparison shows
whether such files differ in anything else. The exit status is 0 if they do not, else 1.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import re
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

SMALL = ["run.rounds=40", "population.organisations=40"]
RUNS = {
    "default": [],
    "hub": ["structure=hub", "imitation=success", "imitation.rate=0.1", *SMALL],
    "mixed": ["structure=mixed", "environment=turbulent", "environment.turnover=0.02", *SMALL],
    "movement": ["structure=movement", "imitation=conformity", "population.capacity=3", *SMALL],
    "platform": ["structure=platform", "imitation=prestige", "imitation.upward_only=true", *SMALL],
}
CLASSICS = [
    "axelrod_1997",
    "barkoczi_galesic_2016",
    "fang_lee_schilling_2010",
    "guimera_2005",
    "hong_page_2004",
    "lazer_friedman_2007",
    "march_1991",
    "march_1991_literal",
    "tomasello_2017",
    "tomasello_2017_threshold",
    "zollman_2010",
]
STUDIES = {
    "main": [
        "structure_and_imitation",
        "structure=hub,alliance",
        "replicates=3",
        "run.rounds=40",
        "series=10",
    ],
    "pattern": ["reflection", "replicates=2", "run.rounds=30", "population.organisations=30"],
    "sobol": ["sobol.yaml"],
    "mesa": ["mesa.yaml"],
    "adaptive": ["adaptive.yaml"],
    "classic": ["model=march_1991", "p1=0.1,0.9", "p2=0.1,0.5", "replicates=5"],
}
STUDY_FILES = {
    "sobol.yaml": (
        "factors: {imitation.rate: {low: 0, high: 0.3}, trust.gain: {low: 0, high: 1}}\n"
        "overrides: [run.rounds=20, population.organisations=30]\n"
        "design: sobol\nreplicates: 2\n"
    ),
    "mesa.yaml": (
        "model: {class: 'mesa.examples:BoltzmannWealth', rounds: 20}\n"
        "factors: {n: [10, 20], width: [5]}\nreplicates: 4\nseries: 5\n"
    ),
    "adaptive.yaml": (
        "factors: {structure: [hub, network]}\n"
        "overrides: [run.rounds=30, population.organisations=30]\nkeep: [events]\n"
        "replicates: {until: {joint_value: 0.05}, at_least: 3, at_most: 12, batch: 3}\n"
    ),
}
COMMANDS = [
    *(["run", *words, "--out", f"run-{name}"] for name, words in RUNS.items()),
    *(["run", f"model={name}", "--out", f"classic-{name}"] for name in CLASSICS),
    *(["study", *words, "--quiet", "--out", f"study-{name}"] for name, words in STUDIES.items()),
    ["figures", "study-main", "--kind", "interaction", "--journal", "nature", "--columns", "1"],
    ["figures", "study-main", "--kind", "lines", "--measure", "synergy"],
    ["figures", "study-main", "--kind", "profiles"],
    ["figures", "study-pattern"],
    ["figures", "run-hub", "--kind", "network"],
    ["figures", "run-hub", "--kind", "space"],
    ["sensitivity", "study-sobol"],
    ["report", "study-main"],
    ["report", "study-sobol"],
    ["report", "study-adaptive"],
    ["report", "run-hub"],
    ["package", "study-main"],
    ["package", "study-classic"],
    ["dock", "march_1991", "guimera_2005", "--quick", "--out", "docking"],
    ["describe", "--markdown"],
    ["describe", "measures", "--markdown"],
    ["describe", "classics", "--markdown"],
]
STATUSES_FILE = "statuses.json"
LOG_FILE = "log.txt"
EXIT_STATUSES_WITH_RESULTS = (0, 3, 4)  # 3: runs failed, 4: a docking cell missed
# How a study came to its tables, and what an archive holds of the program and its checksums.
LEFT_OUT = re.compile(
    r"(^|/)parts/|journal|\.lock$|provenance|sha256|\.whl$|environment|constraints"
    rf"|^{LOG_FILE}$|\.zip/(README|CITATION|ro-crate|rebuild)"
)
VOLATILE_FACTS = ("started", "ended", "commit", "command", "overbruggen")  # of a manifest
MOMENT = re.compile(rb"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?(\+\d\d:\d\d)?")
NUMBER = re.compile(rb"\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
TEXT_SUFFIXES = (".md", ".html", ".tex", ".csv", ".svg", ".yaml", ".json")
TEXTS_WITH_MOMENTS = (".md", ".html", ".tex", ".json")


ONLY_WORDS, ONLY_IDS = "only words differ", "only run ids differ"


class SideResults(NamedTuple):
    """The results of one side.

    Attributes:
        files: the compared files by name.
        statuses: the exit status of every command.
        fingerprints: of its models.
    """

    files: dict[str, bytes]
    statuses: dict[str, int]
    fingerprints: set[bytes]


# --- making ---------------------------------------------------------------------------------------


def find_results(side: Path, target: Path) -> Path:
    """Return the folder of a side's results: the side itself, or the target after making them."""
    if (side / STATUSES_FILE).is_file():
        return side
    if not (side / "experiments" / "__main__.py").is_file():
        sys.exit(
            f"{side} is neither a checkout of this project nor a folder of results that"
            " same_bytes.py made; give one of these"
        )
    if target.exists():
        shutil.rmtree(target)
    make_results(side.resolve(), target)
    return target


def make_results(checkout: Path, folder: Path) -> None:
    """Make all results with the program of a checkout."""
    folder.mkdir(parents=True)
    for name, text in STUDY_FILES.items():
        (folder / name).write_text(text)
    environment = {**os.environ, "PYTHONPATH": str(checkout), "GIT_DIR": os.devnull}
    statuses = {}
    with (folder / LOG_FILE).open("w") as log:
        for number, words in enumerate(COMMANDS, start=1):
            command, begun = " ".join(words), time.monotonic()
            print(f"{folder.name} {number:2}/{len(COMMANDS)}  {command}", end="", flush=True)
            done = subprocess.run(
                [sys.executable, "-m", "experiments", *words],
                cwd=folder,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
            statuses[command] = done.returncode
            log.write(f"$ overbruggen {command}\n{done.stdout}\n")
            if words[0] == "describe":
                (folder / f"{'-'.join(words[:-1])}.md").write_text(done.stdout)
            failed = done.returncode not in EXIT_STATUSES_WITH_RESULTS
            print(f"  {time.monotonic() - begun:.0f} s{'  FAILED' if failed else ''}", flush=True)
    (folder / STATUSES_FILE).write_text(json.dumps(statuses, indent=1) + "\n")


# --- comparing ------------------------------------------------------------------------------------


def read_side(folder: Path) -> SideResults:
    """Return the results of a folder without what always differs; archives are unpacked."""
    files: dict[str, bytes] = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix()
        if path.suffix != ".zip":
            files[name] = path.read_bytes()
            continue
        with zipfile.ZipFile(path) as archive:
            files |= {f"{name}/{part}": archive.read(part) for part in archive.namelist()}
    compared = {
        name: remove_moments(name, content)
        for name, content in files.items()
        if not LEFT_OUT.search(name)
    }
    statuses = json.loads(compared.pop(STATUSES_FILE))
    manifests = [content for name, content in compared.items() if name.endswith("manifest.json")]
    fingerprints = {json.loads(content).get("version", "").encode() for content in manifests}
    return SideResults(compared, statuses, fingerprints - {b""})


def remove_moments(name: str, content: bytes) -> bytes:
    """Return a file without the moments at which it was made."""
    if name.endswith("manifest.json"):
        facts: dict[str, Any] = json.loads(content)
        kept = {key: value for key, value in facts.items() if key not in VOLATILE_FACTS}
        return json.dumps(kept, sort_keys=True).encode()
    return MOMENT.sub(b"moment", content) if name.endswith(TEXTS_WITH_MOMENTS) else content


def remove_run_ids(name: str, side: SideResults) -> bytes:
    """Return a file without run ids and without the fingerprints of models."""
    content = side.files[name]
    if name.endswith(".parquet"):
        target = io.BytesIO()
        pl.read_parquet(content).drop("run", strict=False).write_parquet(target)
        return target.getvalue()
    for fingerprint in side.fingerprints:
        content = content.replace(fingerprint, b"fingerprint")
    return content


def describe_difference(name: str, before: SideResults, after: SideResults) -> str:
    """Say how a file differs between the sides; nothing if it does not."""
    if name not in after.files:
        return "only before"
    if name not in before.files:
        return "only after"
    old, new = before.files[name], after.files[name]
    if old == new:
        return ""
    old, new = remove_run_ids(name, before), remove_run_ids(name, after)
    if old == new:
        return ONLY_IDS
    same_numbers = name.endswith(TEXT_SUFFIXES) and NUMBER.findall(old) == NUMBER.findall(new)
    return ONLY_WORDS if same_numbers else "differs"


def list_failed_commands(before: SideResults, after: SideResults) -> list[str]:
    """Return the commands that gave no results, each with the sides on which it failed."""
    sides = {"before": before.statuses, "after": after.statuses}
    failures = []
    for command in {**before.statuses, **after.statuses}:
        where = [
            side
            for side, statuses in sides.items()
            if statuses.get(command) not in EXIT_STATUSES_WITH_RESULTS
        ]
        if where:
            failures.append(f"failed {' and '.join(where)}: {command}")
    return failures


def compare_sides(before: SideResults, after: SideResults) -> bool:
    """Print what differs and then the verdict; return whether nothing but run ids differs."""
    names = sorted(before.files | after.files)
    differences = {
        name: difference
        for name in names
        if (difference := describe_difference(name, before, after))
    }
    failures = list_failed_commands(before, after)
    for name, difference in differences.items():
        print(f"{difference}: {name}")
    for failure in failures:
        print(f"{failure} ({LOG_FILE} has its message)")
    if not differences and not failures:
        print(f"The same: all {len(names)} files are equal byte for byte before and after.")
        return True
    words, ids = (list(differences.values()).count(kind) for kind in (ONLY_WORDS, ONLY_IDS))
    if ids == len(differences) and not failures:
        print(
            f"The same apart from run ids: {ids} of {len(names)} files differ only in ids, because"
            " a model has new code; `python -m docs.build.same_numbers` gives it the old ids."
        )
        return True
    print(
        f"Not the same: {len(differences)} of {len(names)} files differ ({words} only in words,"
        f" {ids} only in run ids), and {len(failures)} of {len(COMMANDS)} commands failed."
    )
    return False


def main() -> int:
    """Read the command line; make and compare both sides."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    side_help = "a checkout, or results that an earlier comparison made of one"
    parser.add_argument("before", type=Path, help=side_help)
    parser.add_argument("after", type=Path, nargs="?", default=Path(), help=f"{side_help} (here)")
    parser.add_argument("--out", type=Path, default=Path("dist/same_bytes"), help="new results")
    chosen = parser.parse_args()
    before, after = (
        read_side(find_results(side, chosen.out / name))
        for name, side in (("before", chosen.before), ("after", chosen.after))
    )
    return 0 if compare_sides(before, after) else 1


if __name__ == "__main__":
    sys.exit(main())
