"""What a run comes to: one number per question, from its tables of rounds, events, challenges."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sim.config import BreadthClass
from sim.observation.measures import PER_ORGANISATION, Measure
from sim.state import END_REASONS, Floats

PER_MEMBER = "per member and round"
FINAL_REASONS = END_REASONS[1:]  # all but "running"
OUTCOMES = {
    "joint_value_early": Measure(
        "joint value in the first tenth of the rounds", f"value {PER_ORGANISATION}"
    ),
    "synergy_early": Measure(
        "synergy in the first tenth of the rounds", f"value {PER_ORGANISATION}"
    ),
    "synergy_peak": Measure(
        "highest synergy, averaged over a window of a twentieth of the rounds",
        f"value {PER_ORGANISATION}",
    ),
    "synergy_loss": Measure("erosion: peak minus the last window", f"value {PER_ORGANISATION}"),
    "synergy_half_life": Measure(
        "rounds from the peak to the first window at or below half of it; NaN if there is none",
        "rounds",
    ),
    "solved_share": Measure("settled challenges that were solved, not run out", "share"),
    "solved_share_narrow": Measure("the same for the first class of challenge.breadths", "share"),
    "solved_share_broad": Measure("the same for the last class of challenge.breadths", "share"),
    "rounds_to_solve": Measure("rounds of work on a challenge that was solved", "rounds"),
    "started": Measure("collaborations started", "number"),
    "team_size": Measure("largest number of members, mean over collaborations", "organisations"),
    "lifetime": Measure("rounds a collaboration lasted, median over those that ended", "rounds"),
    "ended_at_once": Measure("ended collaborations that lasted one round", "share"),
    **{
        f"ended_{reason}": Measure(f"ended collaborations that ended by: {reason}", "share")
        for reason in FINAL_REASONS
    },
    "synergy_new_partners": Measure(
        "synergy where no two members had worked together before; started in the second half",
        f"value {PER_MEMBER}",
    ),
    "synergy_old_partners": Measure(
        "the same where all had worked together before", f"value {PER_MEMBER}"
    ),
}


def compute_outcomes(
    rounds: pl.DataFrame,
    events: pl.DataFrame,
    challenges: pl.DataFrame,
    classes: Sequence[BreadthClass],
) -> dict[str, float]:
    """Return the mean of every measure, and ``OUTCOMES``.

    Means are over all rounds, and as ``<measure>_end`` over their last quarter. What does not occur
    in a run (no collaboration ended, no challenge settled) is NaN.
    """
    measured = rounds.drop("round")
    values = measured.to_numpy().astype(np.float64, copy=False)
    last = values[-max(1, len(values) // 4) :]
    means = dict(zip(measured.columns, values.mean(axis=0).tolist(), strict=True))
    ends = {
        f"{name}_end": value
        for name, value in zip(measured.columns, last.mean(axis=0).tolist(), strict=True)
    }
    return (
        means
        | ends
        | compute_erosion_outcomes(
            rounds["round"].to_numpy(),
            rounds["joint_value"].to_numpy(),
            rounds["synergy"].to_numpy(),
        )
        | compute_challenge_outcomes(challenges, classes)
        | compute_collaboration_outcomes(events)
        | compute_partner_outcomes(events, int(rounds["round"][-1]))
    )


def compute_erosion_outcomes(
    moments: Floats, joint_value: Floats, synergy: Floats
) -> dict[str, float]:
    """Return early values, and how synergy erodes from its peak."""
    tenth, window = max(1, len(moments) // 10), max(1, len(moments) // 20)
    smooth = np.convolve(synergy, np.full(window, 1.0 / window), mode="valid")
    top = int(smooth.argmax())
    below = np.flatnonzero(smooth[top:] <= smooth[top] / 2.0)
    half_life = (
        float(moments[top + below[0]] - moments[top])
        if below.size and smooth[top] > 0.0
        else float("nan")
    )
    return {
        "joint_value_early": float(joint_value[:tenth].mean()),
        "synergy_early": float(synergy[:tenth].mean()),
        "synergy_peak": float(smooth[top]),
        "synergy_loss": float(smooth[top] - smooth[-1]),
        "synergy_half_life": half_life,
    }


def compute_challenge_outcomes(
    challenges: pl.DataFrame, classes: Sequence[BreadthClass]
) -> dict[str, float]:
    """Return which share of settled challenges was solved, and how long solving took.

    The share is over all challenges, and by class of breadth.
    """
    breadth = challenges["breadth"].to_numpy()
    solved = (challenges["solved_alone"] + challenges["solved_together"]).to_numpy()
    settled = solved + challenges["expired"].to_numpy()

    def share(of: NDArray[np.bool_]) -> float:
        return _compute_ratio(float(solved[of].sum()), float(settled[of].sum()))

    rounds = float((challenges["mean_rounds_to_solve"].fill_nan(0.0).to_numpy() * solved).sum())
    narrow, broad = classes[0], classes[-1]
    return {
        "solved_share": share(breadth > 0),
        "solved_share_narrow": share((breadth >= narrow.lowest) & (breadth <= narrow.highest)),
        "solved_share_broad": share((breadth >= broad.lowest) & (breadth <= broad.highest)),
        "rounds_to_solve": _compute_ratio(rounds, float(solved.sum())),
    }


def compute_collaboration_outcomes(events: pl.DataFrame) -> dict[str, float]:
    """Return how many collaborations there were, how large, how long, and why they ended."""
    reason = events["reason"].to_numpy()
    lasted = events["rounds"].to_numpy()[reason != END_REASONS[0]]
    ended = {
        f"ended_{name}": _compute_ratio(float((reason == name).sum()), float(lasted.size))
        for name in FINAL_REASONS
    }
    return {
        "started": float(len(events)),
        "team_size": _compute_mean(events["largest_size"].to_numpy()),
        "lifetime": float(np.median(lasted)) if lasted.size else float("nan"),
        "ended_at_once": _compute_mean(lasted <= 1),
    } | ended


def compute_form_outcomes(events: pl.DataFrame) -> pl.DataFrame:
    """Return a row per form: its collaborations, their size, lifetime, value and synergy.

    Value and synergy are per member and round.
    """
    work = pl.col("rounds") * pl.col("mean_size")
    ended = pl.col("reason") != END_REASONS[0]
    return events.group_by("form", maintain_order=True).agg(
        collaborations=pl.len(),
        team_size=pl.col("largest_size").mean(),
        lifetime=pl.col("rounds").filter(ended).median(),
        solved=(pl.col("reason").filter(ended) == "solved").mean(),
        value=(pl.col("value") * pl.col("rounds")).sum() / work.sum(),
        synergy=(pl.col("synergy") * pl.col("rounds")).sum() / work.sum(),
    )


def compute_partner_outcomes(events: pl.DataFrame, last: int) -> dict[str, float]:
    """Return synergy per member of collaborations of strangers, and of old acquaintances.

    They started in the second half of the run.
    """
    late = events["started"].to_numpy() > last / 2
    each, known = (
        (events["synergy"] / events["mean_size"]).to_numpy(),
        events["repeat_share"].to_numpy(),
    )
    return {
        "synergy_new_partners": _compute_mean(each[late & (known == 0.0)]),
        "synergy_old_partners": _compute_mean(each[late & (known == 1.0)]),
    }


def _compute_ratio(part: float, whole: float) -> float:
    """Return a share, NaN of nothing."""
    return part / whole if whole > 0.0 else float("nan")


def _compute_mean(values: NDArray[np.generic]) -> float:
    """Return a mean, NaN of nothing."""
    return float(values.mean()) if values.size else float("nan")
