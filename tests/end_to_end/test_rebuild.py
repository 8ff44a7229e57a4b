"""`overbruggen rebuild`: an archive gives the same bytes, and every changed file is found."""

import json
import shutil
import zipfile

import polars as pl
import pytest
import yaml

from experiments.archive.recipe import read_recipe
from experiments.archive.zip import (
    CHECKSUMS_FILE,
    compute_entry_checksum,
    format_checksums,
    read_checksums,
)
from tests.archived_study import LOCAL, run_and_capture
from tests.studies import MODEL, run


def renew_checksums(archive):
    """Make the checksums match again, as after a deliberate change of the archive."""
    sums = {place: compute_entry_checksum(archive / place) for place in read_checksums(archive)}
    (archive / CHECKSUMS_FILE).write_text(format_checksums(sums))


def test_repeating_everything_gives_the_same_bytes(unpacked, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    status, out, _ = run_and_capture(capsys, "rebuild", unpacked, "--out", "again", *LOCAL)
    steps = read_recipe(unpacked).steps
    files = {name: promised for step in steps for name, promised in step.files.items()}
    assert status == 0 and f"{len(files)} of {len(files)} files are the same" in out
    assert all(
        compute_entry_checksum(tmp_path / "again" / name) == promised
        for name, promised in files.items()
    )
    assert not (unpacked / "inputs" / "__pycache__").exists()


def test_one_changed_byte_in_an_archive_is_found(unpacked, tmp_path, capsys):
    table = unpacked / "results" / "runs.parquet"
    content = bytearray(table.read_bytes())
    content[len(content) // 2] ^= 1
    table.write_bytes(content)
    status, out, _ = run_and_capture(capsys, "rebuild", unpacked, "--out", tmp_path / "again")
    assert (
        status == 1 and "results/runs.parquet changed" in out and not (tmp_path / "again").exists()
    )


def test_a_figure_and_a_table_that_results_do_not_give_are_found(unpacked, tmp_path, capsys):
    recipe = json.loads((unpacked / "rebuild.json").read_text())
    for step, name, before, after in (
        (0, "table_points.csv", "0.2", "0.3"),
        (1, "interaction_joint_value.svg", "</svg>", "</svg> "),
    ):
        path = unpacked / "results" / name
        assert before in path.read_text()
        path.write_text(path.read_text().replace(before, after))
        recipe["steps"][step]["files"][name] = compute_entry_checksum(path)
    (unpacked / "rebuild.json").write_text(json.dumps(recipe))
    renew_checksums(unpacked)
    status, out, _ = run_and_capture(
        capsys, "rebuild", unpacked, "--out", tmp_path / "again", "--figures-only"
    )
    assert status == 1 and out.count("different") == 2 and "2 are not" in out


def test_a_user_defined_model_moves_into_the_archive_and_its_failures_are_compared(
    tmp_path, monkeypatch, capsys
):
    (tmp_path / "elsewhere").mkdir()
    shutil.copy(MODEL, tmp_path / "elsewhere" / "moods_of_others.py")
    (tmp_path / "start").mkdir()
    monkeypatch.chdir(tmp_path / "start")
    model = {
        "class": f"{tmp_path}/elsewhere/moods_of_others.py:Moody",
        "rounds": 2,
        "measures": ["value"],
    }
    study = {
        "question": "Moods?",
        "model": model,
        "factors": {"mood": ["fine", "raises"]},
        "replicates": 2,
        "seed": 7,
    }
    (tmp_path / "start" / "moods.yaml").write_text(yaml.safe_dump(study))
    assert run("study", "moods.yaml", "--out", "out", *LOCAL, "--quiet") == 3
    assert run("package", "out") == 0
    shutil.rmtree(tmp_path / "elsewhere")
    with zipfile.ZipFile("out.zip") as archive:
        assert "inputs/moods_of_others.py" in archive.namelist()
        assert (
            yaml.safe_load(archive.read("inputs/moods.yaml"))["model"]["class"]
            == "moods_of_others.py:Moody"
        )
    status, out, _ = run_and_capture(capsys, "rebuild", "out.zip", "--out", "again", *LOCAL)
    assert status == 0 and "files are the same" in out
    assert pl.read_parquet("again/failures.parquet").height == 2


def test_an_installed_package_is_named_and_not_copied(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model = {"class": "mesa.examples:Schelling", "rounds": 2, "measures": ["happy"]}
    study = {
        "model": model,
        "factors": {"density": {"low": 0.5, "high": 0.8}, "homophily": {"low": 0.2, "high": 0.6}},
        "replicates": 2,
    }
    (tmp_path / "segregation.yaml").write_text(yaml.safe_dump(study))
    assert (
        run(
            "study",
            "segregation.yaml",
            "design=morris",
            "design.trajectories=4",
            "--out",
            "out",
            *LOCAL,
            "--quiet",
        )
        == 0
    )
    assert run("sensitivity", "out") == 0
    assert run("package", "out") == 0
    with zipfile.ZipFile("out.zip") as archive:
        assert [name for name in archive.namelist() if name.startswith("inputs/")] == [
            "inputs/segregation.yaml"
        ]
        assert "Mesa==" in archive.read("environment/requirements.txt").decode()
    assert run("rebuild", "out.zip", "--figures-only", "--out", "again") == 0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nowhere.zip"], "nowhere.zip does not exist"),
        (["mine.yaml"], "mine.yaml cannot be unpacked"),
        (["data"], "data is not a replication archive"),
        (["all.zip", "--out", "data"], "exists already"),
        (["all.zip", "--out", "data", "--figures-only"], "exists already"),
        (["all.zip", "--workers", "0"], "--workers is 0; allowed: 1 or more"),
    ],
)
def test_what_cannot_be_rebuilt_gets_one_sentence(words, sentence, working_copy, capsys):
    status, _, err = run_and_capture(capsys, "rebuild", *words)
    assert status == 2 and sentence in err and len(err.splitlines()) == 1
