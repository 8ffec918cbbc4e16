"""Each port twice: as the unit tests' fake, and as the adapter on moto."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
import yaml
from botocore.config import Config
from moto import mock_aws
from moto.core.botocore_stubber import BotocoreStubber

from likeness.adapters.account.ledger_table import LedgerTable
from likeness.adapters.account.users_table import ErasuresTable, UsersTable
from likeness.adapters.deletion.job_files import BucketFiles
from likeness.adapters.dynamodb import transactions
from likeness.adapters.generation.runs_table import RunsTable
from likeness.adapters.generation.work_bucket import WorkBucket
from likeness.adapters.jobs.durations_table import DurationsTable
from likeness.adapters.jobs.jobs_table import JobsTable
from likeness.adapters.jobs.operating_state_table import OperatingStateTable
from likeness.adapters.photos.photo_bucket import PhotoBucket
from likeness.adapters.provenance.avatar_bucket import AvatarBucket
from likeness.adapters.review.appeals_table import AppealsTable
from likeness.adapters.review.audit_table import AuditLogTable
from likeness.adapters.review.counters_table import DeskCountersTable
from likeness.adapters.review.holds_table import HoldsTable
from likeness.adapters.review.reviews_table import ReviewsTable
from tests.fakes import (
    FakeAppeals,
    FakeAuditLog,
    FakeAvatarStore,
    FakeBucket,
    FakeClock,
    FakeDeskCounters,
    FakeDurations,
    FakeErasures,
    FakeHolds,
    FakeJobFiles,
    FakeJobs,
    FakeLedger,
    FakeOperatingState,
    FakePhotos,
    FakeReviews,
    FakeRuns,
    FakeUsers,
    FakeWork,
)
from tests.infra.transactions import unlisted
from tests.integration import moto_shortcuts
from tests.integration.aws_answers import MotoBucket

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from likeness.ports.account import Erasures, Ledger, Users
    from likeness.ports.deletion import JobFiles
    from likeness.ports.generation import Runs, Work
    from likeness.ports.holds import Holds
    from likeness.ports.jobs import JobDurations, Jobs, OperatingState
    from likeness.ports.photos import Photos
    from likeness.ports.provenance import AvatarStore
    from likeness.ports.review import Appeals, AuditLog, DeskCounters, Reviews

REGION = "eu-central-1"
STORAGE = Path(__file__).parents[2] / "infra" / "storage.yaml"


@dataclass(frozen=True)
class Tables:
    jobs: Jobs
    ledger: Ledger
    users: Users
    erasures: Erasures
    durations: JobDurations
    reviews: Reviews
    runs: Runs
    appeals: Appeals
    audit_log: AuditLog
    desk_counters: DeskCounters
    holds: Holds
    operating_state: OperatingState


@dataclass(frozen=True)
class Buckets:
    files: JobFiles
    photos: Photos
    work: Work
    avatar_store: AvatarStore
    photo_objects: FakeBucket | MotoBucket
    avatar_objects: FakeBucket | MotoBucket


@pytest.fixture(params=["fake", "aws"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def tables(kind: str, request: pytest.FixtureRequest) -> Tables:
    if kind == "fake":
        jobs = FakeJobs()
        ledger = FakeLedger(jobs)
        jobs.users = users = FakeUsers(ledger)
        jobs.audit_log = audit_log = FakeAuditLog()
        jobs.desk_counters = desk_counters = FakeDeskCounters(audit_log)
        return Tables(
            jobs,
            ledger,
            users,
            FakeErasures(users),
            FakeDurations(),
            FakeReviews(audit_log, desk_counters, jobs),
            FakeRuns(),
            FakeAppeals(),
            audit_log,
            desk_counters,
            FakeHolds(audit_log),
            FakeOperatingState(audit_log),
        )
    table = request.getfixturevalue("table")
    return Tables(
        JobsTable(table, FakeClock()),
        LedgerTable(table),
        UsersTable(table),
        ErasuresTable(table),
        DurationsTable(table),
        ReviewsTable(table),
        RunsTable(table),
        AppealsTable(table),
        AuditLogTable(table),
        DeskCountersTable(table),
        HoldsTable(table, FakeClock()),
        OperatingStateTable(table),
    )


@pytest.fixture
def buckets(kind: str, request: pytest.FixtureRequest) -> Buckets:
    if kind == "fake":
        photos, avatars = FakeBucket(), FakeBucket()
        return Buckets(
            FakeJobFiles(photos, avatars),
            FakePhotos(photos),
            FakeWork(avatars, photos),
            FakeAvatarStore(avatars),
            photos,
            avatars,
        )
    s3 = request.getfixturevalue("s3")
    return Buckets(
        BucketFiles(s3, photos="photos", avatars="avatars"),
        PhotoBucket(s3, "photos"),
        WorkBucket(s3, "avatars", "photos"),
        AvatarBucket(s3, "avatars"),
        MotoBucket(s3, "photos"),
        MotoBucket(s3, "avatars"),
    )


@pytest.fixture(scope="session")
def session() -> boto3.Session:
    """One session for all tests: it caches the services' models, which are slow to load."""
    return boto3.Session("testing", "testing", region_name=REGION)


@pytest.fixture(scope="session", autouse=True)
def shortcuts() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        moto_shortcuts.take(patch)
        yield


@pytest.fixture
def aws(serial: None) -> Iterator[None]:
    with mock_aws():
        yield


@pytest.fixture
def table(aws: None, session: boto3.Session) -> Any:
    return _declared(session, "Table")


@pytest.fixture
def idempotency_table(aws: None, session: boto3.Session) -> Any:
    return _declared(session, "IdempotencyTable")


def _declared(session: boto3.Session, logical_id: str) -> Any:
    """The table as infra/storage.yaml declares it."""
    properties = _template(STORAGE)["Resources"][logical_id]["Properties"]
    declared = (
        "BillingMode",
        "AttributeDefinitions",
        "KeySchema",
        "GlobalSecondaryIndexes",
    )
    return session.resource("dynamodb").create_table(
        TableName=f"likeness-{logical_id}",
        **{name: properties[name] for name in declared if name in properties},
    )


@pytest.fixture
def s3(aws: None, session: boto3.Session) -> Any:
    client = session.client(
        "s3", config=Config(signature_version="s3v4", s3={"addressing_style": "virtual"})
    )
    for bucket in ("photos", "avatars"):
        client.create_bucket(
            Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION}
        )
    return client


@pytest.fixture
def serial(monkeypatch: pytest.MonkeyPatch) -> None:
    """DynamoDB isolates transactions. moto does if calls are serialised."""
    lock = threading.Lock()
    call = BotocoreStubber.__call__

    def queued(stubber: BotocoreStubber, *args: Any, **kwargs: Any) -> Any:
        with lock:
            return call(stubber, *args, **kwargs)

    monkeypatch.setattr(BotocoreStubber, "__call__", queued)


@pytest.fixture(autouse=True)
def listed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuses a transaction that is not in tests/infra/transactions.py."""
    write = transactions._write  # noqa: SLF001

    def checked(table: Any, writes: Sequence[Any]) -> Any:
        assert not (missing := unlisted(writes)), f"not in TRANSACTIONS: {missing}"
        return write(table, writes)

    monkeypatch.setattr(transactions, "_write", checked)


@cache
def _template(path: Path) -> dict[str, Any]:
    """A CloudFormation file as plain data, without its intrinsic functions."""

    class Loader(yaml.CSafeLoader): ...

    Loader.add_multi_constructor("!", lambda *_: None)
    loaded: dict[str, Any] = yaml.load(path.read_text(), Loader=Loader)  # noqa: S506 - a safe one
    return loaded
