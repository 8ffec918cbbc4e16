"""EventBridge, S3: stores how many avatars are drawn when the container's file says so."""

from likeness import bootstrap
from likeness.domain.ids import JobId
from likeness.entrypoints.s3_events import on_progress
from likeness.services.generation.note_progress import note_progress


@on_progress
def handler(job_id: JobId, attempt: int) -> int | None:
    return note_progress(
        job_id, attempt, jobs=bootstrap.jobs(), work=bootstrap.work(), clock=bootstrap.CLOCK
    )
