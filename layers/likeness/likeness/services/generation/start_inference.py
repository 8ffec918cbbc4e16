"""Invoke the endpoint for an attempt; the state machine waits for its response."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.domain.deletion.receipt import WORK
from likeness.domain.errors import Conflict, EndpointOff
from likeness.domain.generation.run import RunState
from likeness.services.generation.runs import request_run, save_started

if TYPE_CHECKING:
    from likeness.domain.ids import JobId
    from likeness.ports.deletion import JobFiles
    from likeness.ports.generation import Endpoint, Runs, Work
    from likeness.ports.jobs import Jobs
    from likeness.services.jobs.waiting import Readiness


def start_inference(
    job_id: JobId,
    attempt: int,
    task_token: str,
    *,
    jobs: Jobs,
    runs: Runs,
    work: Work,
    files: JobFiles,
    endpoint: Endpoint,
    readiness: Readiness,
) -> None:
    """A replayed step invokes the endpoint again only if needed. Raises EndpointOff if it is off.

    The record is read again after each write, so that no file of a stopped attempt is left.
    """
    run = request_run(job_id, attempt, task_token, jobs=jobs, runs=runs, readiness=readiness)
    if run.state is RunState.RUNNING:
        return
    if readiness.state.switches().endpoint_off:
        raise EndpointOff(f"attempt {attempt} of job {job_id} goes to a training job")
    work.pack(job_id, attempt)
    _require_running(job_id, attempt, runs, files)
    failure_uri = endpoint.invoke(run)
    save_started(run, failure_uri, runs)
    _require_running(job_id, attempt, runs, files)


def _require_running(job_id: JobId, attempt: int, runs: Runs, files: JobFiles) -> None:
    """Raises Conflict if the attempt was stopped, after deleting its files."""
    if runs.get(job_id, attempt).stopped:
        files.delete(job_id, WORK)
        raise Conflict(f"attempt {attempt} of job {job_id} was stopped")
