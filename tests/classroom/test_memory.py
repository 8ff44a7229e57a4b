"""The memory of sessions: a short soak; ``make bench-classroom SOAK=3600`` is the long one.

All memory that Python and NumPy ask for is counted, so that a leak of little more than a hundred
bytes a round shows within a few hundred rounds.
"""

import gc
import tracemalloc
from contextlib import ExitStack

import pytest

from tests.classroom.visiting import SCENARIO, visiting

ROUNDS, PLAYS = 60, 5
# Bytes a round that are not freed: fewer than a message, a frame or a row of measures takes.
LEAK = 100
LARGEST_SESSION = 5e6
LARGE = SCENARIO | {"shared": {"population.organisations": 100, "run.seed": 3}}


@pytest.fixture
def count_bytes():
    """Count the bytes in use, after collecting what is no longer used."""
    tracemalloc.start()

    def count():
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    yield count
    tracemalloc.stop()


def test_a_session_that_begins_again_and_again_stops_growing(client, count_bytes):
    with visiting(client) as page:

        def play():
            page.send("reset")
            page.receive("scene")
            page.receive("state")
            page.step(ROUNDS)
            page.send("look", side="a", organisation=1)
            page.receive("story")
            return count_bytes()

        begun = [play() for _ in range(PLAYS)][-1]  # by then, what is kept once is kept
        assert max(play() for _ in range(PLAYS)) - begun < LEAK * PLAYS * ROUNDS


def test_a_session_takes_less_than_five_megabytes_and_frees_them(client, classroom, count_bytes):
    with visiting(client, LARGE) as page:
        page.step(ROUNDS)
    before = count_bytes()
    with ExitStack() as pages:
        for _ in range(3):
            pages.enter_context(visiting(client, LARGE)).step(ROUNDS)
        assert (count_bytes() - before) / 3 < LARGEST_SESSION
    classroom.registry.idle_after = 0.0
    classroom.registry.free_idle()
    assert count_bytes() - before < 0.3e6
