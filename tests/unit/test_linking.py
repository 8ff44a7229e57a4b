"""Kernels compiled as parts of a whole do what kernels compiled in Numba's ordinary way do."""

import numba
import pytest

from sim.runtime.linking import (
    EntryKernelCompiler,
    InnerKernelCompiler,
    InnerKernelLibrary,
    choose_compiler_options,
)


def refuse(number):
    if number > 3:
        raise ValueError(f"{number} is too large")
    return number + 1


def build(part, whole):
    """Compile a chain of three functions."""
    first = numba.njit(refuse, no_cpython_wrapper=True, no_cfunc_wrapper=True, **part)

    @numba.njit(no_cpython_wrapper=True, no_cfunc_wrapper=True, **part)
    def second(number):
        return 2 * first(number)

    @numba.njit(**whole)
    def third(number):
        return second(number) + second(0)

    return second, third


def test_parts_and_ordinary_functions_give_the_same():
    _, ordinary = build({}, {})
    second, ours = build(
        choose_compiler_options(InnerKernelCompiler), choose_compiler_options(EntryKernelCompiler)
    )
    assert ours(2) == ordinary(2) == 8
    assert all(
        isinstance(compiled.library, InnerKernelLibrary) for compiled in second.overloads.values()
    )


def test_a_part_can_raise_with_what_it_was_given():
    _, ours = build(
        choose_compiler_options(InnerKernelCompiler), choose_compiler_options(EntryKernelCompiler)
    )
    with pytest.raises(ValueError, match="7 is too large"):
        ours(7)


def test_somebody_else_s_function_can_call_a_part():
    second, _ = build(choose_compiler_options(InnerKernelCompiler), {})
    assert numba.njit(lambda number: second(number))(2) == 6


def test_another_numba_compiles_in_its_ordinary_way():
    assert choose_compiler_options(InnerKernelCompiler, library=object) == {}
