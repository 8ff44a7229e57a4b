"""``experiments.load`` and ``scan``: what they give, of what is finished and what is not, and what
they say of what is wrong.
"""

import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime

import polars as pl
import pytest

import experiments
from sim.errors import InputError
from tests.studies import interrupted, keeping_study_file, run, study_file, tables_of


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kept")
    assert (
        run(
            "study",
            keeping_study_file(folder, 4),
            "seed=3",
            "--workers",
            1,
            "--quiet",
            "--out",
            folder / "whole",
        )
        == 0
    )
    return folder / "whole"


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    folder = tmp_path_factory.mktemp("one") / "run"
    assert run("run", "population.organisations=20", "run.rounds=10", "--out", folder) == 0
    return folder


def test_a_study_with_all_it_keeps(kept):
    results = experiments.load(str(kept))
    for name in ("runs", "events", "series"):
        assert getattr(results, name).equals(pl.read_parquet(kept / f"{name}.parquet"))
    assert results.failures is None
    assert results.factors == ("imitation.rate",)
    assert (results.manifest.seed, results.manifest.runs, results.manifest.complete) == (3, 8, True)
    assert results.manifest.started <= results.manifest.ended <= datetime.now(UTC)
    assert results.manifest.overrides == ("seed=3",)


def test_lazily_and_with_pandas_it_is_the_same(kept):
    results, lazy, frames = (
        experiments.load(kept),
        experiments.scan(kept),
        experiments.load(kept).to_pandas(),
    )
    for name in ("runs", "events", "series"):
        assert isinstance(getattr(lazy, name), pl.LazyFrame)
        assert getattr(lazy, name).collect().equals(getattr(results, name))
        assert pl.from_pandas(getattr(frames, name), nan_to_null=False).equals(
            getattr(results, name)
        )
    assert frames.failures is None
    assert frames.factors == lazy.factors == results.factors
    assert lazy.to_pandas().runs.equals(frames.runs)


def test_one_run(one):
    results = experiments.load(one)
    for name in ("rounds", "events", "challenges"):
        assert getattr(results, name).equals(pl.read_parquet(one / f"{name}.parquet"))
    assert results.manifest.kind == "run"
    assert len(results.to_pandas().rounds) == experiments.scan(one).rounds.collect().height == 10


def test_a_study_without_events_or_a_single_good_run(tmp_path):
    assert (
        run(
            "study",
            study_file(tmp_path, {"mood": ["raises"]}),
            "--workers",
            1,
            "--quiet",
            "--out",
            tmp_path / "all_bad",
        )
        == 3
    )
    results = experiments.load(tmp_path / "all_bad")
    assert (len(results.runs), results.events, results.series, len(results.failures)) == (
        0,
        None,
        None,
        4,
    )
    assert results.runs.columns == ["mood", "replicate", "seed", "run"]


def half_done(tmp_path):
    return interrupted(
        study_file(tmp_path, {"size": [1, 2, 3], "mood": ["fine", "raises"]}), tmp_path / "half", 16
    )


def test_what_finished_so_far_stands_as_it_will_at_the_end(tmp_path):
    folder = half_done(tmp_path)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    for read in (experiments.load, experiments.scan):
        with pytest.raises(
            InputError, match=f"{folder} is incomplete.*overbruggen resume {folder}"
        ):
            read(folder)
    (folder / "parts" / "runs-00000099.draft").write_bytes(b"another process is writing this")
    so_far = experiments.load(folder, incomplete=True)
    (folder / "parts" / "runs-00000099.draft").unlink()
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert len(so_far.runs) + len(so_far.failures) == 16
    assert not so_far.manifest.complete
    assert all(
        command.startswith(f"overbruggen rerun {folder} ") for command in so_far.failures["command"]
    )
    assert run("resume", folder, "--workers", 1, "--quiet") == 3
    whole = experiments.load(folder, incomplete=True)
    assert whole.runs.filter(pl.col("run").is_in(so_far.runs["run"].implode())).equals(so_far.runs)
    assert (
        whole.failures.filter(pl.col("run").is_in(so_far.failures["run"].implode()))
        .drop("seconds")
        .equals(so_far.failures.drop("seconds"))
    )


def test_what_finished_of_another_model_is_not_shown(tmp_path):
    folder = half_done(tmp_path)
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"version": "another"}))
    with pytest.raises(InputError, match="begun with model version another"):
        experiments.load(folder, incomplete=True)


def truncate(path):
    path.write_bytes(path.read_bytes()[:-100])


@pytest.mark.parametrize("name", ["runs", "events", "series"])
def test_a_damaged_table_of_a_study_is_said_and_mended(name, kept, tmp_path):
    folder = shutil.copytree(kept, tmp_path / "damaged")
    truncate(folder / f"{name}.parquet")
    for read in (experiments.load, experiments.scan):
        with pytest.raises(
            InputError,
            match=(
                rf"{name}.parquet cannot be read.*damaged: `overbruggen resume {folder}` rewrites"
                " it"
            ),
        ) as raised:
            read(folder)
        assert len(str(raised.value).splitlines()) == 1
    assert run("resume", folder, "--workers", 1, "--quiet") == 0
    assert tables_of(folder) == tables_of(kept)


def test_what_holds_no_results_is_said(kept, one, tmp_path):
    with pytest.raises(InputError, match="nowhere does not exist"):
        experiments.load(tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"is not a results folder: it has no manifest.json"):
        experiments.load(tmp_path)
    damaged = shutil.copytree(kept, tmp_path / "damaged")
    truncate(damaged / "manifest.json")
    with pytest.raises(
        InputError, match=r"manifest.json is not a manifest .* or was damaged \(as a whole"
    ):
        experiments.load(damaged)
    damaged = shutil.copytree(one, tmp_path / "damaged_run")
    truncate(damaged / "rounds.parquet")
    with pytest.raises(InputError, match=r"rounds.parquet cannot be read.*run it again"):
        experiments.load(damaged)


def test_importing_experiments_is_cheap():
    code = (
        "import sys, experiments; print([name for name in ('polars', 'numpy', 'pydantic', 'mesa')"
        " if name in sys.modules])"
    )
    assert (
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout.strip()
        == "[]"
    )
    with pytest.raises(AttributeError, match="has no attribute 'lod'"):
        experiments.lod  # noqa: B018
