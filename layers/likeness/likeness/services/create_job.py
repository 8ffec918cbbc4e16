"""Open a job: consent, bounds, tier and day are looked at, and upload forms are given."""

import secrets
from collections.abc import Mapping
from datetime import timedelta

from likeness.api import Created, CreateJob
from likeness.domain.catalogue import StyleCard, Tier, check_order, tier_of
from likeness.domain.errors import Invalid, OverQuota
from likeness.domain.ids import PhotoId, StyleId
from likeness.domain.job import Job, JobState, Moment, new_job_id
from likeness.domain.photo import Photo
from likeness.domain.quota import day_of, next_day_begins, zone
from likeness.ports import Clock, Jobs, Ledger, Photos, Users
from likeness.services.get_quota import used


def create_job(
    request: CreateJob,
    *,
    jobs: Jobs,
    users: Users,
    ledger: Ledger,
    photos: Photos,
    clock: Clock,
    styles: Mapping[StyleId, StyleCard],
    tiers: Mapping[str, Tier],
    consent_versions: frozenset[str],
    submit_within: timedelta,
) -> Created:
    """Nothing is reserved yet: a user who changes their mind has lost nothing."""
    now = clock.now()
    if request.consent.version not in consent_versions:
        raise Invalid(
            f"consent version {request.consent.version!r} is not in force: show the user one of "
            f"{', '.join(sorted(consent_versions))}"
        )
    if request.consent.accepted_at > now + timedelta(minutes=5):
        raise Invalid("consent.accepted_at lies in the future: send when the user agreed")
    zone(request.time_zone)
    tier = tier_of(users.plus(request.user_id), tiers, now)
    check_order(tier, request.styles, request.avatars, styles)
    time_zone = users.fix_time_zone(request.user_id, request.time_zone)
    day = day_of(now, time_zone)
    if used(ledger.entries(request.user_id, day)) >= tier.jobs_a_day:
        begins = next_day_begins(now, time_zone)
        raise OverQuota(f"today's avatars were made: the next day begins at {begins.isoformat()}")

    job = Job(
        job_id=new_job_id(),
        user_id=request.user_id,
        tier=tier.tier,
        styles=request.styles,
        avatars=request.avatars,
        consent=request.consent,
        time_zone=time_zone,
        seed=secrets.randbits(32),
        created_at=now,
        submit_by=now + submit_within,
        timeline=(Moment(state=JobState.OPEN, at=now),),
    )
    awaited = [
        Photo(job_id=job.job_id, photo_id=PhotoId(f"p{n:02d}"), content_type=photo.content_type)
        for n, photo in enumerate(request.photos, start=1)
    ]
    jobs.create(job, awaited)
    forms = tuple(photos.form(job.job_id, photo.photo_id, photo.content_type) for photo in awaited)
    return Created(job_id=job.job_id, submit_by=job.submit_by, uploads=forms)
