"""Jobs, ledger, users and reviews in memory."""

import threading
from collections.abc import Iterable, Sequence
from datetime import datetime

from likeness.domain.avatar import Avatar
from likeness.domain.catalogue import Plus
from likeness.domain.errors import Conflict, NotFound, OverQuota
from likeness.domain.ids import AvatarId, JobId, PhotoId, ReviewId, UserId
from likeness.domain.inference import Inference
from likeness.domain.job import Job
from likeness.domain.photo import Photo
from likeness.domain.quota import Day, Entry, EntryState
from likeness.domain.reasons import Reason
from likeness.domain.review import Review, ReviewState


class FakeJobs:
    def __init__(self) -> None:
        self.jobs: dict[JobId, Job] = {}
        self._photos: dict[tuple[JobId, PhotoId], Photo] = {}
        self._avatars: dict[tuple[JobId, AvatarId], Avatar] = {}
        self.lock = threading.RLock()

    def create(self, job: Job, photos: Sequence[Photo]) -> None:
        with self.lock:
            if job.job_id in self.jobs:
                raise Conflict(f"there is a job {job.job_id} already")
            self.jobs[job.job_id] = job
            self._photos |= {(photo.job_id, photo.photo_id): photo for photo in photos}

    def get(self, job_id: JobId) -> Job:
        return self._stored(job_id)

    def save(self, job: Job) -> None:
        with self.lock:
            stored = self._stored(job.job_id)
            if stored.version != job.version - 1 and stored != job:
                raise Conflict(f"job {job.job_id} moved past version {job.version - 1}")
            self.jobs[job.job_id] = job

    def photos(self, job_id: JobId) -> list[Photo]:
        return [photo for (of, _), photo in sorted(self._photos.items()) if of == job_id]

    def add_photo(self, photo: Photo) -> None:
        with self.lock:
            if (photo.job_id, photo.photo_id) in self._photos:
                raise Conflict(f"job {photo.job_id} has a photo {photo.photo_id} already")
            self._photos[photo.job_id, photo.photo_id] = photo

    def save_photo(self, photo: Photo, *, seen: Photo) -> None:
        with self.lock:
            if self._photos.get((photo.job_id, photo.photo_id)) not in (seen, photo):
                raise Conflict(f"photo {photo.photo_id} changed meanwhile")
            self._photos[photo.job_id, photo.photo_id] = photo

    def avatars(self, job_id: JobId) -> list[Avatar]:
        mine = [avatar for (of, _), avatar in self._avatars.items() if of == job_id]
        return sorted(mine, key=lambda avatar: avatar.rank)

    def save_avatars(self, avatars: Iterable[Avatar]) -> None:
        self._avatars |= {(avatar.job_id, avatar.avatar_id): avatar for avatar in avatars}

    def _stored(self, job_id: JobId) -> Job:
        """Not `get`: a test may have that answer what was there before."""
        if job_id not in self.jobs:
            raise NotFound(f"there is no job {job_id}")
        return self.jobs[job_id]


class FakeLedger:
    """Shares the jobs' lock: a reservation is one transaction over both."""

    def __init__(self, jobs: FakeJobs) -> None:
        self._jobs = jobs
        self._entries: dict[tuple[UserId, Day, JobId], Entry] = {}

    def reserve(self, job: Job, *, limit: int, now: datetime) -> None:
        day = _day_of(job)
        with self._jobs.lock:
            key = (job.user_id, day, job.job_id)
            if limit < 1:
                raise OverQuota(f"tier {job.tier} has no job a day")
            if key in self._entries:
                return
            if self._jobs.jobs[job.job_id].version != job.version - 1:
                raise Conflict(f"job {job.job_id} moved past version {job.version - 1}")
            if self._used(job.user_id, day) >= limit:
                raise OverQuota(f"the day {day} is taken")
            self._jobs.save(job)
            self._entries[key] = Entry(
                job_id=job.job_id, day=day, state=EntryState.RESERVED, reserved_at=now
            )

    def settle(
        self, job: Job, state: EntryState, *, now: datetime, reason: Reason | None = None
    ) -> None:
        day = _day_of(job)
        with self._jobs.lock:
            key = (job.user_id, day, job.job_id)
            if key not in self._entries:
                raise NotFound(f"job {job.job_id} reserved nothing on {day}")
            if self._entries[key].state is EntryState.RESERVED:
                self._entries[key] = self._entries[key].settle(state, now, reason)

    def entries(self, user_id: UserId, day: Day) -> list[Entry]:
        mine = [
            entry for (who, of, _), entry in self._entries.items() if (who, of) == (user_id, day)
        ]
        return sorted(mine, key=lambda entry: entry.reserved_at)

    def _used(self, user_id: UserId, day: Day) -> int:
        entries = self.entries(user_id, day)
        return sum(entry.state is not EntryState.RETURNED for entry in entries)


class FakeUsers:
    def __init__(self) -> None:
        self.zones: dict[UserId, str] = {}
        self.entitled: dict[UserId, Plus] = {}

    def plus(self, user_id: UserId) -> Plus | None:
        return self.entitled.get(user_id)

    def time_zone(self, user_id: UserId) -> str | None:
        return self.zones.get(user_id)

    def fix_time_zone(self, user_id: UserId, time_zone: str) -> str:
        return self.zones.setdefault(user_id, time_zone)


class FakeReviews:
    def __init__(self) -> None:
        self._reviews: dict[ReviewId, Review] = {}
        self._tokens: dict[ReviewId, str] = {}
        self._lock = threading.RLock()

    def open(self, review: Review, task_token: str) -> None:
        self._reviews.setdefault(review.review_id, review)
        self._tokens[review.review_id] = task_token

    def get(self, review_id: ReviewId) -> Review:
        return self._stored(review_id)

    def waiting(self) -> list[Review]:
        waiting = [r for r in self._reviews.values() if r.state is ReviewState.WAITING]
        return sorted(waiting, key=lambda review: (review.decide_by, review.review_id))

    def save(self, review: Review) -> None:
        with self._lock:
            stored = self._stored(review.review_id)
            if stored.version != review.version - 1 and stored != review:
                raise Conflict(f"review {review.review_id} was decided meanwhile")
            self._reviews[review.review_id] = review

    def task_token(self, review_id: ReviewId) -> str:
        if review_id not in self._tokens:
            raise NotFound(f"nothing waits for review {review_id}")
        return self._tokens[review_id]

    def _stored(self, review_id: ReviewId) -> Review:
        if review_id not in self._reviews:
            raise NotFound(f"there is no review {review_id}")
        return self._reviews[review_id]


class FakeInferences:
    def __init__(self) -> None:
        self.stored: dict[tuple[JobId, int], Inference] = {}

    def get(self, job_id: JobId, round_: int) -> Inference:
        if (job_id, round_) not in self.stored:
            raise NotFound(f"the endpoint was never asked for round {round_} of job {job_id}")
        return self.stored[job_id, round_]

    def save(self, inference: Inference) -> None:
        at = (inference.job_id, inference.round)
        stored = self.stored.get(at)
        version = stored.version if stored else 0
        if version != inference.version - 1 and stored != inference:
            raise Conflict(f"round {inference.round} of job {inference.job_id} moved meanwhile")
        self.stored[at] = inference


def _day_of(job: Job) -> Day:
    if job.day is None:
        raise Conflict(f"job {job.job_id} takes no day")
    return job.day
