"""`overbruggen report`: one page that is complete by itself, readable by all, and reproducible."""

import re
import shutil
from pathlib import Path

import pytest

from experiments.__main__ import main
from experiments.report.inline_svg import convert_to_inline_svg
from tests.reports import KINDS, Page, page_of, report, section

TEMPLATE = (Path(__file__).parents[2] / "experiments" / "report" / "report.html.j2").read_text(
    encoding="utf-8"
)


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_stands_alone(kind, report_folder):
    text = page_of(report_folder(kind))
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
    assert all(
        (report_folder(kind) / link).is_file() for link in page.links if not link.startswith("#")
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_can_be_read_by_all(kind, report_folder):
    text = page_of(report_folder(kind))
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


def test_what_the_author_wrote_is_escaped(report_folder):
    text = page_of(report_folder("forms"))
    assert 'Which form, & what of "imitation" <now>?' in Page(text).text and "<now>" not in text


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_results_give_the_same_bytes(kind, report_folder, tmp_path):
    before = (report_folder(kind) / "report.html").read_bytes()
    report(report_folder(kind))
    assert (report_folder(kind) / "report.html").read_bytes() == before
    shutil.copytree(report_folder(kind), tmp_path / "elsewhere")
    report(tmp_path / "elsewhere")
    assert (tmp_path / "elsewhere" / "report.html").read_bytes() == before


def test_the_commands_of_the_page_make_it_again(report_folder, tmp_path, monkeypatch):
    """All parts but the times and the command that the manifest records."""
    shutil.copytree(report_folder("levers"), tmp_path / "here")
    monkeypatch.chdir(tmp_path / "here")
    commands = re.search(
        r'<pre class="commands">(.*?)</pre>', page_of(report_folder("levers")), re.DOTALL
    )[1].split("\n")
    assert commands[0] == "cp study.yaml levers.yaml"
    shutil.copy("study.yaml", "levers.yaml")
    for command in commands[1:]:
        assert main(command.split()[1:]) == 0
    assert Path("rebuilt/runs.parquet").read_bytes() == Path("runs.parquet").read_bytes()
    made, before = page_of(Path("rebuilt")), page_of(report_folder("levers"))
    assert re.findall(r"<svg.*?</svg>", made, re.DOTALL) == re.findall(
        r"<svg.*?</svg>", before, re.DOTALL
    )
    assert section(made, "design") == section(before, "design") and section(
        made, "parameters"
    ) == section(before, "parameters")
    # The checkout may change between the two reports.
    made, before = (
        re.sub(r"commit \w+( with uncommitted changes)?", "", section(page, "methods"))
        for page in (made, before)
    )
    assert made == before


def test_a_page_elsewhere_links_back(report_folder, tmp_path):
    shutil.copytree(report_folder("forms"), tmp_path / "results" / "forms")
    report(tmp_path / "results" / "forms", "--out", tmp_path / "pages" / "forms.html")
    links = [
        link
        for link in Page((tmp_path / "pages" / "forms.html").read_text()).links
        if not link.startswith("#")
    ]
    assert len(links) > 10 and all((tmp_path / "pages" / link).is_file() for link in links)


def test_scripts_and_external_references_are_removed_from_a_drawing():
    svg = """<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"
    viewBox="0 0 72 36" onload="go()">
    <script>go()</script><metadata/><defs><path id="a"/></defs>
    <image href="https://example.org/x.png"/><image xlink:href="data:image/png;base64,AA"/>
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
