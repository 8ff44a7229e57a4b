"""Reference values of a dock with their sources, and the description of its study."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

import yaml
from pydantic import BaseModel, ConfigDict, Field

from analysis.names import suggest_name
from experiments.design.factors import parse_yaml_number
from experiments.models.classics import ClassicTarget
from sim.errors import InputError

DOCKS_FOLDER = Path(__file__).parent
REFERENCE_MARKS = {
    "P": "published",
    "R": "independent implementation",
    "E": "exact",
    "": "only ours",
}
# Columns of cells.csv that set no parameter.
CELL_FIELDS = ("variant", "measure", "value", "error", "runs", "mark")


class DockEntry(BaseModel):
    """An entry of ``dock.yaml`` that refuses unknown names."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Replicates(DockEntry):
    """Replicates of every cell."""

    quick: int = Field(ge=2)
    full: int = Field(ge=2)


class DockPanel(DockEntry):
    """A panel of the figure.

    Attributes:
        title: title of the panel.
        measure: measure on the vertical axis.
        x: parameter on the horizontal axis.
        by: parameter with one line per level.
        where: values of other parameters; a list allows several.
        scale: scale of the horizontal axis.
    """

    title: str
    measure: str
    x: str
    by: str = ""
    where: dict[str, Any] = {}
    scale: Literal["linear", "log"] = "linear"


class Claim(DockEntry):
    """A claim that a measure is higher at one point (``more``) than at another (``less``)."""

    claim: str
    measure: str
    more: dict[str, Any]
    less: dict[str, Any]


class DockCell(NamedTuple):
    """One value to compare.

    Attributes:
        settings: parameters of the cell.
        variant: name of a group of further parameters.
        measure: compared measure.
        value: reference value; None for a cell that is only drawn.
        error: standard error of the reference.
        runs: number of runs behind the reference, if its standard error is unknown.
        mark: kind of reference, a key of ``REFERENCE_MARKS``.
    """

    settings: dict[str, Any]
    variant: str
    measure: str
    value: float | None
    error: float | None
    runs: int | None
    mark: str

    @property
    def where(self) -> str:
        """The parameters of the cell in words."""
        return ", ".join(
            [
                *([self.variant] if self.variant else []),
                *(f"{name} {value}" for name, value in self.settings.items()),
            ]
        )


class CurveCrossing(DockEntry):
    """A reference value for the point at which a curve crosses a level.

    Attributes:
        measure: measure of the curve.
        level: level that the curve crosses.
        of: parameter along the curve.
        where: values of the other parameters.
        value: reference value of ``of`` at the crossing.
        error: standard error of the reference.
        mark: kind of reference.
    """

    measure: str
    level: float
    of: str
    where: dict[str, Any]
    value: float
    error: float = Field(ge=0)
    mark: Literal["P", "R", "E"]

    @property
    def cell(self) -> DockCell:
        """The crossing as a cell to compare."""
        settings = {name: value for name, value in self.where.items() if name != "variant"}
        return DockCell(
            settings,
            self.where.get("variant", ""),
            f"{self.of} where {self.measure} is {self.level:g}",
            self.value,
            self.error,
            None,
            self.mark,
        )

    def is_along(self, cell: DockCell) -> bool:
        """Return whether a cell belongs to the curve."""
        settings = {"variant": cell.variant, **cell.settings}
        return (
            cell.measure == self.measure
            and self.of in settings
            and all(settings.get(name) == value for name, value in self.where.items())
        )


class DockDescription(DockEntry):
    """The contents of ``dock.yaml``.

    Attributes:
        model: preset of the classic.
        title: author, year and subject.
        source: sources of the reference values.
        level: identical, distributional or relational (Axtell et al. 1996).
        margin: the smallest difference that matters, as a share of the range of a measure's
            reference values in this dock.
        margins: margins in units of a measure, for measures whose reference values have no range.
        replicates: replicates of every cell.
        seed: seed of the study.
        variants: named groups of parameters, for the column ``variant`` of cells.csv.
        panels: panels of the figure.
        relations: claims about directions.
        crossings: crossings of curves that have a reference value.
        remarks: findings, and what was tried where cells differ.
    """

    model: str
    title: str
    source: list[str]
    level: Literal["identical", "distributional", "relational"]
    margin: float = Field(0.1, gt=0, lt=1)
    margins: dict[str, float] = {}
    replicates: Replicates
    seed: int = 1
    variants: dict[str, dict[str, Any]] = {}
    panels: list[DockPanel]
    relations: list[Claim] = []
    crossings: list[CurveCrossing] = []
    remarks: list[str] = []


class Dock(NamedTuple):
    """A dock: its name, its description and its cells."""

    name: str
    about: DockDescription
    cells: tuple[DockCell, ...]

    @property
    def crossings(self) -> list[DockCell]:
        """The crossings of curves as cells."""
        return [crossing.cell for crossing in self.about.crossings]

    def collect_settings(self, cell: DockCell) -> dict[str, Any]:
        """Return all parameters that a cell sets, with those of its variant."""
        return {**self.about.variants.get(cell.variant, {}), **cell.settings}

    def find_margin(self, measure: str) -> float:
        """Return the smallest difference of a measure that matters."""
        if measure in self.about.margins:
            return self.about.margins[measure]
        values = [
            cell.value
            for cell in (*self.cells, *self.crossings)
            if cell.measure == measure and cell.value is not None
        ]
        return self.about.margin * (max(values) - min(values))


def list_docks() -> tuple[str, ...]:
    """Return the names of all docks: the folders here that contain ``dock.yaml``."""
    return tuple(sorted(path.parent.name for path in DOCKS_FOLDER.glob("*/dock.yaml")))


@cache
def read_dock(name: str) -> Dock:
    """Read a dock by name and check the parameters of its cells."""
    if name not in list_docks():
        raise InputError(
            f"{name} is not a dock; allowed:"
            f" {', '.join(list_docks())}.{suggest_name(name, list_docks())}"
        )
    about = DockDescription.model_validate(
        yaml.safe_load((DOCKS_FOLDER / name / "dock.yaml").read_text(encoding="utf-8"))
    )
    with (DOCKS_FOLDER / name / "cells.csv").open(encoding="utf-8", newline="") as file:
        cells = tuple(map(read_dock_cell, csv.DictReader(file)))
    dock = Dock(name, about, cells)
    for cell in cells:
        ClassicTarget(about.model).check_parameters(dock.collect_settings(cell))
    return dock


def read_dock_cell(row: dict[str, str]) -> DockCell:
    """Read one row of cells.csv; an empty field sets nothing."""
    settings = {
        key: read_parameter_value(text)
        for key, text in row.items()
        if key not in CELL_FIELDS and text != ""
    }
    value, error = (float(row[key]) if row.get(key) else None for key in ("value", "error"))
    runs = int(row["runs"]) if row.get("runs") else None
    if value is not None and error is None and runs is None:
        raise InputError(
            f"cells.csv: {row} has a value, but neither error nor runs; one of them must be known"
        )
    return DockCell(
        settings, row.get("variant", ""), row["measure"], value, error, runs, row.get("mark", "")
    )


def read_parameter_value(text: str) -> Any:
    """Read the value of a parameter as YAML does."""
    return parse_yaml_number(yaml.safe_load(text))
