"""Build the requests for memory, as instructions of LLVM.

A request names columns of a group of the packed state, and asks for the cache lines in which a row
of them lies.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from sim.runtime.memory_layout import CACHE_LINE
from sim.runtime.packing import WORD, read_field

PREFETCH_READ, PREFETCH_KEEP, PREFETCH_DATA = (
    ir.Constant(ir.IntType(32), number) for number in (0, 3, 1)
)


def build_line_request(builder: Any, start: Any, offset: Any) -> None:
    """Build the request for one cache line."""
    numbers = [ir.IntType(32)] * 3
    function = ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t, *numbers])
    request = builder.module.declare_intrinsic("llvm.prefetch", [cgutils.voidptr_t], function)
    builder.call(
        request,
        [
            builder.gep(builder.bitcast(start, cgutils.voidptr_t), [offset]),
            PREFETCH_READ,
            PREFETCH_KEEP,
            PREFETCH_DATA,
        ],
    )


def make_row_request(*columns: str, lines: int = 0) -> Any:
    """Return a kernel ``(group, row)`` that asks for the row in each of these columns.

    For the first column of a record this is the whole record. ``lines`` asks for that many cache
    lines from a column on instead.
    """

    @intrinsic  # type: ignore[untyped-decorator]
    def ask_for_row(typing: Any, group: Any, row: Any) -> Any:
        def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            for column in columns:
                kind = group.fields[column][1]
                array = context.make_array(kind)(
                    context, builder, read_field(context, builder, group, arguments[0], column)
                )
                length = cgutils.unpack_tuple(builder, array.strides, kind.ndim)[0]
                start = builder.mul(arguments[1], length)
                end = ir.Constant(WORD, lines * CACHE_LINE) if lines else length
                with cgutils.for_range_slice(
                    builder, ir.Constant(WORD, 0), end, ir.Constant(WORD, CACHE_LINE), WORD
                ) as (offset, _):
                    build_line_request(builder, array.data, builder.add(start, offset))
            return context.get_dummy_value()

        return types.void(group, types.int64), build

    return ask_for_row


def make_slot_request(*columns: str) -> Any:
    """Return a kernel ``(group, row, slot)`` that asks for one slot of a row in these columns."""

    @intrinsic  # type: ignore[untyped-decorator]
    def ask_for_slot(typing: Any, group: Any, row: Any, slot: Any) -> Any:
        def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            for column in columns:
                kind = group.fields[column][1]
                array = context.make_array(kind)(
                    context, builder, read_field(context, builder, group, arguments[0], column)
                )
                steps = cgutils.unpack_tuple(builder, array.strides, kind.ndim)
                offset = builder.add(
                    builder.mul(arguments[1], steps[0]), builder.mul(arguments[2], steps[1])
                )
                build_line_request(builder, array.data, offset)
            return context.get_dummy_value()

        return types.void(group, types.int64, types.int64), build

    return ask_for_slot
