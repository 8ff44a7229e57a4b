"""The house rules that a machine can check."""

import ast
from pathlib import Path

import pytest

from experiments.cli.descriptions import format_measures_markdown, format_parameters_markdown
from experiments.configuration import list_parameters

ROOT = Path(__file__).parents[2]
SOURCES = [
    path
    for room in ("sim", "analysis", "experiments", "tests", "benchmarks", "docs")
    for path in (ROOT / room).rglob("*.py")
]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_are_short(path):
    text = path.read_text()
    assert len(text.splitlines()) <= 400
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef) and "tests" not in path.parts:
            length = (node.end_lineno or 0) - node.lineno + 1
            assert length <= 65, f"{node.name} has {length} lines"


@pytest.mark.parametrize("path", list_parameters())
def test_every_parameter_says_what_it_is(path):
    field = list_parameters()[path]
    assert field.description
    assert field.json_schema_extra["unit"]
    assert field.json_schema_extra["source"]


def test_parameter_page_is_what_the_code_says():
    page = (ROOT / "docs" / "parameters.md").read_text()
    assert page == format_parameters_markdown(), (
        "renew it: overbruggen describe --markdown > docs/parameters.md"
    )


def test_measures_page_is_what_the_code_says():
    page = (ROOT / "docs" / "measures.md").read_text()
    assert page == format_measures_markdown(), (
        "renew it: overbruggen describe measures --markdown > docs/measures.md"
    )
