"""Open a job: check consent, limits, tier and quota, and return presigned POSTs."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from likeness.api.jobs import CreateJob, JobCreated, StoredJob
from likeness.contracts.jobs import JobError
from likeness.domain.account.consent import ConsentVersions, check_consent
from likeness.domain.account.quota import ReservedDay, UserZone, over_quota
from likeness.domain.account.time_zones import current_name
from likeness.domain.account.user import MAX_OPEN_JOBS, Profile
from likeness.domain.errors import (
    ConcurrentChange,
    ErasureRunning,
    Invalid,
    NotFound,
    TooManyOpenJobs,
    UserBlocked,
)
from likeness.domain.ids import JobId, PhotoId, StyleId
from likeness.domain.jobs.catalogue import StyleCard, Tier, check_styles, check_terms
from likeness.domain.jobs.job import Job, JobState, TimelineEntry, new_job_id
from likeness.domain.jobs.operating_state import avatars_of_new_job
from likeness.domain.jobs.test_plan import (
    TestPlan,
    counted_as,
    job_tier,
    quota_clock,
    quota_day,
    require_test_mode,
)
from likeness.domain.moment import CLOCKS_DIFFER
from likeness.domain.photos.photo import Photo, PhotoState

if TYPE_CHECKING:
    from collections.abc import Mapping

    from likeness.api.photos import PresignedPost
    from likeness.ports.account import KeyedHash, Ledger, Users
    from likeness.ports.deletion import Deadlines, Deletions
    from likeness.ports.holds import Holds
    from likeness.ports.jobs import Jobs, OperatingState, Timers
    from likeness.ports.photos import Photos
    from likeness.ports.runtime import Clock


@dataclass(frozen=True)
class Terms:
    """The rules for a new job, and its time limits."""

    styles: Mapping[StyleId, StyleCard]
    tiers: Mapping[str, Tier]
    consent_versions: ConsentVersions
    submit_within: timedelta
    deadline: timedelta
    engine: str = "painter"
    test_mode: bool = False


def create_job(
    request: CreateJob,
    *,
    jobs: Jobs,
    users: Users,
    ledger: Ledger,
    holds: Holds,
    photos: Photos,
    timers: Timers,
    deadlines: Deadlines,
    keyed_hash: KeyedHash,
    operating_state: OperatingState,
    clock: Clock,
    terms: Terms,
) -> JobCreated:
    """Reserves no quota day: submitting does.

    While capacity is short, a job gets fewer avatars than asked for, and the response says so. The
    timer and the deadline are set before the job is stored, so that no job is without them.
    """
    now = clock.now()
    switches = operating_state.switches()
    switches.require_accepting(terms.engine)
    _check_test(request, terms)
    check_consent(request.consent, terms.consent_versions, now)
    if request.age_assurance and request.age_assurance.checked_at > now + CLOCKS_DIFFER:
        raise Invalid(
            "age_assurance.checked_at is in the future: send when the age was checked",
            field="/body/age_assurance/checked_at",
        )
    current_name(request.time_zone)  # raises Invalid
    check_styles(request.styles, terms.styles, off=switches.styles_off)
    profile = users.profile(request.user_id)
    if profile.erasing:
        raise ErasureRunning("the user is being erased: no job can be created")
    test = request.test
    tier = job_tier(test, profile.plus, terms.tiers, now)
    check_terms(tier, request.styles, request.avatars)
    reserved = None
    if profile.zone is None:
        reserved = ledger.last_reserved(keyed_hash.user(request.user_id))
    zone = _zone(profile, request, reserved, users, now)
    user_hash = keyed_hash.user(counted_as(request.user_id, test))
    if holds.block(user_hash):
        raise UserBlocked("this user can create no job")
    today = quota_day(test, zone, now)
    if today and ledger.used(user_hash, today.day) >= tier.jobs_a_day:
        raise over_quota(
            ledger.entries(request.user_id, today.day, test=test is not None),
            next_day_begins_at=today.ends_at,
            now=quota_clock(test, today, now),
        )
    _require_room(profile, request, jobs, users)
    avatars = request.avatars
    if request.test is None:  # a test job needs no instance and no detector
        short = operating_state.shortages()
        avatars = avatars_of_new_job(avatars, len(request.styles), switches, short, now)

    job = Job(
        job_id=new_job_id(),
        user_id=request.user_id,
        user_hash=user_hash,
        tier=tier.tier,
        styles=request.styles,
        avatars=avatars,
        avatars_asked=None if avatars == request.avatars else request.avatars,
        consent=request.consent,
        age_assurance=request.age_assurance,
        metadata=request.metadata,
        test=test,
        seed=secrets.randbits(32),
        created_at=now,
        submit_by=now + _submit_within(test, terms),
        timeline=(TimelineEntry(state=JobState.OPEN, at=now),),
    )
    awaited = [
        Photo(job_id=job.job_id, photo_id=PhotoId(f"p{n:02d}"), content_type=photo.content_type)
        for n, photo in enumerate(request.photos, start=1)
    ]
    timers.end_at(job.job_id, JobError.NOT_SUBMITTED, when=job.submit_by)
    deadlines.set(job.job_id, when=now + terms.deadline)
    jobs.create(job, awaited)
    presigned_posts = tuple(
        photos.presigned_post(job.job_id, photo.photo_id, photo.content_type) for photo in awaited
    )
    return _created(job, presigned_posts)


def _created(job: Job, uploads: tuple[PresignedPost, ...]) -> JobCreated:
    return JobCreated(
        job_id=job.job_id, submit_by=job.submit_by, avatars=job.avatars, uploads=uploads
    )


def _require_room(profile: Profile, request: CreateJob, jobs: Jobs, users: Users) -> None:
    """Raises TooManyOpenJobs. Storing the job has the same limit, so concurrent requests hold it.

    A job that was submitted or has ended stays in the profile until its place is needed.
    """
    if len(profile.open_jobs) < MAX_OPEN_JOBS:
        return
    still_open = {job_id for job_id in profile.open_jobs if _is_open(job_id, jobs)}
    if len(still_open) >= MAX_OPEN_JOBS:
        raise TooManyOpenJobs(
            f"the user has {MAX_OPEN_JOBS} open jobs: continue or delete one",
            job_ids=tuple(sorted(still_open)),
        )
    users.remove_open_jobs(request.user_id, profile.open_jobs - still_open)


def _is_open(job_id: JobId, jobs: Jobs) -> bool:
    try:
        return jobs.get(job_id).state is JobState.OPEN
    except NotFound:
        return False


def create_job_again(
    stored: StoredJob, *, jobs: Jobs, photos: Photos, deletions: Deletions, clock: Clock
) -> JobCreated:
    """Return the same job for a repeated request, with new presigned POSTs.

    Without presigned POSTs if the job takes no more photos.
    """
    job = jobs.get(stored.job_id)
    deletion = deletions.get(job.job_id)
    takes_photos = job.state is JobState.OPEN and clock.now() < job.submit_by and not deletion
    types = {
        photo.photo_id: photo.content_type
        for photo in jobs.photos(job.job_id)
        if photo.state is not PhotoState.DELETED
    }
    presigned_posts = tuple(
        photos.presigned_post(job.job_id, upload.photo_id, types[upload.photo_id])
        for upload in stored.uploads
        if takes_photos and upload.photo_id in types
    )
    return _created(job, presigned_posts)


def _check_test(request: CreateJob, terms: Terms) -> None:
    test = request.test
    if test is None:
        return
    require_test_mode(terms.test_mode)
    if test.avatars is not None and test.avatars > request.avatars:
        raise Invalid(f"test.avatars: {test.avatars} of {request.avatars} cannot come out")


def _submit_within(test: TestPlan | None, terms: Terms) -> timedelta:
    if test is None or test.submit_within_s is None:
        return terms.submit_within
    return timedelta(seconds=test.submit_within_s)


def _zone(
    profile: Profile, request: CreateJob, reserved: ReservedDay | None, users: Users, now: datetime
) -> UserZone:
    """Return the user's time zone after this request. Concurrent first jobs agree on one."""
    seen, name = profile.zone, request.time_zone
    zone = seen.changed_to(name, now) if seen else UserZone.first(name, now, reserved)
    if zone == seen:
        return zone
    try:
        users.save_zone(request.user_id, zone, seen=seen)
    except ConcurrentChange:
        stored = users.profile(request.user_id).zone
        if stored is None:
            raise
        return stored
    return zone
