"""The signed receipt of a job's deletion."""

from likeness.api.app import ReceiptView
from likeness.domain.errors import NotFound
from likeness.domain.ids import JobId
from likeness.ports.deletion import Deletions


def get_receipt(job_id: JobId, *, deletions: Deletions) -> ReceiptView:
    """Raises NotFound for an unknown job, and until the deletion of its photos is proven."""
    deletion = deletions.get(job_id)
    if deletion is None or deletion.receipt is None:
        raise NotFound(
            f"there is no receipt of job {job_id}: its photos are in use, or being deleted"
        )
    return ReceiptView(job_id=job_id, state=deletion.state, receipt=deletion.receipt)
