"""A training job ended: resume the waiting task, or delete the files of a stopped attempt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.contracts.jobs import JobError
from likeness.domain.deletion.receipt import WORK
from likeness.domain.errors import NotFound, Unavailable
from likeness.ports.generation import Runs, Training, TrainingStatus
from likeness.services.generation.runs import end_run, is_awaited

if TYPE_CHECKING:
    from likeness.contracts.generation import TrainingEnded
    from likeness.domain.generation.run import Run
    from likeness.domain.jobs.job import Job
    from likeness.ports.deletion import JobFiles
    from likeness.ports.jobs import Jobs, Workflow
    from likeness.services.jobs.waiting import Readiness

ERRORS = {
    TrainingStatus.FAILED: JobError.GENERATION_FAILED,
    TrainingStatus.NO_CAPACITY: JobError.NO_CAPACITY,
}


def finish_training(
    ended: TrainingEnded,
    *,
    jobs: Jobs,
    runs: Runs,
    training: Training,
    files: JobFiles,
    workflow: Workflow,
    readiness: Readiness,
) -> bool:
    """Return True if a task was waiting. Idempotent: SageMaker may send an event several times.

    The event only says when to ask: how the job ended is read from SageMaker. A stopped attempt may
    have written checkpoints after its files were deleted.
    """
    try:
        run = runs.get(ended.job_id, ended.attempt)
        job = jobs.get(ended.job_id)
    except NotFound:  # the user was erased
        files.delete(ended.job_id, WORK)
        return False
    if run.stopped:
        files.delete(ended.job_id, WORK)
        return False
    if run.tries != ended.tries:
        return False
    status = training.status(run)
    if status in {TrainingStatus.WAITING, TrainingStatus.RUNNING}:
        raise Unavailable(f"training job {run.name} has not ended: the event is tried again")
    return end_training(run, job, status, runs=runs, workflow=workflow, readiness=readiness)


def end_training(
    run: Run,
    job: Job,
    status: TrainingStatus,
    *,
    runs: Runs,
    workflow: Workflow,
    readiness: Readiness,
) -> bool:
    """Complete or fail the waiting task if the training job has ended."""
    if status in {TrainingStatus.WAITING, TrainingStatus.RUNNING}:
        return False
    if not is_awaited(run, job):
        return False
    error = ERRORS.get(status)
    return end_run(run, job, error, runs=runs, workflow=workflow, readiness=readiness)
