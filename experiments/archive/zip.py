"""Archives whose bytes depend on their content alone, and the list of checksums by which they are checked."""

from __future__ import annotations

import hashlib
import tempfile
import zipfile
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from experiments.store.provenance import checksum
from sim.errors import InputError

CHECKSUMS = "checksums.sha256"
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time a ZIP archive can hold
PLAIN, EXECUTABLE = 0o100644, 0o100755
COMPRESSED = (".parquet", ".png", ".pdf", ".gif", ".whl")  # already; stored as they are
BLOCK = 1 << 20

Entry = bytes | Path
Entries = Mapping[str, Entry]


def sum_of(entry: Entry) -> str:
    """Return the SHA-256 of a file or of bytes, in hexadecimal."""
    return checksum(entry) if isinstance(entry, Path) else hashlib.sha256(entry).hexdigest()


def size_of(entry: Entry) -> int:
    """Return how many bytes a file has, or some bytes are."""
    return entry.stat().st_size if isinstance(entry, Path) else len(entry)


def write_zip(target: BinaryIO, entries: Entries, executable: Collection[str] = ()) -> None:
    """Write files into an archive, in the order of their names, with fixed times and permissions.

    Args:
        target: where to.
        entries: what to write, by place in the archive.
        executable: places of the files that may be executed.
    """
    with zipfile.ZipFile(target, "w") as archive:
        for place in sorted(entries):
            entry = entries[place]
            info = zipfile.ZipInfo(place, EPOCH)
            info.create_system = 3  # Unix, wherever this is written: its permissions count
            info.external_attr = (EXECUTABLE if place in executable else PLAIN) << 16
            info.compress_type = zipfile.ZIP_STORED if place.endswith(COMPRESSED) else zipfile.ZIP_DEFLATED
            info.file_size = size_of(entry)  # above 2 GiB the writer then chooses the wide format
            with archive.open(info, "w") as written:
                if isinstance(entry, bytes):
                    written.write(entry)
                else:
                    with entry.open("rb") as file:
                        while block := file.read(BLOCK):
                            written.write(block)


def checksum_list(sums: Mapping[str, str]) -> str:
    """Return checksums by place in the form that ``sha256sum --check`` reads."""
    return "".join(f"{sums[place]}  {place}\n" for place in sorted(sums))


def read_checksums(folder: Path) -> dict[str, str]:
    """Return the checksums that an archive promises, by place."""
    lines = (folder / CHECKSUMS).read_text(encoding="utf-8").splitlines()
    split = [line.partition("  ") for line in lines if line]
    return {place: promised for promised, _, place in split}


def broken(folder: Path) -> dict[str, str]:
    """Return the files of an archive that are not what its checksums promise, with what became of each: changed or missing."""
    found = {}
    for place, promised in read_checksums(folder).items():
        path = folder / place
        if not path.is_file():
            found[place] = "missing"
        elif checksum(path) != promised:
            found[place] = "changed"
    return found


@contextmanager
def unpacked(archive: Path) -> Iterator[Path]:
    """Give the folder of an archive: itself if it is one, else where its ZIP is unpacked meanwhile.

    Raises:
        InputError: there is no such archive, or it is none that ``overbruggen package`` wrote.
    """
    if archive.is_dir():
        yield known(archive, archive)
        return
    if not archive.exists():
        raise InputError(f"{archive} does not exist; give the archive that `overbruggen package` wrote, or the folder it was unpacked to")
    with tempfile.TemporaryDirectory() as folder:
        try:
            with zipfile.ZipFile(archive) as packed:
                packed.extractall(folder)
        except (zipfile.BadZipFile, OSError, EOFError) as error:
            raise InputError(f"{archive} cannot be unpacked: {error}; it was damaged or is no ZIP archive: fetch it again") from error
        yield known(Path(folder), archive)


def known(folder: Path, archive: Path) -> Path:
    """Return the folder of an archive if it is one."""
    if not (folder / CHECKSUMS).is_file():
        raise InputError(f"{archive} is no replication archive (it has no {CHECKSUMS}); give one that `overbruggen package` wrote")
    return folder
