"""`overbruggen report` refuses wrong folders and places with one sentence and writes nothing."""

import json
import shutil

import polars as pl
import pytest

from experiments.__main__ import main


def damage(folder, kind):
    manifest = json.loads((folder / "manifest.json").read_text())
    if kind == "incomplete":
        (folder / "manifest.json").write_text(json.dumps(manifest | {"complete": False}))
    elif kind == "no manifest":
        (folder / "manifest.json").unlink()
    elif kind == "damaged runs":
        (folder / "runs.parquet").write_bytes(b"no table")
    elif kind == "no factor":
        pl.read_parquet(folder / "runs.parquet").drop("structure").write_parquet(
            folder / "runs.parquet"
        )
    elif kind == "damaged parameters":
        (folder / "config.yaml").write_text("a: [1")
    elif kind == "no study":
        (folder / "study.yaml").unlink()
    elif kind == "no runs":
        pl.read_parquet(folder / "runs.parquet").clear().write_parquet(folder / "runs.parquet")
    elif kind == "damaged figure":
        (folder / "heatmap_joint_value.svg").write_text("<svg>")


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        (
            "incomplete",
            "is incomplete: its study was interrupted or still runs; `overbruggen resume",
        ),
        ("no manifest", "is not a results folder: it has no manifest.json"),
        ("damaged runs", "runs.parquet cannot be read"),
        ("no factor", "has no column structure, so it is not what the study wrote"),
        ("damaged parameters", "config.yaml cannot be read"),
        ("no study", "study.yaml cannot be read"),
        ("no runs", "has no run that is done, so there is nothing to report"),
        (
            "damaged figure",
            "heatmap_joint_value.svg is not a figure that `overbruggen` drew, or it is damaged",
        ),
    ],
)
def test_a_wrong_folder_gets_a_sentence(kind, sentence, report_folder, tmp_path, capsys):
    shutil.copytree(
        report_folder("forms"), tmp_path / "wrong", ignore=shutil.ignore_patterns("report.html")
    )
    damage(tmp_path / "wrong", kind)
    assert main(["report", str(tmp_path / "wrong")]) == 2
    message = capsys.readouterr().err
    assert sentence in message and message.count("\n") == 1
    assert not (tmp_path / "wrong" / "report.html").exists()


def test_a_wrong_place_gets_a_sentence(report_folder, tmp_path, capsys):
    (tmp_path / "mine.html").write_text("<p>mine</p>")
    for words, sentence in (
        ([tmp_path / "nowhere"], "does not exist, so it is not a results folder"),
        (
            [report_folder("forms"), "--out", tmp_path / "page.pdf"],
            "allowed: a file that ends in .html",
        ),
        (
            [report_folder("forms"), "--out", tmp_path / "mine.html"],
            "is not a report of `overbruggen`, so it is not replaced",
        ),
    ):
        assert main(["report", *map(str, words)]) == 2
        assert sentence in capsys.readouterr().err
    assert (tmp_path / "mine.html").read_text() == "<p>mine</p>"
