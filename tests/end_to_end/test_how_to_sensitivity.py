"""The files and commands of docs/how-to-sensitivity.md run and do what they say; what cannot be
analysed is refused in a sentence.
"""

import json
import re
import shlex
from pathlib import Path

import polars as pl
import pytest

from experiments.__main__ import main

PAGE = (Path(__file__).parents[2] / "docs" / "how-to-sensitivity.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^overbruggen ((?:study|sensitivity) .*)$", PAGE, re.MULTILINE)
SMALL = [
    "run.rounds=10",
    "population.organisations=20",
    "replicates=2",
    "--workers",
    "1",
    "--quiet",
]
LESS = {
    "levers.yaml": ["design.samples=16"],
    "design.trajectories=20": ["design.trajectories=4"],
    "design.samples=96": ["design.samples=24"],
}
WRITTEN = {
    "results/levers": ["", "_pairs", "_bars"],
    "results/screening": ["", "_plane"],
    "results/single": ["", "_tornado"],
    "results/ends": ["", "_tornado"],
    "results/filled": ["", "_bars", "_surface"],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The studies of the page, made small."""
    place = tmp_path_factory.mktemp("page")
    (place / "levers.yaml").write_text(
        re.search(r"```yaml\n# levers.yaml\n(.*?)```", PAGE, re.DOTALL).group(1)
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        for command in COMMANDS:
            if command.startswith("study"):
                assert main(smaller(shlex.split(command))) == 0
    return place


@pytest.fixture(autouse=True)
def there(folder, monkeypatch):
    monkeypatch.chdir(folder)


def smaller(words):
    """Make a study of the page small: the study file's own overrides and replicates are
    replaced.
    """
    text = (
        Path("levers.yaml")
        .read_text()
        .replace("[population.organisations=50, run.rounds=100]", "[]")
    )
    Path("levers.yaml").write_text(text)
    words = [word for word in words if not word.startswith("replicates=")]
    given = next(
        (
            LESS[word]
            for word in reversed(words)
            if word in LESS and (word != "levers.yaml" or len(words) == 2)
        ),
        [],
    )
    return [*(word for word in words if word not in LESS or word == "levers.yaml"), *given, *SMALL]


@pytest.mark.parametrize(
    "command", [command for command in COMMANDS if command.startswith("sensitivity")]
)
def test_commands_of_the_page(command, capsys):
    words = shlex.split(command)
    assert main(words) == 0
    stem = Path(words[1]) / "sensitivity_joint_value"
    assert "production.depth" in stem.with_suffix(".md").read_text()
    for ending in WRITTEN[words[1]]:
        assert len(pl.read_csv(f"{stem}{ending}.csv"))
    pictures = {path: path.read_bytes() for path in stem.parent.glob(f"{stem.name}_*.png")}
    captions = [path.with_suffix(".md").read_text() for path in pictures]
    assert captions and all(
        "Study levers, common random numbers, seed" in caption.replace("\\", "")
        for caption in captions
    )
    assert main(words) == 0
    assert {path: path.read_bytes() for path in pictures} == pictures
    assert "Written in" in capsys.readouterr().out


def test_code_of_the_page(capsys):
    exec(re.search(r"```python\n(.*?)```", PAGE, re.DOTALL).group(1), {})
    assert (
        capsys.readouterr().out.strip()
        == "imitation.rate 0.2, trust.initial 0.0, structure.formalisation 0.0,"
        " production.depth 0.8"
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["results/levers", "--measure", "joint_valeu"], "Did you mean joint_value?"),
        (["results/levers", "--measure", "imitation.rate"], "imitation.rate is not a measure"),
        (
            ["results/levers", "--surface", "imitation.rate", "trust.initail"],
            "Did you mean trust.initial?",
        ),
        (
            ["results/levers", "--surface", "imitation.rate", "imitation.rate"],
            "both are imitation.rate",
        ),
        (["nowhere"], "nowhere does not exist, so it is not a results folder"),
    ],
)
def test_what_cannot_be_analysed_is_said(words, said, capsys):
    before = set(Path("results").rglob("*"))
    assert main(["sensitivity", *words]) == 2
    assert said in capsys.readouterr().err
    assert set(Path("results").rglob("*")) == before


def test_failed_runs_cost_their_blocks_and_an_incomplete_folder_is_refused(capsys):
    folder = Path("results/levers")
    whole, manifest = (
        pl.read_parquet(folder / "runs.parquet"),
        (folder / "manifest.json").read_text(),
    )
    try:
        whole[30:31].write_parquet(folder / "failures.parquet")
        pl.concat([whole[:30], whole[31:]]).write_parquet(folder / "runs.parquet")
        assert main(["sensitivity", "results/levers"]) == 0
        assert "1 of 16 blocks" in " ".join(capsys.readouterr().out.split())
        whole[::7].write_parquet(folder / "runs.parquet")
        assert main(["sensitivity", "results/levers"]) == 2
        assert "fewer than half" in capsys.readouterr().err
        (folder / "manifest.json").write_text(
            json.dumps({**json.loads(manifest), "complete": False})
        )
        assert main(["sensitivity", "results/levers"]) == 2
        assert "overbruggen resume results/levers" in capsys.readouterr().err
    finally:
        whole.write_parquet(folder / "runs.parquet")
        (folder / "manifest.json").write_text(manifest)
        (folder / "failures.parquet").unlink()


def test_a_full_factorial_of_two_shows_its_cells(capsys):
    words = [
        "study",
        "levers.yaml",
        "design=full_factorial",
        "trust.initial=0.5",
        "structure.formalisation=0.5",
        "--out",
        "results/cells",
    ]
    assert main([*words, *SMALL]) == 0
    assert main(["sensitivity", "results/cells", "--measure", "synergy"]) == 0
    assert len(pl.read_csv("results/cells/sensitivity_synergy_surface.csv")) == 16
    assert Path("results/cells/sensitivity_synergy_surface.pdf").exists()
