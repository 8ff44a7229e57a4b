"""ZIP archives whose bytes depend only on their content, and the checksums of their files."""

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
COMPRESSED_SUFFIXES = (".parquet", ".png", ".pdf", ".gif", ".whl")  # not compressed again
READ_BLOCK_BYTES = 1 << 20

ArchiveEntry = bytes | Path
ArchiveEntries = Mapping[str, ArchiveEntry]


def compute_entry_checksum(entry: ArchiveEntry) -> str:
    """Return the SHA-256 of a file or of bytes, in hexadecimal."""
    return compute_checksum(entry) if isinstance(entry, Path) else hashlib.sha256(entry).hexdigest()


def measure_entry_size(entry: ArchiveEntry) -> int:
    """Return the number of bytes of a file or of its content."""
    return entry.stat().st_size if isinstance(entry, Path) else len(entry)


def write_zip(target: BinaryIO, entries: ArchiveEntries, executable: Collection[str] = ()) -> None:
    """Write an archive with its files sorted by name, and with fixed times and permissions.

    Args:
        target: the open file to write to.
        entries: the files, by place in the archive.
        executable: places of the files that may be executed.
    """
    with zipfile.ZipFile(target, "w") as archive:
        for place in sorted(entries):
            entry = entries[place]
            info = zipfile.ZipInfo(place, ZIP_EPOCH)
            info.create_system = 3  # Unix, on every system, so that the permissions hold
            info.external_attr = (
                EXECUTABLE_FILE_MODE if place in executable else PLAIN_FILE_MODE
            ) << 16
            info.compress_type = (
                zipfile.ZIP_STORED if place.endswith(COMPRESSED_SUFFIXES) else zipfile.ZIP_DEFLATED
            )
            # Given beforehand, so that the writer chooses the wide format above 2 GiB.
            info.file_size = measure_entry_size(entry)
            with archive.open(info, "w") as written:
                if isinstance(entry, bytes):
                    written.write(entry)
                else:
                    with entry.open("rb") as file:
                        while block := file.read(READ_BLOCK_BYTES):
                            written.write(block)


def format_checksums(sums: Mapping[str, str]) -> str:
    """Return checksums in the form that ``sha256sum --check`` reads."""
    return "".join(f"{sums[place]}  {place}\n" for place in sorted(sums))


def read_checksums(folder: Path) -> dict[str, str]:
    """Return the recorded checksums of an archive, by place."""
    lines = (folder / CHECKSUMS_FILE).read_text(encoding="utf-8").splitlines()
    split = [line.partition("  ") for line in lines if line]
    return {place: checksum for checksum, _, place in split}


def find_broken_files(folder: Path) -> dict[str, str]:
    """Return the files of an archive that do not match its checksums: "missing" or "changed"."""
    broken = {}
    for place, recorded in read_checksums(folder).items():
        path = folder / place
        if not path.is_file():
            broken[place] = "missing"
        elif compute_checksum(path) != recorded:
            broken[place] = "changed"
    return broken


@contextmanager
def open_archive(archive: Path) -> Iterator[Path]:
    """Give the folder of an archive: the archive itself, or a temporary folder for a ZIP file.

    Raises:
        InputError: the archive does not exist, or ``overbruggen package`` did not write it.
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
                f"{archive} cannot be unpacked: {error}; it is damaged or not a ZIP archive: fetch"
                " it again"
            ) from error
        yield check_archive_folder(Path(folder), archive)


def check_archive_folder(folder: Path, archive: Path) -> Path:
    """Return the folder of an archive; refuse another folder."""
    if not (folder / CHECKSUMS_FILE).is_file():
        raise InputError(
            f"{archive} is not a replication archive (it has no {CHECKSUMS_FILE}); give one that"
            " `overbruggen package` wrote"
        )
    return folder
