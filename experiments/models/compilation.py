"""Compile the model once, before anybody waits for it unannounced."""

from __future__ import annotations

from collections.abc import Callable

from experiments.models.collaboration import CollaborationTarget
from sim.runtime.compilation import is_model_compiled


def compile_model_once(announce: Callable[[str], None]) -> None:
    """Compile the model once in this process, so that workers find it done."""
    if is_model_compiled():
        return
    announce(
        "Compiling the model once on this machine (about a quarter of a minute); later runs start"
        " at once."
    )
    CollaborationTarget().warm_up()
