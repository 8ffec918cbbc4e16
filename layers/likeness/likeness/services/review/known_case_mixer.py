"""Mix known cases into the review queue, blind, and score those that were decided.

A known case is opened after a real one was decided, with a probability that gives the wanted share,
so it costs no moderator anything while no one works. Real cases come first: while one of them is
urgent, or would miss its deadline at the current rate, none is opened and waiting ones are
withdrawn.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

from likeness.domain.errors import ConcurrentChange, Invalid, LikenessError, NotFound
from likeness.domain.ids import JobId, PhotoId, UserId
from likeness.domain.jobs.job import new_job_id
from likeness.domain.moderation import Policy, severity
from likeness.domain.photos.photo import Photo, PhotoState
from likeness.domain.photos.photo_check import PhotoRules, check_faces, possible_faces
from likeness.domain.reasons import Refused
from likeness.domain.review import statistics
from likeness.domain.review.audit import SYSTEM, AuditAction, AuditEvent, about
from likeness.domain.review.case import URGENT, Review, review_of
from likeness.domain.review.kinds import ReviewKind, ReviewState
from likeness.domain.review.known_case import (
    LOST_AFTER,
    MAX_PHOTOS,
    KnownCase,
    KnownManifest,
    KnownSet,
    KnownUse,
    answered,
    photo_ids,
    score,
)
from likeness.domain.review.statistics import desk_day, missed
from likeness.domain.verdict import Outcome
from likeness.services.photos.set_moderation import moderate_pictures
from likeness.services.review.request_review import findings_first

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from likeness.domain.photo_set import SetVerdict
    from likeness.ports.known_cases import KnownCases, KnownPictures
    from likeness.ports.photos import Detector, Photos, Pictures
    from likeness.ports.review import AuditLog, DeskCounters, PendingDecisions, Reviews
    from likeness.ports.runtime import Clock
    from likeness.services.review.case_reader import CaseReader

SETTLED = timedelta(minutes=2)  # a decision is in the index of its day by then
DELAYS_S = (0, 900)  # SQS, SendMessage: DelaySeconds is at most 900
READ = 1000  # cases of the queue: a longer one is under pressure anyway
TRIES = 3  # sets that moderation does not send to a moderator


@dataclass(frozen=True)
class KnownCaseMixer:
    source: KnownPictures | None  # None: the operator has turned known cases off
    percent: float
    known_cases: KnownCases
    reviews: Reviews
    desk_counters: DeskCounters
    audit_log: AuditLog
    pending: PendingDecisions
    photos: Photos
    detector: Detector
    pictures: Pictures
    case_reader: CaseReader
    policy: Policy
    rules: PhotoRules
    sampled: bool  # whether moderators also get cases in which moderation found nothing
    decide_within: timedelta
    clock: Clock
    chance: random.Random

    def mix(self) -> int:
        now = self.clock.now()
        done = self._score(now)
        if self.source is None:
            return done
        decided = self._decided(now)
        if self._is_pressed(now):
            return done + self._withdraw(now)
        share = self.percent / (100 - self.percent)
        wanted = [review for review in decided if self.chance.random() < share]
        if not wanted:
            return done
        manifest, faults = self.source.manifest(), list[str]()
        for review in wanted:
            done += self._prepare_after(review, manifest, faults, now)
        if faults:
            raise Invalid("; ".join(faults))
        return done

    # ------------------------------------------------------------------------------- score

    def _score(self, now: datetime) -> int:
        """Score what was decided, and delete its photos."""
        done = 0
        for use in self.known_cases.uses().values():
            if use.job_id is None:
                continue
            case = self.known_cases.get(use.job_id)
            review = self._review(use.job_id)
            if review is None and now < use.at + LOST_AFTER:
                continue  # it is not open yet
            if review and review.state is ReviewState.WAITING:
                continue
            events = self.audit_log.for_review(review.review_id) if review else []
            if review and case and answered(review) and review.answer is None:
                self._store_score(review, case, now)
            self._delete_photos(use.job_id)
            if case:
                self.known_cases.save(case.model_copy(update={"over": True}))
            seen = {event.actor: event.at for event in events if event.actor != SYSTEM}
            self.known_cases.save_use(use.ended(seen, now))
            done += 1
        return done

    def _store_score(self, review: Review, case: KnownCase, now: datetime) -> None:
        """The event has no review id: the case's own audit log would show that it was known."""
        moderator = review.decided_by or review.held_by or SYSTEM
        scored = review.change(answer=case.answer)
        event = AuditEvent(
            at=now,
            action=AuditAction.KNOWN_SCORED,
            details={
                "review_id": review.review_id,
                "set": case.name,
                "moderator": moderator,
                "result": scored.agreement or "",
            },
        )
        counts = score(review, case.answer, moderator)
        self.reviews.save(scored, event, counts, statistics.own_days(review))

    def _delete_photos(self, job_id: JobId) -> None:
        """Also those of a call that died before it stored the case."""
        for photo_id in photo_ids(MAX_PHOTOS):
            self.photos.delete(job_id, photo_id)

    def _review(self, job_id: JobId) -> Review | None:
        with suppress(NotFound):
            return self.reviews.get(review_of(job_id, ReviewKind.KNOWN))
        return None

    # ---------------------------------------------------------------------- real cases first

    def _decided(self, now: datetime) -> list[Review]:
        """Return the real cases that were decided since the last call."""
        until = now - SETTLED
        since = self.known_cases.next_window(until)
        if since is None or since >= until:
            return []
        return [
            review
            for review in self._closed(since, until)
            if review.kind is ReviewKind.PHOTOS and review.decided_at and review.decided_at <= until
        ]

    def _closed(self, since: datetime, until: datetime) -> Iterator[Review]:
        day = max(since, until - timedelta(days=1)).astimezone(UTC).date()
        while day <= until.astimezone(UTC).date():
            for queued in self.reviews.closed(statistics.DeskDay(day.isoformat())):
                if queued.review.decided_at and queued.review.decided_at <= since:
                    break
                yield queued.review
            day += timedelta(days=1)

    def _is_pressed(self, now: datetime) -> bool:
        """Whether a real case is urgent, or would miss its deadline after all that come before."""
        waiting = [
            queued.review
            for queued in islice(self.reviews.queue(now + URGENT, blind=False), READ + 1)
            if not queued.review.pending
        ]
        real = [one for one in waiting if one.kind is not ReviewKind.KNOWN]
        if len(waiting) > READ or any(one.decide_by < now + URGENT for one in real):
            return True
        yesterday = desk_day(now - timedelta(days=1))
        handled = self.desk_counters.totals([desk_day(now), yesterday])[statistics.HANDLED]
        per_hour = statistics.per_hour(handled, now)
        return bool(real) and missed((one.decide_by for one in waiting), now, per_hour) > 0

    def _withdraw(self, now: datetime) -> int:
        withdrawn = 0
        for queued in list(islice(self.reviews.queue(now + URGENT, blind=False), READ)):
            review = queued.review
            if review.kind is not ReviewKind.KNOWN or review.pending or review.active_lease(now):
                continue
            event = about(review, AuditAction.EXPIRED, now)
            counts = {statistics.KNOWN: {statistics.EXPIRED: 1}}
            with suppress(ConcurrentChange):
                self.reviews.save(review.expire(now), event, counts)
                withdrawn += 1
        return withdrawn

    # ----------------------------------------------------------------------------- prepare

    def _prepare_after(
        self, real: Review, manifest: KnownManifest, faults: list[str], now: datetime
    ) -> int:
        """Prepare one set, the one that waited longest, that the moderator at work has not seen."""
        uses = self.known_cases.uses()

        def waited(one: KnownSet) -> tuple[bool, datetime, float]:
            use = uses.get(one.name)
            return (use is not None, use.at if use else now, self.chance.random())

        tried = 0
        for known in sorted(manifest.cases, key=waited):
            use = uses.get(known.name) or KnownUse(name=known.name, at=now)
            if use.job_id or real.decided_by in use.seen_by(now):
                continue
            if tried == TRIES:
                break
            tried += 1
            job_id = new_job_id()
            # Before a picture is stored: if this call dies, `_score` deletes it.
            self.known_cases.save_use(use.model_copy(update={"job_id": job_id, "at": now}))
            try:
                case = self._case(job_id, known, real, use.seen_by(now), now)
            except LikenessError as fault:
                self._delete_photos(job_id)
                self.known_cases.save_use(use.model_copy(update={"at": now}))
                if not isinstance(fault, (Invalid, NotFound)):  # the detector is busy
                    raise
                faults.append(f"known case {known.name}: {fault}")
                continue
            self.known_cases.save(case)
            delay = timedelta(seconds=self.chance.randint(*DELAYS_S))
            self.pending.schedule(case.review.review_id, after=delay)
            return 1
        return 0

    def _case(
        self, job_id: JobId, known: KnownSet, real: Review, seen_by: tuple[str, ...], now: datetime
    ) -> KnownCase:
        """Do with the pictures what is done with a user's. Raises Invalid or NotFound.

        Context and age assurance are those of the real case: an empty one would show a known case.
        """
        numbered = zip(photo_ids(len(known.photos)), known.photos, strict=True)
        photos = [self._photo(job_id, photo_id, one.file, now) for photo_id, one in numbered]
        verdicts = [photo.verdict for photo in self.case_reader.jobs.photos(real.job_id)]
        checked = next((one.evidence.age_assurance for one in verdicts if one), None)
        found = moderate_pictures(photos, {}, checked, detector=self.detector, policy=self.policy)
        self._require_doubt(found)
        photos = [
            photo.model_copy(update={"verdict": found.photos[photo.photo_id]}) for photo in photos
        ]
        reasons = [finding.reason for one in found.photos.values() for finding in one.findings]
        review = Review(
            review_id=review_of(job_id, ReviewKind.KNOWN),
            job_id=job_id,
            owner=UserId(f"known-{job_id}"),
            kind=ReviewKind.KNOWN,
            severity=severity(reasons, self.policy),
            opened_at=now,
            decide_by=now + self.decide_within,
            photos=findings_first(photos),
            excluded_moderators=seen_by,
        )
        return KnownCase(
            name=known.name,
            job_id=job_id,
            prepared_at=now,
            review=review,
            photos=tuple(photos),
            answer=known.answer(),
            context=self.case_reader.context(real),
        )

    def _photo(self, job_id: JobId, photo_id: PhotoId, file: str, now: datetime) -> Photo:
        data = self._read(file)
        try:
            picture = self.pictures.normalise(data)
        except Refused as refused:
            raise Invalid(f"{file}: {refused.reason}") from refused
        self.photos.store(job_id, photo_id, picture.jpeg)
        faces = possible_faces(self.detector.faces(job_id, photo_id), self.rules)
        if problem := check_faces(faces, height=picture.height, rules=self.rules):
            raise Invalid(f"{file}: {problem.reason}, so no user could upload it")
        return Photo(
            job_id=job_id,
            photo_id=photo_id,
            content_type="image/jpeg",
            state=PhotoState.ACCEPTED,
            inspected_at=now,
            width=picture.width,
            height=picture.height,
            face=faces[0].box,
        )

    def _read(self, file: str) -> bytes:
        if self.source is None:
            raise NotFound("known cases are turned off")
        return self.source.read(file)

    def _require_doubt(self, found: SetVerdict) -> None:
        """A set that moderation decides alone never reaches a moderator: it would stand out."""
        if found.left_out:
            raise Invalid("moderation would leave a photo out: use fewer clean photos")
        outcome = found.outcome
        if outcome is Outcome.DOUBTFUL or (outcome is Outcome.CLEAN and self.sampled):
            return
        raise Invalid(f"moderation finds it {outcome}: only doubtful pictures reach moderators")
