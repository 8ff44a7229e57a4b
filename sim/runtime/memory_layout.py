"""The layout of the state in memory: records of columns, all in one block.

A look at somebody else costs a large population one wait for memory per cache line, however little
of the line is read. A record brings what such a look needs into as few lines as it takes. The
columns stay what they were, arrays of their own to kernels and to Python; only the step from row to
row is the record's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.state import World

Array = NDArray[Any]
CACHE_LINE, LARGE_PAGE = 64, 2**21  # bytes
RECORD_COLUMNS: dict[str, tuple[tuple[str, ...], ...]] = {
    "org": (
        ("alone_value", "bridging", "earned", "performance"),
        ("breadth", "rounds_left", "progress", "requirement", "domains", "rounds_spent"),
    ),
    "ledger": (("trust", "familiarity"), ("meetings", "last_met")),
    "col": (
        (
            "size",
            "form",
            "started",
            "age",
            "rounds_left",
            "rounds_spent",
            "progress",
            "quality",
            "members",
            "reason",
            "surplus",
            "gain",
            "leaving",
            "expected",
            "domains",
            "breadth",
            "owner",
            "largest",
            "remembered",
            "weight",
            "requirement",
            "sums",
        ),
    ),
}


def pad_layout(layout: np.dtype[Any]) -> np.dtype[Any]:
    """Return a record layout that fills whole cache lines.

    A record longer than a line then straddles no more lines than it must.
    """
    size = (
        layout.itemsize
        if layout.itemsize < CACHE_LINE
        else -(-layout.itemsize // CACHE_LINE) * CACHE_LINE
    )
    fields = {name: (field[0], field[1]) for name, field in (layout.fields or {}).items()}
    whole: Any = {
        "names": list(fields),
        "formats": [f[0] for f in fields.values()],
        "offsets": [f[1] for f in fields.values()],
        "itemsize": size,
    }
    filled: np.dtype[Any] = np.dtype(whole)
    return filled


def build_record(columns: dict[str, Array]) -> Array:
    """Return one array of records that holds these columns.

    The columns have their first axes in common.
    """
    axes = min(column.ndim for column in columns.values())
    shape = next(iter(columns.values())).shape[:axes]
    layout = np.dtype(
        [(name, column.dtype, column.shape[axes:]) for name, column in columns.items()], align=True
    )
    record = np.zeros(shape, dtype=pad_layout(layout))
    for name, column in columns.items():
        record[name][...] = column
    return record


def list_pieces(title: str, group: Any) -> list[Array]:
    """Return a group's records, then the arrays that are in no record."""
    recorded = RECORD_COLUMNS.get(title, ())
    alone = [
        array
        for name, array in group._asdict().items()
        if not any(name in names for names in recorded)
    ]
    return [
        build_record({name: getattr(group, name) for name in names}) for names in recorded
    ] + alone


def replace_pieces(title: str, group: Any, pieces: Iterator[Array]) -> Any:
    """Return the group with other pieces, taken in the order of ``pieces_of``."""
    columns: dict[str, Array] = {}
    for names in RECORD_COLUMNS.get(title, ()):
        record = next(pieces)
        columns |= {name: record[name] for name in names}
    alone = [name for name in group._fields if name not in columns]
    return group._replace(**columns, **dict(zip(alone, pieces, strict=False)))


def move_into_block(scattered: list[Array]) -> Iterator[Array]:
    """Move arrays into one block of memory.

    The system keeps a large block in few large pages, which are found faster.
    """
    ends = np.cumsum([-(-array.nbytes // CACHE_LINE) * CACHE_LINE for array in scattered]).tolist()
    boundary = LARGE_PAGE if ends[-1] >= LARGE_PAGE else CACHE_LINE
    block = np.zeros(ends[-1] + boundary, dtype=np.uint8)
    block = block[-block.ctypes.data % boundary :]
    for array, start in zip(scattered, [0, *ends], strict=False):
        moved = block[start : start + array.nbytes].view(array.dtype).reshape(array.shape)
        moved[...] = array
        yield moved


def arrange_world(world: World) -> World:
    """Return the world with its arrays in records and in one block."""
    groups = {title: group for title, group in world._asdict().items() if title != "p"}
    moved = move_into_block(
        [piece for title, group in groups.items() for piece in list_pieces(title, group)]
    )
    return world._replace(
        **{title: replace_pieces(title, group, moved) for title, group in groups.items()}
    )
