"""Kernels that run as plain Python read numbers as compiled kernels do."""

import sys
from typing import NamedTuple

import numpy as np

from sim.runtime.plain_python import PythonCallback, run_as_python


class Pair(NamedTuple):
    """A named tuple, as kernels take."""

    bytes: np.ndarray
    words: np.ndarray


def test_small_whole_numbers_do_not_overflow_and_words_wrap():
    @run_as_python
    def add(pair):
        return pair.bytes[0] + pair.bytes[1], pair.words[0] + pair.words[1]

    small, large = np.array([127, 127], np.int8), np.array([2**64 - 1, 3], np.uint64)
    total, wrapped = add(Pair(small, large))
    assert (total, wrapped) == (254, 2)
    assert type(total) is type(wrapped) is int


def test_division_by_zero_gives_infinity_without_a_warning(recwarn):
    @run_as_python
    def invert(values):
        return 1.0 / values[0]

    assert invert(np.zeros(1)) == np.inf
    assert not recwarn.list


def test_a_kernel_writes_into_the_caller_s_array_and_returns_ordinary_ones():
    @run_as_python
    def write(values):
        values[1] = 5
        return values[1:]

    values = np.zeros(3)
    result = write(values)
    assert type(result) is np.ndarray
    assert values.tolist() == [0.0, 5.0, 0.0]


def test_an_error_of_a_callback_is_reported_as_compiled_code_reports_it(monkeypatch):
    raised = []
    monkeypatch.setattr(sys, "unraisablehook", lambda details: raised.append(details.exc_value))
    assert PythonCallback(lambda first, second: first / 0)(1.0, 2.0) == 0.0
    assert [type(error) for error in raised] == [ZeroDivisionError]
