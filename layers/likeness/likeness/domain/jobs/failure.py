"""Why a job failed."""

from enum import StrEnum


class FailureKind(StrEnum):
    """Cause of a failed job."""

    GPU = "gpu"  # the generation backend failed
    CAPACITY = "capacity"  # no instance was available
    TIMEOUT = "timeout"  # a time limit was exceeded
    MODERATION = "moderation"  # the detector's version was not accepted in time
    STOPPED = "stopped"  # operators stopped the work
    INTERNAL = "internal"
