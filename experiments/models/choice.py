"""Choose the model of a study or a run: the collaboration model, a classic or a Mesa model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from experiments.models.classics import MODEL_KEY, ClassicTarget, read_model_preset
from experiments.models.collaboration import CollaborationTarget
from experiments.models.mesa import read_mesa_target
from experiments.models.target import Target
from sim.errors import InputError


def split_model_override(overrides: Sequence[str]) -> tuple[str | None, list[str]]:
    """Split overrides into the name in ``model=NAME``, if there is one, and the others."""
    names = [
        override.partition("=")[2]
        for override in overrides
        if override.partition("=")[0] == MODEL_KEY
    ]
    if len(names) > 1:
        raise InputError(f"{MODEL_KEY} is given twice, as {names[0]} and {names[1]}; give it once")
    if names:
        read_model_preset(names[0])
    return (names[0] if names else None), [
        override for override in overrides if override.partition("=")[0] != MODEL_KEY
    ]


def choose_target(model: str | Mapping[str, Any] | None, overrides: Sequence[str]) -> Target:
    """Return the collaboration model, a classic by the name of its preset, or a Mesa model."""
    if model is None:
        return CollaborationTarget(tuple(overrides))
    return ClassicTarget(model) if isinstance(model, str) else read_mesa_target(model)
