"""The fingerprint of a model: a short hash of its code and of the libraries it computes with.

The fingerprint is part of every run's id, so that a study is never resumed with another model.
Comments and docstrings do not count. Code that was rearranged and shown to give the same numbers
keeps the fingerprint of the version that first gave them: ``same_numbers.json`` lists it.
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
    """Return source without comments, docstrings and blank lines; all of it if it is no Python."""
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
    code = [line.rstrip() for number, line in enumerate(lines, 1) if number not in docstrings]
    return "\n".join(line for line in code if line).encode()


def find_docstring_lines(tree: ast.AST) -> Iterator[int]:
    """Walk through the numbers of lines that hold only a docstring, counted from 1."""
    for node in ast.walk(tree):
        if isinstance(node, DOCSTRING_NODES) and ast.get_docstring(node, clean=False) is not None:
            docstring = node.body[0]
            last = docstring.end_lineno or docstring.lineno
            if len(node.body) == 1 or node.body[1].lineno > last:
                yield from range(docstring.lineno, last + 1)


def compute_digests(parts: Sequence[bytes]) -> list[str]:
    """Return the SHA-256 of every part."""
    return [hashlib.sha256(part).hexdigest() for part in parts]


def compute_short_hash(digests: Sequence[str]) -> str:
    """Return a short hash of content, given by its digests, and of the versions of libraries."""
    content = hashlib.sha256(f"mesa {version('mesa')} numpy {version('numpy')}".encode())
    for digest in digests:
        content.update(bytes.fromhex(digest))
    return content.hexdigest()[:12]


def compute_model_fingerprint(parts: Sequence[bytes]) -> str:
    """Return the fingerprint of a model: that of the version that first gave its numbers."""
    digests = compute_digests(parts)
    return compute_short_hash(read_same_numbers().get(join_digests(digests), digests))


def join_digests(digests: Sequence[str]) -> str:
    """Return one digest of several."""
    return hashlib.sha256("".join(digests).encode()).hexdigest()


@cache
def read_same_numbers() -> dict[str, list[str]]:
    """Return the digests of the first version with the same numbers, by joined digests of code."""
    families: list[dict[str, Any]] = json.loads(SAME_NUMBERS_FILE.read_text(encoding="utf-8"))
    return {code: family["first"] for family in families for code in family["same"]}
