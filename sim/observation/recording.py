"""What a run records: a row of measures per round, and a record per collaboration that ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from sim.observation.events import EVENT_COLUMNS, INTEGER_COLUMNS
from sim.observation.measures import MEASURES
from sim.state import END_REASONS, ChallengeCount, Floats

# Records of events fit into the buffer of a call until this many more ended than there are places.
SPARE_EVENTS = 64


class RunRecorder:
    """What a run recorded so far."""

    def __init__(self, form_names: Sequence[str]) -> None:
        self._form_names = form_names
        self._rows: list[Floats] = []
        self._rounds: list[int] = []
        self._python_measures: list[Mapping[str, float]] = []
        self._events: list[Floats] = []

    @property
    def is_empty(self) -> bool:
        """Whether no round is recorded yet."""
        return not self._rounds

    def make_buffers(self, rounds: int, every: int, slots: int) -> tuple[Floats, Floats]:
        """Return room for the rows and events of some rounds, as kernels fill it."""
        rows = np.zeros((rounds // every + 1, len(MEASURES)))
        return rows, np.empty((2 * slots + SPARE_EVENTS, len(EVENT_COLUMNS)))

    def keep(self, rows: Floats, events: Floats) -> None:
        """Keep what kernels filled of the buffers."""
        if len(rows):
            self._rows.append(rows)
        if len(events):
            self._events.append(events.copy())

    def note_rounds(self, first: int, played: int, every: int) -> None:
        """Note which of the rounds that were played are recorded."""
        self._rounds += [now for now in range(first, first + played) if (now + 1) % every == 0]

    def note_python_measures(self, values: Mapping[str, float]) -> None:
        """Note what only Python can measure in a round."""
        self._python_measures.append(values)

    def build_rounds_table(self) -> pl.DataFrame:
        """Return one row per recorded round: ``round`` and every measure."""
        values = np.concatenate(self._rows) if self._rows else np.zeros((0, len(MEASURES)))
        table = pl.DataFrame(
            {"round": np.array(self._rounds, dtype=np.int64)}
            | dict(zip(MEASURES, values.T, strict=True))
        )
        measured = self._python_measures
        return table.hstack(pl.DataFrame(measured)) if measured else table

    def build_events_table(self, running: Floats) -> pl.DataFrame:
        """Return one row per collaboration: those that ended, then the records of running ones."""
        return label_events([*self._events, running], self._form_names)

    def count_ended(self) -> int:
        """Return how many collaborations ended since they were last taken."""
        return sum(len(events) for events in self._events)

    def take_rows(self) -> list[Floats]:
        """Return the measures of the rounds that are recorded, and forget them."""
        taken, self._rows, self._rounds = self._rows, [], []
        return taken

    def take_records(self) -> list[Floats]:
        """Return the records of the collaborations that ended, and forget them."""
        taken, self._events = self._events, []
        return taken

    def take_ended(self) -> pl.DataFrame:
        """Return the collaborations that ended as a table, and forget them."""
        return label_events(self.take_records(), self._form_names)


def label_events(parts: Sequence[Floats], form_names: Sequence[str]) -> pl.DataFrame:
    """Return records with names of forms and reasons, and whole numbers where they are whole."""
    values = np.concatenate([np.zeros((0, len(EVENT_COLUMNS))), *parts])
    table = pl.DataFrame(dict(zip(EVENT_COLUMNS, values.T, strict=True)))
    names = {"form": form_names, "reason": END_REASONS}
    labelled = [
        pl.Series(column, [names[column][int(code)] for code in table[column]], dtype=pl.String)
        for column in names
    ]
    return table.with_columns(labelled).with_columns(pl.col(INTEGER_COLUMNS).cast(pl.Int64))


def build_challenges_table(challenges: Floats) -> pl.DataFrame:
    """Return one row per breadth that occurred, from the counts of ``Surroundings.challenges``."""
    counts = challenges[1:]
    alone, together = (
        counts[:, ChallengeCount.SOLVED_ALONE],
        counts[:, ChallengeCount.SOLVED_TOGETHER],
    )
    solved = alone + together
    table = pl.DataFrame(
        {
            "breadth": np.arange(1, len(counts) + 1),
            "solved_alone": alone.astype(np.int64),
            "solved_together": together.astype(np.int64),
            "expired": counts[:, ChallengeCount.EXPIRED].astype(np.int64),
            "mean_rounds_to_solve": np.divide(
                counts[:, ChallengeCount.ROUNDS_TO_SOLVE],
                solved,
                out=np.full(len(counts), np.nan),
                where=solved > 0,
            ),
        }
    )
    return table.filter(pl.col("solved_alone") + pl.col("solved_together") + pl.col("expired") > 0)
