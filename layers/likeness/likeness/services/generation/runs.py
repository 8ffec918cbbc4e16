"""What both generation backends share: a run is requested, and its task is completed or failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.contracts.jobs import JobError
from likeness.domain.errors import CapacityTimeout, Conflict, NotFound
from likeness.domain.generation.run import Run, RunState
from likeness.domain.jobs.job import Job, JobState
from likeness.domain.jobs.operating_state import Scarce, engine_of

if TYPE_CHECKING:
    from likeness.domain.ids import JobId
    from likeness.ports.generation import Runs
    from likeness.ports.jobs import Jobs, Workflow
    from likeness.services.jobs.waiting import Readiness

NO_CAPACITY = "GenerationWithoutCapacity"  # these are metrics with alarms
FAILED = "GenerationFailed"


def request_run(
    job_id: JobId,
    attempt: int,
    task_token: str,
    *,
    jobs: Jobs,
    runs: Runs,
    readiness: Readiness,
) -> Run:
    """Store the run before it starts, so that stopping the attempt finds it.

    A replayed step gets the same try, with its newer task token; after a failed try, the next one.
    Raises Conflict if the attempt was stopped, CapacityTimeout if it is too late to try again,
    WorkStopped or JobStopped if operators stopped the work before the run started.
    """
    job = jobs.get(job_id)
    job.require(JobState.GENERATING)
    now = readiness.clock.now()
    try:
        run = runs.get(job_id, attempt).request(task_token, now)
    except NotFound:
        run = Run(job_id=job_id, attempt=attempt, requested_at=now, task_token=task_token)
    else:
        if run.state is RunState.REQUESTED and readiness.too_late(job):
            raise CapacityTimeout(f"no capacity for attempt {attempt} of job {job_id} in time")
    if run.state is RunState.REQUESTED:
        readiness.require_work(job, engine_of(job.backend or ""))
    runs.save(run)
    return run


def save_started(run: Run, failure_uri: str | None, runs: Runs) -> Run:
    """Another request may have changed the record: the run ended or the attempt was stopped."""
    try:
        started = runs.get(run.job_id, run.attempt).started(failure_uri)
        runs.save(started)
    except Conflict:
        started = runs.get(run.job_id, run.attempt).started(failure_uri)
        runs.save(started)
    return started


def is_awaited(run: Run, job: Job) -> bool:
    """Return whether the job still waits for the attempt."""
    generates = job.state is JobState.GENERATING and job.attempt == run.attempt
    return generates and not run.stopped


def end_run(
    run: Run,
    job: Job,
    error: JobError | None,
    *,
    runs: Runs,
    workflow: Workflow,
    readiness: Readiness,
) -> bool:
    """Complete or fail the waiting task. Returns False if none waits any more."""
    if error:
        _save_failed(run, runs)
    if error is JobError.NO_CAPACITY:
        readiness.report(Scarce.CAPACITY, job, since=run.requested_at)
    if run.task_token is None:
        return False
    try:
        if error:
            workflow.fail(run.task_token, error)
            readiness.metrics.count(NO_CAPACITY if error is JobError.NO_CAPACITY else FAILED)
        else:
            workflow.resume(run.task_token, {"job_id": run.job_id, "attempt": run.attempt})
    except Conflict:  # completed before, or the task timed out and FailJob runs
        return False
    return True


def _save_failed(run: Run, runs: Runs) -> None:
    """Another request may have changed the record: the same end, a newer token or a stop."""
    try:
        runs.save(run.fail())
    except Conflict:
        stored = runs.get(run.job_id, run.attempt)
        if stored.tries == run.tries and stored.state is not RunState.FAILED:
            runs.save(stored.fail())
