"""Once a day: is anything in the buckets older or stranger than we promise?"""

from collections import Counter
from datetime import datetime, timedelta

from likeness.contracts import Swept
from likeness.domain.appeal import AppealState
from likeness.domain.deletion import EVERYWHERE, PHOTOS, PUBLISHED
from likeness.domain.errors import NotFound
from likeness.domain.ids import JobId
from likeness.domain.job import JobState
from likeness.domain.retention import Finding, Retention, judge, place_of
from likeness.ports import Appeals, Buckets, Clock, Deletions, Jobs, Metrics, Stray
from likeness.services.purge_photos import held

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
) -> Swept:
    """Deletes what it finds, and says how much of what: counts, never keys.

    What is found was missed by all that comes before, so each finding rings the alarm; the
    buckets' lifecycle comes after, as the last net. What a legal hold keeps is passed over.
    """
    now = clock.now()
    places: dict[JobId, Places | None] = {}
    found: Counter[Finding] = Counter()
    condemned: list[Stray] = []
    seen = 0
    for stray in buckets.everything():
        seen += 1
        if (known := place_of(stray.key)) and known[1] not in places:
            places[known[1]] = _places(known[1], jobs, deletions, appeals)
        finding = _judge(stray, places, now, rules)
        if finding:
            found[finding] += 1
            condemned.append(stray)
    left = buckets.delete(condemned)
    if left:
        found[Finding.UNDELETED] = left
    found.update(buckets.drift(rules.lifecycle))
    for finding, times in found.items():
        metrics.count(f"Sweep{finding}", times)
    metrics.count(FINDINGS, found.total())
    return Swept(
        at=now,
        policy=rules.version,
        seen=seen,
        deleted=len(condemned) - left,
        findings=dict(sorted(found.items())),
    )


def _judge(
    stray: Stray, places: dict[JobId, Places | None], now: datetime, rules: Retention
) -> Finding | None:
    folder, job_id = place_of(stray.key) or ("", None)
    may_be_in = places[job_id] if job_id else frozenset()
    if may_be_in is HELD:
        return None
    if not stray.latest:
        return Finding.VERSIONS
    if stray.upload and now - stray.created_at > timedelta(minutes=rules.settle_minutes):
        return Finding.PARTS
    return judge(stray.key, stray.created_at, now, wanted=folder in may_be_in, rules=rules)


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
