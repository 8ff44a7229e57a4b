"""What a study can run: the collaboration model, classics, and Mesa models of users."""

from experiments.models.mesa import probe_seeding, read_mesa_target
from experiments.models.target import RecordingOptions

__all__ = ["RecordingOptions", "probe_seeding", "read_mesa_target"]
