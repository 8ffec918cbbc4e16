"""Hold a job whose photos may be illegal: preserve copies, and let a lead decide."""

from __future__ import annotations

import base64
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from likeness.domain.deletion.receipt import Deletion, DeletionState
from likeness.domain.errors import Conflict, NotFound, Unavailable
from likeness.domain.review.audit import SYSTEM, AuditAction
from likeness.domain.review.hold import (
    HeldPhoto,
    Hold,
    HoldTrigger,
    Kind,
    PreservedFile,
    about_hold,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from likeness.domain.ids import JobId, PhotoId
    from likeness.domain.jobs.job import Job
    from likeness.domain.photos.photo import Photo
    from likeness.ports.deletion import Deletions
    from likeness.ports.holds import HoldFiles, Holds
    from likeness.ports.jobs import Jobs
    from likeness.ports.photos import Photos
    from likeness.ports.review import Previews
    from likeness.ports.runtime import Clock, Metrics

HELD = "JobsHeld"  # the metric of the alarm of that name
AT_ONCE = 10  # photos of a job are inspected concurrently


@dataclass(frozen=True)
class Holding:
    jobs: Jobs
    photos: Photos
    holds: Holds
    files: HoldFiles
    deletions: Deletions
    previews: Previews
    metrics: Metrics
    clock: Clock

    def active(self, job_id: JobId) -> Hold | None:
        hold = self.holds.get(job_id)
        return hold if hold and hold.active else None

    def hold(
        self,
        job_id: JobId,
        trigger: HoldTrigger,
        *,
        by: str = SYSTEM,
        suspected: Collection[PhotoId] = (),
        uploads: Sequence[tuple[HeldPhoto, bytes]] = (),
    ) -> Hold:
        """Hold the job and preserve all its photos. Idempotent.

        Deletion is forbidden first, and allowed again when the copies are complete. The photos that
        were uploaded with the suspected ones belong to the evidence (18 U.S.C. 2258A(h)(3)).
        `uploads`: those that the caller has read.
        """
        self.begin(job_id, trigger, by=by, suspected=suspected)
        self._add(job_id, [photo for photo, _ in uploads])
        return self._preserve(job_id, uploads, waiting=trigger is HoldTrigger.HASH_MATCH)

    def begin(
        self, job_id: JobId, trigger: HoldTrigger, *, by: str, suspected: Collection[PhotoId]
    ) -> None:
        """Forbid deletion and store the hold. Its copies are made by `preserve`, or later by
        `complete`."""
        job = self.jobs.get(job_id)
        self._forbid_deletion(job_id)
        self._open(job, trigger, by)
        self._add(job_id, [HeldPhoto(photo_id=one, suspected=True) for one in suspected])

    def preserve(self, job_id: JobId) -> None:
        """Copy the photos of a submitted job, unless all copies are complete."""
        if self.forbids_deletion(job_id):
            self._preserve(job_id, (), waiting=False)

    def preserve_upload(self, job_id: JobId, photo_id: PhotoId, data: bytes) -> None:
        """Preserve a file that was uploaded since the job was held."""
        sent = HeldPhoto(photo_id=photo_id, uploaded_at=self.clock.now())
        self._add(job_id, [self._upload(job_id, sent, data)])

    def forbids_deletion(self, job_id: JobId) -> bool:
        deletion = self.deletions.get(job_id)
        return deletion is not None and deletion.forbids_deletion

    def complete(self, hold: Hold) -> None:
        """Copy again after an earlier attempt failed."""
        if self.forbids_deletion(hold.job_id):
            self._preserve(hold.job_id, (), waiting=True)

    def _open(self, job: Job, trigger: HoldTrigger, by: str) -> None:
        before = self.holds.get(job.job_id)
        if before and before.active:
            return
        now = self.clock.now()
        hold = before.again(job, trigger, now, by) if before else Hold.of(job, trigger, now, by)
        event = about_hold(hold, AuditAction.HELD, now, actor=by, details={"trigger": trigger})
        try:
            self.holds.save(hold, event)
        except Conflict:  # a concurrent inspection opened it
            if self.active(job.job_id) is None:
                raise
            return
        self.metrics.count(HELD)

    def _forbid_deletion(self, job_id: JobId) -> None:
        """Until copies are complete. A receipt that was signed before stays until the next one."""
        before = self.deletions.get(job_id) or Deletion(job_id=job_id, state=DeletionState.HELD)
        held = {"state": DeletionState.HELD, "preserved": False, "receipt": None}
        self.deletions.save(before.model_copy(update=held))

    def _preserve(
        self, job_id: JobId, uploads: Sequence[tuple[HeldPhoto, bytes]], *, waiting: bool
    ) -> Hold:
        """`waiting`: also uploads that wait for their inspection. A submitted job has none, and
        only functions that inspect uploads may read them."""
        copies = [self._upload(job_id, photo, data) for photo, data in uploads]
        copies += self._photos(job_id)
        if waiting:
            copies += self._uploads(job_id)
        hold = self._add(job_id, copies)
        self.deletions.save(Deletion(job_id=job_id, state=DeletionState.HELD, preserved=True))
        return hold

    def _add(self, job_id: JobId, photos: Sequence[HeldPhoto]) -> Hold:
        """Photos of a job are held concurrently: after a Conflict, read and save again."""
        for _ in range(AT_ONCE):
            hold = self.holds.get(job_id)
            if hold is None:
                raise NotFound(f"there is no hold of job {job_id}")
            added = hold.add(photos)
            if added.photos == hold.photos:
                return hold
            with suppress(Conflict):
                self.holds.save(added)
                return added
        raise Unavailable(f"too many photos of job {job_id} are held at once")

    def _photos(self, job_id: JobId) -> Iterator[HeldPhoto]:
        for photo in self.jobs.photos(job_id):
            with suppress(NotFound):
                yield self._photo(photo, self.photos.read(job_id, photo.photo_id))

    def _uploads(self, job_id: JobId) -> Iterator[HeldPhoto]:
        for upload in self.photos.uploads(job_id):
            with suppress(NotFound):
                data = self.photos.read_upload(job_id, upload.photo_id, etag=upload.etag)
                sent = HeldPhoto(photo_id=upload.photo_id, uploaded_at=upload.uploaded_at)
                yield self._upload(job_id, sent, data)

    def _upload(self, job_id: JobId, photo: HeldPhoto, data: bytes) -> HeldPhoto:
        return photo.model_copy(update={"files": (self._store(job_id, "upload", data),)})

    def _store(self, job_id: JobId, kind: Kind, content: bytes) -> PreservedFile:
        file = PreservedFile.of(kind, content)
        self.files.store(job_id, file, content)
        return file

    def _photo(self, photo: Photo, jpeg: bytes) -> HeldPhoto:
        findings = photo.verdict.findings if photo.verdict else ()
        return HeldPhoto(
            photo_id=photo.photo_id,
            uploaded_at=photo.uploaded_at,
            findings=tuple(finding.source for finding in findings),
            files=(self._store(photo.job_id, "photo", jpeg),),
            preview=base64.b64encode(self.previews.blurred(jpeg)).decode(),
        )
