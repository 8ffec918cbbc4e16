"""The daily sweep: delete objects that are older than promised or that we do not know."""

from collections import Counter
from datetime import datetime, timedelta

from likeness.contracts import SweepBucketsResult
from likeness.domain.deletion.receipt import EVERYWHERE, PHOTOS, PUBLISHED
from likeness.domain.deletion.retention import Retention, SweepFinding, classify, place_of
from likeness.domain.errors import NotFound
from likeness.domain.ids import JobId
from likeness.domain.jobs.job import JobState
from likeness.ports.deletion import BucketObject, Buckets, Deletions
from likeness.ports.jobs import Jobs
from likeness.ports.review import Appeals
from likeness.ports.runtime import Clock, Metrics

FINDINGS = "SweepFindings"  # the metric of the alarm of that name
HELD = None  # the places of a job under a legal hold: nothing is deleted

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
    """Returns counts by finding, never keys. Objects under a legal hold are skipped.

    Each finding was missed by every earlier deletion, so it raises an alarm. The buckets' lifecycle
    rules are the last resort behind the sweep.
    """
    now = clock.now()
    places: dict[JobId, Places | None] = {}
    found: Counter[SweepFinding] = Counter()
    expired: list[BucketObject] = []
    seen = 0
    for one in buckets.objects():
        seen += 1
        if (known := place_of(one.key)) and known[1] not in places:
            places[known[1]] = _places(known[1], jobs, deletions, appeals)
        finding = _classify(one, places, now, rules)
        if finding:
            found[finding] += 1
            expired.append(one)
    left = buckets.delete(expired)
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
        deleted=len(expired) - left,
        findings=dict(sorted(found.items())),
    )


def _classify(
    one: BucketObject, places: dict[JobId, Places | None], now: datetime, rules: Retention
) -> SweepFinding | None:
    folder, job_id = place_of(one.key) or ("", None)
    may_be_in = places[job_id] if job_id else frozenset()
    if may_be_in is HELD:
        return None
    if not one.latest:
        return SweepFinding.VERSIONS
    if one.upload and now - one.created_at > timedelta(minutes=rules.settle_minutes):
        return SweepFinding.PARTS
    return classify(one.key, one.created_at, now, wanted=folder in may_be_in, rules=rules)


def _places(job_id: JobId, jobs: Jobs, deletions: Deletions, appeals: Appeals) -> Places | None:
    """Return the places where the job may have objects now."""
    deletion = deletions.get(job_id)
    if deletion and deletion.forbids_deletion:
        return HELD
    try:
        job = jobs.get(job_id)
    except NotFound:
        return frozenset()
    if not job.ended:
        return frozenset(EVERYWHERE)
    appeal = appeals.get(job_id)
    contested = appeal is not None and appeal.undecided
    published = job.state is JobState.COMPLETED and job.avatars_deletion_asked_at is None
    return frozenset((*(PHOTOS if contested else ()), *(PUBLISHED if published else ())))
