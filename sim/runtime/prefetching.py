"""Ask for memory before it is needed; without our extensions of Numba ask for nothing."""

from __future__ import annotations

from typing import Any

from sim.runtime.compilation import kernel
from sim.runtime.kernel_mode import KERNEL_MODE, KernelMode

if KERNEL_MODE is KernelMode.COMPILED:
    from sim.runtime.prefetch_kernels import (
        prefetch_acquaintance,
        prefetch_for_find,
        prefetch_for_let_go,
        prefetch_for_work,
        prefetch_needs,
        prefetch_own_teams,
        prefetch_team_size,
    )
else:

    def ignore_request(*arguments: Any) -> None:
        """Ask for nothing."""

    nothing: Any = kernel(ignore_request)
    prefetch_acquaintance = prefetch_for_find = prefetch_for_let_go = prefetch_for_work = nothing
    prefetch_needs = prefetch_own_teams = prefetch_team_size = nothing

__all__ = [
    "prefetch_acquaintance",
    "prefetch_for_find",
    "prefetch_for_let_go",
    "prefetch_for_work",
    "prefetch_needs",
    "prefetch_own_teams",
    "prefetch_team_size",
]
