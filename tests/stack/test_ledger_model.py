"""The ledger against a model of it: any events in any order, with crashes at any write.

The real services and tables, on the laptop cloud's DynamoDB. A crash is an exception
that our code does not catch, raised before or after one of a call's writes: the write may have
succeeded, and the caller does not know.
"""

from __future__ import annotations

import uuid
from collections import Counter
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from hypothesis import HealthCheck, Phase, settings, strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from laptop_cloud import places
from likeness.adapters.account import ledger_table
from likeness.adapters.account.ledger_table import LedgerTable
from likeness.adapters.account.users_table import UsersTable
from likeness.adapters.dynamodb.transactions import update
from likeness.adapters.jobs.durations_table import DurationsTable
from likeness.adapters.jobs.jobs_table import JobsTable
from likeness.adapters.review.reviews_table import ReviewsTable
from likeness.domain.account.consent import consent_versions
from likeness.domain.account.quota import QuotaState
from likeness.domain.account.user import MAX_OPEN_JOBS
from likeness.domain.errors import Conflict, OverQuota, TooManyOpenJobs
from likeness.domain.generation.avatar import AvatarState
from likeness.domain.ids import JobId, UserId
from likeness.domain.jobs.job import JobState
from likeness.services.jobs.cancellation import cancel
from likeness.services.jobs.create_job import Terms, create_job
from likeness.services.jobs.fail_job import fail_job
from likeness.services.jobs.settle_job import settle_job
from likeness.services.jobs.submit_job import submit_job
from tests.builders import (
    NOW,
    a_photo,
    a_tier,
    an_avatar,
    an_order,
    plus,
    styles,
)
from tests.fakes import FakeClock
from tests.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

TIERS = {"lite": a_tier(jobs_a_day=1), "plus": a_tier("plus", jobs_a_day=2)}
MOST_A_DAY = 2
ZONES = ("Europe/Berlin", "Pacific/Kiritimati", "Pacific/Pago_Pago", "America/New_York")
WRITES = ("PutItem", "UpdateItem", "TransactWriteItems", "BatchWriteItem")


class Crash(BaseException):
    """The process is gone."""


class CrashingTable:
    """Counts the writes of one call, and crashes before or after the given one."""

    def __init__(self, client: Any) -> None:
        self._armed: tuple[str, int] | None = None
        for operation in WRITES:
            client.meta.events.register(f"before-call.dynamodb.{operation}", self._before)
            client.meta.events.register(f"after-call.dynamodb.{operation}", self._after)

    @contextmanager
    def crash(self, where: tuple[str, int] | None) -> Iterator[None]:
        """Inside, the n-th write (from 0) is not sent, or its response does not arrive."""
        self._armed = where
        try:
            yield
        except Crash:
            pass
        finally:
            self._armed = None

    def _before(self, **_: Any) -> None:
        self._strike("before")

    def _after(self, **_: Any) -> None:
        self._strike("after")
        if self._armed:
            side, left = self._armed
            self._armed = (side, left - 1)

    def _strike(self, side: str) -> None:
        if self._armed == (side, 0):
            raise Crash


crashes = st.none() | st.tuples(st.sampled_from(["before", "after"]), st.integers(0, 2))


class Ledger(RuleBasedStateMachine):
    """Two users, their jobs, and a clock that only goes forward."""

    table: Any  # set by the test
    crashing: CrashingTable

    jobs = Bundle("jobs")

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.world.jobs = JobsTable(self.table, self.world.clock)  # type: ignore[assignment]
        self.world.ledger = LedgerTable(self.table)  # type: ignore[assignment]
        self.world.users = UsersTable(self.table)  # type: ignore[assignment]
        self.world.reviews = ReviewsTable(self.table)  # type: ignore[assignment]
        self.world.durations = DurationsTable(self.table)  # type: ignore[assignment]
        self.users = [UserId(f"user-{uuid.uuid4().hex}") for _ in range(2)]
        self.days: dict[UserId, list[str]] = {user: [] for user in self.users}
        self.known: set[JobId] = set()

    # --- events ----------------------------------------------------------------------------------

    @rule(target=jobs, user=st.integers(0, 1), zone=st.sampled_from(ZONES), crash=crashes)
    def open(self, user: int, zone: str, crash: Any) -> Any:
        world, created = self.world, None
        with self.crashing.crash(crash), suppress(OverQuota), self.places():
            created = create_job(
                an_order(
                    user_id=self.users[user],
                    time_zone=zone,
                    consent={"version": "2026-11", "accepted_at": NOW},
                ),
                jobs=world.jobs,
                users=world.users,
                ledger=world.ledger,
                holds=world.holds,
                photos=world.photos,
                timers=world.timers,
                deadlines=world.deadlines,
                keyed_hash=world.keyed_hash,
                operating_state=world.operating_state,
                clock=world.clock,
                terms=Terms(
                    styles=styles(),
                    tiers=TIERS,
                    consent_versions=consent_versions(["2026-11"]),
                    submit_within=timedelta(days=90),
                    deadline=timedelta(hours=23),
                ),
            )
        if created is None:
            return multiple()
        for photo in world.jobs.photos(created.job_id):
            n = int(photo.photo_id[1:])
            world.jobs.save_photo(a_photo(n, job_id=created.job_id), seen=photo)
        self.known.add(created.job_id)
        return created.job_id

    @contextmanager
    def places(self) -> Iterator[None]:
        """A job is refused for want of a place only if other open jobs hold all of them."""
        holders: tuple[str, ...] | None = None
        try:
            yield
        except TooManyOpenJobs as refused:
            holders = refused.job_ids
        if holders is not None:
            states = {self.world.jobs.get(JobId(one)).state for one in holders}
            assert (len(holders), states) == (MAX_OPEN_JOBS, {JobState.OPEN})

    @rule(job_id=jobs, crash=crashes)
    def submit(self, job_id: JobId, crash: Any) -> None:
        """The first submit, or a repeated one."""
        world = self.world
        before = world.jobs.get(job_id)
        with self.crashing.crash(crash), suppress(OverQuota, Conflict):
            submit_job(
                job_id,
                backend="training-job",
                jobs=world.jobs,
                users=world.users,
                ledger=world.ledger,
                holds=world.holds,
                photos=world.photos,
                inspections=world.inspections,
                workflow=world.workflow,
                timers=world.timers,
                operating_state=world.operating_state,
                clock=world.clock,
                tiers=TIERS,
            )
        after = world.jobs.get(job_id)
        if before.day is None and after.day is not None:
            self.days[after.user_id].append(after.day)
            held = world.ledger.used(after.user_hash, after.day)
            assert held <= TIERS[after.tier].jobs_a_day

    @rule(job_id=jobs)
    def cancel(self, job_id: JobId) -> None:
        with suppress(Conflict):
            cancel(
                self.world.jobs.get(job_id),
                jobs=self.world.jobs,
                workflow=self.world.workflow,
                timers=self.world.timers,
                clock=self.world.clock,
            )

    @rule(job_id=jobs, crash=crashes)
    def complete(self, job_id: JobId, crash: Any) -> None:
        """The pipeline from moderation to the end; it may crash."""
        world = self.world
        with self.crashing.crash(crash), suppress(Conflict):
            job = world.jobs.get(job_id)
            for state in (JobState.GENERATING, JobState.FINISHING):
                if job.may_become(state):
                    job = job.move(state, world.clock.now())
                    world.jobs.save(job)
            world.jobs.save_avatars(
                an_avatar(n, AvatarState.PUBLISHED, job_id=job_id) for n in (1, 2, 3)
            )
            settle_job(
                job_id,
                jobs=world.jobs,
                ledger=world.ledger,
                durations=world.durations,
                clock=world.clock,
                avatar_lifetime=timedelta(days=30),
            )

    @rule(
        job_id=jobs,
        error=st.sampled_from(["Cancelled", "States.TaskFailed", "NotSubmitted", "NoAvatars"]),
        crash=crashes,
    )
    def end(self, job_id: JobId, error: str, crash: Any) -> None:
        """The pipeline, a timer or a cancellation ends it, once or repeatedly."""
        world = self.world
        if error == "Cancelled" and world.jobs.get(job_id).state is not JobState.CANCELLING:
            return
        with self.crashing.crash(crash), suppress(Conflict):
            fail_job(
                job_id,
                error,
                jobs=world.jobs,
                reviews=world.reviews,
                ledger=world.ledger,
                generator=world.generator,
                keyed_hash=world.keyed_hash,
                deletion=world.deletion,
                clock=world.clock,
            )

    @rule(user=st.integers(0, 1), days=st.integers(-2, 40))
    def bill(self, user: int, days: int) -> None:
        now = self.world.clock.now()
        said = plus(expires_at=now + timedelta(days=days), effective_at=now)
        user_hash = self.world.keyed_hash.user(self.users[user])
        self.world.users.entitle(self.users[user], said, user_hash=user_hash, now=now)

    @rule(hours=st.sampled_from([1, 5, 12, 23, 24, 25, 24 * 31]))
    def pass_time(self, hours: int) -> None:
        self.world.clock.advance(timedelta(hours=hours))

    @rule(job_id=consumes(jobs))
    def lose_sight_of(self, job_id: JobId) -> None:
        """No later event uses that job. It keeps its reserved day."""

    # --- invariants ------------------------------------------------------------------------------

    @invariant()
    def entries_add_up(self) -> None:
        """A day's counter equals its entries in use, and each entry matches its job."""
        holders: Counter[tuple[str, str]] = Counter()
        for job_id in self.known:
            job = self.world.jobs.get(job_id)
            if job.day is None:
                continue
            entries = {e.job_id: e for e in self.world.ledger.entries(job.user_id, job.day)}
            entry = entries[job_id]
            if job.state is JobState.COMPLETED:
                assert entry.state is QuotaState.SPENT
            elif job.ended:
                assert entry.state is QuotaState.RETURNED
            else:
                assert entry.state is QuotaState.RESERVED
            holders[job.user_hash, job.day] += entry.state is not QuotaState.RETURNED
        for (user_hash, day), count in holders.items():
            assert self.world.ledger.used(user_hash, day) == count <= MOST_A_DAY

    @invariant()
    def days_never_go_back(self) -> None:
        for days in self.days.values():
            assert days == sorted(days)


@pytest.fixture(scope="module")
def table(running):
    """The deployed table, with the operators' permissions. Nothing expires: the clock is a fake."""
    ops = running.ops_credentials()
    resource = boto3.resource(
        "dynamodb",
        endpoint_url=running.endpoint,
        region_name=places.REGION,
        aws_access_key_id=ops.access_key,
        aws_secret_access_key=ops.secret_key,
        aws_session_token=ops.session_token,
    )
    found = resource.Table(running.outputs["Table"])
    name, client = {"TableName": found.name}, found.meta.client
    attribute = client.describe_time_to_live(**name)["TimeToLiveDescription"]["AttributeName"]
    expiry = {"AttributeName": attribute, "Enabled": False}
    client.update_time_to_live(**name, TimeToLiveSpecification=expiry)
    yield found
    client.update_time_to_live(**name, TimeToLiveSpecification={**expiry, "Enabled": True})


def check(table: Any, *, examples: int) -> None:
    """Raises AssertionError if the ledger breaks an invariant. The examples are repeatable."""

    class Here(Ledger):
        pass

    Here.table = table
    Here.crashing = CrashingTable(table.meta.client)
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=examples,
            stateful_step_count=30,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_the_ledger_invariants_hold_in_every_sequence(table):
    check(table, examples=20)


def test_the_model_detects_a_day_that_is_not_returned(table, monkeypatch):
    def without_return(table, key, expression, **rest):
        if "minus" not in expression:
            return update(table, key, expression, **rest)
        return {
            "ConditionCheck": {
                "TableName": table.name,
                "Key": key,
                "ConditionExpression": "attribute_exists(pk)",
            }
        }

    monkeypatch.setattr(ledger_table, "update", without_return)

    with pytest.raises(AssertionError):
        check(table, examples=20)


def test_the_model_detects_a_job_that_is_stored_apart_from_its_day(table, monkeypatch):
    settle = LedgerTable.settle

    def apart(self, ended, state, **rest):
        JobsTable(self._table, FakeClock()).save(ended)
        settle(self, ended, state, **rest)

    monkeypatch.setattr(LedgerTable, "settle", apart)

    with pytest.raises(AssertionError):
        check(table, examples=20)
