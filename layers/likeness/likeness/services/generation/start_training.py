"""Start a training job for an attempt; the state machine waits for its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.domain.errors import CapacityError, CapacityTimeout, Conflict
from likeness.domain.generation.run import RunState
from likeness.domain.jobs.operating_state import Scarce
from likeness.ports.generation import Runs, Training, TrainingStatus
from likeness.services.generation.finish_training import end_training
from likeness.services.generation.runs import NO_CAPACITY, request_run, save_started

if TYPE_CHECKING:
    from likeness.domain.ids import JobId
    from likeness.ports.jobs import Jobs, Workflow
    from likeness.services.jobs.waiting import Readiness


def start_training(
    job_id: JobId,
    attempt: int,
    task_token: str,
    *,
    jobs: Jobs,
    runs: Runs,
    training: Training,
    workflow: Workflow,
    readiness: Readiness,
) -> None:
    """Idempotent: a training job that exists is not started again, only its status is read.

    The step also runs again when its task has timed out, because EventBridge may have lost the
    event. A training job that ended in between completes or fails the new task at once.
    """
    run = request_run(job_id, attempt, task_token, jobs=jobs, runs=runs, readiness=readiness)
    if run.state is RunState.REQUESTED:
        try:
            created = training.start(run)
        except CapacityError:
            readiness.metrics.count(NO_CAPACITY)
            readiness.report(Scarce.CAPACITY, jobs.get(job_id), since=run.requested_at)
            raise
        run = save_started(run, None, runs)
        if run.stopped:  # FailJob came first and saw no training job
            training.stop(run)
            raise Conflict(f"attempt {attempt} of job {job_id} was stopped")
        if created:
            return
    status = training.status(run)
    job = jobs.get(job_id)
    if status is TrainingStatus.WAITING and readiness.too_late(job):
        raise CapacityTimeout(f"no capacity for attempt {attempt} of job {job_id} in time")
    end_training(run, job, status, runs=runs, workflow=workflow, readiness=readiness)
