"""Jobs, with their photos and avatars, in the table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from likeness.adapters.aws_errors import domain_errors
from likeness.adapters.dynamodb import keys
from likeness.adapters.dynamodb.items import (
    NEW,
    at_version,
    fields,
    find_item,
    get,
    put_if,
    record,
    unchanged,
)
from likeness.adapters.dynamodb.queries import (
    delete_partition,
    query,
    query_index,
    query_index_part,
)
from likeness.adapters.dynamodb.transactions import ConditionsFailed, put, update, write_all
from likeness.adapters.review.audit_table import append, desk_counts
from likeness.domain.account.user import MAX_OPEN_JOBS
from likeness.domain.errors import ConcurrentChange, ErasureRunning, TooManyOpenJobs
from likeness.domain.generation.avatar import Avatar
from likeness.domain.jobs.job import Job
from likeness.domain.paging import ResultPage, sortable
from likeness.domain.photos.photo import Photo

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from mypy_boto3_dynamodb.service_resource import Table

    from likeness.domain.ids import JobId, UserId
    from likeness.domain.jobs.job import JobState
    from likeness.domain.review.audit import AuditEvent
    from likeness.domain.review.statistics import DeskCounts, DeskDay
    from likeness.ports.runtime import Clock


class JobsTable:
    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def create(self, job: Job, photos: Sequence[Photo]) -> None:
        items = [job_item(job), *(self._photo_item(photo) for photo in photos)]
        writes = [put(self._table, item, NEW) for item in items]
        one_more = update(
            self._table,
            keys.profile(job.user_id),
            "ADD #open :job",
            names={"#erasing": "erasing", "#open": "open_jobs"},
            values={":job": {job.job_id}, ":max": MAX_OPEN_JOBS},
            condition="attribute_not_exists(#erasing)"
            " AND (attribute_not_exists(#open) OR size(#open) < :max)",
        )
        try:
            write_all(self._table, one_more, *writes)
        except ConditionsFailed as cancelled:
            if 0 not in cancelled.failed:
                raise ConcurrentChange(f"there is a job {job.job_id} already") from cancelled
            profile = find_item(self._table, keys.profile(job.user_id))
            if "erasing" in profile:
                raise ErasureRunning(
                    "the user is being erased: no job can be created"
                ) from cancelled
            open_jobs = profile.get("open_jobs", ())
            if len(open_jobs) < MAX_OPEN_JOBS:
                raise ConcurrentChange("the user's open jobs have just changed") from cancelled
            raise TooManyOpenJobs(
                f"the user has {MAX_OPEN_JOBS} open jobs", job_ids=tuple(open_jobs)
            ) from cancelled

    def get(self, job_id: JobId) -> Job:
        return get(Job, self._table, keys.job(job_id), absent=f"there is no job {job_id}")

    def newest(
        self,
        user_id: UserId,
        *,
        limit: int,
        after: str | None = None,
        state: JobState | None = None,
    ) -> ResultPage[Job]:
        """The index is read until a page is full: a user has at most some hundred jobs."""
        found = query_index_part(
            self._table,
            gsi1pk=keys.index_of(user_id),
            limit=limit,
            after=after,
            newest_first=True,
            having={"state": state} if state else None,
        )
        return ResultPage(tuple(record(Job, item) for item in found.items), found.last)

    def save(self, job: Job) -> None:
        put_if(
            self._table,
            job_item(job),
            at_version(job.version - 1),
            stored=lambda: self.get(job.job_id) == job,
            conflict=f"job {job.job_id} is past version {job.version - 1}",
        )

    def photos(self, job_id: JobId) -> list[Photo]:
        items = query(self._table, pk=keys.job(job_id)["pk"], begins_with=keys.PHOTOS)
        return [record(Photo, item) for item in items]

    def add_photo(self, photo: Photo) -> None:
        """Concurrent requests compute the same id: only one of them gets it."""
        put_if(
            self._table,
            self._photo_item(photo),
            NEW,
            stored=lambda: False,
            conflict=f"job {photo.job_id} has a photo {photo.photo_id} already",
        )

    def save_photo(self, photo: Photo, *, seen: Photo) -> None:
        put_if(
            self._table,
            self._photo_item(photo),
            unchanged(seen),
            stored=lambda: photo in self.photos(photo.job_id),
            conflict=f"photo {photo.photo_id} of job {photo.job_id} was changed",
        )

    def delete_photo(self, photo: Photo, *, seen: Photo, job: Job) -> None:
        try:
            write_all(
                self._table,
                put(self._table, self._photo_item(photo), unchanged(seen)),
                put(self._table, job_item(job), at_version(job.version - 1)),
            )
        except ConditionsFailed as race:
            if photo not in self.photos(photo.job_id):
                raise ConcurrentChange(
                    f"photo {photo.photo_id} of job {photo.job_id} was changed"
                ) from race

    def may_look(self, job_id: JobId, *, now: datetime, until: datetime) -> bool:
        """A lost response of a write that is sent again delays the look: `until` passes."""
        with domain_errors():
            try:
                self._table.put_item(
                    Item=keys.look(job_id) | self._expiry() | {"until": sortable(until)},
                    ConditionExpression="attribute_not_exists(pk) OR #until <= :now",
                    ExpressionAttributeNames={"#until": "until"},
                    ExpressionAttributeValues={":now": sortable(now)},
                )
            except self._table.meta.client.exceptions.ConditionalCheckFailedException:
                return False
        return True

    def save_progress(self, job_id: JobId, *, done: int, total: int, step: int) -> bool:
        before = total - 1 if done == total else done - step
        item: dict[str, Any] = {"job_id": job_id, "done": done, "total": total}
        with domain_errors():
            try:
                self._table.put_item(
                    Item={**keys.progress(job_id), **self._expiry(), **item},
                    ConditionExpression="attribute_not_exists(#done) OR #done <= :before",
                    ExpressionAttributeNames={"#done": "done"},
                    ExpressionAttributeValues={":before": before},
                )
            except self._table.meta.client.exceptions.ConditionalCheckFailedException:
                return False
        return True

    def save_moderated(
        self,
        photos: Sequence[Photo],
        *,
        seen: Sequence[Photo],
        job: Job | None = None,
        audit_event: AuditEvent | None = None,
        counted: tuple[DeskDay, DeskCounts] | None = None,
    ) -> None:
        writes = [
            put(self._table, self._photo_item(photo), unchanged(before))
            for photo, before in zip(photos, seen, strict=True)
        ]
        if job:
            writes.append(put(self._table, job_item(job), at_version(job.version - 1)))
        if counted:
            writes += desk_counts(self._table, *counted, photos[0].job_id)
        try:
            if audit_event:
                append(self._table, audit_event, *writes)
            else:
                write_all(self._table, *writes)
        except ConditionsFailed as race:
            job_id = photos[0].job_id
            if list(photos) != [one for one in self.photos(job_id) if one in photos]:
                raise ConcurrentChange(f"job {job_id} or a photo of it was changed") from race

    def avatars(self, job_id: JobId) -> list[Avatar]:
        items = query(self._table, pk=keys.job(job_id)["pk"], begins_with=keys.AVATARS)
        return sorted((record(Avatar, item) for item in items), key=lambda avatar: avatar.rank)

    def save_avatars(self, avatars: Iterable[Avatar]) -> None:
        with domain_errors(), self._table.batch_writer() as batch:
            for avatar in avatars:
                key = keys.avatar(avatar.job_id, avatar.avatar_id)
                batch.put_item(Item=key | self._expiry() | fields(avatar))

    def for_user(self, user_id: UserId) -> list[Job]:
        index = query_index(self._table, gsi1pk=keys.index_of(user_id))
        return [record(Job, item) for item in index]

    def delete(self, job_id: JobId) -> None:
        """The job's own record is deleted last: a repeated erasure finds the rest by it."""
        job = keys.job(job_id)
        delete_partition(self._table, pk=job["pk"], last=job["sk"])

    def _photo_item(self, photo: Photo) -> dict[str, Any]:
        return keys.photo(photo.job_id, photo.photo_id) | self._expiry() | fields(photo)

    def _expiry(self) -> dict[str, int]:
        return keys.expiry(self._clock.now(), keys.JOB_TTL)


def job_item(job: Job) -> dict[str, Any]:
    return (
        keys.job(job.job_id)
        | keys.jobs_of(job.user_id, job.created_at, job.job_id)
        | keys.expiry(job.created_at, keys.JOB_TTL)
        | fields(job)
    )
