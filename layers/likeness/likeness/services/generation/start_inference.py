"""Invoke the endpoint for an attempt; the state machine waits for its response."""

from likeness.domain.deletion.receipt import WORK
from likeness.domain.errors import Conflict, NotFound
from likeness.domain.generation.inference import Inference, InferenceState
from likeness.domain.ids import JobId
from likeness.domain.jobs.job import JobState
from likeness.ports.deletion import JobFiles
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
    files: JobFiles,
    endpoint: Endpoint,
    clock: Clock,
) -> None:
    """A replayed step has a newer task token, and invokes the endpoint again only if needed.

    The record is stored before the photos are copied, so that stopping the attempt finds it. It is
    read again after each write, so that no file of a stopped attempt is left.
    """
    jobs.get(job_id).require(JobState.GENERATING)
    try:
        inference = inferences.get(job_id, attempt).request(task_token)
    except NotFound:
        inference = Inference(
            job_id=job_id, attempt=attempt, requested_at=clock.now(), task_token=task_token
        )
    inferences.save(inference)
    if inference.state is InferenceState.RUNNING:
        return
    work.pack(job_id, attempt)
    _require_running(job_id, attempt, inferences, files)
    failure_uri = endpoint.invoke(job_id, attempt)
    _save_started(job_id, attempt, failure_uri, inferences)
    _require_running(job_id, attempt, inferences, files)


def _save_started(job_id: JobId, attempt: int, failure_uri: str, inferences: Inferences) -> None:
    """Another request may change the record: the endpoint failed or the attempt was stopped."""
    try:
        inferences.save(inferences.get(job_id, attempt).started(failure_uri))
    except Conflict:
        inferences.save(inferences.get(job_id, attempt).started(failure_uri))


def _require_running(job_id: JobId, attempt: int, inferences: Inferences, files: JobFiles) -> None:
    """Raises Conflict if the attempt was stopped, after deleting its files."""
    if inferences.get(job_id, attempt).stopped:
        files.delete(job_id, WORK)
        raise Conflict(f"attempt {attempt} of job {job_id} was stopped")
