"""A table of points: a CSV file with a column per factor and a row per point.

Every cell is checked, and an error names its row and column.
"""

from __future__ import annotations

import csv
from math import isfinite
from pathlib import Path
from typing import Annotated, Any

from pydantic import TypeAdapter

from analysis.names import suggest_or_list
from experiments.configuration import (
    check_override,
    format_allowed_values,
    list_parameters,
    list_preset_groups,
    parse_override,
)
from experiments.design.factors import Factors, Level, find_level_by_label, has_scenarios
from sim.errors import InputError

NumberedRows = list[tuple[int, list[str]]]


def read_table_file(file: str, factors: Factors) -> Factors:
    """Return the levels of every column, row by row."""
    rows = read_table_rows(file)
    header = [name.strip() for name in rows[0][1]]
    check_table_header(file, header, factors)
    if len(rows) == 1:
        raise InputError(f"{file} has a header and no rows; add a row per point")
    columns: dict[str, list[Level]] = {name: [] for name in header}
    for line, cells in rows[1:]:
        if len(cells) != len(header):
            raise InputError(
                f"{file}, row {line}: {len(cells)} cells, but the header has {len(header)} columns;"
                " give every column a value"
            )
        for name, cell in zip(header, cells, strict=True):
            try:
                columns[name].append(read_level_cell(name, cell.strip(), factors))
            except InputError as error:
                raise InputError(f"{file}, row {line}, column {name}: {error}") from error
    return dict(columns)


def read_table_rows(file: str) -> NumberedRows:
    """Read the rows that are not blank, with their line numbers."""
    path = Path(file)
    try:
        with path.open(encoding="utf-8-sig", newline="") as text:
            reader = csv.reader(text, strict=True)
            rows = [
                (reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)
            ]
    except OSError as error:
        raise InputError(
            f"the table of points {file} cannot be read: {(error.strerror or str(error)).lower()};"
            " give a file: design.file=..."
        ) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            f"the table of points {file} is not a CSV file in UTF-8: {error}; save it in UTF-8"
        ) from error
    if not rows:
        raise InputError(
            f"the table of points {file} is empty; its first line names the factors, and each"
            " further line is a point"
        )
    return rows


def check_table_header(file: str, header: list[str], factors: Factors) -> None:
    """Refuse a first line that does not name factors."""
    known = [*factors, *list_preset_groups(), *list_parameters()]
    if not any(name in known for name in header) and any(is_numeric_text(name) for name in header):
        raise InputError(
            f"{file} has no header; its first line must name the factors, for example"
            " imitation.rate,structure"
        )
    for name in header:
        if ";" in name:
            raise InputError(
                f"{file}: the header is {name}; separate columns by commas, and write decimals with"
                " a point"
            )
        if not name:
            raise InputError(f"{file}: a column has no name; name its factor in the first line")
        if header.count(name) > 1:
            raise InputError(f"{file} has two columns {name}; remove one of them")
        try:
            if name not in known:
                check_override(f"{name}=0")
        except InputError:
            raise InputError(
                f"{file}: the column {name} is not a parameter, preset or"
                f" factor.{suggest_or_list(name, known)}"
            ) from None


def is_numeric_text(text: str) -> bool:
    """Return whether a text is a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def read_level_cell(name: str, cell: str, factors: Factors) -> Level:
    """Read one cell as the level of its factor."""
    if not cell:
        raise InputError("the cell is empty; give a value")
    override = parse_override(f"{name}={cell}")
    if override.several:
        raise InputError(f"{cell} gives several values; a cell holds one")
    value = override.values[0]
    factor = factors.get(name)
    if has_scenarios(factor, name) and isinstance(factor, list):
        return find_level_by_label(name, value, factor)
    if name in list_preset_groups() or name in list_parameters():
        check_override(f"{name}={value}")
    field = list_parameters().get(name)
    if field is not None:
        try:
            kind: Any = (
                Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
            )
            TypeAdapter(kind).validate_python(value)
            if isinstance(value, float) and not isfinite(value):
                raise ValueError(cell)
        except ValueError:  # pydantic's ValidationError is one too
            raise InputError(
                f"{cell} is not allowed; allowed: {format_allowed_values(field)}"
            ) from None
    return Level(value, {name: value})
