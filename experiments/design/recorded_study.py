"""The study that a results folder records, and the plan of its runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from experiments.console import track_points
from experiments.design.factors import RUN_KEY_COLUMNS
from experiments.design.plan import Plan
from experiments.design.study import Point, Study
from experiments.design.study_loading import load_study
from experiments.models.collaboration import CollaborationTarget
from experiments.store.layout import STUDY_FILE
from experiments.store.manifest import StudyManifest, read_study_manifest
from sim.errors import InputError


def load_recorded_study(folder: Path, more: Sequence[str] = ()) -> Study:
    """Return the study that a folder records, extended by more overrides."""
    manifest = read_study_manifest(folder)
    return load_study(
        manifest.study, merge_overrides(manifest.overrides, more), source=str(folder / STUDY_FILE)
    )


def merge_overrides(before: Sequence[str], more: Sequence[str]) -> list[str]:
    """Return all overrides; later ones replace earlier ones of the same key."""
    replaced = {override.partition("=")[0] for override in more}
    return [*(override for override in before if override.partition("=")[0] not in replaced), *more]


def plan_study(study: Study) -> tuple[Plan, list[Point]]:
    """Return the plan of a study and its points; every point is checked."""
    points = study.points()
    check_measure_names(study, points[0])
    return (
        Plan(
            study.target,
            [point.settings for point in points],
            study.seed,
            study.common_random_numbers,
            track_points,
        ),
        points,
    )


def check_measure_names(study: Study, point: Point) -> None:
    """Refuse a user-defined measure with the name of another column of the table of runs."""
    for reference in (
        point.parameters["run"]["measures"] if isinstance(point.target, CollaborationTarget) else ()
    ):
        name = reference.rpartition(":")[2]
        if name in (*study.factors, *RUN_KEY_COLUMNS):
            raise InputError(
                f"run.measures has {reference}, but the table of runs has a column {name} already;"
                " give the function another name"
            )


def get_point_labels(point: Point) -> dict[str, object]:
    """Return the labels of a point, which are columns of the table of runs.

    The collaboration model adds form, rate of imitation and depth, which its tables need.
    """
    if not isinstance(point.target, CollaborationTarget):
        return dict(point.levels)
    parameters = point.parameters
    return {
        "form": parameters["structure"]["name"],
        "imitation_rate": parameters["imitation"]["rate"],
        "depth": parameters["production"]["depth"],
        **point.levels,
    }


def refuse_another_version(folder: Path, plan: Plan, manifest: StudyManifest) -> None:
    """Refuse to continue a study whose model has changed since it began."""
    if plan.target.compute_version() != manifest.version:
        raise InputError(
            f"{folder} was begun with model version {manifest.version} and this is"
            f" {plan.target.compute_version()}; mixing them would compare different models: start a"
            " new folder with --out, or repeat the runs of the other version with --any-version"
        )
