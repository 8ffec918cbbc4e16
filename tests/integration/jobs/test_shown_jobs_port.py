"""A job as it is shown: the fakes together, and one query of DynamoDB."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from likeness.adapters.deletion.deletions_table import DeletionsTable
from likeness.adapters.jobs.jobs_table import JobsTable
from likeness.adapters.jobs.shown_jobs import ShownJobsTable
from likeness.adapters.webhooks.webhooks_table import DeliveriesTable
from likeness.domain.deletion.receipt import Deletion, DeletionState, StoredObject
from likeness.domain.errors import NotFound
from likeness.domain.jobs.job import JobState
from tests.builders import (
    JOB,
    NOW,
    OTHER_JOB,
    a_delivery,
    a_job,
    a_photo,
    an_avatar,
    photos,
)
from tests.fakes import FakeClock, FakeDeletions, FakeShownJobs

if TYPE_CHECKING:
    from likeness.ports.deletion import Deletions
    from likeness.ports.jobs import Jobs, ShownJobs

PROVEN = Deletion(job_id=JOB, state=DeletionState.DELETED, receipt="e30.e30.c2ln")


class Ports(NamedTuple):
    jobs: Jobs
    deletions: Deletions
    shown_jobs: ShownJobs


@pytest.fixture
def ports(kind, request, tables) -> Ports:
    if kind == "fake":
        deletions = FakeDeletions()
        return Ports(tables.jobs, deletions, FakeShownJobs(tables.jobs, deletions))
    table = request.getfixturevalue("table")
    return Ports(tables.jobs, DeletionsTable(table, FakeClock()), ShownJobsTable(table))


def test_an_unknown_job_is_not_found_even_if_its_deletion_is_stored(ports):
    ports.deletions.save(PROVEN)

    with pytest.raises(NotFound, match=JOB):
        ports.shown_jobs.get(JOB)


def test_a_new_job_is_shown_with_its_photos_and_no_other(ports):
    ports.jobs.create(a_job(), photos(10))
    ports.jobs.create(a_job(job_id=OTHER_JOB), [a_photo(job_id=OTHER_JOB)])

    shown = ports.shown_jobs.get(JOB)

    assert (shown.job, shown.photos) == (a_job(), photos(10))
    assert (shown.deletion, shown.looked_until) == (None, None)


def test_the_last_version_is_shown_with_its_deletion_and_look(ports):
    ports.jobs.create(a_job(), [a_photo(30), a_photo(4)])
    until = NOW + timedelta(seconds=10)
    assert ports.jobs.may_look(JOB, now=NOW, until=until)
    ports.jobs.save(a_job().move(JobState.CANCELLING, NOW))
    ports.deletions.save(PROVEN)

    shown = ports.shown_jobs.get(JOB)

    assert shown.job == a_job().move(JobState.CANCELLING, NOW)
    assert (shown.photos, shown.deletion) == ([a_photo(4), a_photo(30)], PROVEN)
    assert shown.looked_until == until


class Counting:
    """A table that keeps what was asked of it."""

    def __init__(self, table: Any) -> None:
        self._table = table
        self.queries: list[dict[str, Any]] = []
        self.returned = 0

    def query(self, **request: Any) -> Any:
        self.queries.append(request)
        page = self._table.query(**request)
        self.returned += page["Count"]
        return page


def test_one_consistent_query_returns_what_is_shown_and_nothing_else(table):
    jobs, deletions = JobsTable(table, FakeClock()), DeletionsTable(table, FakeClock())
    jobs.create(a_job(), photos(3))
    jobs.may_look(JOB, now=NOW, until=NOW)
    jobs.save_avatars([an_avatar(1)])
    jobs.save_progress(JOB, done=1, total=4, step=1)
    DeliveriesTable(table).add(a_delivery())
    deletions.save(PROVEN)
    deletions.add_objects(JOB, [StoredObject(name="photos/p01.jpg", etag="e", created_at=NOW)])
    counting = Counting(table)

    shown = ShownJobsTable(counting).get(JOB)

    assert (shown.photos, shown.deletion) == (jobs.photos(JOB), PROVEN)
    (query,) = counting.queries
    assert query["ConsistentRead"] is True
    assert counting.returned == len({"deletion", "look", "job"}) + len(shown.photos)
