"""Compile kernels once, and never run a stale one.

Numba's own cache notices a change of the file a kernel stands in, but not of the files whose kernels it calls. The
cache therefore lives in a folder named after the content of every module whose kernels may be called: those of the
model for the model, and the shared parts with its own file for a classic (``sim/classics/kernels.py``).
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
from numba.core import types
from platformdirs import user_cache_dir

from sim.runtime.linking import EntryKernelCompiler, InnerKernelCompiler, choose_compiler_options

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
    """Return the folder that holds the compiled kernels of exactly these sources, the model's unless told."""
    digest = hashlib.sha256(numba.__version__.encode())
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


def is_model_compiled() -> bool:
    """Tell whether kernels of this source were compiled on this machine before."""
    return any(find_cache_folder().rglob("*play*.nbc"))


def widen_type(kind: Any) -> Any:
    """Return the 64-bit type for any signed integer type, others unchanged."""
    return types.int64 if isinstance(kind, types.Integer) and kind.signed else kind  # type: ignore[attr-defined]


def kernel(function: Function) -> Function:
    """Compile a function called from other kernels; their cache holds its code, so it needs none.

    Whole numbers widen to 64 bits at every call: else Numba compiles each kernel anew for every mixture of 32-bit
    numbers from arrays and 64-bit numbers from loops, three times the work. ``sim/runtime/linking.py`` halves what is left.
    """
    compiled = numba.njit(
        function,
        error_model="numpy",
        no_cpython_wrapper=True,
        no_cfunc_wrapper=True,
        **choose_compiler_options(InnerKernelCompiler),
    )
    template = compiled.get_call_template
    compiled.get_call_template = lambda args, kws: template(
        tuple(widen_type(kind) for kind in args), kws
    )
    return compiled


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
    """Compile a kernel called from Python and keep it on disk, for as long as these sources (the model's unless told) stay as they are."""
    with use_cache_folder(sources):
        return numba.njit(
            function,
            error_model="numpy",
            cache=True,
            nogil=True,
            **choose_compiler_options(EntryKernelCompiler),
        )


def compile_callback(function: Callable[..., float]) -> Any:
    """Compile a function of two numbers that kernels are handed, and keep it on disk."""
    two_numbers = types.float64(types.float64, types.float64)
    with use_cache_folder():
        return numba.cfunc(two_numbers, cache=True)(function)
