"""Read the record of a photo whose job may have been erased."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.domain.errors import NotFound

if TYPE_CHECKING:
    from likeness.domain.ids import JobId, PhotoId
    from likeness.domain.jobs.job import Job
    from likeness.domain.photos.photo import Photo
    from likeness.ports.jobs import Jobs


def find_photo(job_id: JobId, photo_id: PhotoId, jobs: Jobs) -> tuple[Job | None, Photo | None]:
    try:
        job = jobs.get(job_id)
    except NotFound:
        return None, None
    there = {photo.photo_id: photo for photo in jobs.photos(job_id)}
    return job, there.get(photo_id)
