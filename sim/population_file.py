"""Organisations from files: a table of skills, or participations in projects.

Every fault names file, row (as an editor counts, the header being row 1) and column.
"""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from sim.config import Config, Population
from sim.errors import InputError, suggest_name
from sim.state import Floats, Integers

GZIP_SIGNATURE = b"\x1f\x8b"  # how a compressed file begins
IDENTITY_COLUMNS = ("organisation", "organisation_id")
OTHER_COLUMNS = ("name", "sector", "country", "n_projects")
# Labels that say how a project was funded, not what it is about: every subject is possible under
# them.
FIELDS_WITHOUT_SUBJECT = (
    "MSCA (any field)",
    "ERC (any field)",
    "FET",
    "SME innovation",
    "Cross-theme",
    "LEIT unspecified",
)


@dataclass(frozen=True)
class FilePopulation:
    """Organisations read from files.

    Expertise (N, K) within the budget, sector codes (N,), names of all.
    """

    expertise: Floats
    sector: Integers
    sector_names: tuple[str, ...]
    domain_names: tuple[str, ...]
    organisation_ids: tuple[str, ...]


def read_population(population: Population, seed: int) -> FilePopulation:
    """Return the organisations of ``population.path``, or a sample of them.

    The sample has ``population.organisations`` of them (0: all).
    """
    path = Path(str(population.path)).expanduser()
    if not path.exists():
        raise InputError(
            f"population.path is {path}, which does not exist; give a CSV file or a folder with"
            " participations.csv"
        )
    read = read_participations(path, population) if path.is_dir() else read_skills(path, population)
    return sample_organisations(read, population.organisations, seed, path)


def check_breadth(config: Config, domains: int) -> None:
    """Refuse challenges that need more domains than the file has."""
    broadest = max(c.highest for c in config.challenge.breadths)
    if broadest > domains:
        raise InputError(
            f"challenge.breadths goes up to {broadest} domains, but {config.population.path} has"
            f" {domains}: lower challenge.breadths or add domains"
        )


def sample_organisations(read: FilePopulation, size: int, seed: int, path: Path) -> FilePopulation:
    """Return a random sample in the file's order; the same seed gives the same organisations."""
    available = len(read.organisation_ids)
    if size > available:
        raise InputError(
            f"population.organisations is {size}, but {path} has {available} usable organisations;"
            " ask for at most that, or 0 for all"
        )
    if size in (0, available):
        return read
    rows = np.sort(np.random.default_rng(seed).choice(available, size, replace=False))
    chosen = tuple(read.organisation_ids[row] for row in rows)
    return FilePopulation(
        read.expertise[rows], read.sector[rows], read.sector_names, read.domain_names, chosen
    )


# --- reading and checking one CSV


def read_text(path: Path) -> str:
    """Return the text of a CSV, compressed or not."""
    try:
        data = path.read_bytes()
        compressed = data.startswith(GZIP_SIGNATURE)
        if path.suffix == ".gz" and data and not compressed:
            raise InputError(
                f"{path} is called .gz but is not compressed; rename it to {path.stem} or"
                " compress it"
            )
        text = (gzip.decompress(data) if compressed else data).decode("utf-8-sig")
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(
            f"{path} cannot be read:"
            f" {getattr(error, 'strerror', None) or 'the compressed file is damaged'}; give another"
            " file"
        ) from error
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path} is no CSV file: it holds bytes that are no text in UTF-8; save the table as"
            " CSV in UTF-8"
        ) from error
    if "\0" in text:
        raise InputError(
            f"{path} is no CSV file: it holds bytes that are no text; save the table as CSV in"
            " UTF-8"
        )
    return text


def read_rows(path: Path) -> list[list[str]]:
    """Return the cells of a CSV, header first.

    Blanks around cells and empty lines at the end are left out.
    """
    lines = csv.reader(io.StringIO(read_text(path), newline=""), strict=True)
    rows: list[list[str]] = []
    try:
        rows.extend([cell.strip() for cell in row] for row in lines)
    except csv.Error as error:
        raise InputError(
            f"{path}, row {len(rows) + 1}: a quote is not closed, or is within a cell; fix the"
            " quotes"
        ) from error
    while rows and not any(rows[-1]):
        rows.pop()
    return rows


def read_csv(path: Path, needed: Sequence[str] = ()) -> pl.DataFrame:
    """Read a CSV as text, with the columns that are needed.

    A file that is no CSV or has no rows is refused. Empty cells are null.
    """
    rows = read_rows(path)
    if not rows:
        raise InputError(f"{path} is empty; it needs a header row and a row per record")
    columns, records = rows[0], rows[1:]
    for position, column in enumerate(columns):
        if column == "" or column in columns[:position]:
            fault = (
                f"has the column {column} twice; keep one of them"
                if column
                else f"has no name for column {position + 1}; give it one or take the column out"
            )
            raise InputError(f"{path} {fault}")
    for column in needed:
        if column not in columns:
            raise InputError(
                f"{path} has no column {column}; its columns are"
                f" {', '.join(columns[:12])}.{suggest_name(column, columns)}"
            )
    if not records:
        raise InputError(f"{path} has a header but no rows; it needs a row per record")
    for number, record in enumerate(records, start=2):
        if len(record) > len(columns):
            raise InputError(
                f"{path}, row {number}: it has {len(record)} fields, but there are {len(columns)}"
                " columns; put cells with commas in quotes"
            )
    full = [
        [cell or None for cell in record] + [None] * (len(columns) - len(record))
        for record in records
    ]
    return pl.DataFrame(full, schema=dict.fromkeys(columns, pl.String), orient="row")


def find_faulty_row(faulty: pl.Series) -> int | None:
    """Return the row of the first fault as an editor counts, or None."""
    rows = faulty.arg_true()
    return int(rows[0]) + 2 if len(rows) else None


def check_filled(table: pl.DataFrame, path: Path, column: str) -> None:
    """Refuse an empty cell."""
    row = find_faulty_row(table[column].is_null())
    if row is not None:
        raise InputError(
            f"{path}, row {row}, column {column}: the cell is empty; fill it or take the row out"
        )


def check_distinct(table: pl.DataFrame, path: Path, columns: Sequence[str]) -> None:
    """Refuse a second row with the same values."""
    row = find_faulty_row(
        ~table.select(pl.struct(columns).is_first_distinct().alias("first"))["first"]
    )
    if row is not None:
        value = ", ".join(table.select(columns).row(row - 2))
        raise InputError(
            f"{path}, row {row}, column {columns[0]}: {value} is here a second time; keep one"
            " of the rows"
        )


def read_skill_column(table: pl.DataFrame, path: Path, column: str) -> pl.Series:
    """Return a column of skills as numbers from 0 to 1."""
    values = table[column].cast(pl.Float64, strict=False)
    row = find_faulty_row(
        values.is_null()
        | ~values.is_finite().fill_null(False)
        | ((values < 0) | (values > 1)).fill_null(True)
    )
    if row is not None:
        raise InputError(
            f"{path}, row {row}, column {column}: {table[column][row - 2]} is no skill; allowed: a"
            " number from 0 to 1"
        )
    return values


def encode_sectors(
    sectors: pl.Series, known: tuple[str, ...] | None, path: Path
) -> tuple[Integers, tuple[str, ...]]:
    """Return codes and names of sectors; names not in ``known`` (where given) are refused."""
    names = known or tuple(sectors.unique().sort())
    row = find_faulty_row(~sectors.is_in(names))
    if row is not None:
        raise InputError(
            f"{path}, row {row}, column sector: {sectors[row - 2]} is not in population.sectors;"
            f" allowed: {', '.join(names)}"
        )
    return np.array([names.index(sector) for sector in sectors], dtype=np.int32), names


def list_known_sectors(population: Population) -> tuple[str, ...] | None:
    """Return the sectors a user listed, or None.

    Without a list, the file defines the sectors.
    """
    return tuple(population.sectors) if "sectors" in population.model_fields_set else None


# --- the two formats ------------------------------------------------------------------------------


def read_skills(path: Path, population: Population) -> FilePopulation:
    """Read a table of organisations.

    Columns: identity, sector, and a skill (0 to 1) per domain.
    """
    table = read_csv(path, ("sector",))
    identity = next((column for column in IDENTITY_COLUMNS if column in table.columns), None)
    if identity is None:
        raise InputError(
            f"{path} has no column organisation; its columns are {', '.join(table.columns[:12])}:"
            " name the column with identities so"
        )
    domains = [
        column for column in table.columns if column != identity and column not in OTHER_COLUMNS
    ]
    if not domains:
        raise InputError(
            f"{path} has no column of expertise; add one per domain, with skills from 0 to 1"
        )
    for column in (identity, "sector", *domains):
        check_filled(table, path, column)
    check_distinct(table, path, (identity,))
    expertise = np.column_stack(
        [read_skill_column(table, path, domain).to_numpy() for domain in domains]
    )
    row = find_faulty_row(pl.Series(expertise.sum(axis=1) > population.budget + 1e-9))
    if row is not None:
        total = float(expertise[row - 2].sum())
        raise InputError(
            f"{path}, row {row}: skills sum to {total:g}, above population.budget"
            f" {population.budget:g}; raise the budget or lower skills"
        )
    codes, names = encode_sectors(table["sector"], list_known_sectors(population), path)
    return FilePopulation(
        np.ascontiguousarray(expertise), codes, names, tuple(domains), tuple(table[identity])
    )


def find_csv(folder: Path, name: str) -> Path:
    """Return ``name.csv`` or ``name.csv.gz`` in a folder."""
    for path in (folder / f"{name}.csv", folder / f"{name}.csv.gz"):
        if path.is_file():
            return path
    raise InputError(
        f"{folder} has no {name}.csv (or {name}.csv.gz); participations, projects and organisations"
        " are all needed"
    )


def read_participations(folder: Path, population: Population) -> FilePopulation:
    """Estimate expertise as the distribution of an organisation's projects over fields."""
    paths = {
        name: find_csv(folder, name) for name in ("participations", "projects", "organisations")
    }
    participations = read_csv(paths["participations"], ("project_id", "organisation_id"))
    projects = read_csv(paths["projects"], ("project_id", "field"))
    organisations = read_csv(paths["organisations"], ("organisation_id", "sector"))
    for name, table, columns in (
        ("participations", participations, ("project_id", "organisation_id")),
        ("projects", projects, ("project_id",)),
        ("organisations", organisations, ("organisation_id",)),
    ):
        for column in columns:
            check_filled(table, paths[name], column)
        check_distinct(table, paths[name], columns)
    check_filled(organisations, paths["organisations"], "sector")
    for key, table, name in (
        ("project_id", projects, "projects"),
        ("organisation_id", organisations, "organisations"),
    ):
        row = find_faulty_row(~participations[key].is_in(table[key].implode()))
        if row is not None:
            value = participations[key][row - 2]
            raise InputError(
                f"{paths['participations']}, row {row}, column {key}: {value} is not in"
                f" {paths[name].name}; add it there or take the row out"
            )
    counts = count_fields(participations, projects)
    domains = [column for column in counts.columns if column != "organisation_id"]
    counts = (
        counts.filter(pl.sum_horizontal(domains) >= population.minimum_projects)
        if domains
        else counts
    )
    if counts.is_empty() or not domains:
        least = population.minimum_projects
        raise InputError(
            f"{folder} has no organisation with {least} classified projects or more; lower"
            " population.minimum_projects"
        )
    kept = organisations.join(counts, on="organisation_id", how="inner", maintain_order="left")
    codes, names = encode_sectors(
        kept["sector"], list_known_sectors(population), paths["organisations"]
    )
    shares = kept.select(domains).to_numpy().astype(np.float64)
    expertise = convert_shares_to_skills(shares / shares.sum(axis=1, keepdims=True), population)
    return FilePopulation(expertise, codes, names, tuple(domains), tuple(kept["organisation_id"]))


def count_fields(participations: pl.DataFrame, projects: pl.DataFrame) -> pl.DataFrame:
    """Return projects per organisation and field, a column per field.

    Projects without a subject do not count.
    """
    about = projects.filter(
        pl.col("field").is_not_null() & ~pl.col("field").is_in(FIELDS_WITHOUT_SUBJECT)
    )
    joined = participations.join(about.select("project_id", "field"), on="project_id", how="inner")
    counts = joined.group_by("organisation_id", "field").len().sort("field", "organisation_id")
    return counts.pivot(on="field", index="organisation_id", values="len").fill_null(0)


def convert_shares_to_skills(shares: Floats, population: Population) -> Floats:
    """Turn shares of projects into skills.

    Base skill everywhere, the rest of the budget by share (rules.md, section 2).
    """
    domains = shares.shape[1]
    spare = population.budget - domains * population.base_skill
    if spare <= 0.0:
        return np.full(shares.shape, min(1.0, population.budget / domains))
    return np.ascontiguousarray(np.minimum(1.0, population.base_skill + spare * shares))
