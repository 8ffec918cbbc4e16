"""Moderate the user's photos, as a set, before any GPU work."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from likeness.contracts.photos import ModeratePhotosResult
from likeness.domain.deletion.receipt import PHOTOS
from likeness.domain.jobs.job import Job, JobState, WaitingFor
from likeness.domain.jobs.usage import of_photos
from likeness.domain.photo_set import SetVerdict
from likeness.domain.photos.photo import Photo, PhotoProblem, PhotoState
from likeness.domain.review import statistics as desk_counters
from likeness.domain.review.audit import AuditAction, AuditEvent
from likeness.domain.review.hold import Hold, HoldTrigger
from likeness.domain.review.statistics import desk_day
from likeness.domain.verdict import Outcome, Verdict
from likeness.services.jobs.waiting import DETECTOR_IMAGES, UNKNOWN_FINDING, Readiness
from likeness.services.photos.set_moderation import moderate_pictures

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from likeness.domain.ids import JobId, PhotoId, UserId
    from likeness.domain.moderation import Policy
    from likeness.domain.reasons import Reason
    from likeness.domain.review.sampling import ReviewPolicy
    from likeness.ports.account import KeyedHash, Users
    from likeness.ports.jobs import Jobs
    from likeness.ports.photos import Detector
    from likeness.ports.runtime import Clock, Metrics
    from likeness.services.deletion.job_deletion import JobDeletion
    from likeness.services.review.holding import Holding

MODERATED = (PhotoState.ACCEPTED, PhotoState.LEFT_OUT)


def moderate_photos(
    job_id: JobId,
    *,
    jobs: Jobs,
    detector: Detector,
    policy: Policy,
    review_policy: ReviewPolicy,
    users: Users,
    keyed_hash: KeyedHash,
    deletion: JobDeletion,
    holding: Holding,
    metrics: Metrics,
    readiness: Readiness,
    clock: Clock,
) -> ModeratePhotosResult:
    """The verdicts of a set are stored together. A replayed step does not change them.

    A photo that is left out is deleted here. A clean job that is sampled by the review policy is
    reviewed like a doubtful one. A set that may be illegal is held, unless a lead has returned its
    job from such a hold: then a moderator decides. Raises UnknownDetector, and stores nothing, if
    the policy does not name the detector's version.
    """
    job = jobs.get(job_id)
    job.require(JobState.MODERATING, JobState.IN_REVIEW, JobState.GENERATING)
    job, _ = readiness.require_work(job)
    photos = [photo for photo in jobs.photos(job_id) if photo.state in MODERATED]
    new = all(photo.verdict is None for photo in photos)
    if new:
        exonerated = _exonerated(job.user_id, photos, users=users, keyed_hash=keyed_hash)
        now = clock.now()
        with readiness.detecting(job):
            checked = job.age_assurance.at(now) if job.age_assurance else None
            found = moderate_pictures(photos, exonerated, checked, detector=detector, policy=policy)
        job = readiness.go_on(job, WaitingFor.DETECTOR)
        sampled = review_policy.selects(job_id)
        photos = _save(job, photos, found, now, jobs=jobs, keyed_hash=keyed_hash, sampled=sampled)
    verdicts = {photo.photo_id: photo.verdict for photo in photos if photo.verdict}
    outcome = _outcome(SetVerdict(photos=verdicts), holding.holds.get(job_id))
    if outcome is Outcome.CLEAN and review_policy.selects(job_id):
        outcome = Outcome.DOUBTFUL
    if new:
        _count(verdicts, outcome, metrics)
        metrics.count(DETECTOR_IMAGES, of_photos(photos).detector_images)
    if outcome is Outcome.ESCALATED:
        suspected = [p for p, one in verdicts.items() if one.outcome is Outcome.ESCALATED]
        holding.hold(job_id, HoldTrigger.MODERATION, suspected=suspected)
    for photo in photos:
        if photo.state is PhotoState.LEFT_OUT and not deletion.is_on_hold(job_id):
            deletion.delete(job_id, PHOTOS, photo=photo.photo_id)
    return ModeratePhotosResult(job_id=job_id, outcome=outcome)


def _outcome(found: SetVerdict, hold: Hold | None) -> Outcome:
    """The set's outcome; a hold and a lead's decision about it come first."""
    if hold and hold.active:
        return Outcome.ESCALATED
    legal = hold is not None and hold.found_legal
    return Outcome.DOUBTFUL if legal and found.outcome is Outcome.ESCALATED else found.outcome


def _exonerated(
    user_id: UserId, photos: Sequence[Photo], *, users: Users, keyed_hash: KeyedHash
) -> Mapping[PhotoId, frozenset[Reason]]:
    """Return the reasons that a granted appeal ruled out for these photos."""
    exonerated = users.profile(user_id).exonerated
    if not exonerated:
        return {}
    hmacs = {p.photo_id: keyed_hash.photo(user_id, p.sha256) for p in photos if p.sha256}
    return {photo_id: exonerated[hmac] for photo_id, hmac in hmacs.items() if hmac in exonerated}


def _save(
    job: Job,
    photos: Sequence[Photo],
    found: SetVerdict,
    now: datetime,
    *,
    jobs: Jobs,
    keyed_hash: KeyedHash,
    sampled: bool,
) -> list[Photo]:
    """Store the verdicts. If the app's word replaced a moderator's look, that is audited."""
    moderated = []
    for photo in photos:
        fields: dict[str, object] = {"verdict": found.photos[photo.photo_id]}
        if photo.photo_id in found.left_out:
            fields |= left_out_fields(job, photo, found.photos[photo.photo_id], now, keyed_hash)
        moderated.append(photo.model_copy(update=fields))
    count = len(found.left_out)
    assured = job.age_assurance if found.age_assured else None
    jobs.save_moderated(
        moderated,
        seen=photos,
        job=job.change(photos_left_out=count) if count else None,
        audit_event=AuditEvent(
            at=now,
            action=AuditAction.AGE_ASSURED,
            job_id=job.job_id,
            details={"method": assured.method, "over_age": str(assured.over_age)},
        )
        if assured
        else None,
        counted=(desk_day(now), {desk_counters.ALL: _desk_counts(found, sampled=sampled)}),
    )
    return moderated


def _desk_counts(found: SetVerdict, *, sampled: bool) -> Mapping[str, int]:
    """Return what moderation decided alone, for the transparency report. Photos by reason."""
    refused = found.outcome is Outcome.REFUSED
    counts = Counter({desk_counters.MODERATED: 1})
    to_review = found.outcome is Outcome.DOUBTFUL or (sampled and not refused)
    counts[desk_counters.TO_REVIEW] += to_review
    for photo_id, one in found.photos.items():
        if refused and one.outcome is Outcome.REFUSED:
            counts[f"{desk_counters.AUTO_REFUSED}{one.reason}"] += 1
        if photo_id in found.left_out:
            counts[f"{desk_counters.AUTO_LEFT_OUT}{one.reason}"] += 1
    return {name: n for name, n in counts.items() if n}


def left_out_fields(
    job: Job, photo: Photo, verdict: Verdict, now: datetime, keyed_hash: KeyedHash
) -> dict[str, object]:
    """As of a refused photo, no checksum stays, but an HMAC if the user may contest it."""
    fields: dict[str, object] = {"state": PhotoState.LEFT_OUT, "left_out_at": now, "sha256": None}
    if verdict.reason:
        fields["problem"] = PhotoProblem(reason=verdict.reason)
        if verdict.reason.needs_statement and photo.sha256:
            fields["hmac"] = keyed_hash.photo(job.user_id, photo.sha256)
    return fields


def _count(verdicts: Mapping[PhotoId, Verdict], outcome: Outcome, metrics: Metrics) -> None:
    metrics.count("JobsModerated")
    if outcome is Outcome.DOUBTFUL:
        metrics.count("JobsToReview")
    if left_out := sum(one.outcome is Outcome.LEFT_OUT for one in verdicts.values()):
        metrics.count("PhotosLeftOut", left_out)
    findings = [finding for one in verdicts.values() for finding in one.findings]
    if unknown := sum(finding.reason is None for finding in findings):
        metrics.count(UNKNOWN_FINDING, unknown)
