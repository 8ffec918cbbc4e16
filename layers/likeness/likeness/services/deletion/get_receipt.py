"""The signed receipt of a job's deletion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.api.receipts import ReceiptView
from likeness.domain.errors import JobRunning, PhotosNotDeletedYet

if TYPE_CHECKING:
    from likeness.domain.ids import JobId
    from likeness.ports.deletion import Deletions
    from likeness.ports.jobs import Jobs


def get_receipt(job_id: JobId, *, jobs: Jobs, deletions: Deletions) -> ReceiptView:
    """Raises JobRunning, or PhotosNotDeletedYet until the deletion of its photos is proven."""
    deletion = deletions.get(job_id)
    if deletion is None or deletion.receipt is None:
        job = jobs.get(job_id)
        if deletion is None and not job.ended:
            raise JobRunning(f"job {job_id} is {job.state}: its photos are in use")
        raise PhotosNotDeletedYet(f"the photos of job {job_id} are still being deleted")
    return ReceiptView(job_id=job_id, state=deletion.state, receipt=deletion.receipt)
