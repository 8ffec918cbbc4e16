"""Signed receipts of deletions: which files of a job are gone, and which places were checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from likeness.domain.deletion.receipt import (
    PHOTOS,
    RETAINED,
    CheckedPlace,
    Deletion,
    DeletionState,
    Receipt,
    ReceiptObject,
)
from likeness.services.deletion.job_deletion import deleted_objects

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from likeness.domain.ids import JobId
    from likeness.domain.photos.photo import Photo
    from likeness.ports.account import KeyedHash
    from likeness.ports.deletion import Deletions, Signer


@dataclass(frozen=True)
class JobReceipts:
    deletions: Deletions
    signer: Signer
    keyed_hash: KeyedHash
    issuer: str
    policy: str  # version of the retention policy

    def is_issued(self, job_id: JobId, state: DeletionState) -> bool:
        deletion = self.deletions.get(job_id)
        return deletion is not None and deletion.state is state and deletion.receipt is not None

    def issue_hold(self, job_id: JobId, now: datetime) -> None:
        """Sign and store that the job is under a legal hold, without details."""
        self._issue(job_id, DeletionState.HELD, now)

    def issue(
        self, job_id: JobId, photos: Iterable[Photo], checked: Sequence[str], now: datetime
    ) -> float:
        """Sign and store which files are gone, and that no file is left in the `checked` places.

        Returns for how many seconds a photo was stored, at most.
        """
        gone = deleted_objects(job_id, photos, self.deletions)
        hashes = self.keyed_hash.objects(job_id, [f"{one.name}:{one.etag}" for one in gone])
        objects = tuple(
            ReceiptObject(
                object=one.name,
                keyed_hash=hashed,
                created_at=one.created_at,
                deleted_at=one.deleted_at or now,  # recorded before it was deleted
            )
            for one, hashed in zip(gone, hashes, strict=True)
        )
        places = tuple(CheckedPlace(place=place, left=0) for place in checked)
        self._issue(job_id, DeletionState.DELETED, now, objects, places)
        photos_lived = (
            (one.deleted_at - one.created_at).total_seconds()
            for one in objects
            if one.created_at and one.object.startswith(PHOTOS)
        )
        return max(photos_lived, default=0)

    def _issue(
        self,
        job_id: JobId,
        state: DeletionState,
        now: datetime,
        objects: tuple[ReceiptObject, ...] = (),
        checked: tuple[CheckedPlace, ...] = (),
    ) -> None:
        receipt = Receipt(
            issuer=self.issuer,
            job_id=job_id,
            state=state,
            policy=self.policy,
            issued_at=now,
            objects=objects,
            checked=checked,
            retained=RETAINED if state is DeletionState.DELETED else None,
        )
        signed = self.signer.sign(receipt)
        before = self.deletions.get(job_id) or Deletion(job_id=job_id, state=state)
        self.deletions.save(before.model_copy(update={"state": state, "receipt": signed}))
