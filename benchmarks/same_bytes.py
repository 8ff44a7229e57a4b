"""Make a set of results with one version of the program, and compare it file by file with another version's.

A change that is to leave all numbers as they are is shown by it: `make` before the change, `make` after, `compare`::

    python benchmarks/same_bytes.py make BEFORE [--program path/to/overbruggen]
    python benchmarks/same_bytes.py compare BEFORE AFTER

What may differ is left out: moments and the commit, the times that the journal keeps, the program itself in an archive
and what is said of it there. Everything else has to be the same to the bit.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

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
MAIN = "structure_and_imitation"
FORMS = "structure=hub,alliance"
STUDIES = {
    "main": [MAIN, FORMS, "replicates=3", "run.rounds=40", "series=10"],
    "pattern": ["reflection", "replicates=2", "run.rounds=30", "population.organisations=30"],
    "sobol": ["sobol.yaml"],
    "mesa": ["mesa.yaml"],
    "adaptive": ["adaptive.yaml"],
    "classic": ["model=march_1991", "p1=0.1,0.9", "p2=0.1,0.5", "replicates=5"],
}
FILES = {
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
AFTERWARDS = [
    ["figures", "study-main", "--kind", "interaction", "--journal", "nature", "--columns", "1"],
    ["figures", "study-main", "--kind", "lines", "--measure", "synergy"],
    ["figures", "study-main", "--kind", "profiles"],
    ["figures", "study-pattern"],
    ["figures", "run-hub", "--kind", "network"],
    ["figures", "run-hub", "--kind", "space"],
    ["sensitivity", "study-sobol"],
    ["report", "study-main"],
    ["report", "study-sobol"],
    ["report", "run-hub"],
    ["package", "study-main"],
    ["package", "study-classic"],
    ["dock", "march_1991", "guimera_2005", "--quick", "--out", "docking"],
]
LEFT_OUT = re.compile(
    r"\.whl$|environment|constraints|sha256|provenance|\.lock$|journal|ledger|log\.txt"
    r"|\.zip/(README|CITATION|ro-crate|rebuild)"
)
COMMIT = re.compile(rb"commit [0-9a-f]{7,40}( with changes)?")
MOMENT = re.compile(rb"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?(\+\d\d:\d\d)?")
VOLATILE = ("started", "ended", "commit", "command", "overbruggen")


def make(folder: Path, program: str) -> None:
    """Make all results of one version of the program."""
    folder.mkdir(parents=True)
    for name, text in FILES.items():
        (folder / name).write_text(text)
    commands = [["run", *words, "--out", f"run-{name}"] for name, words in RUNS.items()]
    commands += [["run", f"model={name}", "--out", f"classic-{name}"] for name in CLASSICS]
    commands += [
        ["study", *words, "--quiet", "--out", f"study-{name}"] for name, words in STUDIES.items()
    ]
    for words in [*commands, *AFTERWARDS]:
        print(*words, flush=True)
        done = subprocess.run([program, *words], cwd=folder, capture_output=True, text=True)
        if done.returncode not in (0, 4):
            sys.exit(done.stdout + done.stderr)
        log = folder / "log.txt"
        log.write_text((log.read_text() if log.exists() else "") + done.stdout + done.stderr)
    for page in ("", "measures", "classics"):
        words = ["describe", *([page] if page else []), "--markdown"]
        text = subprocess.run(
            [program, *words], cwd=folder, capture_output=True, text=True, check=True
        )
        (folder / f"describe-{page or 'parameters'}.md").write_text(text.stdout)


def contents(folder: Path) -> dict[str, bytes]:
    """Return the files below a folder by name, archives unpacked, without what may differ."""
    found: dict[str, bytes] = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if not path.is_file() or LEFT_OUT.search(name) or "parts/" in name:
            continue
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                inside = {f"{name}/{member}": archive.read(member) for member in archive.namelist()}
            found |= {
                member: settled(member, data)
                for member, data in inside.items()
                if not LEFT_OUT.search(member)
            }
        else:
            found[name] = settled(name, path.read_bytes())
    return found


def settled(name: str, data: bytes) -> bytes:
    """Return a file without its times and commit."""
    if name.endswith("manifest.json"):
        facts = {key: value for key, value in json.loads(data).items() if key not in VOLATILE}
        return json.dumps(facts, sort_keys=True).encode()
    if name.endswith((".html", ".md", ".tex", ".json")):
        return MOMENT.sub(b"moment", COMMIT.sub(b"commit", data))
    return data


def compare(before: Path, after: Path) -> int:
    """Print which files differ; return how many do."""
    old, new = contents(before), contents(after)
    different = 0
    for name in sorted(old | new):
        if old.get(name) != new.get(name):
            different += 1
            state = "missing after" if name not in new else "new" if name not in old else "differs"
            print(f"{state}: {name}")
    digest = hashlib.sha256(b"".join(new[name] for name in sorted(new))).hexdigest()[:16]
    print(f"{len(old)} files before, {len(new)} after, {different} different; digest {digest}")
    return different


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    making = verbs.add_parser("make")
    making.add_argument("folder", type=Path)
    making.add_argument("--program", default=str(Path(sys.executable).with_name("overbruggen")))
    comparing = verbs.add_parser("compare")
    comparing.add_argument("before", type=Path)
    comparing.add_argument("after", type=Path)
    arguments = parser.parse_args()
    if arguments.verb == "make":
        make(arguments.folder, arguments.program)
        return 0
    return min(1, compare(arguments.before, arguments.after))


if __name__ == "__main__":
    sys.exit(main())
