"""Kernels give the same bytes with our extensions of Numba, without them, and as plain Python."""

import json
import os
import subprocess
import sys
from functools import cache

import pytest

from sim.errors import InputError
from sim.runtime.kernel_mode import KERNELS_VARIABLE, KernelMode, read_kernel_mode


@cache
def play_in_mode(mode, what):
    """Return what small runs give in a new process whose kernels run in this mode."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.contracts.kernel_results", what],
        env={**os.environ, KERNELS_VARIABLE: mode},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


# plain-njit compiles the model for more than a minute: `make kernel-modes` compares it too.
EVERY_MODE = "EVERY_KERNEL_MODE" in os.environ
COMPARED = [
    (KernelMode.PYTHON, "model"),
    (KernelMode.PYTHON, "classics"),
    (KernelMode.PLAIN_NJIT, "classics"),
    *([(KernelMode.PLAIN_NJIT, "model")] if EVERY_MODE else []),
]


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(("mode", "what"), COMPARED)
def test_every_mode_gives_the_same_bytes(mode, what):
    assert play_in_mode(mode, what) == play_in_mode(KernelMode.COMPILED, what)


def test_an_unknown_mode_is_refused_in_one_sentence(monkeypatch):
    monkeypatch.setenv(KERNELS_VARIABLE, "fast")
    with pytest.raises(
        InputError, match="OVERBRUGGEN_KERNELS is fast; allowed: compiled, plain-njit, python"
    ):
        read_kernel_mode()


def test_an_empty_choice_is_the_default(monkeypatch):
    monkeypatch.setenv(KERNELS_VARIABLE, "")
    assert read_kernel_mode() is KernelMode.COMPILED
