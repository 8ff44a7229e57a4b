"""Snapshots of one run, for figures of its network and of its expertise space."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from experiments.store.files import write_table

if TYPE_CHECKING:
    from sim.model import CollaborationModel

MAX_SNAPSHOT_ORGANISATIONS = 2_000  # a figure of a larger network is a grey disc
MEMBERS_SCHEMA = {"moment": pl.Int64, "collaboration": pl.Int64, "organisation": pl.Int64}


class RunSnapshots:
    """Snapshots of a run; none if it has more organisations than a figure can show."""

    def __init__(self, model: CollaborationModel) -> None:
        self.model = model
        self.is_recorded = model.world.org.load.size <= MAX_SNAPSHOT_ORGANISATIONS
        self.expertise = [self._tabulate_expertise("at the start")] if self.is_recorded else []
        self.members: list[pl.DataFrame] = []

    def record_members(self) -> None:
        """Record the present members of every collaboration."""
        if not self.is_recorded:
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
        """Write ``organisations.parquet`` and ``members.parquet``."""
        if self.is_recorded:
            end = self._tabulate_expertise(f"after {self.model.rounds_played} rounds")
            write_table(pl.concat([*self.expertise, end]), folder / "organisations.parquet")
            write_table(
                pl.concat([pl.DataFrame(schema=MEMBERS_SCHEMA), *self.members]),
                folder / "members.parquet",
            )

    def _tabulate_expertise(self, moment: str) -> pl.DataFrame:
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
