"""The queue of chunks for a cluster: no run is left out or sent twice; suspects are sent alone."""

from experiments.execution.chunks import LARGEST_CHUNK, ChunkQueue
from experiments.execution.engines import Task
from experiments.models.collaboration import CollaborationTarget
from experiments.models.target import RecordingOptions


def tasks(count):
    return [
        Task(str(number), CollaborationTarget(), {}, number, RecordingOptions())
        for number in range(count)
    ]


def list_runs_in_order(chunks):
    """Return all runs in the order of their chunks, when each chunk finishes before the next."""
    runs = []
    while (chunk := chunks.take_chunk(0, 1)) is not None:
        runs += [task.run for task in chunk.tasks]
    return runs


def test_every_run_once_in_order_whatever_the_size():
    for size in (1, 3, 100, None):
        assert list_runs_in_order(ChunkQueue(tasks(10), size)) == [
            str(number) for number in range(10)
        ]


def test_no_more_than_there_is_room_for():
    chunks = ChunkQueue(tasks(10), 2)
    assert chunks.take_chunk(3, 3) is None
    assert len(chunks.take_chunk(2, 3).tasks) == 2


def test_what_was_lost_goes_first():
    chunks = ChunkQueue(tasks(6), 2)
    lost, _ = chunks.take_chunk(0, 9), chunks.take_chunk(1, 9)
    chunks.put_back(lost)
    assert list_runs_in_order(chunks) == ["0", "1", "4", "5"]


def test_suspects_go_out_one_by_one_and_alone_also_when_they_were_lost():
    chunks = ChunkQueue(tasks(6), 2)
    chunks.mark_suspect(chunks.take_chunk(0, 9))
    assert chunks.take_chunk(1, 9) is None  # until what is in flight has come in
    first = chunks.take_chunk(0, 9)
    assert first.alone and [task.run for task in first.tasks] == ["0"]
    chunks.put_back(first)
    again = chunks.take_chunk(0, 9)
    assert again == first
    assert chunks.take_chunk(0, 9).alone
    assert not chunks.take_chunk(0, 9).alone


def test_chunks_take_about_a_second():
    chunks = ChunkQueue(tasks(10), None)
    sizes = [chunks.size]
    for seconds in (0.1, 0.0001, 30.0):
        chunks = ChunkQueue(tasks(10), None)
        chunks.record_durations([seconds] * 4)
        sizes.append(chunks.size)
    assert sizes == [1, 10, LARGEST_CHUNK, 1]
