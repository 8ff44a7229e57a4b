"""Which model a study or a run takes: our own, a classic, or a Mesa model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from experiments.models.classics import MODEL_KEY, ClassicTarget, read_model_preset
from experiments.models.collaboration import CollaborationTarget
from experiments.models.mesa import read_mesa_target
from experiments.models.target import Target
from sim.errors import InputError


def split_model_override(overrides: Sequence[str]) -> tuple[str | None, list[str]]:
    """Take ``model=NAME`` out of overrides; return the name if there is one, and the others."""
    chosen = [
        override.partition("=")[2]
        for override in overrides
        if override.partition("=")[0] == MODEL_KEY
    ]
    if len(chosen) > 1:
        raise InputError(
            f"{MODEL_KEY} is given twice, as {chosen[0]} and {chosen[1]}; give it once"
        )
    if chosen:
        read_model_preset(chosen[0])
    return (chosen[0] if chosen else None), [
        override for override in overrides if override.partition("=")[0] != MODEL_KEY
    ]


def choose_target(model: str | Mapping[str, Any] | None, overrides: Sequence[str]) -> Target:
    """Return what a study runs: our own model, a classic by the name of its preset, or a Mesa model."""
    if model is None:
        return CollaborationTarget(tuple(overrides))
    return ClassicTarget(model) if isinstance(model, str) else read_mesa_target(model)
