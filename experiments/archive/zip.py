"""Archives whose bytes depend on their content alone, and the list of checksums by which they are checked."""

from __future__ import annotations

import hashlib
import tempfile
import zipfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from experiments.store.provenance import compute_checksum
from sim.errors import InputError

CHECKSUMS_FILE = "checksums.sha256"
ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time a ZIP archive can hold
PLAIN_FILE_MODE, EXECUTABLE_FILE_MODE = 0o100644, 0o100755
COMPRESSED_SUFFIXES = (".parquet", ".png", ".pdf", ".gif", ".whl")  # already; stored as they are
READ_BLOCK_BYTES = 1 << 20

ArchiveEntry = bytes | Path
ArchiveEntries = Mapping[str, ArchiveEntry]


def compute_entry_checksum(entry: ArchiveEntry) -> str:
    """Return the SHA-256 of a file or of bytes, in hexadecimal."""
    return compute_checksum(entry) if isinstance(entry, Path) else hashlib.sha256(entry).hexdigest()


def measure_entry_size(entry: ArchiveEntry) -> int:
    """Return how many bytes a file has, or some bytes are."""
    return entry.stat().st_size if isinstance(entry, Path) else len(entry)


def write_zip(target: BinaryIO, entries: ArchiveEntries, executable: Collection[str] = ()) -> None:
    """Write files into an archive, in the order of their names, with fixed times and permissions.

    Args:
        target: where to.
        entries: what to write, by place in the archive.
        executable: places of the files that may be executed.
    """
    with zipfile.ZipFile(target, "w") as archive:
        for place in sorted(entries):
            entry = entries[place]
            info = zipfile.ZipInfo(place, ZIP_EPOCH)
            info.create_system = 3  # Unix, wherever this is written: its permissions count
            info.external_attr = (
                EXECUTABLE_FILE_MODE if place in executable else PLAIN_FILE_MODE
            ) << 16
            info.compress_type = (
                zipfile.ZIP_STORED if place.endswith(COMPRESSED_SUFFIXES) else zipfile.ZIP_DEFLATED
            )
            info.file_size = measure_entry_size(
                entry
            )  # above 2 GiB the writer then chooses the wide format
            with archive.open(info, "w") as written:
                if isinstance(entry, bytes):
                    written.write(entry)
                else:
                    with entry.open("rb") as file:
                        while block := file.read(READ_BLOCK_BYTES):
                            written.write(block)


def format_checksums(sums: Mapping[str, str]) -> str:
    """Return checksums by place in the form that ``sha256sum --check`` reads."""
    return "".join(f"{sums[place]}  {place}\n" for place in sorted(sums))


def read_checksums(folder: Path) -> dict[str, str]:
    """Return the checksums that an archive promises, by place."""
    lines = (folder / CHECKSUMS_FILE).read_text(encoding="utf-8").splitlines()
    split = [line.partition("  ") for line in lines if line]
    return {place: promised for promised, _, place in split}


def find_broken_files(folder: Path) -> dict[str, str]:
    """Return the files of an archive that are not what its checksums promise, with what became of each: changed or missing."""
    found = {}
    for place, promised in read_checksums(folder).items():
        path = folder / place
        if not path.is_file():
            found[place] = "missing"
        elif compute_checksum(path) != promised:
            found[place] = "changed"
    return found


@contextmanager
def open_archive(archive: Path) -> Iterator[Path]:
    """Give the folder of an archive: itself if it is one, else where its ZIP is unpacked meanwhile.

    Raises:
        InputError: there is no such archive, or it is none that ``overbruggen package`` wrote.
    """
    if archive.is_dir():
        yield check_archive_folder(archive, archive)
        return
    if not archive.exists():
        raise InputError(
            f"{archive} does not exist; give the archive that `overbruggen package` wrote, or the"
            " folder it was unpacked to"
        )
    with tempfile.TemporaryDirectory() as folder:
        try:
            with zipfile.ZipFile(archive) as packed:
                packed.extractall(folder)
        except (zipfile.BadZipFile, OSError, EOFError) as error:
            raise InputError(
                f"{archive} cannot be unpacked: {error}; it was damaged or is no ZIP archive: fetch"
                " it again"
            ) from error
        yield check_archive_folder(Path(folder), archive)


def check_archive_folder(folder: Path, archive: Path) -> Path:
    """Return the folder of an archive if it is one."""
    if not (folder / CHECKSUMS_FILE).is_file():
        raise InputError(
            f"{archive} is no replication archive (it has no {CHECKSUMS_FILE}); give one that"
            " `overbruggen package` wrote"
        )
    return folder
