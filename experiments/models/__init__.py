"""What a study can run: our own model, the classics, and Mesa models of others."""

from experiments.models.mesa import probe_seeding, read_mesa_target
from experiments.models.target import RecordingOptions

__all__ = ["RecordingOptions", "probe_seeding", "read_mesa_target"]
