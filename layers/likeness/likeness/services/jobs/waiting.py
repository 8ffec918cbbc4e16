"""Waiting for what a job needs: an instance for its GPU work, a detector that the policy knows."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from likeness.domain.errors import DetectorTimeout, UnknownDetector
from likeness.domain.jobs.job import Job
from likeness.ports.runtime import Clock, Metrics

# Before the job's deadline, for the work that follows: half an hour to draw, the same for a second
# attempt, moderation and publishing.
ENOUGH = timedelta(hours=2)
UNKNOWN_FINDING = "UnknownModerationFinding"  # the metric of the alarm unknown-moderation
DETECTOR_IMAGES = "DetectorImages"  # a metric of cost: what the detector charges


def too_late(job: Job, clock: Clock, deadline: timedelta) -> bool:
    """Return whether the job must not wait any longer."""
    return clock.now() >= job.created_at + deadline - ENOUGH


@contextmanager
def waiting_for_policy(
    job: Job, *, metrics: Metrics, clock: Clock, deadline: timedelta
) -> Iterator[None]:
    """Count an UnknownDetector, and turn it into a DetectorTimeout if it is too late to wait."""
    try:
        yield
    except UnknownDetector as unknown:
        metrics.count(UNKNOWN_FINDING)
        if too_late(job, clock, deadline):
            raise DetectorTimeout(f"job {job.job_id} waited in vain: {unknown}") from unknown
        raise
