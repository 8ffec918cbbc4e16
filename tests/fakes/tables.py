"""The table's ports in memory: jobs, ledger, users, deletions and the review desk."""

import threading
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from likeness.domain.account.erasure import Erasure
from likeness.domain.account.quota import Day, QuotaEntry, QuotaState, ReservedDay, UserZone
from likeness.domain.account.user import MAX_OPEN_JOBS, Profile
from likeness.domain.deletion.receipt import Deletion, DeletionState, StoredObject
from likeness.domain.errors import (
    ConcurrentChange,
    Conflict,
    ErasureRunning,
    ExposureUsed,
    NotFound,
    OverQuota,
    TooManyOpenJobs,
    Unavailable,
)
from likeness.domain.generation.avatar import Avatar
from likeness.domain.generation.run import Run
from likeness.domain.ids import (
    AvatarId,
    ErasureId,
    JobId,
    PhotoId,
    ReviewId,
    UserHash,
    UserId,
)
from likeness.domain.jobs.catalogue import Plus
from likeness.domain.jobs.estimate import Histogram, bucket, latest, slot
from likeness.domain.jobs.job import Job, JobState
from likeness.domain.jobs.operating_state import Scarce, Shortage, Switches
from likeness.domain.paging import ResultPage, sortable
from likeness.domain.photos.photo import Photo
from likeness.domain.provenance.credentials import WatermarkRecord
from likeness.domain.provenance.watermark import WatermarkId
from likeness.domain.reasons import Reason
from likeness.domain.review import order
from likeness.domain.review.appeal import Appeal
from likeness.domain.review.audit import (
    CHAINS,
    AuditAction,
    AuditEntry,
    AuditEvent,
    ChainHead,
    SignedAnchor,
    about,
    chain_of,
)
from likeness.domain.review.case import URGENT, Moderator, Review
from likeness.domain.review.hold import Hold, HoldState
from likeness.domain.review.kinds import Queue, ReviewKind, ReviewState
from likeness.domain.review.known_case import KnownCase, KnownUse
from likeness.domain.review.order import Queued, place
from likeness.domain.review.statistics import ALL, DeskCounts, DeskDay, Exposure, desk_day
from likeness.ports.deletion import SweptJob
from likeness.ports.jobs import ShownJob


class FakeJobs:
    """Uses the users: no job is opened for one who is being erased. Appends to the audit log."""

    def __init__(self) -> None:
        self.users: FakeUsers | None = None
        self.desk_counters: FakeDeskCounters | None = None
        self.audit_log = FakeAuditLog()
        self.jobs: dict[JobId, Job] = {}
        self._photos: dict[tuple[JobId, PhotoId], Photo] = {}
        self._avatars: dict[tuple[JobId, AvatarId], Avatar] = {}
        self.looks: dict[JobId, datetime] = {}
        self.progress: dict[JobId, int] = {}
        self.lock = threading.RLock()

    def create(self, job: Job, photos: Sequence[Photo]) -> None:
        with self.lock:
            if job.job_id in self.jobs:
                raise ConcurrentChange(f"there is a job {job.job_id} already")
            if self.users:
                profile = self.users.profile(job.user_id)
                if profile.erasing:
                    raise ErasureRunning("the user is being erased: no job can be created")
                if len(profile.open_jobs) >= MAX_OPEN_JOBS:
                    raise TooManyOpenJobs("too many", job_ids=tuple(profile.open_jobs))
                self.users.change(job.user_id, open_jobs=profile.open_jobs | {job.job_id})
            self.jobs[job.job_id] = job
            self._photos |= {(photo.job_id, photo.photo_id): photo for photo in photos}

    def get(self, job_id: JobId) -> Job:
        return self._stored(job_id)

    def newest(
        self,
        user_id: UserId,
        *,
        limit: int,
        after: str | None = None,
        state: JobState | None = None,
    ) -> ResultPage[Job]:
        mine = [
            job
            for job in self.jobs.values()
            if job.user_id == user_id and state in (None, job.state)
        ]
        mine = sorted(mine, key=_begun, reverse=True)
        found = (job for job in mine if after is None or _begun(job) < after)
        return ResultPage.of(found, limit=limit, position=_begun)

    def save(self, job: Job) -> None:
        with self.lock:
            stored = self._stored(job.job_id)
            if stored.version != job.version - 1 and stored != job:
                raise ConcurrentChange(f"job {job.job_id} is past version {job.version - 1}")
            self.jobs[job.job_id] = job

    def photos(self, job_id: JobId) -> list[Photo]:
        return [photo for (of, _), photo in sorted(self._photos.items()) if of == job_id]

    def add_photo(self, photo: Photo) -> None:
        with self.lock:
            if (photo.job_id, photo.photo_id) in self._photos:
                raise ConcurrentChange(f"job {photo.job_id} has a photo {photo.photo_id} already")
            self._photos[photo.job_id, photo.photo_id] = photo

    def save_photo(self, photo: Photo, *, seen: Photo) -> None:
        with self.lock:
            if self._photos.get((photo.job_id, photo.photo_id)) not in (seen, photo):
                raise ConcurrentChange(f"photo {photo.photo_id} was changed")
            self._photos[photo.job_id, photo.photo_id] = photo

    def delete_photo(self, photo: Photo, *, seen: Photo, job: Job) -> None:
        with self.lock:
            there = self._photos.get((photo.job_id, photo.photo_id))
            if there == photo:
                return
            if there != seen or self._stored(job.job_id).version != job.version - 1:
                raise ConcurrentChange(f"photo {photo.photo_id} was changed")
            self.jobs[job.job_id] = job
            self._photos[photo.job_id, photo.photo_id] = photo

    def may_look(self, job_id: JobId, *, now: datetime, until: datetime) -> bool:
        with self.lock:
            if now < self.looks.get(job_id, now):
                return False
            self.looks[job_id] = until
            return True

    def save_progress(self, job_id: JobId, *, done: int, total: int, step: int) -> bool:
        with self.lock:
            stored = self.progress.get(job_id)
            before = total - 1 if done == total else done - step
            if stored is not None and stored > before:
                return False
            self.progress[job_id] = done
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
        with self.lock:
            there = [self._photos.get((one.job_id, one.photo_id)) for one in photos]
            if there == list(photos):
                return
            if there != list(seen):
                raise ConcurrentChange("a photo was changed")
            if job:
                self.save(job)
            self._photos |= {(one.job_id, one.photo_id): one for one in photos}
            if audit_event:
                self.audit_log.append(audit_event)
            if counted and self.desk_counters:
                self.desk_counters.add(*counted)

    def avatars(self, job_id: JobId) -> list[Avatar]:
        mine = [avatar for (of, _), avatar in self._avatars.items() if of == job_id]
        return sorted(mine, key=lambda avatar: avatar.rank)

    def save_avatars(self, avatars: Iterable[Avatar]) -> None:
        self._avatars |= {(avatar.job_id, avatar.avatar_id): avatar for avatar in avatars}

    def for_user(self, user_id: UserId) -> list[Job]:
        mine = [job for job in self.jobs.values() if job.user_id == user_id]
        return sorted(mine, key=lambda job: (job.created_at, job.job_id))

    def delete(self, job_id: JobId) -> None:
        self._photos = {key: photo for key, photo in self._photos.items() if key[0] != job_id}
        self._avatars = {key: avatar for key, avatar in self._avatars.items() if key[0] != job_id}
        self.looks.pop(job_id, None)
        self.jobs.pop(job_id, None)

    def _stored(self, job_id: JobId) -> Job:
        """Not `get`: a test may replace that."""
        if job_id not in self.jobs:
            raise NotFound(f"there is no job {job_id}")
        return self.jobs[job_id]


class FakeLedger:
    """Shares the jobs' lock: a reservation is one transaction on both."""

    def __init__(self, jobs: FakeJobs) -> None:
        self._jobs = jobs
        self._used: Counter[tuple[UserHash, Day]] = Counter()
        self._ends: dict[tuple[UserHash, Day], datetime] = {}
        self._entries: dict[tuple[UserId, Day, JobId], QuotaEntry] = {}
        self._tests: set[JobId] = set()

    def reserve(self, job: Job, *, limit: int, now: datetime) -> None:
        day = _day_of(job)
        with self._jobs.lock:
            key = (job.user_id, day, job.job_id)
            if limit < 1:
                raise OverQuota(f"tier {job.tier} has no job a day")
            if key in self._entries:
                return
            if self._jobs.jobs[job.job_id].version != job.version - 1:
                raise ConcurrentChange(f"job {job.job_id} is past version {job.version - 1}")
            if self.used(job.user_hash, day) >= limit:
                raise OverQuota(f"the day {day} is used up")
            self._jobs.save(job)
            self._used[job.user_hash, day] += 1
            if job.test:
                self._tests.add(job.job_id)
            if job.day_ends_at:
                self._ends[job.user_hash, day] = job.day_ends_at
            self._entries[key] = QuotaEntry(
                job_id=job.job_id, day=day, state=QuotaState.RESERVED, reserved_at=now
            )

    def settle(
        self, ended: Job, state: QuotaState, *, now: datetime, reason: Reason | None = None
    ) -> None:
        day = _day_of(ended)
        with self._jobs.lock:
            key = (ended.user_id, day, ended.job_id)
            if key not in self._entries:
                raise NotFound(f"job {ended.job_id} reserved nothing on {day}")
            if self._jobs.jobs[ended.job_id] == ended:
                return
            settled = self._entries[key].settle(state, now, reason)
            self._jobs.save(ended)
            self._entries[key] = settled
            if state is QuotaState.RETURNED:
                self._used[ended.user_hash, day] -= 1

    def used(self, user_hash: UserHash, day: Day) -> int:
        return self._used[user_hash, day]

    def last_reserved(self, user_hash: UserHash) -> ReservedDay | None:
        days = [day for (who, day), used in self._used.items() if who == user_hash and used > 0]
        if not days:
            return None
        return ReservedDay(day=max(days), ends_at=self._ends[user_hash, max(days)])

    def grant(self, job: Job, day: Day, *, now: datetime) -> None:
        with self._jobs.lock:
            key = (job.user_id, day, job.job_id)
            entry = self._entries.get(key)
            if day == job.day:
                if entry is None:
                    raise NotFound(f"job {job.job_id} reserved nothing on {day}")
                if entry.state is QuotaState.SPENT:
                    returned = {"state": QuotaState.RETURNED, "settled_at": now}
                    self._entries[key] = entry.model_copy(update=returned)
                    self._used[job.user_hash, day] -= 1
            elif entry is None:
                self._used[job.user_hash, day] -= 1
                self._entries[key] = QuotaEntry(
                    job_id=job.job_id,
                    day=day,
                    state=QuotaState.GRANTED,
                    reserved_at=now,
                    settled_at=now,
                )

    def entries(self, user_id: UserId, day: Day, *, test: bool = False) -> list[QuotaEntry]:
        return [entry for entry in self.since(user_id, day, test=test) if entry.day == day]

    def since(self, user_id: UserId, day: Day, *, test: bool = False) -> list[QuotaEntry]:
        mine = [
            entry
            for (who, of, job_id), entry in self._entries.items()
            if who == user_id and of >= day and (job_id in self._tests) == test
        ]
        return sorted(mine, key=lambda entry: entry.reserved_at)

    def delete(self, user_id: UserId) -> None:
        self._entries = {key: entry for key, entry in self._entries.items() if key[0] != user_id}


class FakeUsers:
    """Uses the ledger: deleting a user deletes their entries."""

    def __init__(self, ledger: FakeLedger | None = None) -> None:
        self.profiles: dict[UserId, Profile] = {}
        self._erased: dict[UserHash, datetime] = {}
        self._lock = threading.RLock()  # a decision of billing and the erasure are serialised
        self._ledger = ledger

    def profile(self, user_id: UserId) -> Profile:
        return self.profiles.get(user_id, Profile())

    def account(self, user_id: UserId, *, since: Day) -> tuple[Profile, list[QuotaEntry]]:
        entries = self._ledger.since(user_id, since) if self._ledger else []
        return self.profile(user_id), entries

    def save_zone(self, user_id: UserId, zone: UserZone, *, seen: UserZone | None) -> None:
        if self.profile(user_id).zone not in (seen, zone):
            raise ConcurrentChange("the user's time zone was changed")
        self.change(user_id, zone=zone)

    def entitle(
        self, user_id: UserId, plus: Plus, *, user_hash: UserHash, now: datetime
    ) -> Plus | None:
        with self._lock:
            erased_at = self._erased.get(user_hash)
            if erased_at and plus.effective_at <= erased_at:
                return None
            known = self.profile(user_id).plus
            if known and known.is_decided(now) and _order(known) >= _order(plus):
                return known
            self.change(user_id, plus=plus)
            return plus

    def remember_erasure(self, user_hash: UserHash, at: datetime) -> None:
        with self._lock:
            self._erased[user_hash] = at

    def exonerate(self, user_id: UserId, photos: Mapping[str, frozenset[Reason]]) -> None:
        self.change(user_id, exonerated={**self.profile(user_id).exonerated, **photos})

    def remove_open_jobs(self, user_id: UserId, jobs: Collection[JobId]) -> None:
        self.change(user_id, open_jobs=self.profile(user_id).open_jobs - set(jobs))

    def delete(self, user_id: UserId) -> None:
        self.profiles.pop(user_id, None)
        if self._ledger:
            self._ledger.delete(user_id)

    def change(self, user_id: UserId, **fields: object) -> None:
        self.profiles[user_id] = self.profile(user_id).model_copy(update=fields)


def _order(plus: Plus) -> tuple[datetime, datetime]:
    return plus.effective_at, plus.expires_at


class FakeErasures:
    def __init__(self, users: FakeUsers) -> None:
        self._users = users
        self._erasures: dict[ErasureId, Erasure] = {}

    def begin(self, erasure: Erasure) -> Erasure:
        if erasure.user_id is None:
            raise Conflict(f"erasure {erasure.erasure_id} is done")
        running = self._users.profile(erasure.user_id).erasing
        if running:
            return self.get(running)
        self._erasures[erasure.erasure_id] = erasure
        self._users.change(erasure.user_id, erasing=erasure.erasure_id)
        return erasure

    def get(self, erasure_id: ErasureId) -> Erasure:
        if erasure_id not in self._erasures:
            raise NotFound(f"there is no erasure {erasure_id}")
        return self._erasures[erasure_id]

    def save(self, erasure: Erasure) -> None:
        self._erasures[erasure.erasure_id] = erasure


class FakeDurations:
    def __init__(self) -> None:
        self._slots: dict[tuple[str, str], dict[datetime, Counter[int]]] = defaultdict(dict)

    def add(self, job: Job, worked_s: float, ended_at: datetime) -> None:
        slots = self._slots[job.backend or "unknown", job.tier]
        slots.setdefault(slot(ended_at), Counter())[bucket(worked_s)] += 1

    def recent(self, backend: str, tier: str) -> Histogram:
        slots = self._slots[backend, tier]
        return latest(slots[start] for start in sorted(slots, reverse=True))


class FakeAuditLog:
    """All tables that append to it share its lock."""

    def __init__(self) -> None:
        self.written: list[AuditEntry] = []
        self.signed: list[SignedAnchor] = []
        self.lock = threading.RLock()

    def append(self, audit_event: AuditEvent) -> None:
        with self.lock:
            head = self.heads()[chain_of(audit_event)]
            self.written.append(AuditEntry.after(head, audit_event))

    def for_review(self, review_id: ReviewId) -> list[AuditEntry]:
        return [entry for entry in self.written if entry.review_id == review_id]

    def entries(self, chain: int, *, after: int = 0) -> Iterator[AuditEntry]:
        return (one for one in self.written if one.chain == chain and one.number > after)

    def heads(self) -> list[ChainHead]:
        last = {entry.chain: entry for entry in self.written}
        return [
            last[chain].head if chain in last else ChainHead.start(chain) for chain in range(CHAINS)
        ]

    def missing(self, heads: Iterable[ChainHead]) -> list[ChainHead]:
        there = [entry.head for entry in self.written]
        return [head for head in heads if head.number and head not in there]

    def anchors(self, *, after: int = 0) -> Iterator[SignedAnchor]:
        return iter(self.signed[after:])

    def last_anchor(self) -> SignedAnchor | None:
        return self.signed[-1] if self.signed else None

    def add_anchor(self, anchor: SignedAnchor) -> None:
        with self.lock:
            if anchor.number != len(self.signed) + 1:
                raise ConcurrentChange(f"there is an anchor {anchor.number} already")
            self.signed.append(anchor)


class FakeOperatingState:
    def __init__(self, audit_log: FakeAuditLog) -> None:
        self._audit_log = audit_log
        self.now = Switches()
        self.reported: dict[Scarce, Shortage] = {}

    def switches(self) -> Switches:
        return self.now

    def change(self, switches: Switches, audit_event: AuditEvent) -> None:
        if switches == self.now:
            return
        if switches.version != self.now.version + 1:
            raise ConcurrentChange("the switches were changed: read them again")
        self._audit_log.append(audit_event)
        self.now = switches

    def switch(self, **fields: object) -> None:
        """Without an audit event."""
        self.now = self.now.change(**fields)

    def shortages(self) -> list[Shortage]:
        return list(self.reported.values())

    def report(self, shortage: Shortage) -> None:
        if shortage.replaces(self.reported.get(shortage.of)):
            self.reported[shortage.of] = shortage


class FakeDeskCounters:
    def __init__(self, audit_log: FakeAuditLog) -> None:
        self._audit_log = audit_log
        self._seen: dict[tuple[DeskDay, str], Exposure] = {}
        self._counts: dict[tuple[DeskDay, str], Counter[str]] = defaultdict(Counter)
        self._revealed: dict[tuple[ReviewId | None, str], set[PhotoId]] = defaultdict(set)

    def add(
        self, day: DeskDay, counts: DeskCounts, days: Mapping[str, DeskDay] | None = None
    ) -> None:
        for by, of in counts.items():
            if of:
                self._counts[(days or {}).get(by, day), by].update(of)

    def exposure(self, moderator: str, day: DeskDay) -> Exposure:
        return self._seen.get((day, moderator), Exposure())

    def exposures(self, now: datetime) -> dict[str, Exposure]:
        going = ((who, seen) for (_, who), seen in self._seen.items())
        return {who: seen for who, seen in going if seen.ends_at and now < seen.ends_at}

    def expose(
        self, audit_event: AuditEvent, *, today: ReservedDay, points: int, budget: int
    ) -> Exposure:
        day = DeskDay(today.day)
        with self._audit_log.lock:
            seen = self.exposure(audit_event.actor, day)
            if seen.used >= seen.limit(budget):
                raise ExposureUsed("today's budget is used up")
            self._audit_log.append(audit_event)
            if photo := audit_event.details.get("photo_id"):
                self._revealed[audit_event.review_id, audit_event.actor].add(PhotoId(photo))
            return self._store(audit_event.actor, today, used=seen.used + points)

    def revealed(self, review_id: ReviewId, moderator: str) -> frozenset[PhotoId]:
        return frozenset(self._revealed[review_id, moderator])

    def ask(self, audit_event: AuditEvent, *, today: ReservedDay) -> None:
        if not self.exposure(audit_event.actor, DeskDay(today.day)).asked:
            self._audit_log.append(audit_event)
            self._store(audit_event.actor, today, asked=True)

    def grant(
        self, audit_event: AuditEvent, moderator: str, more: int, *, today: ReservedDay
    ) -> Exposure:
        self._audit_log.append(audit_event)
        extra = self.exposure(moderator, DeskDay(today.day)).extra + more
        return self._store(moderator, today, extra=extra, asked=False)

    def counts(self, days: Iterable[DeskDay]) -> dict[str, Counter[str]]:
        wanted = set(days)
        total: dict[str, Counter[str]] = defaultdict(Counter)
        for (day, by), of in self._counts.items():
            if day in wanted:
                total[by].update(of)
        return total

    def totals(self, days: Iterable[DeskDay]) -> Counter[str]:
        return self.counts(days).get(ALL, Counter())

    def _store(self, moderator: str, today: ReservedDay, **fields: object) -> Exposure:
        day = DeskDay(today.day)
        seen = self.exposure(moderator, day).model_copy(update={"ends_at": today.ends_at} | fields)
        self._seen[day, moderator] = seen
        return seen


class FakeReviews:
    """Shares the jobs' lock: a case is opened in one transaction with its job."""

    def __init__(
        self, audit_log: FakeAuditLog, desk_counters: FakeDeskCounters, jobs: FakeJobs
    ) -> None:
        self._jobs = jobs
        self._reviews: dict[ReviewId, Review] = {}
        self._tokens: dict[ReviewId, str] = {}
        self._audit_log = audit_log
        self._desk = desk_counters

    def open(self, review: Review, task_token: str | None, *, job: Job | None = None) -> None:
        with self._jobs.lock, self._audit_log.lock:
            if job:
                self._jobs.save(job)
            there = self._reviews.get(review.review_id)
            again = review.kind is ReviewKind.APPEAL
            if there is None or (again and there.state is ReviewState.EXPIRED):
                self._reviews[review.review_id] = review
                self._audit_log.append(
                    about(
                        review,
                        AuditAction.OPENED,
                        review.opened_at,
                        details={
                            "severity": review.severity.value,
                            "photos": str(len(review.photos)),
                        },
                    )
                )
            if task_token is not None:
                self._tokens[review.review_id] = task_token

    def get(self, review_id: ReviewId) -> Review:
        return self._stored(review_id)

    def for_job(self, job_id: JobId) -> list[Review]:
        mine = [review for review in self._reviews.values() if review.job_id == job_id]
        return sorted(mine, key=lambda review: review.review_id)

    def waiting(self) -> Iterator[Review]:
        return iter([r for r in self._reviews.values() if r.state is ReviewState.WAITING])

    def queue(
        self, urgent_before: datetime, *, after: str | None = None, blind: bool = True
    ) -> Iterator[Queued]:
        placed = [Queued(place(r, urgent_before, blind=blind), r) for r in self.waiting()]
        return order.after(iter(sorted(placed, key=lambda one: one.place)), after)

    def next_for(self, moderator: Moderator, now: datetime) -> Iterator[Queued]:
        for queued in self.queue(now + URGENT, blind=False):
            lease, counts_at = queued.review.active_lease(now), queued.review.counts_at
            if queued.review.pending and counts_at and counts_at > now:
                continue
            for_leads = queued.review.queue is not Queue.PHOTOS
            if (lease is None or lease.by == moderator.id) and (moderator.lead or not for_leads):
                yield queued

    def due(self, now: datetime) -> Iterator[Review]:
        for review in self.waiting():
            until = review.counts_at if review.pending else review.lease and review.lease.until
            if (until or order.due(review, blind=False)) <= now:
                yield review

    def nearest(self) -> list[Review]:
        free = [one for one in self.waiting() if not (one.lease or one.pending)]
        return sorted(free, key=lambda one: order.key(one, blind=False))[:1]

    def closed(self, day: DeskDay, *, after: str | None = None) -> Iterator[Queued]:
        decided = [
            Queued(f"{sortable(review.decided_at)}#{review.review_id}", review)
            for review in self._reviews.values()
            if review.state in {ReviewState.APPROVED, ReviewState.REFUSED} and review.decided_at
        ]
        return iter(
            sorted(
                (
                    one
                    for one in decided
                    if one.place.startswith(day) and (after is None or one.place < after)
                ),
                key=lambda one: one.place,
                reverse=True,
            )
        )

    def save(
        self,
        review: Review,
        audit_event: AuditEvent | None = None,
        counts: DeskCounts | None = None,
        days: Mapping[str, DeskDay] | None = None,
    ) -> None:
        with self._audit_log.lock:
            stored = self._stored(review.review_id)
            if stored == review:
                return
            if stored.version != review.version - 1:
                raise ConcurrentChange(f"review {review.review_id} was changed")
            self._reviews[review.review_id] = review
            if audit_event:
                self._audit_log.append(audit_event)
                self._desk.add(desk_day(audit_event.at), counts or {}, days)

    def task_token(self, review_id: ReviewId) -> str:
        if review_id not in self._tokens:
            raise NotFound(f"no state machine waits for review {review_id}")
        return self._tokens[review_id]

    def _stored(self, review_id: ReviewId) -> Review:
        if review_id not in self._reviews:
            raise NotFound(f"there is no review {review_id}")
        return self._reviews[review_id]


class FakePendingDecisions:
    def __init__(self) -> None:
        self.down = False
        self.scheduled: list[tuple[ReviewId, timedelta]] = []

    def schedule(self, review_id: ReviewId, *, after: timedelta) -> None:
        if self.down:
            raise Unavailable("the queue does not respond")
        self.scheduled.append((review_id, after))


class FakeKnownCases:
    def __init__(self) -> None:
        self._cases: dict[JobId, KnownCase] = {}
        self._uses: dict[str, KnownUse] = {}
        self._until: datetime | None = None

    def get(self, job_id: JobId) -> KnownCase | None:
        return self._cases.get(job_id)

    def save(self, case: KnownCase) -> None:
        self._cases[case.job_id] = case

    def uses(self) -> dict[str, KnownUse]:
        return dict(self._uses)

    def save_use(self, use: KnownUse) -> None:
        self._uses[use.name] = use

    def next_window(self, until: datetime) -> datetime | None:
        before, self._until = self._until, until
        return before


class FakeRuns:
    def __init__(self) -> None:
        self.stored: dict[tuple[JobId, int], Run] = {}

    def get(self, job_id: JobId, attempt: int) -> Run:
        if (job_id, attempt) not in self.stored:
            raise NotFound(f"no backend was asked for attempt {attempt} of job {job_id}")
        return self.stored[job_id, attempt]

    def save(self, run: Run) -> None:
        at = (run.job_id, run.attempt)
        stored = self.stored.get(at)
        version = stored.version if stored else 0
        if version != run.version - 1 and stored != run:
            raise ConcurrentChange(f"attempt {run.attempt} of job {run.job_id} was changed")
        self.stored[at] = run


class FakeHolds:
    def __init__(self, audit_log: FakeAuditLog) -> None:
        self.audit_log = audit_log
        self.stored: dict[JobId, Hold] = {}
        self.lock = threading.RLock()

    def get(self, job_id: JobId) -> Hold | None:
        return self.stored.get(job_id)

    def save(self, hold: Hold, audit_event: AuditEvent | None = None) -> None:
        with self.lock:
            before = self.stored.get(hold.job_id)
            if (before.version if before else 0) != hold.version - 1:
                raise Conflict(f"the hold of job {hold.job_id} was changed")
            self.stored[hold.job_id] = hold
            if audit_event:
                self.audit_log.append(audit_event)

    def list(self, *, limit: int, after: str | None = None) -> ResultPage[Hold]:
        places = {_place_of_hold(hold): hold for hold in self.stored.values()}
        found = (places[place] for place in sorted(places) if after is None or place > after)
        return ResultPage.of(found, limit=limit, position=_place_of_hold)

    def block(self, user_hash: UserHash) -> bool:
        return any(one.user_hash == user_hash and one.blocked for one in self.stored.values())


class FakeAppeals:
    def __init__(self) -> None:
        self._appeals: dict[JobId, Appeal] = {}

    def get(self, job_id: JobId) -> Appeal | None:
        return self._appeals.get(job_id)

    def save(self, appeal: Appeal) -> None:
        stored = self._appeals.get(appeal.job_id)
        if stored != appeal and (stored.version if stored else 0) != appeal.version - 1:
            raise ConcurrentChange(f"the appeal of job {appeal.job_id} was changed")
        self._appeals[appeal.job_id] = appeal


def _place_of_hold(hold: Hold) -> str:
    rank = {HoldState.WAITING: 0, HoldState.CONFIRMED: 2 if hold.reported else 1}
    return f"{rank.get(hold.state, 2)}#{sortable(hold.held_at)}#{hold.job_id}"


def _begun(job: Job) -> str:
    return f"{sortable(job.created_at)}#{job.job_id}"


def _day_of(job: Job) -> Day:
    if job.day is None:
        raise ConcurrentChange(f"job {job.job_id} has no quota day")
    return job.day


class FakeWatermarks:
    def __init__(self) -> None:
        self.records: dict[WatermarkId, WatermarkRecord] = {}

    def add(self, published: WatermarkRecord) -> None:
        known = self.records.setdefault(published.watermark, published)
        if (known.job_id, known.avatar_id) != (published.job_id, published.avatar_id):
            raise Conflict(f"another avatar has watermark {published.watermark}")

    def revoke(self, watermarks: Iterable[WatermarkId]) -> None:
        for watermark in set(watermarks) & set(self.records):
            revoked = self.records[watermark].model_copy(update={"revoked": True})
            self.records[watermark] = revoked

    def find(self, watermarks: Sequence[WatermarkId]) -> WatermarkRecord | None:
        return next(
            (self.records[watermark] for watermark in watermarks if watermark in self.records), None
        )


class FakeDeletions:
    def __init__(self) -> None:
        self.stored: dict[JobId, Deletion] = {}
        self._objects: dict[JobId, dict[tuple[str, str], StoredObject]] = {}

    def get(self, job_id: JobId) -> Deletion | None:
        return self.stored.get(job_id)

    def save(self, deletion: Deletion) -> None:
        before = self.stored.get(deletion.job_id)
        if before and before.state is DeletionState.HELD is not deletion.state:
            return
        self.stored[deletion.job_id] = deletion

    def end_hold(self, job_id: JobId) -> None:
        if job_id in self.stored and self.stored[job_id].state is DeletionState.HELD:
            del self.stored[job_id]

    def add_objects(self, job_id: JobId, objects: Iterable[StoredObject]) -> None:
        there = self._objects.setdefault(job_id, {})
        for one in objects:
            there[one.name, one.etag] = one

    def objects(self, job_id: JobId) -> list[StoredObject]:
        there = self._objects.get(job_id, {})
        return [there[key] for key in sorted(there)]


class FakeShownJobs:
    def __init__(self, jobs: FakeJobs, deletions: FakeDeletions) -> None:
        self._jobs = jobs
        self._deletions = deletions

    def get(self, job_id: JobId) -> ShownJob:
        return ShownJob(
            job=self._jobs.get(job_id),
            photos=self._jobs.photos(job_id),
            deletion=self._deletions.get(job_id),
            looked_until=self._jobs.looks.get(job_id),
        )


class FakeSweptJobs:
    def __init__(
        self,
        jobs: FakeJobs,
        deletions: FakeDeletions,
        appeals: FakeAppeals,
        known_cases: FakeKnownCases,
    ) -> None:
        self._jobs = jobs
        self._deletions = deletions
        self._appeals = appeals
        self._known_cases = known_cases

    def get(self, job_ids: Collection[JobId]) -> dict[JobId, SweptJob]:
        return {
            one: SweptJob(
                job=self._jobs.jobs.get(one),
                deletion=self._deletions.get(one),
                appeal=self._appeals.get(one),
                known=self._known_cases.get(one),
            )
            for one in job_ids
        }
