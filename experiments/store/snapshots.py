"""Moments of one run, for pictures of its network and of the space of its expertise: who is with whom, and who can do what."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from experiments.store.files import write_table

if TYPE_CHECKING:
    from sim.model import CollaborationModel

MAX_SNAPSHOT_ORGANISATIONS = 2_000  # organisations; a network of more is a grey disc
MEMBERS_SCHEMA = {"moment": pl.Int64, "collaboration": pl.Int64, "organisation": pl.Int64}


class RunSnapshots:
    """What is kept of a run while it plays; nothing if it has more organisations than a picture can show."""

    def __init__(self, model: CollaborationModel) -> None:
        self.model = model
        self.drawn = model.world.org.load.size <= MAX_SNAPSHOT_ORGANISATIONS
        self.expertise = [self._expertise("at the start")] if self.drawn else []
        self.members: list[pl.DataFrame] = []

    def keep(self) -> None:
        """Keep who is in which collaboration now."""
        if not self.drawn:
            return
        col = self.model.world.col
        running = col.order[: col.totals[0]]
        sizes = col.size[running]
        within = np.arange(col.members.shape[1]) < sizes[:, None]
        columns = (
            np.full(int(sizes.sum()), self.model.rounds_played),
            np.repeat(col.serial[running], sizes),
            col.members[running][within],
        )
        self.members.append(
            pl.DataFrame(
                dict(zip(MEMBERS_SCHEMA, columns, strict=True)), schema_overrides=MEMBERS_SCHEMA
            )
        )

    def write(self, folder: Path) -> None:
        """Write ``organisations.parquet`` (expertise at the start and at the end) and ``members.parquet`` (collaborations by moment)."""
        if self.drawn:
            write_table(
                pl.concat(
                    [*self.expertise, self._expertise(f"after {self.model.rounds_played} rounds")]
                ),
                folder / "organisations.parquet",
            )
            write_table(
                pl.concat([pl.DataFrame(schema=MEMBERS_SCHEMA), *self.members]),
                folder / "members.parquet",
            )

    def _expertise(self, moment: str) -> pl.DataFrame:
        """Return a row per organisation: number, moment, sector and skill per domain."""
        org = self.model.world.org
        sectors = [self.model.sector_names[code] for code in org.sector]
        skills = {
            f"domain_{number + 1}": skill.copy() for number, skill in enumerate(org.expertise.T)
        }
        return pl.DataFrame(
            {
                "organisation": np.arange(len(sectors)),
                "moment": [moment] * len(sectors),
                "sector": sectors,
                **skills,
            }
        )
