"""The endpoint has drawn an attempt, or failed: whoever waits is told; what is late is deleted."""

from likeness.contracts import InferenceEnded
from likeness.domain.errors import Conflict, NotFound
from likeness.domain.generation.inference import Inference
from likeness.domain.jobs.job import JobState
from likeness.ports.generation import Inferences, Work
from likeness.ports.jobs import Jobs, Workflow

ERROR = "InferenceFailed"  # what the state machine catches


def finish_inference(
    ended: InferenceEnded, *, jobs: Jobs, inferences: Inferences, work: Work, workflow: Workflow
) -> bool:
    """Whether anybody waited. Told twice, it answers once: a token that was answered is no error.

    SageMaker writes first and tells afterwards, so what arrives for an attempt that nobody waits for
    is there to be deleted. While a job generates, its purge is still to come and finds the rest.
    """
    try:
        inference = inferences.get(ended.job_id, ended.attempt)
        job = jobs.get(ended.job_id)
    except NotFound:
        work.drop_response(ended.job_id, ended.attempt)
        return False
    if inference.failure_uri and ended.failed:
        work.drop_failure(inference.failure_uri)
    awaited = (
        job.state is JobState.GENERATING and job.attempt == ended.attempt and not inference.stopped
    )
    if not awaited:
        work.drop_response(ended.job_id, ended.attempt)
        return False
    if ended.failed:
        inferences.save(inference.fail())
    return _answer(inference, ended, workflow)


def _answer(inference: Inference, ended: InferenceEnded, workflow: Workflow) -> bool:
    if inference.task_token is None:
        return False
    try:
        if ended.failed:
            workflow.fail(inference.task_token, ERROR)
        else:
            answer = {"job_id": ended.job_id, "attempt": ended.attempt}
            workflow.resume(inference.task_token, answer)
    except Conflict:  # answered before, or the task ran out of time: FailJob is on its way
        return False
    return True
