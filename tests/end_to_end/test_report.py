"""`overbruggen report`: one page that stands alone, with the true numbers, the same bytes, and one sentence for what cannot be told."""

import html
import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import polars as pl
import pytest
import yaml

from analysis.tables import escape_latex, escape_markdown
from experiments.__main__ import main
from experiments.report.inline_svg import convert_to_inline_svg
from sim.config import Config
from tests.studies import study_file

TEMPLATE = (Path(__file__).parents[2] / "experiments" / "report" / "report.html.j2").read_text(
    encoding="utf-8"
)
SMALL = ["population.organisations=20", "run.rounds=12", "--workers", "1", "--quiet"]
FORMS = """title: Two forms
question: Which form, & what of "imitation" <now>?
factors:
  structure: [hub, alliance]
  imitation.rate: [0.0, 0.1, 0.35]
replicates: 3
seed: 77
overrides: [trust.initial=0.7]
"""
LEVERS = """question: Which factor?
factors:
  imitation.rate: {low: 0, high: 0.3}
  production.depth: {low: 1, high: 3}
design: {name: sobol, samples: 8}
replicates: 2
"""


class Page(HTMLParser):
    """What of a page must be right whatever it says."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.labels, self.tags, self.scopes, self.fetched = (
            [],
            [],
            [],
            [],
            [],
            [],
        )
        self.words, self._open = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        for name, value in attributes:
            assert not name.startswith("on")
            if name == "id":
                self.ids.append(value)
            elif name == "href" and tag == "a":
                self.links.append(value)
            elif name in ("href", "src", "xlink:href", "data", "action", "poster", "srcset"):
                self.fetched.append(value)
            elif name == "aria-labelledby":
                self.labels.append(value)
            elif name == "scope":
                self.scopes.append(value)

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


def report(*words):
    assert main(["report", *map(str, words)]) == 0


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A study of forms, one of sensitivity, one of a pattern, one of another model with failed runs, one replicate, and a run; with their pages."""
    place = tmp_path_factory.mktemp("reports")
    (place / "forms.yaml").write_text(FORMS)
    (place / "levers.yaml").write_text(LEVERS)
    asked = {
        "forms": [str(place / "forms.yaml")],
        "levers": [str(place / "levers.yaml")],
        "pattern": [
            "reflection",
            "structure=alliance,network,hub,platform,movement",
            "replicates=3",
            "run.rounds=30",
        ],
        "once": [str(place / "forms.yaml"), "replicates=1"],
    }
    for name, words in asked.items():
        size = (
            SMALL
            if name != "pattern"
            else [word for word in SMALL if not word.startswith("run.rounds")]
        )  # in fewer few meet old partners again
        assert main(["study", *words, *size, "--out", str(place / name)]) == 0
    moods = study_file(place, {"mood": ["fine", "raises"], "size": [1, 2]}, replicates=5)
    assert main(["study", moods, "--out", str(place / "moods"), "--workers", "1", "--quiet"]) == 3
    assert main(["figures", str(place / "forms"), "--kind", "heatmap"]) == 0
    assert (
        main(
            [
                "run",
                "structure=network",
                "imitation.rate=0.05",
                *SMALL[:2],
                "run.seed=9",
                "--out",
                str(place / "run"),
            ]
        )
        == 0
    )
    for name in (*asked, "moods", "run"):
        report(place / name)
    return place


KINDS = ("forms", "levers", "pattern", "once", "moods", "run")


def page_of(folder):
    return (folder / "report.html").read_text(encoding="utf-8")


def section(text, name):
    """Return the words of one section of a page."""
    return Page(re.search(rf'<h2 id="{name}">(.*?)</section>', text, re.DOTALL)[1]).text


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_stands_alone(kind, folders):
    text = page_of(folders / kind)
    page = Page(text)
    assert "script" not in page.tags and "link" not in page.tags and "iframe" not in page.tags
    assert all(target.startswith(("#", "data:image/")) for target in page.fetched)
    assert not re.search(r"url\((?!#)|@import|https?://", text)
    assert len(page.ids) == len(set(page.ids))
    assert {target[1:] for target in [*page.links, *page.fetched] if target.startswith("#")} <= set(
        page.ids
    )
    assert {target for target in re.findall(r"url\(#([^)]+)\)", text)} <= set(page.ids)
    assert set(page.labels) <= set(page.ids)
    assert all((folders / kind / link).is_file() for link in page.links if not link.startswith("#"))


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_can_be_read_by_all(kind, folders):
    text = page_of(folders / kind)
    page = Page(text)
    assert '<html lang="en">' in text and 'name="viewport"' in text
    assert page.tags.count("h1") == page.tags.count("main") == 1
    assert page.tags.count("table") == page.tags.count("caption") > 0
    assert page.scopes.count("col") == page.tags.count("th") - page.scopes.count("row") > 0
    for svg in re.findall(r"<svg.*?</svg>", text, re.DOTALL):
        assert 'role="img"' in svg and "<text" in svg and "sans-serif" in svg
    assert text.count("<svg") == text.count("<figcaption")


def test_contrast_of_all_colours():
    def light(colour):
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        red, green, blue = [
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
        ]
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    schemes = [
        dict(re.findall(r"--(\w+): (#\w{6})", found))
        for found in re.findall(r":root \{(.*?)\}", TEMPLATE)
    ]
    assert len(schemes) == 3  # light, dark, print
    for scheme in schemes:
        for ground in ("paper", "soft"):
            for ink in ("text", "muted", "link"):
                bright, dark = sorted((light(scheme[ground]), light(scheme[ink])), reverse=True)
                assert (bright + 0.05) / (dark + 0.05) >= 4.5, (ink, ground)


def test_what_the_author_wrote_is_escaped(folders):
    text = page_of(folders / "forms")
    assert 'Which form, & what of "imitation" <now>?' in Page(text).text and "<now>" not in text


def numbers(text):
    return sorted(re.findall(r"(?<![\w.])\d[\d.,]*\d|(?<![\w.])\d", text))


def test_the_numbers_of_the_methods_are_those_of_the_study(folders):
    folder, text = folders / "forms", page_of(folders / "forms")
    manifest, config = (
        json.loads((folder / "manifest.json").read_text()),
        yaml.safe_load((folder / "config.yaml").read_text()),
    )
    told = re.search(r"ready to adapt</h2>\n(.*?)<details>", text, re.DOTALL)[1]
    model, experiment, analysis = html.unescape(told).strip().split("\n")
    assert (
        f"had {config['population']['organisations']} organisations and lasted"
        f" {config['run']['rounds']} rounds" in model
    )
    assert (
        f"version {manifest['overbruggen']}" in model
        and f"Mesa {manifest['packages']['mesa']} in Python {manifest['python']}" in model
    )
    assert manifest["version"] in model and (manifest["commit"] or "")[:12] in model
    assert f"These were fixed: trust.initial = {config['trust']['initial']:g}." in model
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


def test_methods_can_be_copied_as_markdown_and_latex(folders):
    text = page_of(folders / "forms")
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


def test_tables_are_those_of_the_terminal(folders):
    for kind, name in (("forms", "points"), ("pattern", "checks")):
        table = pl.read_csv(folders / kind / f"table_{name}.csv")
        shown = Page(page_of(folders / kind)).text
        for column in table.columns:
            if f"{column} low" in table.columns:
                for value, low in table.select(
                    pl.col(column, f"{column} low").cast(pl.Float64)
                ).iter_rows():
                    assert (f"{value:.3f} [{low:.3f}, " if low == low else f"{value:.3f}") in shown


def test_what_differs_from_the_defaults_and_what_levels_set(folders):
    words = section(page_of(folders / "forms"), "parameters")
    assert (
        f"trust.initial 0.7 {Config().trust.initial:g}" in words
        and "population.organisations 20 100" in words
        and "run.rounds 12 200" in words
    )
    assert "structure.topology star complete" in words
    assert "What the levels of mood set" not in page_of(folders / "moods")  # their names say it
    rows = re.findall(
        r"<th scope=\"row\" class=\"\w+\">([\w.]+)",
        page_of(folders / "forms").split('id="parameters"')[1],
    )
    assert (
        "imitation.rate" not in rows and "structure.link_cost" not in rows
    )  # varied, and the same for both


def test_figures_of_the_folder_come_with_their_captions(folders):
    text = page_of(folders / "forms")
    assert text.count("<svg") == 2
    assert "Figure 2 is shown as drawn by an earlier command" in text
    captions = [Page(found).text for found in re.findall(r"<figcaption>(.*?)</figcaption>", text)]
    assert all(
        "common random numbers, seed 77" in caption and "n = 3 replicates" in caption
        for caption in captions
    )
    assert "\\" not in "".join(captions)


def test_limits_are_said(folders):
    moods, once, pattern, run = (
        section(page_of(folders / kind), "limits") for kind in ("moods", "once", "pattern", "run")
    )
    assert "10 runs failed and are left out" in moods and "ValueError: not today (10)" in moods
    assert "2 of 4 points have no run that is done" in moods
    assert "There is one replicate per point" in once and "[" not in section(
        page_of(folders / "once"), "results"
    )
    assert "so no intervals" in section(page_of(folders / "once"), "methods")
    assert "One run is one piece of luck" in run
    checks = pl.read_csv(folders / "pattern" / "table_checks.csv")
    failing = checks.filter(pl.col("outcome") == "not shown")
    assert f"{len(failing)} of {len(checks)} claims" in pattern and all(
        claim in pattern for claim in failing["claim"]
    )
    assert "Verdict on its hypotheses: does not show" in page_of(
        folders / "pattern"
    ) or "shows in part" in page_of(folders / "pattern")


def test_a_sensitivity_design_shows_its_indices_and_bars(folders):
    words = Page(page_of(folders / "levers")).text
    assert "Sobol' indices of joint_value" in words and "8 base samples" in words
    assert "overbruggen sensitivity rebuilt --measure joint_value" in words


def test_another_model_or_none_is_said(folders, tmp_path):
    words = Page(page_of(folders / "moods")).text
    assert (
        "agent-based model Moody" in words and "pause 0" in words and "Every run had" not in words
    )
    shutil.copytree(folders / "moods", tmp_path / "gone")
    study = (tmp_path / "gone" / "study.yaml").read_text()
    (tmp_path / "gone" / "study.yaml").write_text(study.replace("moody_model.py", "no_model.py"))
    report(tmp_path / "gone")
    assert "source was not found" in page_of(tmp_path / "gone")
    shutil.copytree(folders / "forms", tmp_path / "older")
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


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_results_give_the_same_bytes(kind, folders, tmp_path):
    before = (folders / kind / "report.html").read_bytes()
    report(folders / kind)
    assert (folders / kind / "report.html").read_bytes() == before
    shutil.copytree(folders / kind, tmp_path / "elsewhere")
    report(tmp_path / "elsewhere")
    assert (tmp_path / "elsewhere" / "report.html").read_bytes() == before


def test_the_commands_of_the_page_make_it_again(folders, tmp_path, monkeypatch):
    """All but the manifest's clock, and the command that was typed."""
    shutil.copytree(folders / "levers", tmp_path / "here")
    monkeypatch.chdir(tmp_path / "here")
    commands = re.search(
        r'<pre class="commands">(.*?)</pre>', page_of(folders / "levers"), re.DOTALL
    )[1].split("\n")
    assert commands[0] == "cp study.yaml levers.yaml"
    shutil.copy("study.yaml", "levers.yaml")
    for command in commands[1:]:
        assert main(command.split()[1:]) == 0
    assert Path("rebuilt/runs.parquet").read_bytes() == Path("runs.parquet").read_bytes()
    made, before = page_of(Path("rebuilt")), page_of(folders / "levers")
    assert re.findall(r"<svg.*?</svg>", made, re.DOTALL) == re.findall(
        r"<svg.*?</svg>", before, re.DOTALL
    )
    assert section(made, "design") == section(before, "design") and section(
        made, "parameters"
    ) == section(before, "parameters")
    made, before = (
        re.sub(r"commit \w+( with changes)?", "", section(page, "methods"))
        for page in (made, before)
    )  # a file may be changed meanwhile
    assert made == before


def test_a_page_elsewhere_links_back(folders, tmp_path):
    shutil.copytree(folders / "forms", tmp_path / "results" / "forms")
    report(tmp_path / "results" / "forms", "--out", tmp_path / "pages" / "forms.html")
    links = [
        link
        for link in Page((tmp_path / "pages" / "forms.html").read_text()).links
        if not link.startswith("#")
    ]
    assert len(links) > 10 and all((tmp_path / "pages" / link).is_file() for link in links)


def wrong(folder, kind):
    """Make a folder wrong."""
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
            "heatmap_joint_value.svg is no figure that `overbruggen` drew, or was damaged",
        ),
    ],
)
def test_a_wrong_folder_gets_a_sentence(kind, sentence, folders, tmp_path, capsys):
    shutil.copytree(
        folders / "forms", tmp_path / "wrong", ignore=shutil.ignore_patterns("report.html")
    )
    wrong(tmp_path / "wrong", kind)
    assert main(["report", str(tmp_path / "wrong")]) == 2
    said = capsys.readouterr().err
    assert sentence in said and said.count("\n") == 1
    assert not (tmp_path / "wrong" / "report.html").exists()


def test_a_wrong_place_gets_a_sentence(folders, tmp_path, capsys):
    (tmp_path / "mine.html").write_text("<p>mine</p>")
    for words, sentence in (
        ([tmp_path / "nowhere"], "does not exist, so it is not a results folder"),
        ([folders / "forms", "--out", tmp_path / "page.pdf"], "allowed: a file that ends in .html"),
        (
            [folders / "forms", "--out", tmp_path / "mine.html"],
            "is no report of `overbruggen`, so it is not replaced",
        ),
    ):
        assert main(["report", *map(str, words)]) == 2
        assert sentence in capsys.readouterr().err
    assert (tmp_path / "mine.html").read_text() == "<p>mine</p>"


def test_a_drawing_that_would_act_or_fetch_is_tamed():
    svg = """<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 72 36" onload="go()">
    <script>go()</script><metadata/><defs><path id="a"/></defs><image href="https://example.org/x.png"/><image xlink:href="data:image/png;base64,AA"/>
    <use xlink:href="#a" clip-path="url(#b)" style="fill: url(https://example.org/x)"/></svg>"""
    drawing = convert_to_inline_svg(svg, "one", "caption")
    assert drawing.width == 96
    assert not re.search(r"script|onload|example|xmlns|metadata", drawing.svg)
    assert (
        'id="one-a"' in drawing.svg
        and 'href="#one-a"' in drawing.svg
        and "url(#one-b)" in drawing.svg
        and "data:image/png" in drawing.svg
    )
    for text in ("<p/>", "no xml", '<svg xmlns="http://www.w3.org/2000/svg"/>'):
        with pytest.raises(ValueError):
            convert_to_inline_svg(text, "one", "caption")


def test_many_scenarios_stand_in_rows_and_mixed_forms_have_a_table(tmp_path):
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
