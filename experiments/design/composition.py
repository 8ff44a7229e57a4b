"""From what a study says about its design (a name, settings, or designs composed by cross and zip) to a checked design."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from analysis.names import suggest_name, suggest_or_list
from experiments.design.factors import Factors
from experiments.design.sampling import DESIGN_KINDS, Design
from experiments.design.settings import COMPOSITIONS, check_design_settings, read_default_settings
from experiments.design.table_file import read_table_file
from sim.errors import InputError

SettingValues = dict[str, Any]


@dataclass
class DesignDraft:
    """A design as written: settings not yet checked, factors named or not (None)."""

    name: str
    factors: list[str] | None = None
    settings: SettingValues = field(default_factory=dict)
    parts: list[DesignDraft] = field(default_factory=list)

    def walk_leaves(self) -> Iterator[DesignDraft]:
        """Walk through the designs that are no compositions."""
        if not self.parts:
            yield self
        for part in self.parts:
            yield from part.walk_leaves()

    def build_design(self) -> Design:
        """Return the design."""
        return Design(
            self.name,
            tuple(self.factors or ()),
            self.settings,
            tuple(part.build_design() for part in self.parts),
        )


def read_design(
    given: Any, settings: SettingValues, factors: Factors, chosen: Sequence[str]
) -> tuple[Design, Factors]:
    """Read a design; return it with all factors, those of table files included.

    ``settings`` come from the command line and go to every part that knows them; ``chosen`` are the factors given there.
    """
    draft = read_design_draft(given)
    for key, value in settings.items():
        takers = [
            leaf
            for leaf in draft.walk_leaves()
            if key in DESIGN_KINDS[leaf.name].settings.model_fields
        ]
        if not takers:
            known = sorted(
                {
                    name
                    for leaf in draft.walk_leaves()
                    for name in DESIGN_KINDS[leaf.name].settings.model_fields
                }
            )
            names = ", ".join(dict.fromkeys(leaf.name for leaf in draft.walk_leaves()))
            raise InputError(
                f"design.{key} is not a setting of"
                f" {names}.{suggest_or_list(key, known) if known else ' It has none; choose a design too.'}"
            )
        for leaf in takers:
            before = leaf.settings.get(key)
            leaf.settings[key] = (
                before | value if isinstance(before, dict) and isinstance(value, dict) else value
            )
    for leaf in draft.walk_leaves():
        leaf.settings = check_design_settings(
            leaf.name, DESIGN_KINDS[leaf.name].settings, leaf.settings
        )
    factors = add_table_factors(draft, factors, chosen)
    assign_factors(draft, factors)
    for leaf in draft.walk_leaves():
        check_named_factors(leaf, factors)
    return draft.build_design(), factors


def read_design_draft(given: Any) -> DesignDraft:
    """Read one design or a composition."""
    if isinstance(given, str):
        return DesignDraft(given, settings=read_default_settings(given))
    if not isinstance(given, Mapping) or not given:
        raise InputError(
            f"the design is {given!r}; allowed: a name, {{name: ..., and its settings}}, {{cross:"
            " [...]} or {zip: [...]}"
        )
    composed = [key for key in given if key in COMPOSITIONS]
    if composed:
        return read_composition(composed[0], given)
    if "name" not in given:
        raise InputError(
            f"the design {dict(given)} has no name; write for example {{name: latin_hypercube,"
            " samples: 64}"
        )
    name = given["name"]
    own = {str(key): value for key, value in given.items() if key not in ("name", "factors")}
    factors = given.get("factors")
    if factors is not None and (
        not isinstance(factors, list)
        or not factors
        or not all(isinstance(factor, str) for factor in factors)
    ):
        raise InputError(
            f"the factors of the design {name} are {factors}; allowed: a list of names, for example"
            " [imitation.rate]"
        )
    if factors is not None and name == "table":
        raise InputError("a design table has its columns as factors; leave its list of factors out")
    return DesignDraft(
        name, None if factors is None else list(factors), read_default_settings(name) | own
    )


def read_composition(name: str, given: Mapping[Any, Any]) -> DesignDraft:
    """Read ``{cross: [...]}`` or ``{zip: [...]}``."""
    others = [str(key) for key in given if key != name]
    if others:
        raise InputError(
            f"beside {name} stands {others[0]}; a composition has nothing but its list of designs:"
            f" move {others[0]} into one of them"
        )
    listed = given[name]
    if not isinstance(listed, list) or len(listed) < 2:
        raise InputError(f"{name} composes {listed}; allowed: a list of two designs or more")
    return DesignDraft(name, parts=[read_design_draft(part) for part in listed])


def add_table_factors(draft: DesignDraft, factors: Factors, chosen: Sequence[str]) -> Factors:
    """Read the table files; their columns are factors of their parts, and take the place of lists of the study."""
    for leaf in draft.walk_leaves():
        if leaf.name == "table":
            columns = read_table_file(leaf.settings["file"], factors)
            for name in columns:
                if name in chosen:
                    raise InputError(
                        f"{name} is given on the command line and is a column of"
                        f" {leaf.settings['file']}; leave one of them out"
                    )
            factors = factors | columns
            leaf.factors = list(columns)
    return factors


def assign_factors(draft: DesignDraft, factors: Factors) -> None:
    """Give the factors that no part names to the one part without a list; refuse factors in two parts or in none."""
    owner: dict[str, str] = {}
    for leaf in draft.walk_leaves():
        for name in leaf.factors or ():
            if name not in factors:
                raise InputError(
                    f"the design {leaf.name} names {name}, which is not a factor of the"
                    f" study.{suggest_or_list(name, list(factors))}"
                )
            if name in owner:
                raise InputError(
                    f"{name} is a factor of {owner[name]} and of {leaf.name}; in a composition a"
                    " factor belongs to one design"
                )
            owner[name] = leaf.name
    rest = [name for name in factors if name not in owner]
    open_parts = [leaf for leaf in draft.walk_leaves() if leaf.factors is None]
    if len(open_parts) > 1:
        names = " and ".join(leaf.name for leaf in open_parts)
        raise InputError(
            f"{names} do not say which factors are theirs; give all but one a list: factors: [...]"
        )
    if open_parts:
        open_parts[0].factors = rest
    elif rest and draft.name == "table":
        add_constant_factors(draft, rest, factors)
    elif rest:
        raise InputError(
            f"{rest[0]} is a factor of the study and of no part of its design; add it to the"
            " factors of one"
        )


def add_constant_factors(draft: DesignDraft, rest: Sequence[str], factors: Factors) -> None:
    """Let factors of one level hold at every row of a table."""
    for name in rest:
        factor = factors[name]
        if not isinstance(factor, list) or len(factor) > 1:
            raise InputError(
                f"{name} is a factor of the study and no column of {draft.settings['file']}; add"
                f" the column, or fix the factor: {name}=one level"
            )
    draft.factors = [*(draft.factors or ()), *rest]


def check_named_factors(leaf: DesignDraft, factors: Factors) -> None:
    """Refuse settings that name factors the design does not have."""
    own = list(leaf.factors or ())
    grouped = [member for members in leaf.settings.get("groups", {}).values() for member in members]
    for setting, names in (("base", leaf.settings.get("base", {})), ("groups", grouped)):
        for name in names:
            if name not in own:
                raise InputError(
                    f"design.{setting} names {name}, which is not a factor of"
                    f" {leaf.name}.{suggest_name(str(name), own)}"
                )
    for group in leaf.settings.get("groups", {}):
        if group in own and group not in leaf.settings["groups"][group]:
            raise InputError(
                f"design.groups calls a group {group}, which is a factor of its own; give the group"
                " another name"
            )
