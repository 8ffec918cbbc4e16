"""The adapters and settings of a function: one factory per adapter, cached for the next call.

A factory returns a port, or an object of several ports that use cases share. It imports its adapter
inside: a function's cold start pays only for the adapters that it uses.
"""

from __future__ import annotations

import gc
import os
import random
from functools import cache
from typing import TYPE_CHECKING, Any

if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    # Imports make objects that stay, so collections during them find nothing and take a twentieth
    # of the time. `entrypoints.releases.handles` ends this.
    gc.disable()

import boto3
from botocore.config import Config

from likeness.adapters import policy_files
from likeness.adapters.clock import SystemClock
from likeness.adapters.throttling import count_throttles
from likeness.adapters.tracing import trace_calls
from likeness.settings import Settings

if TYPE_CHECKING:
    from likeness.adapters.provenance.certificates import Certificates
    from likeness.ports.account import Erasures, KeyedHash, Ledger, Users
    from likeness.ports.deletion import (
        Buckets,
        Deadlines,
        Deletions,
        JobFiles,
        Signer,
        SweptJobs,
    )
    from likeness.ports.generation import Endpoint, Generator, Runs, Training, Work
    from likeness.ports.holds import HoldFiles, Holds
    from likeness.ports.jobs import (
        EventBus,
        EventDeadLetters,
        JobDurations,
        Jobs,
        OperatingState,
        ShownJobs,
        Timers,
        Workflow,
    )
    from likeness.ports.known_cases import KnownCases
    from likeness.ports.photos import Detector, Inspections, Photos
    from likeness.ports.provenance import (
        AvatarStore,
        Credentials,
        Keys,
        WatermarkReader,
        Watermarks,
    )
    from likeness.ports.review import (
        Appeals,
        AuditLog,
        DeskCounters,
        PendingDecisions,
        Previews,
        Reviews,
        Staff,
    )
    from likeness.ports.runtime import Metrics
    from likeness.ports.webhooks import (
        CallLimits,
        Deliveries,
        DeliveryQueue,
        WebhookCaller,
        Webhooks,
        WebhookSecrets,
    )
    from likeness.services.deletion.job_deletion import JobDeletion
    from likeness.services.deletion.job_receipts import JobReceipts
    from likeness.services.jobs.waiting import Readiness
    from likeness.services.review.appeal_closing import AppealClosing
    from likeness.services.review.case_reader import CaseReader
    from likeness.services.review.decision_effect import DecisionEffect
    from likeness.services.review.holding import Holding
    from likeness.services.review.known_case_mixer import KnownCaseMixer
    from likeness.services.review.known_pictures import KnownPictures
    from likeness.services.webhooks.send_deliveries import DeliverySender

CLOCK = SystemClock()
# For presigned URLs and POSTs: objects encrypted with KMS need Signature Version 4, and a POST must
# go to the bucket's own region, because a browser does not repeat a POST after a redirect.
SIGNED = Config(signature_version="s3v4", s3={"addressing_style": "virtual"})


@cache
def settings() -> Settings:
    return Settings.read()


@cache
def calls() -> Config:
    """The adaptive mode slows the client down when a service throttles.

    Environments that are restored from one snapshot have one state of `random`, from which retries
    draw their pauses ("Handling uniqueness with Lambda SnapStart"): it is seeded again here.
    """
    random.seed()
    attempts = settings().call_attempts
    return Config(
        connect_timeout=2,
        read_timeout=settings().call_seconds,
        retries={"mode": "adaptive", "total_max_attempts": attempts},
    )


@cache
def _client(service: str) -> Any:
    config = calls().merge(SIGNED) if service == "s3" else calls()
    client = boto3.client(service, config=config)  # type: ignore[call-overload]
    return trace_calls(count_throttles(client, metrics()))


@cache
def _table() -> Any:
    table = boto3.resource("dynamodb", config=calls()).Table(settings().table)
    trace_calls(count_throttles(table.meta.client, metrics()))
    return table


@cache
def jobs() -> Jobs:
    from likeness.adapters.jobs.jobs_table import JobsTable

    return JobsTable(_table(), CLOCK)


@cache
def shown_jobs() -> ShownJobs:
    from likeness.adapters.jobs.shown_jobs import ShownJobsTable

    return ShownJobsTable(_table())


@cache
def ledger() -> Ledger:
    from likeness.adapters.account.ledger_table import LedgerTable

    return LedgerTable(_table())


@cache
def users() -> Users:
    from likeness.adapters.account.users_table import UsersTable

    return UsersTable(_table())


@cache
def reviews() -> Reviews:
    from likeness.adapters.review.reviews_table import ReviewsTable

    return ReviewsTable(_table())


@cache
def appeals() -> Appeals:
    from likeness.adapters.review.appeals_table import AppealsTable

    return AppealsTable(_table())


@cache
def holds() -> Holds:
    from likeness.adapters.review.holds_table import HoldsTable

    return HoldsTable(_table(), CLOCK)


@cache
def hold_files() -> HoldFiles:
    from likeness.adapters.review.hold_bucket import HoldBucket

    return HoldBucket(_client("s3"), settings().hold_bucket or "")


@cache
def holding() -> Holding:
    from likeness.adapters.photos import pictures
    from likeness.services.review.holding import Holding

    return Holding(jobs(), photos(), holds(), hold_files(), deletions(), pictures, metrics(), CLOCK)


@cache
def known_pictures() -> KnownPictures:
    from likeness.adapters.photos import pictures
    from likeness.adapters.photos.hash_list import BucketHashList
    from likeness.services.review.known_pictures import KnownPictures

    where = settings().hash_list
    listed = BucketHashList(_client("s3"), where) if where else None
    return KnownPictures(holding(), pictures, listed)


@cache
def audit_log() -> AuditLog:
    from likeness.adapters.review.audit_table import AuditLogTable

    return AuditLogTable(_table())


@cache
def desk_counters() -> DeskCounters:
    from likeness.adapters.review.counters_table import DeskCountersTable

    return DeskCountersTable(_table())


@cache
def staff() -> Staff:
    from likeness.adapters.review.staff_pool import StaffPool

    return StaffPool(_client("cognito-idp"), settings().moderator_pool or "", CLOCK)


@cache
def photos() -> Photos:
    from likeness.adapters.photos.photo_bucket import PhotoBucket

    return PhotoBucket(_client("s3"), settings().photos_bucket)


@cache
def work() -> Work:
    from likeness.adapters.generation.work_bucket import WorkBucket

    return WorkBucket(_client("s3"), settings().avatars_bucket, settings().photos_bucket)


@cache
def avatar_store() -> AvatarStore:
    from likeness.adapters.provenance.avatar_bucket import AvatarBucket

    return AvatarBucket(_client("s3"), settings().avatars_bucket)


@cache
def watermarks() -> Watermarks:
    from likeness.adapters.provenance.watermarks_table import WatermarksTable

    return WatermarksTable(_table())


@cache
def credentials() -> Credentials:
    from likeness.adapters.provenance.credentials import KmsCredentials

    return KmsCredentials(_client("kms"), settings().signing_key or "", certificates())


@cache
def certificates() -> Certificates:
    from likeness.adapters.provenance.certificates import Certificates

    return Certificates(_client("ssm"), settings().certificates or "")


@cache
def keys() -> Keys:
    from likeness.adapters.provenance.kms_keys import KmsKeys

    return KmsKeys(_client("kms"), settings().keys.split(","))


@cache
def detector() -> Detector:
    from likeness.adapters.photos.rekognition import Rekognition

    return Rekognition(
        _client("rekognition"), photos=settings().photos_bucket, avatars=settings().avatars_bucket
    )


@cache
def inspections() -> Inspections:
    from likeness.adapters.photos.inspections import LambdaInspections

    return LambdaInspections(_client("lambda"), settings().inspect_function or "")


@cache
def erasures() -> Erasures:
    from likeness.adapters.account.users_table import ErasuresTable

    return ErasuresTable(_table())


@cache
def durations() -> JobDurations:
    from likeness.adapters.jobs.durations_table import DurationsTable

    return DurationsTable(_table())


@cache
def operating_state() -> OperatingState:
    from likeness.adapters.jobs.operating_state_table import OperatingStateTable

    return OperatingStateTable(_table())


@cache
def readiness() -> Readiness:
    from likeness.services.jobs.waiting import Readiness

    deadline = policy_files.load_retention().deadline
    return Readiness(operating_state(), jobs(), metrics(), CLOCK, deadline)


@cache
def keyed_hash() -> KeyedHash:
    from likeness.adapters.account.keyed_hash import KmsHash

    return KmsHash(_client("kms"), settings().hash_key or "")


@cache
def timers() -> Timers:
    from likeness.adapters.jobs.timers import Schedules

    return Schedules(
        _client("scheduler"),
        group=settings().schedule_group or "",
        role=settings().schedule_role or "",
        dead_letters=settings().dead_letter_queue or "",
        state_machine=settings().state_machine or "",
    )


@cache
def deadlines() -> Deadlines:
    from likeness.adapters.jobs.timers import DeadlineSchedules

    return DeadlineSchedules(
        _client("scheduler"),
        group=settings().schedule_group or "",
        role=settings().deadline_role or "",
        dead_letters=settings().dead_letter_queue or "",
        function=settings().prove_function or "",
        every=policy_files.load_retention().retry,
    )


@cache
def deletions() -> Deletions:
    from likeness.adapters.deletion.deletions_table import DeletionsTable

    return DeletionsTable(_table(), CLOCK)


@cache
def job_files() -> JobFiles:
    from likeness.adapters.deletion.job_files import BucketFiles

    return BucketFiles(
        _client("s3"), photos=settings().photos_bucket, avatars=settings().avatars_bucket
    )


@cache
def job_deletion() -> JobDeletion:
    from likeness.adapters.deletion.leftovers import BucketLeftovers
    from likeness.services.deletion.job_deletion import JobDeletion

    leftovers = BucketLeftovers(
        _client("s3"), photos=settings().photos_bucket, avatars=settings().avatars_bucket
    )
    return JobDeletion(job_files(), leftovers, deletions(), metrics(), CLOCK)


@cache
def job_receipts() -> JobReceipts:
    from likeness.services.deletion.job_receipts import JobReceipts

    return JobReceipts(
        deletions(),
        signer(),
        keyed_hash(),
        issuer=settings().receipt_issuer,
        policy=policy_files.load_retention().version,
    )


@cache
def appeal_closing() -> AppealClosing:
    from likeness.services.review.appeal_closing import AppealClosing

    return AppealClosing(jobs(), reviews(), appeals(), job_files(), deletions(), ledger(), users())


@cache
def decision_effect() -> DecisionEffect:
    from likeness.services.review.decision_effect import DecisionEffect

    return DecisionEffect(
        reviews(), desk_counters(), appeal_closing(), workflow(), metrics(), CLOCK
    )


@cache
def case_reader(previews: Previews) -> CaseReader:
    """`previews` is adapters/photos/pictures, which the function imports: it is a heavy import."""
    from likeness.services.review.case_reader import CaseReader

    return CaseReader(
        jobs(),
        photos(),
        previews,
        policy_files.load_reasons(),
        reviews(),
        appeals(),
        known_cases(),
    )


@cache
def known_cases() -> KnownCases:
    from likeness.adapters.review.known_cases_table import KnownCasesTable

    return KnownCasesTable(_table())


@cache
def known_case_mixer(pictures: Any) -> KnownCaseMixer:
    """`pictures` is adapters/photos/pictures, as for `case_reader`."""
    from likeness.adapters.review.known_pictures_bucket import KnownPicturesBucket
    from likeness.services.review.known_case_mixer import KnownCaseMixer

    where = settings().known_cases
    return KnownCaseMixer(
        source=KnownPicturesBucket(_client("s3"), where) if where else None,
        percent=settings().known_percent,
        known_cases=known_cases(),
        reviews=reviews(),
        desk_counters=desk_counters(),
        audit_log=audit_log(),
        pending=pending_decisions(),
        photos=photos(),
        detector=detector(),
        pictures=pictures,
        case_reader=case_reader(pictures),
        policy=policy_files.load_policy().accepting(settings().accepted_detectors),
        rules=policy_files.load_photo_rules(),
        sampled=settings().reviewed.percent > 0,
        decide_within=settings().decide_within,
        clock=CLOCK,
        chance=random.SystemRandom(),
    )


@cache
def pending_decisions() -> PendingDecisions:
    from likeness.adapters.review.pending_decisions import PendingDecisionQueue

    return PendingDecisionQueue(_client("sqs"), settings().decision_queue or "")


@cache
def buckets() -> Buckets:
    from likeness.adapters.deletion.bucket_sweep import BucketSweep

    return BucketSweep(
        _client("s3"), photos=settings().photos_bucket, avatars=settings().avatars_bucket
    )


@cache
def swept_jobs() -> SweptJobs:
    from likeness.adapters.deletion.swept_jobs import SweptJobsTable

    return SweptJobsTable(_table())


@cache
def signer() -> Signer:
    from likeness.adapters.deletion.receipt_signer import KmsSigner

    return KmsSigner(_client("kms"), (settings().receipt_keys or "").split(","))


@cache
def workflow() -> Workflow:
    from likeness.adapters.jobs.workflow import StepFunctions

    return StepFunctions(
        _client("stepfunctions"),
        settings().state_machine or "",
        settings().erasure_machine or "",
    )


@cache
def runs() -> Runs:
    from likeness.adapters.generation.runs_table import RunsTable

    return RunsTable(_table())


@cache
def endpoint() -> Endpoint:
    from likeness.adapters.generation.endpoint import AsyncEndpoint

    return AsyncEndpoint(
        _client("sagemaker-runtime"), settings().endpoint or "", settings().avatars_bucket
    )


@cache
def training() -> Training:
    from likeness.adapters.generation.training_jobs import TrainingJobs, TrainingSettings

    found = settings()
    return TrainingJobs(
        _client("sagemaker"),
        TrainingSettings(
            image=found.training_image or "",
            role=found.training_role or "",
            instance=found.training_instance or "",
            volume_gb=found.training_volume_gb,
            warm_seconds=found.warm_pool_seconds,
            key=found.bucket_key or "",
            tags={"product": "likeness", "stage": found.stage or ""},
            photos_bucket=found.photos_bucket,
            avatars_bucket=found.avatars_bucket,
            weights_uri=found.weights_uri,
        ),
    )


@cache
def generator() -> Generator:
    from likeness.adapters.generation.generator import AnyBackend

    return AnyBackend(training(), runs(), CLOCK)


@cache
def event_bus() -> EventBus:
    from likeness.adapters.jobs.event_bus import EventBridgeBus

    return EventBridgeBus(_client("events"), settings().event_bus or "")


@cache
def dead_letters() -> EventDeadLetters:
    from likeness.adapters.jobs.event_bus import EventDeadLetterQueue

    return EventDeadLetterQueue(_client("sqs"), settings().event_dead_letter_queue or "")


@cache
def webhooks() -> Webhooks:
    from likeness.adapters.webhooks.webhooks_table import WebhooksTable

    return WebhooksTable(_table())


@cache
def deliveries() -> Deliveries:
    from likeness.adapters.webhooks.webhooks_table import DeliveriesTable

    return DeliveriesTable(_table())


@cache
def call_limits() -> CallLimits:
    from likeness.adapters.webhooks.webhooks_table import CallLimitsTable

    return CallLimitsTable(_table(), settings().webhook_rate)


@cache
def delivery_queue() -> DeliveryQueue:
    from likeness.adapters.webhooks.delivery_queue import SqsDeliveryQueue

    return SqsDeliveryQueue(_client("sqs"), settings().delivery_queue or "")


@cache
def webhook_secrets() -> WebhookSecrets:
    from likeness.adapters.webhooks.webhook_secrets import KmsWebhookSecrets

    return KmsWebhookSecrets(_client("kms"), settings().webhook_key or "")


@cache
def webhook_caller() -> WebhookCaller:
    from likeness.adapters.webhooks.webhook_caller import HttpWebhookCaller

    return HttpWebhookCaller(loopback=settings().webhook_loopback)


@cache
def delivery_sender() -> DeliverySender:
    from likeness.services.webhooks.send_deliveries import DeliverySender

    return DeliverySender(
        webhooks=webhooks(),
        deliveries=deliveries(),
        secrets=webhook_secrets(),
        limits=call_limits(),
        caller=webhook_caller(),
        metrics=metrics(),
        clock=CLOCK,
    )


@cache
def metrics() -> Metrics:
    from likeness.adapters.metrics import EmfMetrics

    return EmfMetrics()


@cache
def watermark_reader() -> WatermarkReader:
    from likeness.adapters.provenance.watermark_reader import RivaganReader

    return RivaganReader()
