"""Sweep a range of keys: delete objects that are older than promised or that we do not know."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from itertools import batched
from typing import TYPE_CHECKING

from likeness.domain.deletion.key_ranges import KeyRange
from likeness.domain.deletion.receipt import EVERYWHERE, PHOTOS, PUBLISHED
from likeness.domain.deletion.retention import Retention, SweepFinding, classify, place_of
from likeness.domain.jobs.job import JobState
from likeness.ports.deletion import BucketObject, Buckets, Marker, SweptJob, SweptJobs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from likeness.contracts.sweep import RangeSweep
    from likeness.ports.runtime import Clock, Metrics

FINDINGS = "SweepFindings"  # the metric of the alarm of that name
PATIENCE = timedelta(seconds=120)  # of one call; the state machine calls again from the marker
PAGE = 1000  # objects that S3 lists or deletes in one request


def sweep_range(
    begun: RangeSweep,
    *,
    buckets: Buckets,
    jobs: SweptJobs,
    metrics: Metrics,
    clock: Clock,
    rules: Retention,
) -> RangeSweep:
    """Returns how far the range is swept, and counts. Objects under a legal hold are skipped.

    Each page is deleted and counted before the next is listed, so a call that dies loses no more
    than the count of one page; the pages before it are not walked again. Each finding was missed by
    every earlier deletion, so it raises an alarm.
    """
    now = clock.now()
    within = KeyRange(bucket=begun.bucket, after=begun.after, up_to=begun.up_to)
    found = Counter(begun.findings)
    seen, deleted = begun.seen, begun.deleted

    def sweep(objects: Sequence[BucketObject]) -> None:
        nonlocal seen, deleted
        findings = _findings(objects, jobs, now, rules)
        counts = Counter(finding for _, finding in findings)
        left = 0
        for some in batched([one for one, _ in findings], PAGE):
            left += buckets.delete(some)
        if left:
            counts[SweepFinding.UNDELETED] = left
        count(counts, metrics)
        found.update(counts)
        seen += len(objects)
        deleted += len(findings) - left

    last = None
    if begun.key is None:
        for uploads in batched(buckets.uploads(within), PAGE):
            sweep(uploads)
    else:
        last = Marker(key=begun.key, version=begun.version)
    while True:
        page = buckets.page(within, last)
        sweep(page.objects)
        last = page.last
        if last is None or clock.now() - now > PATIENCE:
            break
    return begun.model_copy(
        update={
            "key": last.key if last else begun.key,
            "version": last.version if last else begun.version,
            "done": last is None,
            "seen": seen,
            "deleted": deleted,
            "findings": dict(sorted(found.items())),
        }
    )


def count(found: Mapping[SweepFinding, int], metrics: Metrics) -> None:
    for finding, times in found.items():
        metrics.count(f"Sweep{finding}", times)
    if total := sum(found.values()):
        metrics.count(FINDINGS, total)


def _findings(
    objects: Iterable[BucketObject], jobs: SweptJobs, now: datetime, rules: Retention
) -> list[tuple[BucketObject, SweepFinding]]:
    """Return what to delete, and why."""
    placed = [(one, *(place_of(one.key) or ("", None))) for one in objects]
    known = jobs.get({job_id for _, _, job_id in placed if job_id})
    found = []
    for one, folder, job_id in placed:
        job = known[job_id] if job_id else SweptJob()
        if job.deletion and job.deletion.forbids_deletion:
            continue
        finding = _finding(one, now, wanted=folder in _places(job), rules=rules)
        if finding:
            found.append((one, finding))
    return found


def _finding(
    one: BucketObject, now: datetime, *, wanted: bool, rules: Retention
) -> SweepFinding | None:
    if not one.latest:
        return SweepFinding.VERSIONS
    if one.upload and now - one.created_at > timedelta(minutes=rules.settle_minutes):
        return SweepFinding.PARTS
    return classify(one.key, one.created_at, now, wanted=wanted, rules=rules)


def _places(of: SweptJob) -> frozenset[str]:
    """Return the places where the job may have objects now."""
    if of.job is None:
        return frozenset(PHOTOS if of.known and not of.known.over else ())
    if not of.job.ended:
        return frozenset(EVERYWHERE)
    contested = of.appeal is not None and of.appeal.undecided
    published = of.job.state is JobState.COMPLETED and of.job.avatars_deletion_asked_at is None
    return frozenset((*(PHOTOS if contested else ()), *(PUBLISHED if published else ())))
