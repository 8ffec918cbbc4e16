"""The endpoint drew an attempt or failed: resume the waiting task, or delete a late response."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.domain.errors import NotFound
from likeness.services.generation.runs import end_run, is_awaited

if TYPE_CHECKING:
    from likeness.contracts.generation import InferenceEnded
    from likeness.ports.generation import Runs, Work
    from likeness.ports.jobs import Jobs, Workflow
    from likeness.services.jobs.waiting import Readiness


def finish_inference(
    ended: InferenceEnded,
    *,
    jobs: Jobs,
    runs: Runs,
    work: Work,
    workflow: Workflow,
    readiness: Readiness,
) -> bool:
    """Return True if a task was waiting. Idempotent: a token that was used before is no error.

    SageMaker notifies after it has written, so the response of an attempt for which no task waits
    is there and can be deleted. All other files are deleted when the job's generation ends.
    """
    try:
        run = runs.get(ended.job_id, ended.attempt)
        job = jobs.get(ended.job_id)
    except NotFound:
        work.delete_response(ended.job_id, ended.attempt)
        return False
    last = run.tries == ended.tries
    if run.failure_uri and ended.error and last:
        work.delete_failure(run.failure_uri)
    if not is_awaited(run, job):
        work.delete_response(ended.job_id, ended.attempt)
        return False
    if not last:
        return False
    return end_run(run, job, ended.error, runs=runs, workflow=workflow, readiness=readiness)
