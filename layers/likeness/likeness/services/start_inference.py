"""Have the endpoint draw a round; the state machine waits for its answer."""

from likeness.domain.errors import Conflict, NotFound
from likeness.domain.ids import JobId
from likeness.domain.inference import Inference, InferenceState
from likeness.domain.job import JobState
from likeness.ports import Clock, Endpoint, Inferences, Jobs, Work


def start_inference(
    job_id: JobId,
    round_: int,
    task_token: str,
    *,
    jobs: Jobs,
    inferences: Inferences,
    work: Work,
    endpoint: Endpoint,
    clock: Clock,
) -> None:
    """A replayed step brings a newer token and asks the endpoint once more only if it must.

    The record is there before the photos are copied, so that whoever stops the round finds it;
    and it is read again after each write, so that nothing stays of a round that was stopped.
    """
    jobs.get(job_id).require(JobState.GENERATING)
    inference = _known(job_id, round_, inferences)
    if inference is None:
        inference = Inference(
            job_id=job_id, round=round_, asked_at=clock.now(), task_token=task_token
        )
    else:
        inference = inference.ask(task_token)
    inferences.save(inference)
    if inference.state is InferenceState.RUNNING:
        return
    work.pack(job_id, round_)
    _give_up_if_stopped(job_id, round_, inferences, work)
    failure_uri = endpoint.invoke(job_id, round_)
    _remember(job_id, round_, failure_uri, inferences)
    _give_up_if_stopped(job_id, round_, inferences, work)


def _known(job_id: JobId, round_: int, inferences: Inferences) -> Inference | None:
    try:
        return inferences.get(job_id, round_)
    except NotFound:
        return None


def _remember(job_id: JobId, round_: int, failure_uri: str, inferences: Inferences) -> None:
    """The endpoint may have failed, or the round been stopped, before this was written."""
    try:
        inferences.save(inferences.get(job_id, round_).began(failure_uri))
    except Conflict:
        inferences.save(inferences.get(job_id, round_).began(failure_uri))


def _give_up_if_stopped(job_id: JobId, round_: int, inferences: Inferences, work: Work) -> None:
    if inferences.get(job_id, round_).stopped:
        work.purge(job_id)
        raise Conflict(f"round {round_} of job {job_id} was stopped")
