"""The endpoint drew an attempt or failed: resume the waiting task, or delete a late response."""

from likeness.contracts import InferenceEnded, JobError
from likeness.domain.errors import Conflict, NotFound
from likeness.domain.jobs.job import JobState
from likeness.ports.generation import Inferences, Work
from likeness.ports.jobs import Jobs, Workflow


def finish_inference(
    ended: InferenceEnded, *, jobs: Jobs, inferences: Inferences, work: Work, workflow: Workflow
) -> bool:
    """Return True if a task was waiting. Idempotent: a token that was used before is no error.

    SageMaker notifies after it has written, so the response of an attempt for which no task waits
    is there and can be deleted. All other files are deleted when the job's generation ends.
    """
    try:
        inference = inferences.get(ended.job_id, ended.attempt)
        job = jobs.get(ended.job_id)
    except NotFound:
        work.delete_response(ended.job_id, ended.attempt)
        return False
    if inference.failure_uri and ended.failed:
        work.delete_failure(inference.failure_uri)
    awaited = (
        job.state is JobState.GENERATING and job.attempt == ended.attempt and not inference.stopped
    )
    if not awaited:
        work.delete_response(ended.job_id, ended.attempt)
        return False
    if ended.failed:
        inferences.save(inference.fail())
    if inference.task_token is None:
        return False
    try:
        if ended.failed:
            workflow.fail(inference.task_token, JobError.INFERENCE_FAILED)
        else:
            output = {"job_id": ended.job_id, "attempt": ended.attempt}
            workflow.resume(inference.task_token, output)
    except Conflict:  # resumed before, or the task timed out and FailJob runs
        return False
    return True
