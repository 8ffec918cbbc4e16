"""Every adapter, made at its first use and kept for the next call."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from likeness.adapters import policy_files
from likeness.adapters.appeals_table import AppealsTable
from likeness.adapters.audit_table import AuditTable
from likeness.adapters.bucket_sweep import BucketSweep
from likeness.adapters.clock import SystemClock
from likeness.adapters.deletions_table import DeletionsTable
from likeness.adapters.desk_table import DeskTable
from likeness.adapters.endpoint import AsyncEndpoint
from likeness.adapters.event_bus import EventBridgeBus, UnannouncedQueue
from likeness.adapters.gallery_bucket import GalleryBucket
from likeness.adapters.generator import BothLanes, TrainingJobs
from likeness.adapters.inferences_table import InferencesTable
from likeness.adapters.inspections import Inspections
from likeness.adapters.jobs_table import JobsTable
from likeness.adapters.keyed_hash import KmsHash
from likeness.adapters.ledger_table import LedgerTable
from likeness.adapters.marks_table import MarksTable
from likeness.adapters.past_table import PastTable
from likeness.adapters.photo_bucket import PhotoBucket
from likeness.adapters.rekognition import Rekognition
from likeness.adapters.remains import BucketRemains
from likeness.adapters.reviews_table import ReviewsTable
from likeness.adapters.timers import DeadlineSchedules, Schedules
from likeness.adapters.users_table import ErasuresTable, UsersTable
from likeness.adapters.work_bucket import WorkBucket
from likeness.adapters.workflow import StepFunctions
from likeness.settings import Settings

if TYPE_CHECKING:
    from likeness.adapters.credentials import KmsCredentials
    from likeness.adapters.receipt_signer import KmsSigner

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
def trail() -> AuditTable:
    return AuditTable(_table())


@cache
def desk() -> DeskTable:
    return DeskTable(_table())


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
def gallery() -> GalleryBucket:
    return GalleryBucket(_client("s3"), settings().avatars_bucket)


@cache
def marks() -> MarksTable:
    return MarksTable(_table())


@cache
def credentials() -> KmsCredentials:
    """For those who have the layer of c2pa, whose import takes longer than all the rest."""
    from likeness.adapters.certificates import Certificates  # noqa: PLC0415
    from likeness.adapters.credentials import KmsCredentials  # noqa: PLC0415

    certificates = Certificates(_client("ssm"), settings().certificates or "")
    return KmsCredentials(_client("kms"), settings().signing_key or "", certificates)


@cache
def detector() -> Rekognition:
    return Rekognition(
        _client("rekognition"), photos=settings().photos_bucket, avatars=settings().avatars_bucket
    )


@cache
def inspections() -> Inspections:
    return Inspections(_client("lambda"), settings().inspect_function or "")


@cache
def erasures() -> ErasuresTable:
    return ErasuresTable(_table())


@cache
def past() -> PastTable:
    return PastTable(_table())


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
def remains() -> BucketRemains:
    return BucketRemains(
        _client("s3"), photos=settings().photos_bucket, avatars=settings().avatars_bucket
    )


@cache
def buckets() -> BucketSweep:
    return BucketSweep(
        _client("s3"), photos=settings().photos_bucket, avatars=settings().avatars_bucket
    )


@cache
def signer() -> KmsSigner:
    from likeness.adapters.receipt_signer import KmsSigner  # noqa: PLC0415 - few functions sign

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
def generator() -> BothLanes:
    return BothLanes(TrainingJobs(_client("sagemaker")), inferences(), CLOCK)


@cache
def event_bus() -> EventBridgeBus:
    return EventBridgeBus(_client("events"), settings().event_bus or "")


@cache
def unannounced() -> UnannouncedQueue:
    return UnannouncedQueue(_client("sqs"), settings().unannounced_queue or "")
