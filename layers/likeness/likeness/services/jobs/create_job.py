"""Open a job: consent, bounds, tier and day are looked at, and presigned POSTs are given."""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta

from likeness.api.app import Created, CreateJob, StoredJob
from likeness.domain.account.quota import ReservedDay, UserZone, check_zone, day_is_reserved
from likeness.domain.account.user import Profile
from likeness.domain.errors import Conflict, Invalid, OverQuota
from likeness.domain.ids import PhotoId, StyleId
from likeness.domain.jobs.catalogue import StyleCard, Tier, check_styles, check_terms, tier_of
from likeness.domain.jobs.job import Job, JobState, TimelineEntry, new_job_id
from likeness.domain.photos.photo import Photo
from likeness.ports.account import KeyedHash, Ledger, Users
from likeness.ports.deletion import Deadlines
from likeness.ports.jobs import Jobs, Timers
from likeness.ports.photos import Photos
from likeness.ports.runtime import Clock
from likeness.services.jobs.fail_job import NOT_SUBMITTED


def create_job(
    request: CreateJob,
    *,
    jobs: Jobs,
    users: Users,
    ledger: Ledger,
    photos: Photos,
    timers: Timers,
    deadlines: Deadlines,
    keyed_hash: KeyedHash,
    clock: Clock,
    styles: Mapping[StyleId, StyleCard],
    tiers: Mapping[str, Tier],
    consent_versions: frozenset[str],
    submit_within: timedelta,
    deadline: timedelta,
) -> Created:
    """Nothing is reserved yet: a user who changes their mind has lost nothing.

    Its timer and its deadline are set before the job is there, so that no job is without them.
    """
    now = clock.now()
    if request.consent.version not in consent_versions:
        raise Invalid(
            f"consent version {request.consent.version!r} is not in force: show the user one of "
            f"{', '.join(sorted(consent_versions))}"
        )
    if request.consent.accepted_at > now + timedelta(minutes=5):
        raise Invalid("consent.accepted_at lies in the future: send when the user agreed")
    check_zone(request.time_zone)
    check_styles(request.styles, styles)
    profile = users.profile(request.user_id)
    if profile.erasing:
        raise Conflict("the user is being erased: nothing can be begun")
    tier = tier_of(profile.plus, tiers, now)
    check_terms(tier, request.styles, request.avatars)
    user_hash = keyed_hash.user(request.user_id)
    taken = None if profile.zone else ledger.last_reserved(user_hash)
    zone = _zone(profile, request, taken, users, now)
    if ledger.used(user_hash, zone.day(now)) >= tier.jobs_a_day:
        raise OverQuota(day_is_reserved(zone.next_day_begins(now)))

    job = Job(
        job_id=new_job_id(),
        user_id=request.user_id,
        user_hash=user_hash,
        tier=tier.tier,
        styles=request.styles,
        avatars=request.avatars,
        consent=request.consent,
        seed=secrets.randbits(32),
        created_at=now,
        submit_by=now + submit_within,
        timeline=(TimelineEntry(state=JobState.OPEN, at=now),),
    )
    awaited = [
        Photo(job_id=job.job_id, photo_id=PhotoId(f"p{n:02d}"), content_type=photo.content_type)
        for n, photo in enumerate(request.photos, start=1)
    ]
    timers.end_at(job.job_id, NOT_SUBMITTED, when=job.submit_by)
    deadlines.set(job.job_id, when=now + deadline)
    jobs.create(job, awaited)
    presigned_posts = tuple(
        photos.presigned_post(job.job_id, photo.photo_id, photo.content_type) for photo in awaited
    )
    return Created(job_id=job.job_id, submit_by=job.submit_by, uploads=presigned_posts)


def create_job_again(kept: StoredJob, *, jobs: Jobs, photos: Photos, clock: Clock) -> Created:
    """The answer of the same request once more: the same job and photos, their forms signed anew.

    A job that takes no more photos is told without forms: whoever asks learns which job it is.
    """
    job = jobs.get(kept.job_id)
    takes_photos = job.state is JobState.OPEN and clock.now() < job.submit_by
    types = {photo.photo_id: photo.content_type for photo in jobs.photos(job.job_id)}
    presigned_posts = tuple(
        photos.presigned_post(job.job_id, presigned_post.photo_id, types[presigned_post.photo_id])
        for presigned_post in kept.uploads
        if takes_photos
    )
    return Created(job_id=job.job_id, submit_by=job.submit_by, uploads=presigned_posts)


def _zone(
    profile: Profile, request: CreateJob, taken: ReservedDay | None, users: Users, now: datetime
) -> UserZone:
    """The zone of the user's days once this job has asked for one. Two first jobs agree on it."""
    seen = profile.zone
    zone = (
        UserZone.first(request.time_zone, now, taken)
        if seen is None
        else seen.asked_for(request.time_zone, now)
    )
    if zone == seen:
        return zone
    try:
        users.save_zone(request.user_id, zone, seen=seen)
    except Conflict:
        stored = users.profile(request.user_id).zone
        if stored is None:
            raise
        return stored
    return zone
