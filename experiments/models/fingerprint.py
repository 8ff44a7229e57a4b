"""What a model's results depend on, as a short name: its code without comments and docstrings, and the libraries it computes with.

The name is part of every run's id, so that a study is never resumed with another model. A better sentence in a docstring
changes nothing, and neither does code that was rearranged and shown to give the same numbers: ``same_numbers.json`` lists
such code under the version that first gave these numbers, whose name it keeps.
"""

from __future__ import annotations

import ast
import hashlib
import io
import json
import tokenize
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

SAME_NUMBERS_FILE = Path(__file__).with_name("same_numbers.json")
DOCSTRING_NODES = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def strip_source(source: bytes) -> bytes:
    r"""Return source without comments, docstrings and blank lines; source that does not parse as it stands.

    Example:
        >>> code_of(b'def f():\n    "Say one."  # really\n\n    return 1\n')
        b'def f():\\n    return 1'
    """
    try:
        text = source.decode()
        lines, docstrings = (
            text.splitlines(keepends=True),
            list(find_docstring_lines(ast.parse(text))),
        )
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (SyntaxError, ValueError, tokenize.TokenError):
        return source
    for token in tokens:
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    kept = [line.rstrip() for number, line in enumerate(lines, 1) if number not in docstrings]
    return "\n".join(line for line in kept if line).encode()


def find_docstring_lines(tree: ast.AST) -> Iterator[int]:
    """Walk through the lines that hold nothing but a docstring, counted from 1."""
    for node in ast.walk(tree):
        if isinstance(node, DOCSTRING_NODES) and ast.get_docstring(node, clean=False) is not None:
            found = node.body[0]
            alone = len(node.body) > 1 and node.body[1].lineno > (found.end_lineno or 0)
            if alone or len(node.body) == 1:
                yield from range(found.lineno, (found.end_lineno or found.lineno) + 1)


def compute_digests(parts: Sequence[bytes]) -> list[str]:
    """Return the SHA-256 of every part."""
    return [hashlib.sha256(part).hexdigest() for part in parts]


def compute_short_hash(digests: Sequence[str]) -> str:
    """Return a short name for content, by its digests, and for the libraries whose numbers a run depends on."""
    known = hashlib.sha256(f"mesa {version('mesa')} numpy {version('numpy')}".encode())
    for digest in digests:
        known.update(bytes.fromhex(digest))
    return known.hexdigest()[:12]


def compute_model_fingerprint(parts: Sequence[bytes]) -> str:
    """Return the short name of a model that is made of these parts: that of the version which first gave its numbers."""
    digests = compute_digests(parts)
    return compute_short_hash(read_same_numbers().get(join_digests(digests), digests))


def join_digests(digests: Sequence[str]) -> str:
    """Return one digest for many."""
    return hashlib.sha256("".join(digests).encode()).hexdigest()


@cache
def read_same_numbers() -> dict[str, list[str]]:
    """Return, by the joined digests of code, those of the version that first gave the same numbers."""
    families: list[dict[str, Any]] = json.loads(SAME_NUMBERS_FILE.read_text(encoding="utf-8"))
    return {code: family["first"] for family in families for code in family["same"]}
