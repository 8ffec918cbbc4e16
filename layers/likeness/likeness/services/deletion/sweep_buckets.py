"""Once a day: is anything in the buckets older or stranger than we promise?"""

from collections import Counter
from datetime import datetime, timedelta

from likeness.contracts import SweepBucketsResult
from likeness.domain.deletion.receipt import EVERYWHERE, PHOTOS, PUBLISHED
from likeness.domain.deletion.retention import Retention, SweepFinding, classify, place_of
from likeness.domain.errors import NotFound
from likeness.domain.ids import JobId
from likeness.domain.jobs.job import JobState
from likeness.domain.review.appeal import AppealState
from likeness.ports.deletion import BucketObject, Buckets, Deletions
from likeness.ports.jobs import Jobs
from likeness.ports.review import Appeals
from likeness.ports.runtime import Clock, Metrics
from likeness.services.deletion.delete_photos import held

FINDINGS = "SweepFindings"  # the metric that the alarm of that name listens to
HELD = None  # of a job whose objects nobody may touch

Places = frozenset[str]


def sweep_buckets(
    *,
    buckets: Buckets,
    jobs: Jobs,
    deletions: Deletions,
    appeals: Appeals,
    metrics: Metrics,
    clock: Clock,
    rules: Retention,
) -> SweepBucketsResult:
    """Deletes what it finds, and says how much of what: counts, never keys.

    What is found was missed by all that comes before, so each finding rings the alarm; the
    buckets' lifecycle comes after, as the last net. What a legal hold keeps is passed over.
    """
    now = clock.now()
    places: dict[JobId, Places | None] = {}
    found: Counter[SweepFinding] = Counter()
    condemned: list[BucketObject] = []
    seen = 0
    for object_ in buckets.everything():
        seen += 1
        if (known := place_of(object_.key)) and known[1] not in places:
            places[known[1]] = _places(known[1], jobs, deletions, appeals)
        finding = _judge(object_, places, now, rules)
        if finding:
            found[finding] += 1
            condemned.append(object_)
    left = buckets.delete(condemned)
    if left:
        found[SweepFinding.UNDELETED] = left
    found.update(buckets.drift(rules.lifecycle))
    for finding, times in found.items():
        metrics.count(f"Sweep{finding}", times)
    metrics.count(FINDINGS, found.total())
    return SweepBucketsResult(
        at=now,
        policy=rules.version,
        seen=seen,
        deleted=len(condemned) - left,
        findings=dict(sorted(found.items())),
    )


def _judge(
    object_: BucketObject, places: dict[JobId, Places | None], now: datetime, rules: Retention
) -> SweepFinding | None:
    folder, job_id = place_of(object_.key) or ("", None)
    may_be_in = places[job_id] if job_id else frozenset()
    if may_be_in is HELD:
        return None
    if not object_.latest:
        return SweepFinding.VERSIONS
    if object_.upload and now - object_.created_at > timedelta(minutes=rules.settle_minutes):
        return SweepFinding.PARTS
    return classify(object_.key, object_.created_at, now, wanted=folder in may_be_in, rules=rules)


def _places(job_id: JobId, jobs: Jobs, deletions: Deletions, appeals: Appeals) -> Places | None:
    """Where objects of the job may be now."""
    if held(job_id, deletions):
        return HELD
    try:
        job = jobs.get(job_id)
    except NotFound:
        return frozenset()
    if not job.ended:
        return frozenset(EVERYWHERE)
    appeal = appeals.get(job_id)
    if appeal and appeal.state in {AppealState.OPEN, AppealState.IN_REVIEW}:
        return frozenset(PHOTOS)  # they came in once more
    return frozenset(PUBLISHED if job.state is JobState.COMPLETED else ())
