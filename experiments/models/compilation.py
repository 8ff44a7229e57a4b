"""Compile a model once and say so, so that nobody waits without knowing why."""

from __future__ import annotations

from experiments.console import print_text
from experiments.models.classics import ClassicTarget
from experiments.models.collaboration import CollaborationTarget
from experiments.models.target import Target


def compile_once(target: Target) -> None:
    """Compile the kernels of a target in this process, so that workers find them compiled."""
    if announce_compilation(target):
        target.warm_up()


def announce_compilation(target: Target) -> bool:
    """Print that the kernels of a target will be compiled; return False if they already are."""
    if isinstance(target, CollaborationTarget):
        name, duration = "the model", "about a quarter of a minute"
    elif isinstance(target, ClassicTarget):
        name, duration = target.preset, "some seconds"
    else:
        return False
    if target.is_compiled:
        return False
    print_text(f"Compiling {name} once on this machine ({duration}); later runs start at once.")
    return True
