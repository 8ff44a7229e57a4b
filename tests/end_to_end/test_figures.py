"""`overbruggen figures`: every kind of figure, and one sentence for each that cannot be drawn."""

import json
import re
import shlex
from pathlib import Path

import polars as pl
import pytest

from docs.build.gallery import GALLERY_FIGURES
from experiments.__main__ import main
from experiments.presentation.run_figures import RUN_FIGURE_KINDS
from experiments.presentation.study_figures import STUDY_FIGURE_KINDS

PAGE = (Path(__file__).parents[2] / "docs" / "gallery.md").read_text(encoding="utf-8")
GALLERY_OPTIONS = [shlex.split(figure.options) for figure in GALLERY_FIGURES]
SMALL = ["population.organisations=20", "run.rounds=12"]
STUDY = """question: Which form?
factors:
  structure: [hub, alliance]
  imitation.rate: [0.0, 0.1, 0.3]
  production.depth: [1.0, 2.0]
replicates: 2
seed: 7
series: 2
keep: [events]
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("figures")
    (folder / "forms.yaml").write_text(STUDY)
    assert (
        main(
            [
                "study",
                str(folder / "forms.yaml"),
                *SMALL,
                "--out",
                str(folder / "out"),
                "--workers",
                "1",
                "--quiet",
            ]
        )
        == 0
    )
    return folder / "out"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run") / "out"
    assert main(["run", "structure=network", *SMALL, "--out", str(folder)]) == 0
    return folder


def run_command(capsys, *words):
    status = main([str(word) for word in words])
    out, err = capsys.readouterr()
    return status, out.replace("\n", " "), err


@pytest.mark.parametrize("kind", STUDY_FIGURE_KINDS)
def test_every_kind_of_figure_of_a_study(kind, study, capsys):
    options = next(options for options in GALLERY_OPTIONS if options[1] == kind)
    status, out, err = run_command(
        capsys, "figures", study, *options, "--journal", "pnas", "--columns", 1
    )
    assert (status, err) == (0, "")
    files = re.search(r"Figures drawn in \S+ (.*)", out).group(1).strip().split(", ")
    assert {Path(name).suffix for name in files} == {".pdf", ".svg", ".png", ".csv", ".md", ".tex"}
    caption = next((study / name).read_text() for name in files if name.endswith(".md"))
    assert "common random numbers, seed 7" in caption and "n = 2 replicates" in caption.replace(
        "in 2 replicates", "n = 2 replicates"
    )
    assert not pl.read_csv(next(study / name for name in files if name.endswith(".csv"))).is_empty()


@pytest.mark.parametrize("kind", RUN_FIGURE_KINDS)
def test_every_kind_of_figure_of_a_run(kind, run, capsys):
    status, out, err = run_command(capsys, "figures", run, "--kind", kind)
    assert (status, err) == (0, "")
    assert ".svg" in out and (".gif" in out) == (kind == "animation")


def test_moments_of_a_run_are_those_of_the_model(run):
    members, organisations = (
        pl.read_parquet(run / "members.parquet"),
        pl.read_parquet(run / "organisations.parquet"),
    )
    rounds = pl.read_parquet(run / "rounds.parquet")
    assert members["moment"].unique().sort().to_list() == [*range(1, 13)]
    running = (
        members.group_by("moment")
        .agg(pl.col("collaboration").n_unique(), pl.len() / pl.col("collaboration").n_unique())
        .sort("moment")
    )
    assert running["collaboration"].to_list() == rounds["collaborations"].to_list()
    assert running["len"].to_list() == pytest.approx(rounds["mean_size"].to_list())
    domains = organisations.select(pl.col("^domain_.*$"), "moment").partition_by(
        "moment", include_key=False
    )
    for skills, moment in zip(domains, (None, -1), strict=True):
        x = skills.to_numpy()
        pairs = ((x[:, None] - x[None]) ** 2).sum(axis=2).sum() / (len(x) * (len(x) - 1))
        if moment is not None:
            assert pairs**0.5 == pytest.approx(rounds["diversity"][moment])


WRONG = {
    ("study", "--kind", "heat"): "--kind is heat; allowed: lines",
    ("study", "--kind", "heatmaps"): "Did you mean heatmap?",
    ("study", "--kind", "lines", "--measure", "joint_valu"): "Did you mean joint_value?",
    ("study", "--kind", "lines", "--x", "imitation.rat"): "Did you mean imitation.rate?",
    ("study", "--kind", "lines", "--y", "structure"): "--y has no meaning",
    (
        "study",
        "--kind",
        "phase",
        "--measure",
        "synergy",
        "--measure",
        "joint_value",
    ): "takes one measure",
    ("study", "--kind", "network"): "is drawn of one run, and this is a study",
    ("study", "--measure", "synergy"): "add --kind",
    ("study", "--journal", "natur"): "Did you mean nature?",
    ("study", "--columns", "3"): "columns is 3",
    ("study", "--kind", "lines", "--moments", "6"): "with --kind network or animation",
    ("run", "--kind", "phase"): "compares runs, and this is one run",
    ("run", "--kind", "network", "--moments", "1"): "--moments is 1",
    ("run", "--kind", "space", "--by", "structure"): "this is one run; leave it out",
}


@pytest.mark.parametrize("words", WRONG)
def test_a_wrong_request_gets_one_sentence(words, study, run, capsys):
    before = sorted(study.iterdir())
    status, _, err = run_command(
        capsys, "figures", study if words[0] == "study" else run, *words[1:]
    )
    assert (status, len(err.strip().splitlines())) == (2, 1)
    assert WRONG[words] in err
    assert sorted(study.iterdir()) == before


def test_a_folder_that_lacks_data_gets_one_sentence(tmp_path, capsys):
    plain = [
        "study",
        "alone_or_together",
        *SMALL,
        "replicates=1",
        "structure=hub,alone",
        "challenges=broad",
        "--workers",
        "1",
        "--quiet",
    ]
    status, _, _ = run_command(capsys, *plain, "--out", tmp_path / "one")
    assert status == 0
    for kind, sentence in (
        ("timecourse", "run it with series=1"),
        ("distributions", "keep: [events]"),
        ("phase", "--kind phase needs 3 factors with several levels; this study varies structure"),
        ("profiles", "one replicate gives no interval"),
    ):
        status, _, err = run_command(capsys, "figures", tmp_path / "one", "--kind", kind)
        assert (status, sentence in err) == (2, True), err
    status, _, err = run_command(capsys, "figures", tmp_path / "one", "--kind", "lines")
    assert (status, err) == (0, "")
    assert (
        "One replicate: there is no interval"
        in (tmp_path / "one" / "lines_joint_value_synergy.md").read_text()
    )
    manifest = json.loads((tmp_path / "one" / "manifest.json").read_text())
    (tmp_path / "one" / "manifest.json").write_text(json.dumps(manifest | {"complete": False}))
    status, _, err = run_command(capsys, "figures", tmp_path / "one")
    assert (status, "is incomplete" in err and "overbruggen resume" in err) == (2, True)


def test_a_study_writes_its_tables_unrounded(study):
    assert (
        r"\toprule" in (study / "tables.tex").read_text()
        and "| structure |" in (study / "tables.md").read_text()
    )
    points, runs = pl.read_csv(study / "table_points.csv"), pl.read_parquet(study / "runs.parquet")
    first = points.row(0, named=True)
    same = runs.filter(
        (pl.col("structure") == first["structure"])
        & (pl.col("imitation.rate") == first["imitation.rate"])
        & (pl.col("production.depth") == first["production.depth"])
    )
    assert (first["joint value"], first["joint value n"]) == (
        pytest.approx(same["joint_value"].mean(), abs=1e-15),
        2,
    )


def test_the_function_of_the_page(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    exec(re.search(r"```python\n(.*?)```", PAGE, re.DOTALL).group(1), {})
    assert (tmp_path / "growth.pdf").is_file()
    assert "n = 3 replicates" in capsys.readouterr().out
