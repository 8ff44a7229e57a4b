"""Results folders: written under a temporary name and renamed, so that nothing is ever half written."""

from __future__ import annotations

import errno
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from sim import __version__
from sim.errors import InputError

PACKAGES = ("mesa", "numpy", "scipy", "numba", "polars", "matplotlib", "hydra-core", "pydantic")


class NotWrittenError(Exception):
    """Something could not be written; said with the folder's name by whoever knows it."""


@contextmanager
def writing() -> Iterator[None]:
    """Mark a place that writes: whatever fails here failed for the disk, not for the computation."""
    try:
        yield
    except (OSError, pl.exceptions.PolarsError) as error:
        raise NotWrittenError(error) from error


def not_written(folder: Path, reason: NotWrittenError) -> InputError:
    """Return the sentence for a folder that cannot be written."""
    error = reason.args[0]
    if disk_is_full(error):
        return InputError(f"{folder} cannot be written: the disk is full; free some space or give another folder with --out")
    return InputError(f"{folder} cannot be written: {getattr(error, 'strerror', None) or error}; give another folder with --out")


@contextmanager
def new_folder(folder: Path, overwrite: bool) -> Iterator[Path]:
    """Give a temporary folder beside ``folder``; rename it when all went well, remove it when not."""
    if folder.exists() and not overwrite:
        raise InputError(f"{folder} exists already; give another folder with --out, or --overwrite to replace it")
    if folder.exists() and any(folder.iterdir()) and not (folder / "manifest.json").exists():
        raise InputError(f"{folder} is no results folder (it has no manifest.json) and is not overwritten; give another with --out")
    draft: Path | None = None
    try:
        with writing():
            folder.parent.mkdir(parents=True, exist_ok=True)
            draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
            draft.chmod(0o755)
        yield draft
        with writing():
            if folder.exists():
                shutil.rmtree(folder)
            draft.rename(folder)
    except NotWrittenError as reason:
        raise not_written(folder, reason) from reason
    finally:
        if draft is not None:
            shutil.rmtree(draft, ignore_errors=True)


def disk_is_full(error: Exception) -> bool:
    """Tell whether writing failed for want of space; polars says so in words alone."""
    return getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT) or os.strerror(errno.ENOSPC) in str(error)


class GrowingTable:
    """A table that is written while it grows: parts on disk beside it, put together at the end without being held in memory."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.parts: list[Path] = []

    def append(self, table: pl.DataFrame) -> None:
        """Write one more part."""
        part = self.path.with_name(f".{self.path.stem}-{len(self.parts):06}.parquet")
        write_table(table, part)
        self.parts.append(part)

    def finish(self) -> None:
        """Put the parts together and remove them."""
        with writing(), self.path.open("wb") as file:
            pl.scan_parquet(self.parts).sink_parquet(file)
            file.flush()
            os.fsync(file.fileno())
        for part in self.parts:
            part.unlink()


def write_table(table: pl.DataFrame, path: Path) -> None:
    """Write a table as Parquet and make sure it is on disk."""
    with writing(), path.open("wb") as file:
        table.write_parquet(file)
        file.flush()
        os.fsync(file.fileno())


def write_yaml(values: Any, path: Path) -> None:
    """Write plain values as YAML."""
    write_text(yaml.safe_dump(values, sort_keys=False, allow_unicode=True), path)


def write_text(text: str, path: Path) -> None:
    """Write a text."""
    with writing():
        path.write_text(text, encoding="utf-8")


def commit() -> str | None:
    """Return the commit this package lies in, with "-dirty" when files differ from it; None outside a checkout of this project."""
    root = Path(__file__).parents[1]
    project = root / "pyproject.toml"
    if not ((root / ".git").exists() and project.is_file() and 'name = "overbruggen"' in project.read_text(encoding="utf-8")):
        return None
    words = ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    try:
        done = subprocess.run(words, cwd=root, capture_output=True, text=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None


def write_manifest(folder: Path, command: str, seed: int, started: datetime, **more: Any) -> None:
    """Write what is needed to know how the results came about."""
    manifest = {
        "overbruggen": __version__,
        "commit": commit(),
        "command": command,
        "seed": seed,
        "started": started.isoformat(timespec="seconds"),
        "ended": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": sys.version.split()[0],
        "machine": platform.platform(),
        "packages": {name: version(name) for name in PACKAGES},
        **more,
    }
    write_text(json.dumps(manifest, indent=2) + "\n", folder / "manifest.json")


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read a results folder's manifest."""
    path = folder / "manifest.json"
    if not path.is_file():
        raise InputError(f"{folder} is no results folder: it has no manifest.json; give the folder that `overbruggen run` or `study` wrote")
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read: {error}; run the study again") from error
    if not isinstance(manifest, dict):
        raise InputError(f"{path} is not a manifest that `overbruggen run` or `study` wrote; give another folder or run the study again")
    return manifest


def read_table(folder: Path, name: str) -> pl.DataFrame:
    """Read one table of a results folder."""
    path = folder / f"{name}.parquet"
    try:
        return pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise InputError(f"{path} cannot be read: {str(error).splitlines()[0]}; the folder is incomplete, run it again") from error
