"""Run a test job: what its plan says, in place of moderation and drawing."""

from __future__ import annotations

from datetime import datetime, timedelta
from math import ceil
from typing import TYPE_CHECKING

from likeness.contracts.container import GenerationProgress
from likeness.contracts.jobs import JobError, RunTestResult
from likeness.domain.deletion.receipt import PUBLISHED
from likeness.domain.errors import CapacityTimeout, Conflict, DetectorTimeout, JobStopped
from likeness.domain.generation.avatar import Avatar, AvatarState
from likeness.domain.jobs.failure import FailureKind
from likeness.domain.jobs.job import Job, JobState
from likeness.domain.jobs.test_plan import DETECTOR, ENGINE, PlannedOutcome, TestPlan
from likeness.domain.moderation import Policy, severity
from likeness.domain.photos.photo import PhotoState
from likeness.domain.review.case import PhotoFindings, RefusedPhoto, Review, review_of
from likeness.domain.review.kinds import ReviewState
from likeness.domain.verdict import Finding, Outcome, PhotoEvidence, Verdict
from likeness.services.generation.prepare_generation import approved_by_hand, orders
from likeness.services.photos.moderate_photos import left_out_fields

if TYPE_CHECKING:
    from likeness.domain.ids import JobId
    from likeness.domain.reasons import Reason
    from likeness.ports.account import KeyedHash
    from likeness.ports.deletion import JobFiles
    from likeness.ports.generation import Work
    from likeness.ports.jobs import Jobs
    from likeness.ports.provenance import AvatarStore
    from likeness.ports.review import Reviews
    from likeness.ports.runtime import Clock

TIMEOUT = "States.Timeout"
ERRORS = {  # for each kind, an error that FailJob records as that kind
    FailureKind.GPU: JobError.GENERATION_FAILED,
    FailureKind.CAPACITY: CapacityTimeout.__name__,
    FailureKind.TIMEOUT: TIMEOUT,
    FailureKind.MODERATION: DetectorTimeout.__name__,
    FailureKind.STOPPED: JobStopped.__name__,
    FailureKind.INTERNAL: "TestFailure",
}
OUTCOMES = {
    PlannedOutcome.LEFT_OUT: Outcome.LEFT_OUT,
    PlannedOutcome.DOUBTFUL: Outcome.DOUBTFUL,
    PlannedOutcome.REFUSED: Outcome.REFUSED,
}
UPDATES = 20  # of the progress while a job draws
DECIDED_BY = "test"  # no moderator has this id


def run_test(
    job_id: JobId,
    *,
    jobs: Jobs,
    reviews: Reviews,
    work: Work,
    avatar_store: AvatarStore,
    files: JobFiles,
    keyed_hash: KeyedHash,
    policy: Policy,
    clock: Clock,
) -> RunTestResult:
    """Continue the job from its state, and say what the state machine does next.

    Idempotent. The photos of the job are never read. Raises Conflict for a job that is no test,
    and if the job was cancelled.
    """
    job = jobs.get(job_id)
    plan = job.test
    if plan is None:
        raise Conflict(f"job {job_id} is no test job")
    if job.state is JobState.MODERATING:
        job, outcome = _moderate(job, plan, policy, clock.now(), jobs=jobs, keyed_hash=keyed_hash)
        if plan.failure is FailureKind.MODERATION:
            return _fail(job, ERRORS[plan.failure])
        if outcome is Outcome.REFUSED:
            return _fail(job, JobError.REFUSED)
        if outcome is Outcome.DOUBTFUL and plan.review is None:
            return RunTestResult(job_id=job_id, next="review")
        reviewed = outcome is Outcome.DOUBTFUL
        job = _move(job, JobState.IN_REVIEW if reviewed else JobState.GENERATING, jobs, clock)
    if job.state is JobState.IN_REVIEW:
        if result := _review(job, plan, policy, clock.now(), jobs=jobs, reviews=reviews):
            return result
        job = _move(job, JobState.GENERATING, jobs, clock)
    if job.state is JobState.GENERATING:
        if result := _draw(job, plan, clock.now(), work=work):
            return result
        _publish(job, plan, policy, jobs=jobs, avatar_store=avatar_store, files=files, clock=clock)
    else:
        job.require(JobState.FINISHING)
    return RunTestResult(job_id=job_id, next="finish")


def _moderate(
    job: Job, plan: TestPlan, policy: Policy, now: datetime, *, jobs: Jobs, keyed_hash: KeyedHash
) -> tuple[Job, Outcome]:
    """Store the planned verdicts, as moderation stores its own."""
    photos = [photo for photo in jobs.photos(job.job_id) if photo.state is PhotoState.ACCEPTED]
    planned = {one.photo_id: one for one in plan.photos}
    moderated = []
    for photo in photos:
        one = planned.get(photo.photo_id)
        outcome = OUTCOMES[one.outcome] if one else Outcome.CLEAN
        verdict = _verdict(outcome, one.reason if one else None, policy)
        fields: dict[str, object] = {"verdict": verdict}
        if outcome is Outcome.LEFT_OUT:
            fields |= left_out_fields(job, photo, verdict, now, keyed_hash)
        moderated.append(photo.model_copy(update=fields))
    if any(photo.verdict is None for photo in photos):
        left_out = sum(photo.state is PhotoState.LEFT_OUT for photo in moderated)
        changed = job.change(photos_left_out=left_out) if left_out else None
        jobs.save_moderated(moderated, seen=photos, job=changed)
        job = changed or job
    outcomes = [photo.verdict.outcome for photo in moderated if photo.verdict]
    return job, max(outcomes, key=lambda outcome: outcome.severity)


def _verdict(outcome: Outcome, reason: Reason | None, policy: Policy) -> Verdict:
    finding = Finding(outcome=outcome, reason=reason, source="test plan")
    return Verdict(
        outcome=outcome,
        policy_version=policy.version,
        findings=(finding,) if reason else (),
        evidence=PhotoEvidence(detector_version=DETECTOR, min_confidence=policy.min_confidence),
    )


def _review(
    job: Job, plan: TestPlan, policy: Policy, now: datetime, *, jobs: Jobs, reviews: Reviews
) -> RunTestResult | None:
    """None: the photos are approved."""
    if plan.review is None:
        approved = approved_by_hand(job, reviews)
        return None if approved else _fail(job, JobError.REFUSED)
    left = _left(job, timedelta(seconds=plan.review.after_s), now)
    if left:
        return RunTestResult(job_id=job.job_id, next="wait", wait_s=left)
    if plan.review.decision == "expire":
        return _fail(job, TIMEOUT)
    if plan.review.decision == "refuse":
        reviews.open(_refused(job, plan, policy, now, jobs), None)
        return _fail(job, JobError.REFUSED)
    return None


def _refused(job: Job, plan: TestPlan, policy: Policy, now: datetime, jobs: Jobs) -> Review:
    """A case that is decided already: it does not enter the review queue."""
    grounds = plan.planned(PlannedOutcome.DOUBTFUL)
    found = [photo for photo in jobs.photos(job.job_id) if photo.photo_id in grounds]
    return Review(
        review_id=review_of(job.job_id),
        job_id=job.job_id,
        owner=job.user_id,
        state=ReviewState.REFUSED,
        severity=severity(grounds.values(), policy),
        opened_at=job.timeline[-1].at,
        decide_by=now,
        photos=tuple(
            PhotoFindings(photo_id=photo.photo_id, findings=photo.verdict.findings)
            for photo in found
            if photo.verdict
        ),
        decided_at=now,
        decided_by=DECIDED_BY,
        refused=tuple(
            RefusedPhoto(photo_id=photo_id, reason=reason) for photo_id, reason in grounds.items()
        ),
    )


def _draw(job: Job, plan: TestPlan, now: datetime, *, work: Work) -> RunTestResult | None:
    """Report progress as the container does. None: the avatars come out now."""
    left = _left(job, plan.drawing, now)
    if left:
        done = job.avatars * (plan.drawing_s - left) // plan.drawing_s
        progress = GenerationProgress(stage="drawing", done=done, total=job.avatars)
        work.report(job.job_id, job.attempt, progress)
        wait = min(left, ceil(plan.drawing_s / UPDATES))
        return RunTestResult(job_id=job.job_id, next="wait", wait_s=wait)
    if plan.failure:
        return _fail(job, ERRORS[plan.failure])
    return _fail(job, JobError.NO_AVATARS) if plan.avatars == 0 else None


def _publish(
    job: Job,
    plan: TestPlan,
    policy: Policy,
    *,
    jobs: Jobs,
    avatar_store: AvatarStore,
    files: JobFiles,
    clock: Clock,
) -> None:
    """Published here, so that PublishAvatars finds nothing to sign."""
    first = next(
        photo.photo_id for photo in jobs.photos(job.job_id) if photo.state is PhotoState.ACCEPTED
    )
    avatars = [
        Avatar(
            job_id=job.job_id,
            avatar_id=order.avatar_id,
            style=order.style,
            state=AvatarState.PUBLISHED,
            attempt=1,
            rank=100 + n,
            photo_id=first,
            sha256="",
            distance=None if n % 5 == 4 else 0.4 + n / 100,  # of every fifth: no face found
            verdict=_verdict(Outcome.CLEAN, None, policy),
            engine=ENGINE,
        )
        for n, order in enumerate(orders(job, 1)[: plan.avatars])
    ]
    avatar_store.publish_placeholders(avatars)
    jobs.save_avatars(avatars)
    try:
        _move(job, JobState.FINISHING, jobs, clock)
    except Conflict:
        if (
            jobs.get(job.job_id).state is not JobState.FINISHING
        ):  # cancelled: its files were deleted
            files.delete(job.job_id, PUBLISHED)
            raise


def _move(job: Job, state: JobState, jobs: Jobs, clock: Clock) -> Job:
    attempt = 1 if state is JobState.GENERATING else job.attempt
    moved = job.move(state, clock.now(), attempt=attempt)
    jobs.save(moved)
    return moved


def _left(job: Job, lasts: timedelta, now: datetime) -> int:
    """Returns the seconds until the job has been in its state for that long; 0: it has."""
    return max(0, ceil((job.timeline[-1].at + lasts - now).total_seconds()))


def _fail(job: Job, error: str) -> RunTestResult:
    return RunTestResult(job_id=job.job_id, next="fail", error=error)
