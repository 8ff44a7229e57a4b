"""Kernels give the same bytes with our extensions of Numba, with Numba as it is, and as plain
Python.
"""

import json
import os
import subprocess
import sys
from functools import cache

import pytest

from sim.errors import InputError
from sim.runtime.kernel_mode import KERNELS_VARIABLE, KernelMode, read_kernel_mode


@cache
def results_of(mode):
    """Return what small runs give in a new process whose kernels run in this mode."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.contracts.kernel_results"],
        env={**os.environ, KERNELS_VARIABLE: mode},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


# plain-njit compiles for more than a minute: `make kernel-modes` also compares that mode.
EVERY_MODE = "EVERY_KERNEL_MODE" in os.environ
COMPARED = [KernelMode.PYTHON, *([KernelMode.PLAIN_NJIT] if EVERY_MODE else [])]


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("mode", COMPARED)
def test_every_mode_gives_the_same_bytes(mode):
    assert results_of(mode) == results_of(KernelMode.COMPILED)


def test_an_unknown_mode_is_refused_in_one_sentence(monkeypatch):
    monkeypatch.setenv(KERNELS_VARIABLE, "fast")
    with pytest.raises(
        InputError, match="OVERBRUGGEN_KERNELS is fast; allowed: compiled, plain-njit, python"
    ):
        read_kernel_mode()


def test_an_empty_choice_is_the_default(monkeypatch):
    monkeypatch.setenv(KERNELS_VARIABLE, "")
    assert read_kernel_mode() is KernelMode.COMPILED
