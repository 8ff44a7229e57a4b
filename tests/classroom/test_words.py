"""Both languages are complete, every word is used, and every control has its rule."""

import json
import re
from pathlib import Path

import pytest

from experiments.classroom.scenario import PARAMETER_CHOICES, list_page_parameters
from experiments.classroom.server import PAGE_FOLDER
from experiments.classroom.snapshots import CAPTION_REASONS, CHARTED_MEASURES
from experiments.classroom.vocabulary import build_vocabulary, read_rules
from sim.config import Population
from sim.presets import list_structure_presets
from sim.state import END_REASONS

WORDS = {
    language: json.loads((PAGE_FOLDER / "i18n" / f"{language}.json").read_text(encoding="utf-8"))
    for language in ("en", "nl")
}
SOURCES = "\n".join(
    path.read_text(encoding="utf-8")
    for path in [*PAGE_FOLDER.glob("js/*.js"), PAGE_FOLDER / "index.html"]
)


def test_both_languages_have_the_same_texts():
    for part, words in WORDS["en"].items():
        other = WORDS["nl"][part].keys()
        # English names of parameters may be left out: the page then shows the parameter's own.
        assert words.keys() <= other if part == "parameters" else words.keys() == other, part
        for key, text in words.items():
            other = WORDS["nl"][part][key]
            assert text.strip() and other.strip(), key
            assert set(re.findall(r"\{(\w+)\}", text)) == set(re.findall(r"\{(\w+)\}", other)), key


@pytest.mark.parametrize("language", WORDS)
def test_what_the_model_names_has_a_word(language):
    words = WORDS[language]
    choices = {
        one
        for group in build_vocabulary()["groups"]
        for parameter in group["parameters"]
        for one in parameter.get("choices", ())
    }
    wanted = {
        "parameters": set(list_page_parameters()),
        "forms": set(list_structure_presets()),
        "charts": set(CHARTED_MEASURES),
        "reasons": {*END_REASONS, "left"},
        "groups": {group["name"] for group in build_vocabulary()["groups"]},
        "choices": choices | {one for known in PARAMETER_CHOICES.values() for one in known},
        "sectors": set(Population().sectors),
    }
    # A parameter in English, and a choice, may go without a word: the page shows its own name.
    free = {"choices", "parameters"} if language == "en" else {"choices"}
    assert all(set(words[part]) <= wanted[part] for part in free)
    assert {part: set(words[part]) for part in wanted.keys() - free} == {
        part: wanted[part] for part in wanted.keys() - free
    }


def test_parameters_have_a_meaning_in_dutch():
    assert WORDS["nl"]["meanings"].keys() == list_page_parameters().keys()


def test_every_text_the_page_uses_is_there_and_every_text_there_is_used():
    known = set(WORDS["en"]["texts"])
    marked = set(re.findall(r'data-i18n(?:-label)?="([\w.]+)"', SOURCES))
    called = set(re.findall(r"""\bt\("([\w.]+)"[,)]""", SOURCES))
    counted = set(re.findall(r"""\btCount\("([\w.]+)",""", SOURCES))
    assert counted and marked | called | counted <= known
    used = marked | called | counted | {f"{key}.one" for key in counted}
    used |= set(re.findall(r'"([a-z]+(?:\.[\w]+)*)"', SOURCES))  # chosen first, then looked up
    stems = tuple(stem for stem in re.findall(r"`([\w.]+)\$\{", SOURCES) if "." in stem)
    assert {key for key in known - used if not key.startswith(stems)} == set()


@pytest.mark.parametrize("language", WORDS)
def test_what_the_page_looks_up_by_a_name_of_the_model_has_a_text(language):
    texts = WORDS[language]["texts"]
    wanted = {f"legend.{topology}" for topology in build_vocabulary()["topologies"]}
    wanted |= {f"chart.{measure}.meaning" for measure in CHARTED_MEASURES}
    events = ("entered", "started", "copied", *CAPTION_REASONS)
    wanted |= {f"caption.{event}{ending}" for event in events for ending in ("", ".one")}
    assert wanted <= texts.keys()
    assert set(CAPTION_REASONS) == set(END_REASONS) - {"running"}


def test_every_rule_names_a_section_of_the_rules():
    assert read_rules().keys() == list_page_parameters().keys()
    sections = set(
        re.findall(
            r"^## (.+)$",
            (Path(__file__).parents[2] / "docs" / "rules.md").read_text(),
            re.MULTILINE,
        )
    )
    assert {rule["section"] for rule in read_rules().values()} <= sections


def test_an_equation_with_words_is_there_in_dutch_too():
    formula = {"max", "min", "exp", "blind", "model"}  # the same in both, or part of a symbol
    for path, rule in read_rules().items():
        words = set(re.findall(r"[a-z]{3,}", re.sub(r"_\w+", "", rule["equation"]))) - formula
        assert not words or rule.get("equation_nl", rule["equation"]) != rule["equation"], (
            path,
            words,
        )


def test_defaults_lie_within_their_controls():
    forms = build_vocabulary()["structures"].values()
    for group in build_vocabulary()["groups"]:
        for parameter in group["parameters"]:
            values = [
                parameter["default"],
                *(form[parameter["path"]] for form in forms if parameter["path"] in form),
            ]
            for value in (value for value in values if value is not None):
                if "low" in parameter:
                    assert parameter["low"] <= value <= parameter["high"], parameter["path"]
                elif "choices" in parameter:
                    assert value in parameter["choices"], parameter["path"]


def test_nothing_is_fetched_from_elsewhere_and_files_are_short():
    addresses = set(
        re.findall(
            r"(?:https?:)?//[\w.-]+",
            re.sub(r"(?m)(^|\s)//.*$", "", SOURCES)
            + "".join(sheet.read_text() for sheet in PAGE_FOLDER.glob("*.css")),
        )
    )
    # The name of SVG, which nobody fetches.
    assert addresses <= {"//www.w3.org", "http://www.w3.org"}
    for path in PAGE_FOLDER.rglob("*.*"):
        if path.suffix in (".js", ".css", ".html"):
            assert len(path.read_text().splitlines()) <= 400
            most = 100 if path.suffix == ".js" else 240
            assert max(map(len, path.read_text().splitlines())) <= most, path
