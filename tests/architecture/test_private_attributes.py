"""Nothing of another library is touched beyond its documented interface, unless it is registered
and still so.
"""

import ast
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

from tests.architecture.private_attributes import REGISTER

ROOT = Path(__file__).parents[2]
OUR_PACKAGES = ("sim", "analysis", "experiments")
PAGE = ROOT / "docs" / "decisions" / "0011-private-attributes.md"
# What a named tuple documents, although it begins with an underscore.
DOCUMENTED = {"_asdict", "_fields", "_make", "_replace"}
# Parts of a dotted module name by which libraries mark what only they should import.
INTERNAL_MODULE_PARTS = {"core", "experimental", "np", "pool"}
OPTIONAL = {"distributed"}
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@cache
def parse_sources():
    """Return the syntax trees of our packages by path."""
    return {
        path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for package in OUR_PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
    }


def is_private(name):
    return name.startswith("_") and not name.startswith("__") and name not in DOCUMENTED


@cache
def find_own_private_names():
    """Return the private names that our own code gives; what is registered is a library's."""
    names = set()
    for tree in parse_sources().values():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                names |= find_names_given_by(node)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names.add(node.id)
        names |= {node.name for node in tree.body if isinstance(node, FUNCTIONS)}
    return names - {assumption.name for assumption in REGISTER}


def find_names_given_by(node):
    """Return the methods and attributes that a class gives itself."""
    methods = {part.name for part in node.body if isinstance(part, FUNCTIONS)}
    attributes = {
        part.attr
        for part in ast.walk(node)
        if isinstance(part, ast.Attribute)
        and isinstance(part.ctx, ast.Store)
        and ast.unparse(part.value) in ("self", "cls")
    }
    return methods | attributes


def find_imported(tree):
    """Return the names that a module imports from elsewhere, for whom an assignment is a patch."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not is_ours(node):
            names |= {alias.asname or alias.name for alias in node.names}
    return names


def is_ours(node):
    return (node.module or "").split(".")[0] in OUR_PACKAGES


def find_uses(tree):
    """Walk through what a module touches beyond a documented interface."""
    imported = find_imported(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and is_private(node.attr):
            yield node.attr
        if isinstance(node, ast.ImportFrom) and not is_ours(node):
            parts = (node.module or "").split(".")
            if INTERNAL_MODULE_PARTS & set(parts[1:]) or any(map(is_private, parts)):
                yield node.module
            yield from (alias.name for alias in node.names if is_private(alias.name))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in (
            "getattr",
            "setattr",
            "hasattr",
        ):
            yield from (
                part.value
                for part in node.args
                if isinstance(part, ast.Constant) and is_private(str(part.value))
            )
        for target in getattr(node, "targets", ()):
            yield from find_patched(target, imported)


def find_patched(target, imported):
    """Walk through what an assignment changes in an imported object."""
    text = ast.unparse(target)
    if isinstance(target, ast.Attribute) and text.split(".")[0] in imported:
        yield text
    if isinstance(target, ast.Subscript) and text.startswith("vars("):
        yield ast.unparse(target.value)


@pytest.mark.parametrize("path", parse_sources())
def test_what_is_touched_is_registered(path):
    registered = {assumption.name for assumption in REGISTER if path in assumption.used_in}
    unknown = set(find_uses(parse_sources()[path])) - registered - find_own_private_names()
    assert not unknown, (
        f"{path} touches {', '.join(sorted(unknown))}, which no library documents: "
        f"use its documented"
        " interface, or register it in tests/architecture/private_attributes.py"
    )


@pytest.mark.parametrize("assumption", REGISTER, ids=lambda entry: f"{entry.library} {entry.name}")
def test_an_installed_library_is_as_assumed(assumption):
    try:
        installed = version(assumption.library) if assumption.library != "python" else ""
    except PackageNotFoundError:
        assert assumption.library in OPTIONAL
        pytest.skip(f"{assumption.library} is not installed")
    try:
        holds = assumption.holds()
    except (AttributeError, ImportError, TypeError):
        holds = False
    assert holds, (
        f"{assumption.library} {installed} changed {assumption.name}, on which depends:"
        f" {assumption.purpose} ({', '.join(assumption.used_in)}); {PAGE.name} says what to do"
    )


@pytest.mark.parametrize("assumption", REGISTER, ids=lambda entry: f"{entry.library} {entry.name}")
def test_what_is_registered_is_used_and_explained(assumption):
    for path in assumption.used_in:
        assert assumption.name.split(".")[-1] in (ROOT / path).read_text(encoding="utf-8")
    assert f"`{assumption.name}`" in PAGE.read_text(encoding="utf-8")


def test_the_walk_finds_what_it_should():
    program = (
        "import pebble\nfrom numba.core.codegen import JITCodeLibrary\nfrom mesa import _hidden\n"
        "pebble.limit = 3\nvars(pebble)['time'] = None\nprint(pebble.pool._manager)\n"
        "getattr(pebble, '_other')\npair._replace(a=1)\n"
    )
    assert sorted(find_uses(ast.parse(program))) == [
        "_hidden",
        "_manager",
        "_other",
        "numba.core.codegen",
        "pebble.limit",
        "vars(pebble)",
    ]
