"""What kernels take for the whole state: one pointer to it, or the named tuple itself."""

from __future__ import annotations

from typing import Any

from sim.runtime.kernel_mode import KERNEL_MODE, KernelMode
from sim.state import World

PassedState = Any


def prepare_state(world: World) -> PassedState:
    """Return what kernels take for this state; it keeps the arrays alive and sees all changes."""
    if KERNEL_MODE is KernelMode.PYTHON:
        return world
    if KERNEL_MODE is KernelMode.PLAIN_NJIT:
        from sim.runtime.struct_passing import build_struct  # here: only this mode needs it

        return build_struct(world)
    from sim.runtime.packing import PackedTuple  # here: it extends Numba

    return PackedTuple(world)
