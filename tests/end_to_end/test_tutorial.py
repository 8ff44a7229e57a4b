"""docs/tutorial.md, followed block by block: files are written, commands given, code run, and what
the page shows is what they print.
"""

import html
import re
import shlex
from pathlib import Path

from experiments.__main__ import main

PAGE = (Path(__file__).parents[2] / "docs" / "tutorial.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(yaml|sh|text|python)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
QUOTES = [
    " ".join(line.removeprefix("> ") for line in block.splitlines())
    for block in re.findall(r"(?:^> .*\n)+", PAGE, re.MULTILINE)
]
FOLDER = Path("results/withstand")


def words_of(text):
    """Return lines as their words, without rules and empty lines."""
    return [" ".join(line.split()) for line in text.splitlines() if line.strip(" ─━═")]


def in_order(lines, among):
    """Tell whether lines stand among others, in their order."""
    left = iter(among)
    return all(line in left for line in lines)


def test_the_page_followed(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    shown, names, printed = 0, {}, ""
    for kind, text in BLOCKS:
        if kind == "yaml":
            Path(re.match(r"# (\S+)\n", text)[1]).write_text(text)
        elif kind == "sh":
            for line in text.splitlines():
                program, *words = shlex.split(line)
                assert program == "overbruggen"
                assert main([*words, *(["--workers", "1"] if words[0] == "study" else [])]) == 0, (
                    line
                )
            printed = capsys.readouterr().out
        elif kind == "python":
            exec(text, names)
            printed = capsys.readouterr().out
        else:
            assert in_order(words_of(text), words_of(printed)), (
                f"the page shows\n{text}\nand it is\n{printed}"
            )
            shown += 1
    assert shown == 5
    tables = re.findall(r"(?:^\|.*\n)+", PAGE, re.MULTILINE)
    screened = Path("results/screening/sensitivity_joint_value.md").read_text().splitlines()
    assert len(tables) == 1 and in_order(tables[0].splitlines(), screened)
    check_sentences(names)


def check_sentences(names):
    """Check what the text says beside the blocks."""
    caption, methods = QUOTES
    assert caption in Path(FOLDER, "lines_joint_value.md").read_text()
    report = html.unescape((FOLDER / "report.html").read_text())
    assert methods in report
    assert report.count("<svg") == 4  # the study's own, and those of step 4
    answer = names["answer"].row(0, named=True)
    assert (
        f"The hub loses {-answer['value']:.3f} less than the alliance" in PAGE
        and answer["high"] < 0
    )
    apart = names["apart"].filter(names["apart"]["low"] < 0)
    assert apart["imitation.rate"].to_list() == [0.0, 0.05]
    for name in re.findall(r"`(withstand\.\w+|sensitivity\w+\.pdf)`", PAGE):
        assert any(
            folder.joinpath(name).exists() for folder in (Path(), FOLDER, Path("results/screening"))
        ), name


def test_the_page_links_to_pages_that_are_there():
    for link in re.findall(r"\]\(([\w/.-]+)\)", PAGE):
        assert (Path(__file__).parents[2] / "docs" / link).is_file(), link
