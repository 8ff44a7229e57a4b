"""Which changes of a model's source make another model of it: code does, sentences do not."""

import json

import pytest

from experiments.models import fingerprint as fingerprints
from experiments.models.classics import ClassicTarget
from experiments.models.collaboration import CollaborationTarget
from experiments.models.fingerprint import (
    SAME_NUMBERS_FILE,
    compute_digests,
    compute_model_fingerprint,
    join_digests,
    strip_source,
)

CODE = (
    b'"""A model."""\n\nX = "# no comment"\n\n\ndef f(a):  # why\n    """Say one."""\n    #'
    b" because\n    return a + 1\n"
)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"A model.", b"A better sentence, of\ntwo lines."),
        (b"Say one.", b"Return one more."),
        (b"# why", b"# for a good reason"),
        (b"    # because\n", b""),
        (b"\n\n\ndef", b"\n\n\n\ndef"),
        (b'    """Say one."""\n', b""),
    ],
)
def test_a_better_sentence_leaves_the_code_as_it_was(old, new):
    assert strip_source(CODE.replace(old, new)) == strip_source(CODE)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"a + 1", b"a + 2"),
        (b"# no comment", b"# another text"),
        (b"def f(a)", b"def g(a)"),
        (b"    return", b"        return"),
    ],
)
def test_other_code_is_another_model(old, new):
    assert strip_source(CODE.replace(old, new)) != strip_source(CODE)


def test_a_docstring_beside_code_is_not_taken_for_a_line_of_its_own():
    one, two = b'def f(): "say"; return 1\n', b'def f(): "say"; return 2\n'
    assert strip_source(one) != strip_source(two)


def test_what_does_not_parse_counts_byte_by_byte():
    assert strip_source(b"def f(:\n") == b"def f(:\n"
    assert strip_source(b"\xff\xfe") == b"\xff\xfe"


def test_code_that_gives_the_same_numbers_keeps_its_name(monkeypatch):
    before, after, other = [b"x = 1 + 1"], [b"x = 2"], [b"x = 3"]
    known = {join_digests(compute_digests(after)): compute_digests(before)}
    monkeypatch.setattr(fingerprints, "read_same_numbers", lambda: known)
    assert (
        compute_model_fingerprint(after)
        == compute_model_fingerprint(before)
        != compute_model_fingerprint(other)
    )


def test_what_is_noted_names_the_version_that_came_first():
    families = json.loads(SAME_NUMBERS_FILE.read_text())
    assert {family["model"] for family in families} >= {"overbruggen", "march_1991", "zollman_2010"}
    for family in families:
        assert family["same"], family["model"]
        assert all(len(digest) == 64 for digest in family["first"])


def test_targets_differ_in_their_fingerprints():
    names = [
        CollaborationTarget().compute_version(),
        *(ClassicTarget(name).compute_version() for name in ("march_1991", "guimera_2005")),
    ]
    assert len(set(names)) == 3
