"""The folder of a study under any sequence of chunks, compactions and crashes that cut files."""

import tempfile
from pathlib import Path

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.store.folder import RunStorage
from experiments.store.journal import RUN_DONE, RUN_FAILED, RunRecord

RUNS = [f"run{number:02}" for number in range(24)]
KINDS = {"events": 2, "series": 3}  # rows that a run leaves

chunks = st.integers(1, 5).map(lambda size: ("chunk", size))
compactions = st.just(("compact", 0))
stops = st.just(("stop", 0))
damages = st.tuples(
    st.just("crash"), st.lists(st.tuples(st.integers(0, 99), st.floats(0.0, 1.0)), max_size=3)
)
drafts = st.just(("draft", 0))
reopened = st.just(("reopen", 0))


def rows(kind, run):
    return pl.DataFrame(
        {"value": [float(RUNS.index(run) * 10 + row) for row in range(KINDS[kind])], "run": run}
    )


def finished(storage):
    """Return the newest status of every run that ended."""
    storage.compact()
    ledgers = [pl.read_parquet(path) for path in storage.list_parts("ledger")]
    table = (
        pl.concat(ledgers).unique("run", keep="last")
        if ledgers
        else pl.DataFrame({"run": [], "status": []})
    )
    return dict(zip(table["run"], table["status"], strict=True))


def contents(storage, kind):
    parts = [pl.read_parquet(path) for path in storage.list_parts(kind)]
    return pl.concat(parts).sort("run", maintain_order=True) if parts else pl.DataFrame({"run": []})


def do(storage, runs, fails=()):
    """Save a chunk of runs as a study does; a failed run leaves only its record."""
    number = storage.chunk
    records = [
        (
            RunRecord(run, number, RUN_FAILED, 1.0, {}, "boom")
            if run in fails
            else RunRecord(run, number, RUN_DONE, 1.0, {"m": float(RUNS.index(run))})
        )
        for run in runs
    ]
    good = [run for run in runs if run not in fails]
    storage.write_chunk(
        records,
        {kind: pl.concat([rows(kind, run) for run in good]) for kind in KINDS} if good else {},
    )


def missing(storage):
    """Return the runs that are not done, from the ledgers and the journal."""
    ended = {}
    for path in storage.list_parts("ledger"):
        table = pl.read_parquet(path)
        ended.update(zip(table["run"], table["status"], strict=True))
    ended.update((record.run, record.status) for record in storage.journal.read_records())
    return [run for run in RUNS if ended.get(run) != RUN_DONE]


def whole(storage):
    """Check that every finished run has all its rows once, and no other run has any."""
    status = finished(storage)
    done = sorted(run for run in status if status[run] == RUN_DONE)
    assert contents(storage, "runs")["run"].to_list() == done
    for kind in KINDS:
        expected = (
            pl.concat([rows(kind, run) for run in done]) if done else pl.DataFrame({"run": []})
        )
        assert contents(storage, kind).equals(expected), kind


def crash(folder, hits):
    """Truncate files anywhere, as a power cut or a full disk may."""
    for which, share in hits:
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        if files:
            path = files[which % len(files)]
            path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])


@settings(deadline=None, max_examples=80)
@given(
    steps=st.lists(st.one_of(chunks, compactions, stops, damages, drafts, reopened), max_size=20),
    fails=st.sets(st.sampled_from(RUNS), max_size=6),
)
def test_what_is_finished_is_whole_and_the_rest_can_be_done_once_each(steps, fails):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        storage = RunStorage(folder)
        for step, how in steps:
            if step == "chunk" and missing(storage):
                do(storage, missing(storage)[:how], fails)
            elif step == "compact":
                storage.compact()
            elif step == "stop" and storage.journal.path.exists():
                lines = storage.journal.path.read_bytes()
                storage.compact()
                storage.journal.path.write_bytes(lines)  # it stopped just before it removed this
                storage = RunStorage(folder)
            elif step == "draft":
                (folder / "parts" / "events-00000000.draft").write_bytes(b"half")
            elif step == "crash":
                crash(folder, how)
                storage = RunStorage(folder)
            else:
                storage = RunStorage(folder)
        storage = RunStorage(folder)
        whole(storage)
        while left := missing(storage):
            do(storage, left[:4])
        whole(storage)
        assert set(finished(storage)) == set(RUNS)
