"""Writes files and results folders under a temporary name and renames them when they are whole."""

from __future__ import annotations

import errno
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import polars as pl
import yaml

from sim import __version__
from sim.errors import InputError

RECORDED_PACKAGES = (
    "mesa",
    "networkx",
    "numpy",
    "scipy",
    "statsmodels",
    "pandas",
    "matplotlib",
    "hydra-core",
    "omegaconf",
    "numba",
    "SALib",
    "scikit-learn",
    "threadpoolctl",
    "pydantic",
    "polars",
    "pyyaml",
)
DISK_PROBE_BYTES = 1 << 20


class NotWrittenError(Exception):
    """Something could not be written; who knows the folder makes an InputError of it."""


@contextmanager
def wrap_write_errors() -> Iterator[None]:
    """Turn errors of a block that writes into NotWrittenError: the disk failed, not the program."""
    try:
        yield
    except (OSError, pl.exceptions.PolarsError) as error:
        raise NotWrittenError(error) from error


def make_write_error(
    folder: Path, reason: NotWrittenError, otherwise: str = "or give another folder with --out"
) -> InputError:
    """Return the error for a folder that cannot be written."""
    error = reason.args[0]
    if is_disk_full(error):
        return InputError(
            f"{folder} cannot be written: the disk is full; free some space {otherwise}"
        )
    return InputError(
        f"{folder} cannot be written: {getattr(error, 'strerror', None) or error}; correct that"
        f" {otherwise}"
    )


@contextmanager
def create_results_folder(folder: Path, overwrite: bool) -> Iterator[Path]:
    """Give a temporary folder beside ``folder``; rename it at the end, or remove it after an error.

    Raises:
        InputError: the folder exists and may not be replaced, or cannot be written.
    """
    if folder.exists() and not overwrite:
        raise InputError(
            f"{folder} exists already; give another folder with --out, or --overwrite to replace it"
        )
    if folder.exists() and any(folder.iterdir()) and not (folder / "manifest.json").exists():
        raise InputError(
            f"{folder} is not a results folder (it has no manifest.json) and is not overwritten;"
            " give another folder with --out"
        )
    draft: Path | None = None
    try:
        with wrap_write_errors():
            folder.parent.mkdir(parents=True, exist_ok=True)
            draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
            draft.chmod(0o755)
        yield draft
        with wrap_write_errors():
            if folder.exists():
                shutil.rmtree(folder)
            draft.rename(folder)
    except NotWrittenError as reason:
        raise make_write_error(folder, reason) from reason
    finally:
        if draft is not None:
            shutil.rmtree(draft, ignore_errors=True)


def is_disk_full(error: Exception) -> bool:
    """Return whether writing failed because the disk is full; polars has this only in its text."""
    return getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT) or os.strerror(
        errno.ENOSPC
    ) in str(error)


class GrowingTable:
    """A table that is written in parts, which are joined at the end without loading all of them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.parts: list[Path] = []

    def append(self, table: pl.DataFrame) -> None:
        """Write one more part."""
        part = self.path.with_name(f".{self.path.stem}-{len(self.parts):06}.parquet")
        write_table(table, part)
        self.parts.append(part)

    def finish(self) -> None:
        """Join the parts into the table and remove them."""
        write_file(self.path, pl.scan_parquet(self.parts).sink_parquet)
        for part in self.parts:
            part.unlink()


def write_table(table: pl.DataFrame, path: Path) -> None:
    """Write a table as Parquet and make sure it is on disk."""
    write_file(path, table.write_parquet)


def write_file(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Write a file and make sure it is on disk; if that fails, remove it.

    Raises:
        NotWrittenError: the file could not be written.
    """
    with wrap_write_errors():
        try:
            with path.open("wb") as file:
                try:
                    write(file)
                except pl.exceptions.PolarsError:
                    # Polars does not always report why it failed; this raises on a full disk.
                    file.write(bytes(DISK_PROBE_BYTES))
                    file.flush()
                    raise
                file.flush()
                os.fsync(file.fileno())
        except (OSError, pl.exceptions.PolarsError):
            path.unlink(missing_ok=True)
            raise


def write_yaml(values: Any, path: Path) -> None:
    """Write plain values as YAML."""
    write_text(yaml.safe_dump(values, sort_keys=False, allow_unicode=True), path)


def write_text(text: str, path: Path) -> None:
    """Write a text completely, or leave the file as it was."""
    draft = path.with_name(f".{path.name}.draft")
    write_file(draft, lambda file: file.write(text.encode()))
    with wrap_write_errors():
        draft.replace(path)


def find_project_file() -> Path | None:
    """Return the project file of this package's checkout; None where it is installed."""
    path = Path(__file__).parents[2] / "pyproject.toml"
    return (
        path
        if path.is_file() and 'name = "overbruggen"' in path.read_text(encoding="utf-8")
        else None
    )


def find_commit() -> str | None:
    """Return the commit of this package's checkout; None outside one.

    The commit ends in "-dirty" when files differ from it.
    """
    project = find_project_file()
    if project is None or not (project.parent / ".git").exists():
        return None
    root = project.parent
    words = ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        done = subprocess.run(
            words, cwd=root, capture_output=True, text=True, timeout=5, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None


class StartTime(NamedTuple):
    """When something began.

    Attributes:
        at: by the wall clock, which may be set while a study runs.
        tick: by the monotonic clock, in seconds.
    """

    at: datetime
    tick: float

    def compute_present(self) -> datetime:
        """Return the beginning plus the time that passed since."""
        return self.at + timedelta(seconds=time.monotonic() - self.tick)


def start_clock() -> StartTime:
    """Return the present as the beginning of something."""
    return StartTime(datetime.now(UTC), time.monotonic())


def write_manifest(folder: Path, command: str, seed: int, started: StartTime, **more: Any) -> None:
    """Write how results came about."""
    manifest = {
        "overbruggen": __version__,
        "commit": find_commit(),
        "command": command,
        "seed": seed,
        "started": started.at.isoformat(timespec="seconds"),
        "ended": started.compute_present().isoformat(timespec="seconds"),
        "python": sys.version.split()[0],
        "machine": platform.platform(),
        "packages": {name: version(name) for name in RECORDED_PACKAGES},
        **more,
    }
    write_text(json.dumps(manifest, indent=2) + "\n", folder / "manifest.json")
