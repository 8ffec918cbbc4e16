"""Stop GPU work on either generation backend."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.domain.errors import NotFound
from likeness.domain.generation.run import Run, RunState

if TYPE_CHECKING:
    from likeness.domain.ids import JobId
    from likeness.ports.generation import Runs, Training
    from likeness.ports.runtime import Clock


class AnyBackend:
    """Stops an attempt on both backends: a deployment may have changed the backend since."""

    def __init__(self, training: Training, runs: Runs, clock: Clock) -> None:
        self._training = training
        self._runs = runs
        self._clock = clock

    def stop(self, job_id: JobId, attempt: int) -> None:
        """The record is stopped first: a step that starts the run sees that, or started it before.

        An async inference cannot be cancelled; its late result is discarded. Without a record, one
        is created, for a step that is about to start. Of several tries only the last can run.
        """
        try:
            run = self._runs.get(job_id, attempt)
        except NotFound:
            now, stopped = self._clock.now(), RunState.STOPPED
            run = Run(job_id=job_id, attempt=attempt, requested_at=now, state=stopped)
            self._runs.save(run)
        else:
            if not run.stopped:
                self._runs.save(run.stop())
        self._training.stop(run)
