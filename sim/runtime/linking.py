"""Optimise and translate each kernel once: in the kernel that Python calls, not in every kernel that calls it.

Numba finishes every function by itself: links in the code of all that it calls, optimises the whole and makes machine
code of it. For a kernel that only other kernels call this is work for nothing, as its callers start again from its
code. Here such a *part* stays raw, and the *whole* that Python calls finishes all its parts together. That halves the
time of compiling and leaves the result as it was.

This leans on how Numba's code libraries are built, which Numba does not promise to keep. Where they are built otherwise
``options`` asks for nothing special and everything is compiled in the ordinary way, only slower.
"""

from __future__ import annotations

from typing import Any

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
ENVIRONMENT_PREFIX = (  # how the names of variables begin that point at a function's Python constants
    "_ZN08NumbaEnv"
)


class NullCodegen:
    """Stands where Numba expects the generator of a part's machine code, to tell it where the constants are."""

    def set_env(self, name: str, environment: Any) -> None:
        """Do nothing: the whole does it for its parts."""


class InnerKernelLibrary(JITCodeLibrary):  # type: ignore[misc]
    """The code of a kernel that only kernels call: linked, but neither optimised nor translated."""

    codegen = NullCodegen()

    def _optimize_final_module(self) -> None:
        """Leave optimisation to the whole."""

    def _finalize_final_module(self) -> None:
        """Leave machine code to the whole."""
        self._finalize_dynamic_globals()
        self._finalized = True

    def get_pointer_to_function(self, name: str) -> int:
        """Return that there is nothing Python could call."""
        self._ensure_finalized()
        return 0


class EntryKernelLibrary(JITCodeLibrary):  # type: ignore[misc]
    """The code of a kernel that Python calls, its parts included."""

    def _finalize_specific(self) -> None:
        """Make machine code, then tell it where the parts' constants are, as Numba does when it loads from disk."""
        super()._finalize_specific()
        for variable in self._final_module.global_variables:
            if variable.name.startswith(ENVIRONMENT_PREFIX):
                environment = lookup_environment(variable.name)
                if environment is not None:
                    self.codegen.set_env(variable.name, environment)


class InnerKernelCompiler(Compiler):  # type: ignore[misc]
    """Numba's compiler, collecting code in a part."""

    def define_pipelines(self) -> Any:
        """Return Numba's own passes."""
        self.state.library = InnerKernelLibrary(
            self.state.targetctx.codegen(), self.state.func_id.func_qualname
        )
        return super().define_pipelines()


class EntryKernelCompiler(Compiler):  # type: ignore[misc]
    """Numba's compiler, collecting code in a whole."""

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
    """Return what to ask of ``njit``: one of the compilers above, or nothing where Numba's libraries are built otherwise."""
    return (
        {"pipeline_class": compiler}
        if all(hasattr(library, name) for name in NUMBA_INTERNALS)
        else {}
    )
