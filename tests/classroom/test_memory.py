"""What sessions take, and that it stays: an hour's soak in short (``make bench-classroom SOAK=3600`` is the long one).

All memory that Python and NumPy ask for is counted, so that a leak of little more than a hundred bytes a round shows within a few hundred rounds.
"""

import gc
import tracemalloc
from contextlib import ExitStack

import pytest

from tests.classroom.test_server import SCENARIO, visiting

ROUNDS, PLAYS = 60, 5
LEAK = 100  # bytes a round that are not given back: less than a message, a frame or a row of measures takes
LARGEST_SESSION = 5e6
LARGE = SCENARIO | {"shared": {"population.organisations": 100, "run.seed": 3}}


@pytest.fixture
def taken():
    """Count the bytes in use, after what is no longer used was given back."""
    tracemalloc.start()

    def count():
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    yield count
    tracemalloc.stop()


def test_a_session_that_begins_again_and_again_takes_no_more_in_the_end(client, taken):
    with visiting(client) as page:

        def play():
            page.say("reset")
            page.hear("scene")
            page.hear("state")
            page.step(ROUNDS)
            page.say("look", side="a", organisation=1)
            page.hear("story")
            return taken()

        begun = [play() for _ in range(PLAYS)][-1]  # what is kept once, is kept by then
        assert max(play() for _ in range(PLAYS)) - begun < LEAK * PLAYS * ROUNDS


def test_a_session_takes_less_than_five_megabytes_and_gives_it_back(client, classroom, taken):
    with visiting(client, LARGE) as page:
        page.step(ROUNDS)
    before = taken()
    with ExitStack() as pages:
        for _ in range(3):
            pages.enter_context(visiting(client, LARGE)).step(ROUNDS)
        assert (taken() - before) / 3 < LARGEST_SESSION
    classroom.registry.idle_after = 0.0
    classroom.registry.free_idle()
    assert taken() - before < 0.3e6
