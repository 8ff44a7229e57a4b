"""Read the design of a study: a name, settings, or designs composed by cross and zip."""

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
    """A design as written: settings are not checked, and factors are None where not named."""

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
    written: Any, settings: SettingValues, factors: Factors, overridden_factors: Sequence[str]
) -> tuple[Design, Factors]:
    """Read a design; return it with all factors, including those of table files.

    Args:
        written: the design as the study file has it.
        settings: settings from the command line; every part that has a setting gets it.
        factors: the factors of the study.
        overridden_factors: names of the factors that the command line sets.
    """
    draft = read_design_draft(written)
    apply_settings(draft, settings)
    for leaf in draft.walk_leaves():
        leaf.settings = check_design_settings(
            leaf.name, DESIGN_KINDS[leaf.name].settings, leaf.settings
        )
    factors = add_table_factors(draft, factors, overridden_factors)
    assign_factors(draft, factors)
    for leaf in draft.walk_leaves():
        check_named_factors(leaf, factors)
    return draft.build_design(), factors


def apply_settings(draft: DesignDraft, settings: SettingValues) -> None:
    """Apply settings to the parts that have them; refuse a setting that no part has."""
    allowed = {
        leaf.name: DESIGN_KINDS[leaf.name].settings.model_fields for leaf in draft.walk_leaves()
    }
    for key, value in settings.items():
        if not any(key in fields for fields in allowed.values()):
            known = sorted({name for fields in allowed.values() for name in fields})
            hint = suggest_or_list(key, known) if known else " It has none; choose a design too."
            raise InputError(f"design.{key} is not a setting of {', '.join(allowed)}.{hint}")
        for leaf in draft.walk_leaves():
            if key in allowed[leaf.name]:
                before = leaf.settings.get(key)
                merges = isinstance(before, dict) and isinstance(value, dict)
                leaf.settings[key] = before | value if merges else value


def read_design_draft(written: Any) -> DesignDraft:
    """Read one design or a composition."""
    if isinstance(written, str):
        return DesignDraft(written, settings=read_default_settings(written))
    if not isinstance(written, Mapping) or not written:
        raise InputError(
            f"the design is {written!r}; allowed: a name, {{name: ..., and its settings}}, {{cross:"
            " [...]} or {zip: [...]}"
        )
    compositions = [key for key in written if key in COMPOSITIONS]
    if compositions:
        return read_composition(compositions[0], written)
    if "name" not in written:
        raise InputError(
            f"the design {dict(written)} has no name; write for example {{name: latin_hypercube,"
            " samples: 64}"
        )
    name = written["name"]
    settings = {str(key): value for key, value in written.items() if key not in ("name", "factors")}
    factors = written.get("factors")
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
        raise InputError(
            "the factors of a design table are its columns; remove its list of factors"
        )
    return DesignDraft(
        name, None if factors is None else list(factors), read_default_settings(name) | settings
    )


def read_composition(name: str, written: Mapping[Any, Any]) -> DesignDraft:
    """Read ``{cross: [...]}`` or ``{zip: [...]}``."""
    others = [str(key) for key in written if key != name]
    if others:
        raise InputError(
            f"the composition {name} also has {others[0]}; allowed: its list of designs only. Move"
            f" {others[0]} into one of them"
        )
    parts = written[name]
    if not isinstance(parts, list) or len(parts) < 2:
        raise InputError(f"{name} composes {parts}; allowed: a list of two designs or more")
    return DesignDraft(name, parts=[read_design_draft(part) for part in parts])


def add_table_factors(
    draft: DesignDraft, factors: Factors, overridden_factors: Sequence[str]
) -> Factors:
    """Read the table files; their columns replace factors of the study with the same name."""
    for leaf in draft.walk_leaves():
        if leaf.name == "table":
            columns = read_table_file(leaf.settings["file"], factors)
            for name in columns:
                if name in overridden_factors:
                    raise InputError(
                        f"{name} is given on the command line and is a column of"
                        f" {leaf.settings['file']}; remove one of them"
                    )
            factors = factors | columns
            leaf.factors = list(columns)
    return factors


def assign_factors(draft: DesignDraft, factors: Factors) -> None:
    """Assign the factors that no part names to the part without a list.

    Every factor belongs to exactly one part.
    """
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
            f"{names} do not name their factors; give all but one a list: factors: [...]"
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
    """Apply factors of one level to every row of a table."""
    for name in rest:
        factor = factors[name]
        if not isinstance(factor, list) or len(factor) > 1:
            raise InputError(
                f"{name} is a factor of the study and no column of {draft.settings['file']}; add"
                f" the column, or fix the factor: {name}=one level"
            )
    draft.factors = [*(draft.factors or ()), *rest]


def check_named_factors(leaf: DesignDraft, factors: Factors) -> None:
    """Refuse settings that name factors which the design does not have."""
    known = list(leaf.factors or ())
    groups = leaf.settings.get("groups", {})
    members = [member for group in groups.values() for member in group]
    for setting, names in (("base", leaf.settings.get("base", {})), ("groups", members)):
        for name in names:
            if name not in known:
                raise InputError(
                    f"design.{setting} names {name}, which is not a factor of"
                    f" {leaf.name}.{suggest_name(str(name), known)}"
                )
    for group in groups:
        if group in known and group not in groups[group]:
            raise InputError(
                f"design.groups has a group {group}, which is the name of a factor outside it; give"
                " the group another name"
            )
