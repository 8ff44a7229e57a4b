"""Optimise and translate each kernel once: in the kernel that Python calls.

Numba finishes every function by itself: it links in the code of all that the function calls,
optimises the whole and makes machine code of it. For a kernel that only other kernels call this
work is wasted, because its callers start again from its code. Here such an *inner kernel* stays
raw, and the *entry kernel* that Python calls finishes all its inner kernels together. That halves
the time of compiling and leaves the result as it was.

This depends on how Numba builds its code libraries, which Numba does not promise to keep. Where
they are built differently, everything is compiled in the ordinary way, only slower
(docs/decisions/0010-numba-internals.md).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
from numba.core import types
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler
from numba.core.environment import lookup_environment

NUMBA_INTERNALS = (
    "_finalized",
    "_finalize_dynamic_globals",
    "_finalize_final_module",
    "_finalize_specific",
    "_optimize_final_module",
    "codegen",
)
# How the names of variables begin that point at a function's Python constants.
ENVIRONMENT_PREFIX = "_ZN08NumbaEnv"


class NullCodegen:
    """What Numba informs where the constants of an inner kernel are."""

    def set_env(self, name: str, environment: Any) -> None:
        """Do nothing: the entry kernel does it for its inner kernels."""


class InnerKernelLibrary(JITCodeLibrary):  # type: ignore[misc]
    """The code of a kernel that only kernels call: linked, but neither optimised nor translated."""

    codegen = NullCodegen()

    def _optimize_final_module(self) -> None:
        """Leave optimisation to the entry kernel."""

    def _finalize_final_module(self) -> None:
        """Leave machine code to the entry kernel."""
        self._finalize_dynamic_globals()
        self._finalized = True

    def get_pointer_to_function(self, name: str) -> int:
        """Return that there is nothing Python could call."""
        self._ensure_finalized()
        return 0


class EntryKernelLibrary(JITCodeLibrary):  # type: ignore[misc]
    """The code of a kernel that Python calls, with its inner kernels."""

    def _finalize_specific(self) -> None:
        """Make machine code and point it at the constants, as Numba does for code from disk."""
        super()._finalize_specific()
        for variable in self._final_module.global_variables:
            if variable.name.startswith(ENVIRONMENT_PREFIX):
                environment = lookup_environment(variable.name)
                if environment is not None:
                    self.codegen.set_env(variable.name, environment)


class InnerKernelCompiler(Compiler):  # type: ignore[misc]
    """Numba's compiler, for inner kernels."""

    def define_pipelines(self) -> Any:
        """Return Numba's own passes."""
        self.state.library = InnerKernelLibrary(
            self.state.targetctx.codegen(), self.state.func_id.func_qualname
        )
        return super().define_pipelines()


class EntryKernelCompiler(Compiler):  # type: ignore[misc]
    """Numba's compiler, for entry kernels."""

    def define_pipelines(self) -> Any:
        """Return Numba's own passes."""
        self.state.library = EntryKernelLibrary(
            self.state.targetctx.codegen(), self.state.func_id.func_qualname
        )
        self.state.library.enable_object_caching()
        return super().define_pipelines()


def choose_compiler_options(
    compiler: type[Compiler], library: type = JITCodeLibrary
) -> dict[str, type[Compiler]]:
    """Return options of ``njit``: a compiler of ours.

    Without the parts of Numba that it needs, there are no options, and Numba compiles as usual.
    """
    return (
        {"pipeline_class": compiler}
        if all(hasattr(library, name) for name in NUMBA_INTERNALS)
        else {}
    )


def widen_type(kind: Any) -> Any:
    """Return the 64-bit type for any signed integer type, others unchanged."""
    return types.int64 if isinstance(kind, types.Integer) and kind.signed else kind  # type: ignore[attr-defined]


def compile_inner_kernel(function: Callable[..., Any]) -> Any:
    """Compile a kernel called from other kernels alone.

    Whole numbers widen to 64 bits at every call. Else Numba compiles each kernel once for every
    mixture of 32-bit numbers from arrays and 64-bit numbers from loops, which is three times the
    work.
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
