"""Compile kernels once, and never run a stale one.

Numba's own cache notices a change of the file that holds a kernel, but not of the files whose
kernels it calls. The cache therefore lies in a folder named after the content of every module whose
kernels may be called: those of the model for the model, and the shared parts with its own file for
a classic (``sim/classics/kernels.py``).

How kernels run is a choice of the environment (``sim/runtime/kernel_mode.py``).
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numba
from numba import types
from platformdirs import user_cache_dir

from sim.runtime.kernel_mode import KERNEL_MODE, KernelMode
from sim.runtime.plain_python import PythonCallback, run_as_python

Function = TypeVar("Function", bound=Callable[..., Any])


@cache
def list_model_sources() -> tuple[Path, ...]:
    """Return every module of this package but the classics, which the model does not know."""
    here = Path(__file__).parents[1]
    return tuple(
        source
        for source in sorted(here.rglob("*.py"))
        if source.relative_to(here).parts[0] != "classics"
    )


@cache
def find_cache_folder(sources: Sequence[Path] | None = None) -> Path:
    """Return the folder of the compiled kernels of these sources; by default the model's."""
    digest = hashlib.sha256(f"{numba.__version__} {KERNEL_MODE}".encode())
    for source in list_model_sources() if sources is None else sources:
        digest.update(source.read_bytes())
    name = f"overbruggen-{digest.hexdigest()[:16]}"
    own_choice = os.environ.get("NUMBA_CACHE_DIR")
    candidates = (
        [own_choice] if own_choice else [user_cache_dir("overbruggen"), tempfile.gettempdir()]
    )
    for candidate in candidates:
        folder = Path(candidate) / name
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK):
            return folder
    return Path(tempfile.mkdtemp(prefix=name))


def is_compiled(sources: Sequence[Path] | None, pattern: str) -> bool:
    """Return whether kernels need no compiling: some are on disk, by the names Numba gives them."""
    return KERNEL_MODE is KernelMode.PYTHON or any(find_cache_folder(sources).rglob(pattern))


def is_model_compiled() -> bool:
    """Return whether kernels of this source were compiled on this machine before."""
    return is_compiled(None, "*play*.nbc")


def kernel(function: Function) -> Function:
    """Compile a function called from other kernels; their cache holds its code."""
    if KERNEL_MODE is KernelMode.PYTHON:
        return function
    if KERNEL_MODE is KernelMode.PLAIN_NJIT:
        return numba.njit(function, error_model="numpy")
    from sim.runtime.linking import compile_inner_kernel  # here: it extends Numba

    compiled: Function = compile_inner_kernel(function)
    return compiled


def inline_kernel(function: Function) -> Function:
    """Compile a kernel into every kernel that calls it, line by line.

    For small kernels that take many arrays, which cost more to hand over than the work itself.
    """
    if KERNEL_MODE is KernelMode.PYTHON:
        return function
    return numba.njit(function, error_model="numpy", inline="always")


@contextmanager
def use_cache_folder(sources: Sequence[Path] | None = None) -> Iterator[None]:
    """Let Numba keep what is declared meanwhile in our cache folder."""
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(find_cache_folder(sources))
    try:
        yield
    finally:
        numba.config.CACHE_DIR = before


def entry(
    function: Callable[..., Any], sources: Sequence[Path] | None = None
) -> Callable[..., Any]:
    """Compile a kernel called from Python, and keep it on disk until its sources change.

    Args:
        function: the kernel.
        sources: the modules whose kernels it may call; by default the model's.
    """
    if KERNEL_MODE is KernelMode.PYTHON:
        return run_as_python(function)
    options: dict[str, Any] = {}
    if KERNEL_MODE is KernelMode.COMPILED:
        from sim.runtime.linking import EntryKernelCompiler, choose_compiler_options

        options = choose_compiler_options(EntryKernelCompiler)
    with use_cache_folder(sources):
        return numba.njit(function, error_model="numpy", cache=True, nogil=True, **options)


def compile_callback(function: Callable[..., float]) -> Any:
    """Compile a function of two numbers that is passed to kernels, and keep it on disk."""
    if KERNEL_MODE is KernelMode.PYTHON:
        return PythonCallback(function)
    two_numbers = types.float64(types.float64, types.float64)
    with use_cache_folder():
        return numba.cfunc(two_numbers, cache=True)(function)
