"""Pass the whole state to compiled kernels as one pointer.

Numba passes a named tuple of arrays by value, some nine machine words per array, at every call;
with a hundred arrays most of the work of compiling and running would be copies. Here a (nested)
named tuple is packed into one table of words: address and shape of every array, its strides too
where it is a column of records, and the value of every number. Kernels get the address of the
table. They are written as if they had the named tuple itself, and run on the named tuple unchanged
when they are not compiled.
"""

from __future__ import annotations

from hashlib import sha256
from math import prod
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core.datamodel import PrimitiveModel
from numba.core.typing.templates import AttributeTemplate
from numba.extending import (
    NativeValue,
    infer_getattr,
    lower_getattr_generic,
    register_model,
    typeof_impl,
    unbox,
)
from numba.np.arrayobj import populate_array
from numba.np.numpy_support import from_dtype
from numpy.typing import NDArray

WORD = ir.IntType(64)
NUMBER_TYPES = {
    float: types.float64,
    int: types.int64,
    bool: types.boolean,
    np.uint64: types.uint64,
}


class PackedType(types.Type):  # type: ignore[misc]
    """Numba's type of a packed named tuple.

    It says of every field at which word of the table it begins, of which type it is, and its last
    stride if that is known.
    """

    def __init__(self, title: str, fields: tuple[tuple[str, int, types.Type, int], ...]) -> None:
        self.fields = {field: (word, kind, last) for field, word, kind, last in fields}
        layout = ", ".join(f"{field}@{word}:{kind}/{last}" for field, word, kind, last in fields)
        super().__init__(name=f"{title}({sha256(layout.encode()).hexdigest()[:16]})")


@register_model(PackedType)
class PackedModel(PrimitiveModel):  # type: ignore[misc]
    """A group is the address of its first word."""

    def __init__(self, manager: Any, kind: PackedType) -> None:
        super().__init__(manager, kind, WORD.as_pointer())


@infer_getattr
class PackedAttribute(AttributeTemplate):  # type: ignore[misc]
    """Fields of a group have the types noted when it was packed."""

    key = PackedType

    def generic_resolve(self, group: PackedType, field: str) -> types.Type | None:
        """Return the type of a field."""
        return group.fields[field][1] if field in group.fields else None


@lower_getattr_generic(PackedType)  # type: ignore[untyped-decorator]
def read_field(context: Any, builder: Any, group: PackedType, table: Any, field: str) -> Any:
    """Build a field's value from its words, which never change while a kernel runs."""
    word, kind, last = group.fields[field]
    invariant = builder.module.add_metadata([])

    def read(offset: int) -> Any:
        loaded = builder.load(builder.gep(table, [ir.Constant(ir.IntType(32), word + offset)]))
        loaded.set_metadata("invariant.load", invariant)
        return loaded

    if isinstance(kind, PackedType):
        return builder.gep(table, [ir.Constant(ir.IntType(32), word)])
    if kind == types.boolean:
        return builder.trunc(read(0), ir.IntType(1))
    if not isinstance(kind, types.Array):
        return builder.bitcast(read(0), context.get_value_type(kind))
    item = context.get_abi_sizeof(context.get_data_type(kind.dtype))
    shape = [read(1 + axis) for axis in range(kind.ndim)]
    if kind.layout == "A":
        strides = [read(1 + kind.ndim + axis) for axis in range(kind.ndim)]
        if kind.ndim > 1:
            # Steps within a row do not depend on the configuration. As constants they allow vector
            # instructions.
            strides[-1] = ir.Constant(WORD, last)
    else:
        strides = [ir.Constant(WORD, item)]
        for axis in range(kind.ndim - 1, 0, -1):
            strides.insert(0, builder.mul(strides[0], shape[axis]))
    array = context.make_array(kind)(context, builder)
    data = builder.inttoptr(read(0), context.get_data_type(kind.dtype).as_pointer())
    populate_array(
        array,
        data=data,
        shape=shape,
        strides=strides,
        itemsize=ir.Constant(WORD, item),
        meminfo=None,
    )
    return array._getvalue()


class PackedTuple:
    """A named tuple's table of words; keeps the arrays alive."""

    def __init__(self, source: Any) -> None:
        words: list[int] = []
        self.source = source
        self.kind = append_words(source, words)
        self.words = np.array(words, dtype=np.uint64)
        self.address = int(self.words.ctypes.data)


def compute_dense_strides(array: NDArray[Any]) -> tuple[int, ...]:
    """Return the strides of an array without gaps.

    They tell a dense array from a column of records; NumPy's flag depends on the shape too.
    """
    return tuple(array.itemsize * prod(array.shape[axis + 1 :]) for axis in range(array.ndim))


def append_words(group: Any, words: list[int]) -> PackedType:
    """Append a named tuple's words; return its type, with positions from its own first word on."""
    start, fields = len(words), []
    for field, value in zip(group._fields, group, strict=True):
        word = len(words) - start
        kind: types.Type
        last = 0
        if isinstance(value, tuple):
            kind = append_words(value, words)
        elif isinstance(value, np.ndarray):
            layout = "C" if value.strides == compute_dense_strides(value) else "A"
            words.extend(
                [value.ctypes.data, *value.shape, *(value.strides if layout == "A" else ())]
            )
            last = value.strides[-1] if value.ndim > 1 else 0
            kind = types.Array(from_dtype(value.dtype), value.ndim, layout)
        else:
            kind = NUMBER_TYPES[type(value)]
            words.append(
                int(np.float64(value).view(np.uint64))
                if kind == types.float64
                else int(value) % 2**64
            )
        fields.append((field, word, kind, last))
    return PackedType(type(group).__name__, tuple(fields))


@typeof_impl.register(PackedTuple)  # type: ignore[untyped-decorator]
def get_packed_type(packed: PackedTuple, context: Any) -> PackedType:
    """Return the type noted when the tuple was packed."""
    return packed.kind


@unbox(PackedType)  # type: ignore[untyped-decorator]
def unbox_address(kind: PackedType, packed: Any, c: Any) -> NativeValue:
    """Pass the address of the table to compiled code."""
    address = c.pyapi.object_getattr_string(packed, "address")
    number = c.pyapi.long_as_longlong(address)
    c.pyapi.decref(address)
    return NativeValue(c.builder.inttoptr(number, WORD.as_pointer()))
