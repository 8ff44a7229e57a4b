"""What is sent next to a cluster: nothing is left out or sent twice, and suspects go out alone."""

from experiments.execution.chunks import LARGEST_CHUNK, ChunkQueue
from experiments.execution.engines import Task
from experiments.models.collaboration import CollaborationTarget
from experiments.models.target import RecordingOptions


def tasks(count):
    return [
        Task(str(number), CollaborationTarget(), {}, number, RecordingOptions())
        for number in range(count)
    ]


def drained(supply):
    """All runs in the order they are handed out, each chunk at its end before the next."""
    runs = []
    while (chunk := supply.next(0, 1)) is not None:
        runs += [task.run for task in chunk.tasks]
    return runs


def test_every_run_once_in_order_whatever_the_size():
    for size in (1, 3, 100, None):
        assert drained(ChunkQueue(tasks(10), size)) == [str(number) for number in range(10)]


def test_no_more_than_there_is_room_for():
    supply = ChunkQueue(tasks(10), 2)
    assert supply.next(3, 3) is None
    assert len(supply.next(2, 3).tasks) == 2


def test_what_was_lost_goes_first():
    supply = ChunkQueue(tasks(6), 2)
    lost, _ = supply.next(0, 9), supply.next(1, 9)
    supply.put_back(lost)
    assert drained(supply) == ["0", "1", "4", "5"]


def test_suspects_go_out_one_by_one_and_alone_also_when_they_were_lost():
    supply = ChunkQueue(tasks(6), 2)
    supply.suspect(supply.next(0, 9))
    assert supply.next(1, 9) is None  # until what is in flight has come in
    first = supply.next(0, 9)
    assert first.alone and [task.run for task in first.tasks] == ["0"]
    supply.put_back(first)
    again = supply.next(0, 9)
    assert again == first
    assert supply.next(0, 9).alone
    assert not supply.next(0, 9).alone


def test_chunks_take_about_a_second():
    supply = ChunkQueue(tasks(10), None)
    sizes = [supply.size]
    for seconds in (0.1, 0.0001, 30.0):
        supply = ChunkQueue(tasks(10), None)
        supply.learn([seconds] * 4)
        sizes.append(supply.size)
    assert sizes == [1, 10, LARGEST_CHUNK, 1]
