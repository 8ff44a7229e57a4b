"""The contents of a report: methods, tables, parameters, figures and limits of the results."""

import html
import json
import re
import shutil

import polars as pl
import yaml

from analysis.tables import escape_latex, escape_markdown
from experiments.__main__ import main
from sim.config import Config
from tests.reports import SMALL, Page, page_of, report, section


def numbers(text):
    return sorted(re.findall(r"(?<![\w.])\d[\d.,]*\d|(?<![\w.])\d", text))


def test_the_numbers_of_the_methods_are_those_of_the_study(report_folder):
    folder, text = report_folder("forms"), page_of(report_folder("forms"))
    manifest, config = (
        json.loads((folder / "manifest.json").read_text()),
        yaml.safe_load((folder / "config.yaml").read_text()),
    )
    paragraphs = re.search(r"ready to adapt</h2>\n(.*?)<details>", text, re.DOTALL)[1]
    model, experiment, analysis = html.unescape(paragraphs).strip().split("\n")
    assert (
        f"had {config['population']['organisations']} organisations and lasted"
        f" {config['run']['rounds']} rounds" in model
    )
    assert (
        f"version {manifest['overbruggen']}" in model
        and f"Mesa {manifest['packages']['mesa']} in Python {manifest['python']}" in model
    )
    assert manifest["version"] in model and (manifest["commit"] or "")[:12] in model
    assert (
        f"The following parameters were fixed: trust.initial = {config['trust']['initial']:g}."
        in model
    )
    runs = pl.read_parquet(folder / "runs.parquet")
    points = runs.select("structure", "imitation.rate").n_unique()
    expected = [
        "2",
        "2",
        "3",
        "0",
        "0.1",
        "0.35",
        points,
        len(runs) // points,
        len(runs),
        manifest["seed"],
        "2011",
    ]
    assert numbers(experiment.replace("Philox4x32-10", "")) == sorted(map(str, expected))
    assert "none of which failed" in experiment and "common random numbers" in experiment
    for package, version in manifest["packages"].items():
        assert package == "mesa" or f"{package} {version}" in analysis


def test_methods_can_be_copied_as_markdown_and_latex(report_folder):
    text = page_of(report_folder("forms"))
    paragraphs = [
        html.unescape(found)
        for found in re.findall(
            r"<p>(.*?)</p>", text[text.index('id="methods"') : text.index("<details>")]
        )
    ]
    for form, escape in (("markdown", escape_markdown), ("latex", escape_latex)):
        shown = html.unescape(
            re.search(rf'<pre id="methods-{form}">(.*?)</pre>', text, re.DOTALL)[1]
        )
        assert shown == "\n\n".join(map(escape, paragraphs))
    assert "version = {0.1.0}" in text


def test_tables_are_those_of_the_terminal(report_folder):
    for kind, name in (("forms", "points"), ("pattern", "checks")):
        table = pl.read_csv(report_folder(kind) / f"table_{name}.csv")
        shown = Page(page_of(report_folder(kind))).text
        for column in table.columns:
            if f"{column} low" in table.columns:
                for value, low in table.select(
                    pl.col(column, f"{column} low").cast(pl.Float64)
                ).iter_rows():
                    assert (f"{value:.3f} [{low:.3f}, " if low == low else f"{value:.3f}") in shown


def test_what_differs_from_the_defaults_and_what_levels_set(report_folder):
    words = section(page_of(report_folder("forms")), "parameters")
    assert (
        f"trust.initial 0.7 {Config().trust.initial:g}" in words
        and "population.organisations 20 100" in words
        and "run.rounds 12 200" in words
    )
    assert "structure.topology star complete" in words
    assert "What the levels of mood set" not in page_of(
        report_folder("moods")
    )  # their names state it
    rows = re.findall(
        r"<th scope=\"row\" class=\"\w+\">([\w.]+)",
        page_of(report_folder("forms")).split('id="parameters"')[1],
    )
    assert (
        "imitation.rate" not in rows and "structure.link_cost" not in rows
    )  # varied, and the same for both


def test_figures_of_the_folder_come_with_their_captions(report_folder):
    text = page_of(report_folder("forms"))
    assert text.count("<svg") == 2
    assert "Figure 2 is shown as drawn by an earlier command" in text
    captions = [Page(found).text for found in re.findall(r"<figcaption>(.*?)</figcaption>", text)]
    assert all(
        "common random numbers, seed 77" in caption and "n = 3 replicates" in caption
        for caption in captions
    )
    assert "\\" not in "".join(captions)


def test_limits_are_stated(report_folder):
    moods, once, pattern, run = (
        section(page_of(report_folder(kind)), "limits")
        for kind in ("moods", "once", "pattern", "run")
    )
    assert "10 runs failed and are excluded" in moods and "ValueError: not today (10)" in moods
    assert "2 of 4 points have no completed run" in moods
    assert "There is one replicate per point" in once and "[" not in section(
        page_of(report_folder("once")), "results"
    )
    assert "so intervals over replicates cannot be given" in section(
        page_of(report_folder("once")), "methods"
    )
    assert "A single run shows one realisation" in run
    checks = pl.read_csv(report_folder("pattern") / "table_checks.csv")
    failing = checks.filter(pl.col("outcome") == "not shown")
    assert f"{len(failing)} of {len(checks)} claims" in pattern and all(
        claim in pattern for claim in failing["claim"]
    )
    assert "Verdict on its hypotheses: does not show" in page_of(
        report_folder("pattern")
    ) or "shows in part" in page_of(report_folder("pattern"))


def test_a_sensitivity_design_shows_its_indices_and_bars(report_folder):
    words = Page(page_of(report_folder("levers"))).text
    assert "Sobol' indices of joint_value" in words and "8 base samples" in words
    assert "overbruggen sensitivity rebuilt --measure joint_value" in words


def test_another_model_is_named_and_a_missing_or_changed_one_stated(report_folder, tmp_path):
    words = Page(page_of(report_folder("moods"))).text
    assert (
        "agent-based model Moody" in words and "pause 0" in words and "Every run had" not in words
    )
    shutil.copytree(report_folder("moods"), tmp_path / "gone")
    study = (tmp_path / "gone" / "study.yaml").read_text()
    (tmp_path / "gone" / "study.yaml").write_text(study.replace("moody_model.py", "no_model.py"))
    report(tmp_path / "gone")
    assert "source was not found" in page_of(tmp_path / "gone")
    shutil.copytree(report_folder("forms"), tmp_path / "older")
    manifest = json.loads((tmp_path / "older" / "manifest.json").read_text())
    (tmp_path / "older" / "manifest.json").write_text(
        json.dumps(manifest | {"version": "0123456789ab"})
    )
    report(tmp_path / "older")
    assert "made with model fingerprint 0123456789ab" in section(
        page_of(tmp_path / "older"), "limits"
    )


def test_a_classic_is_named_and_one_run_of_it_refused(tmp_path, capsys):
    study, one = tmp_path / "march", tmp_path / "run"
    assert (
        main(
            [
                "study",
                "model=march_1991",
                "p1=0.1,0.9",
                "rounds=5",
                "replicates=2",
                "--workers",
                "1",
                "--quiet",
                "--out",
                str(study),
            ]
        )
        == 0
    )
    assert main(["report", str(study)]) == 0
    words = " ".join(html.unescape((study / "report.html").read_text(encoding="utf-8")).split())
    assert "Mutual learning of a code and its members. Every run lasted 5 rounds" in words
    assert main(["run", "model=march_1991", "rounds=5", "--out", str(one)]) == 0
    capsys.readouterr()
    assert main(["report", str(one)]) == 2
    assert (
        "reports are made of studies of it: `overbruggen study model=march_1991"
        in capsys.readouterr().err
    )


def test_many_scenarios_become_rows_and_mixed_forms_have_a_table(tmp_path):
    scenarios = {
        f"s{place}": {"trust.initial": place / 20, "structure": "hub" if place else "alliance"}
        for place in range(13)
    }
    path = tmp_path / "many.yaml"
    path.write_text(yaml.safe_dump({"factors": {"scenario": scenarios}, "replicates": 1}))
    assert main(["study", str(path), *SMALL, "--out", str(tmp_path / "many")]) == 0
    report(tmp_path / "many")
    words = section(page_of(tmp_path / "many"), "parameters")
    assert "level structure.name" in words and re.search(
        r"s0 alliance complete .* s12 hub star ", words
    )
    assert "0.6" in words  # trust of the last
    assert main(["run", "structure=mixed", *SMALL[:2], "--out", str(tmp_path / "mixed")]) == 0
    report(tmp_path / "mixed")
    assert "By form of the collaboration" in section(page_of(tmp_path / "mixed"), "results")
