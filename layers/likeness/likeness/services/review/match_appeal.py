"""Match a file that was uploaded for an appeal with the refused photo."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from likeness.domain.errors import ConcurrentChange, NotFound, Unavailable
from likeness.domain.moderation import Policy, severity
from likeness.domain.reasons import Reason, Refused
from likeness.domain.review.appeal import Appeal, AppealState, Match, is_near_duplicate
from likeness.domain.review.case import PhotoFindings, Review, review_of
from likeness.domain.review.kinds import ReviewKind, ReviewState
from likeness.domain.review.refusal import decisions
from likeness.domain.verdict import Finding, Outcome

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from likeness.domain.ids import JobId, PhotoId
    from likeness.domain.jobs.job import Job
    from likeness.domain.photos.photo import Photo
    from likeness.domain.photos.picture import NormalisedPhoto
    from likeness.ports.account import KeyedHash
    from likeness.ports.jobs import Jobs
    from likeness.ports.photos import Photos, Pictures
    from likeness.ports.review import Appeals, Reviews
    from likeness.ports.runtime import Clock
    from likeness.services.review.holding import Holding

AT_ONCE = 10  # a job has no more photos


def match_appeal(
    job_id: JobId,
    photo_id: PhotoId,
    *,
    etag: str,
    jobs: Jobs,
    reviews: Reviews,
    appeals: Appeals,
    photos: Photos,
    pictures: Pictures,
    keyed_hash: KeyedHash,
    holding: Holding,
    policy: Policy,
    clock: Clock,
    decide_within: timedelta,
) -> None:
    """A file that shows another picture is deleted. The last match opens the case for a lead.

    A photo to compare with, which is not contested, is added to the case if that is open already.
    A file for a held job is preserved first, whatever it shows: the job's copies were made before.
    """
    if holding.active(job_id):
        with suppress(NotFound):
            data = photos.read_upload(job_id, photo_id, etag=etag, folder="appeals")
            holding.preserve_upload(job_id, photo_id, data)
    appeal = appeals.get(job_id)
    if appeal is None or not appeal.awaits(photo_id):
        photos.delete_upload(job_id, photo_id, folder="appeals")
        return
    job = jobs.get(job_id)
    photo = next(photo for photo in jobs.photos(job_id) if photo.photo_id == photo_id)
    try:
        data = photos.read_upload(job_id, photo_id, etag=etag, folder="appeals")
    except NotFound:
        return
    try:
        picture = pictures.placeholder(data) if job.test else pictures.normalise(data)
        match = _match(picture, photo, job, keyed_hash)
    except Refused:
        match = None
    else:
        if match:
            photos.store(job_id, photo_id, picture.jpeg)
    appeal = _record(job_id, photo_id, match, appeals)
    if appeal.complete and appeal.state is AppealState.OPEN:
        now = clock.now()
        case = _case(
            job, appeal, now, now + decide_within, jobs=jobs, reviews=reviews, policy=policy
        )
        reviews.open(case, None)
        appeals.save(appeal.change(state=AppealState.IN_REVIEW, decide_by=case.decide_by))
    elif match and appeal.state is AppealState.IN_REVIEW:
        _add(PhotoFindings(photo_id=photo_id, findings=(), match=match), job_id, reviews)
    photos.delete_upload(job_id, photo_id, folder="appeals")


def _record(job_id: JobId, photo_id: PhotoId, match: Match | None, appeals: Appeals) -> Appeal:
    """Files of one appeal are matched concurrently: after a Conflict, read and save again."""
    for _ in range(AT_ONCE):
        appeal = appeals.get(job_id)
        if appeal is None:
            raise NotFound(f"job {job_id} has no appeal")
        recorded = appeal.recognised(photo_id, match)
        try:
            appeals.save(recorded)
        except ConcurrentChange:
            continue
        return recorded
    raise Unavailable(f"too many files of job {job_id} are uploaded at once")


def _add(photo: PhotoFindings, job_id: JobId, reviews: Reviews) -> None:
    """Add a photo to the open case. A case that was closed in between needs it no more."""
    for _ in range(AT_ONCE):
        case = reviews.get(review_of(job_id, ReviewKind.APPEAL))
        there = any(one.photo_id == photo.photo_id for one in case.photos)
        if there or case.state is not ReviewState.WAITING:
            return
        try:
            reviews.save(case.change(photos=(*case.photos, photo)))
        except ConcurrentChange:
            continue
        return
    raise Unavailable(f"the appeal of job {job_id} is changed too often at once")


def _match(picture: NormalisedPhoto, photo: Photo, job: Job, keyed_hash: KeyedHash) -> Match | None:
    """The same bytes, or a near-duplicate: apps save photos again."""
    if photo.sha256 and photo.sha256 == picture.sha256:
        return "exact"
    if photo.hmac and keyed_hash.photo(job.user_id, picture.sha256) == photo.hmac:
        return "exact"
    if photo.fingerprint and is_near_duplicate(picture.fingerprint, photo.fingerprint):
        return "similar"
    return None


def _case(
    job: Job,
    appeal: Appeal,
    now: datetime,
    decide_by: datetime,
    *,
    jobs: Jobs,
    reviews: Reviews,
    policy: Policy,
) -> Review:
    """The earlier findings and refusals, for a lead who did not decide before."""
    photos = jobs.photos(job.job_id)
    there = {photo.photo_id: photo for photo in photos}
    before = reviews.for_job(job.job_id)
    grounds = decisions(job, photos, before).needing_statement
    found = tuple(
        PhotoFindings(
            photo_id=appealed.photo_id,
            findings=_findings(there[appealed.photo_id], grounds.get(appealed.photo_id)),
            match=appealed.match,
        )
        for appealed in appeal.photos
        if appealed.match
    )
    deciders = {review.decided_by for review in before if review.kind is not ReviewKind.APPEAL}
    return Review(
        review_id=review_of(job.job_id, ReviewKind.APPEAL),
        job_id=job.job_id,
        owner=job.user_id,
        kind=ReviewKind.APPEAL,
        severity=severity((f.reason for photo in found for f in photo.findings), policy),
        opened_at=now,
        decide_by=decide_by,
        photos=found,
        excluded_moderators=tuple(sorted(decider for decider in deciders if decider)),
    )


def _findings(photo: Photo, ground: Reason | None) -> tuple[Finding, ...]:
    """A moderator may have refused a photo for a reason that moderation did not find.

    Without a ground the photo is not contested: it is there to compare with.
    """
    if ground is None:
        return ()
    found = photo.verdict.findings if photo.verdict else ()
    if any(finding.reason is ground for finding in found):
        return found
    return (Finding(outcome=Outcome.REFUSED, reason=ground, source="a moderator"), *found)
