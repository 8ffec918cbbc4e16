"""Have the endpoint draw an attempt; the state machine waits for its answer."""

from likeness.domain.errors import Conflict, NotFound
from likeness.domain.generation.inference import Inference, InferenceState
from likeness.domain.ids import JobId
from likeness.domain.jobs.job import JobState
from likeness.ports.generation import Endpoint, Inferences, Work
from likeness.ports.jobs import Jobs
from likeness.ports.runtime import Clock


def start_inference(
    job_id: JobId,
    attempt: int,
    task_token: str,
    *,
    jobs: Jobs,
    inferences: Inferences,
    work: Work,
    endpoint: Endpoint,
    clock: Clock,
) -> None:
    """A replayed step brings a newer token and asks the endpoint once more only if it must.

    The record is there before the photos are copied, so that whoever stops the attempt finds it;
    and it is read again after each write, so that nothing stays of an attempt that was stopped.
    """
    jobs.get(job_id).require(JobState.GENERATING)
    inference = _known(job_id, attempt, inferences)
    if inference is None:
        inference = Inference(
            job_id=job_id, attempt=attempt, asked_at=clock.now(), task_token=task_token
        )
    else:
        inference = inference.ask(task_token)
    inferences.save(inference)
    if inference.state is InferenceState.RUNNING:
        return
    work.pack(job_id, attempt)
    _give_up_if_stopped(job_id, attempt, inferences, work)
    failure_uri = endpoint.invoke(job_id, attempt)
    _remember(job_id, attempt, failure_uri, inferences)
    _give_up_if_stopped(job_id, attempt, inferences, work)


def _known(job_id: JobId, attempt: int, inferences: Inferences) -> Inference | None:
    try:
        return inferences.get(job_id, attempt)
    except NotFound:
        return None


def _remember(job_id: JobId, attempt: int, failure_uri: str, inferences: Inferences) -> None:
    """The endpoint may have failed, or the attempt been stopped, before this was written."""
    try:
        inferences.save(inferences.get(job_id, attempt).began(failure_uri))
    except Conflict:
        inferences.save(inferences.get(job_id, attempt).began(failure_uri))


def _give_up_if_stopped(job_id: JobId, attempt: int, inferences: Inferences, work: Work) -> None:
    if inferences.get(job_id, attempt).stopped:
        work.purge(job_id)
        raise Conflict(f"round {attempt} of job {job_id} was stopped")
