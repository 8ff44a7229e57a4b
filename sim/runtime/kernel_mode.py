"""Choose how kernels run: with our extensions of Numba, with Numba as it is, or as plain Python.

``OVERBRUGGEN_KERNELS`` holds the choice; results are the same under each.
``docs/decisions/0010-numba-internals.md`` says what the extensions are and what each costs to do
without.
"""

from __future__ import annotations

import os
from enum import StrEnum

from sim.errors import InputError

KERNELS_VARIABLE = "OVERBRUGGEN_KERNELS"


class KernelMode(StrEnum):
    """How kernels run."""

    COMPILED = "compiled"  # Numba, with linked parts, a packed state and prefetching
    PLAIN_NJIT = "plain-njit"  # Numba's documented interface alone: slower to compile and to run
    PYTHON = "python"  # no compilation: very slow, and a debugger can step through


def read_kernel_mode() -> KernelMode:
    """Return the mode that the environment asks for; compiled unless it asks for another."""
    value = os.environ.get(KERNELS_VARIABLE) or KernelMode.COMPILED
    try:
        return KernelMode(value)
    except ValueError:
        raise InputError(
            f"{KERNELS_VARIABLE} is {value}; allowed: {', '.join(KernelMode)}: set it to one of"
            " these, or unset it"
        ) from None


KERNEL_MODE = read_kernel_mode()
