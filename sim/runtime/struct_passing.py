"""Pass the whole state to kernels by reference, as Numba documents it (``structref``).

By value, Numba copies some nine machine words for each of a hundred arrays at every call, and takes
minutes to compile the model (docs/decisions/0010-numba-internals.md).
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from typing import Any

from numba import types
from numba.experimental import structref


@cache
def make_struct_class(group: Any) -> Any:
    """Return the class of structures that have the fields of a named tuple.

    It becomes a name of this module, because Numba's cache looks it up by name.
    """
    title = f"{group.__name__}{sha256(' '.join(group._fields).encode()).hexdigest()[:8]}"
    kind = type(f"{title}StructType", (types.StructRef,), {"__module__": __name__})
    struct = type(f"{title}Struct", (structref.StructRefProxy,), {"__module__": __name__})
    globals().update({made.__name__: made for made in (kind, struct)})
    structref.register(kind)
    structref.define_proxy(struct, kind, list(group._fields))
    return struct


def build_struct(group: Any) -> Any:
    """Return a named tuple, with those in it, as a structure that kernels take by reference."""
    values = [build_struct(value) if isinstance(value, tuple) else value for value in group]
    kind: Any = type(group)
    return make_struct_class(kind)(*values)
