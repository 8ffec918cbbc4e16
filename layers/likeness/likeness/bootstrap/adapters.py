"""Every adapter, made at its first use and kept for the next call."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from likeness.adapters import policy_files
from likeness.adapters.account.keyed_hash import KmsHash
from likeness.adapters.account.ledger_table import LedgerTable
from likeness.adapters.account.users_table import ErasuresTable, UsersTable
from likeness.adapters.clock import SystemClock
from likeness.adapters.deletion.bucket_sweep import BucketSweep
from likeness.adapters.deletion.deletions_table import DeletionsTable
from likeness.adapters.deletion.leftovers import BucketLeftovers
from likeness.adapters.generation.endpoint import AsyncEndpoint
from likeness.adapters.generation.generator import AnyBackend, TrainingJobs
from likeness.adapters.generation.inferences_table import InferencesTable
from likeness.adapters.generation.work_bucket import WorkBucket
from likeness.adapters.jobs.durations_table import DurationsTable
from likeness.adapters.jobs.event_bus import EventBridgeBus, EventDeadLetterQueue
from likeness.adapters.jobs.jobs_table import JobsTable
from likeness.adapters.jobs.timers import DeadlineSchedules, Schedules
from likeness.adapters.jobs.workflow import StepFunctions
from likeness.adapters.photos.inspections import LambdaInspections
from likeness.adapters.photos.photo_bucket import PhotoBucket
from likeness.adapters.photos.rekognition import Rekognition
from likeness.adapters.provenance.avatar_bucket import AvatarBucket
from likeness.adapters.provenance.watermarks_table import WatermarksTable
from likeness.adapters.review.appeals_table import AppealsTable
from likeness.adapters.review.audit_table import AuditTable
from likeness.adapters.review.counters_table import DeskCountersTable
from likeness.adapters.review.reviews_table import ReviewsTable
from likeness.settings import Settings

if TYPE_CHECKING:
    from likeness.adapters.deletion.receipt_signer import KmsSigner
    from likeness.adapters.provenance.credentials import KmsCredentials

CLOCK = SystemClock()
# A call that hangs must not eat the function's time; a throttled one is tried again, slower.
CALLS = Config(connect_timeout=2, read_timeout=20, retries={"mode": "adaptive", "max_attempts": 6})
# Links and forms: what KMS encrypted needs Signature Version 4, and a form is posted to the
# bucket's own region, because a browser does not post again where it is redirected.
SIGNED = CALLS.merge(Config(signature_version="s3v4", s3={"addressing_style": "virtual"}))


@cache
def settings() -> Settings:
    return Settings.read()


@cache
def _client(service: str) -> Any:
    config = SIGNED if service == "s3" else CALLS
    return boto3.client(service, config=config)  # type: ignore[call-overload]


@cache
def _table() -> Any:
    return boto3.resource("dynamodb", config=CALLS).Table(settings().table)


@cache
def jobs() -> JobsTable:
    return JobsTable(_table())


@cache
def ledger() -> LedgerTable:
    return LedgerTable(_table())


@cache
def users() -> UsersTable:
    return UsersTable(_table())


@cache
def reviews() -> ReviewsTable:
    return ReviewsTable(_table())


@cache
def appeals() -> AppealsTable:
    return AppealsTable(_table())


@cache
def audit_log() -> AuditTable:
    return AuditTable(_table())


@cache
def desk_counters() -> DeskCountersTable:
    return DeskCountersTable(_table())


@cache
def photos() -> PhotoBucket:
    return PhotoBucket(_client("s3"), settings().photos_bucket)


@cache
def work() -> WorkBucket:
    told = settings()
    return WorkBucket(
        _client("s3"), told.avatars_bucket, told.photos_bucket, weights=told.weights_uri
    )


@cache
def avatar_store() -> AvatarBucket:
    return AvatarBucket(_client("s3"), settings().avatars_bucket)


@cache
def watermarks() -> WatermarksTable:
    return WatermarksTable(_table())


@cache
def credentials() -> KmsCredentials:
    """For those who have the layer of c2pa, whose import takes longer than all the rest."""
    from likeness.adapters.provenance.certificates import Certificates  # noqa: PLC0415
    from likeness.adapters.provenance.credentials import KmsCredentials  # noqa: PLC0415

    certificates = Certificates(_client("ssm"), settings().certificates or "")
    return KmsCredentials(_client("kms"), settings().signing_key or "", certificates)


@cache
def detector() -> Rekognition:
    return Rekognition(
        _client("rekognition"), photos=settings().photos_bucket, avatars=settings().avatars_bucket
    )


@cache
def inspections() -> LambdaInspections:
    return LambdaInspections(_client("lambda"), settings().inspect_function or "")


@cache
def erasures() -> ErasuresTable:
    return ErasuresTable(_table())


@cache
def durations() -> DurationsTable:
    return DurationsTable(_table())


@cache
def keyed_hash() -> KmsHash:
    return KmsHash(_client("kms"), settings().hash_key or "")


@cache
def timers() -> Schedules:
    return Schedules(
        _client("scheduler"),
        group=settings().schedule_group or "",
        role=settings().schedule_role or "",
        state_machine=settings().state_machine or "",
    )


@cache
def deadlines() -> DeadlineSchedules:
    return DeadlineSchedules(
        _client("scheduler"),
        group=settings().schedule_group or "",
        role=settings().deadline_role or "",
        function=settings().prove_function or "",
        every=policy_files.load_retention().retry,
    )


@cache
def deletions() -> DeletionsTable:
    return DeletionsTable(_table())


@cache
def leftovers() -> BucketLeftovers:
    return BucketLeftovers(
        _client("s3"), photos=settings().photos_bucket, avatars=settings().avatars_bucket
    )


@cache
def buckets() -> BucketSweep:
    return BucketSweep(
        _client("s3"), photos=settings().photos_bucket, avatars=settings().avatars_bucket
    )


@cache
def signer() -> KmsSigner:
    from likeness.adapters.deletion.receipt_signer import KmsSigner  # noqa: PLC0415 - few functions sign

    return KmsSigner(_client("kms"), settings().receipt_key or "")


@cache
def workflow() -> StepFunctions:
    return StepFunctions(
        _client("stepfunctions"),
        settings().state_machine or "",
        settings().erasure_machine or "",
    )


@cache
def inferences() -> InferencesTable:
    return InferencesTable(_table())


@cache
def endpoint() -> AsyncEndpoint:
    told = settings()
    return AsyncEndpoint(_client("sagemaker-runtime"), told.endpoint or "", told.avatars_bucket)


@cache
def generator() -> AnyBackend:
    return AnyBackend(TrainingJobs(_client("sagemaker")), inferences(), CLOCK)


@cache
def event_bus() -> EventBridgeBus:
    return EventBridgeBus(_client("events"), settings().event_bus or "")


@cache
def dead_letters() -> EventDeadLetterQueue:
    return EventDeadLetterQueue(_client("sqs"), settings().event_dead_letter_queue or "")
