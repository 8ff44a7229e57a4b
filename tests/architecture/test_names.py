"""One public name means one thing within a package, and a function begins with a verb."""

import ast
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

from tests.architecture.vocabulary import CONVENTIONS, NAMED_AFTER_WHAT_THEY_RETURN, VERBS

ROOT = Path(__file__).parents[2]
PACKAGES = ("sim", "analysis", "experiments")


def defined_in(path):
    """Walk through the public names that a module defines at its top level, with the node of
    each.
    """
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names = [node.name]
        elif isinstance(node, ast.Assign):
            targets = [
                part
                for target in node.targets
                for part in (target.elts if isinstance(target, ast.Tuple) else [target])
            ]
            names = [target.id for target in targets if isinstance(target, ast.Name)]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names = [node.target.id]
        else:
            continue
        yield from ((name, node) for name in names if not name.startswith("_"))


@cache
def modules_of(package):
    """Return the modules of a package by dotted name."""
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts): path
        for path in sorted((ROOT / package).rglob("*.py"))
    }


@pytest.mark.parametrize("package", PACKAGES)
def test_a_public_name_is_defined_once(package):
    places = defaultdict(list)
    for module, path in modules_of(package).items():
        for name, _ in defined_in(path):
            if not any(
                name in names and module.startswith(room) for room, names in CONVENTIONS.items()
            ):
                places[name].append(module)
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


@pytest.mark.parametrize("package", PACKAGES)
def test_functions_begin_with_a_verb(package):
    odd = []
    for module, path in modules_of(package).items():
        for name, node in defined_in(path):
            named_after_result = name in NAMED_AFTER_WHAT_THEY_RETURN.get(package, ())
            if (
                isinstance(node, ast.FunctionDef)
                and name.split("_")[0] not in VERBS
                and not named_after_result
            ):
                odd.append(f"{module}.{name}")
    assert odd == []


def test_what_is_exempt_exists():
    for package, names in NAMED_AFTER_WHAT_THEY_RETURN.items():
        known = {name for path in modules_of(package).values() for name, _ in defined_in(path)}
        assert set(names) <= known
