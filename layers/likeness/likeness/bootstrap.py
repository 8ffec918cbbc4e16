"""The only place that knows both sides: each use case with the adapters of this function.

Clients are made at the first call and kept for the next one. Pillow is imported only by the two
functions that open pictures.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from likeness.adapters import policy_files
from likeness.adapters.clock import SystemClock
from likeness.adapters.gallery_bucket import GalleryBucket
from likeness.adapters.generator import TrainingJobs
from likeness.adapters.inspections import Inspections
from likeness.adapters.jobs_table import JobsTable
from likeness.adapters.ledger_table import LedgerTable
from likeness.adapters.metrics import EmfMetrics
from likeness.adapters.photo_bucket import PhotoBucket
from likeness.adapters.rekognition import Rekognition
from likeness.adapters.reviews_table import ReviewsTable
from likeness.adapters.users_table import UsersTable
from likeness.adapters.work_bucket import WorkBucket
from likeness.adapters.workflow import StepFunctions
from likeness.domain.errors import NotFound
from likeness.services import (
    add_photo as _add_photo,
    create_job as _create_job,
    decide_review as _decide_review,
    fail_job as _fail_job,
    get_job as _get_job,
    get_quota as _get_quota,
    inspect_photo as _inspect_photo,
    list_reviews as _list_reviews,
    list_styles as _list_styles,
    moderate_avatars as _moderate_avatars,
    moderate_photos as _moderate_photos,
    prepare_generation as _prepare_generation,
    publish_avatars as _publish_avatars,
    purge_photos as _purge_photos,
    read_review as _read_review,
    request_review as _request_review,
    settle_job as _settle_job,
    submit_job as _submit_job,
)
from likeness.settings import Settings

if TYPE_CHECKING:
    from likeness.api import (
        AddPhoto,
        Created,
        CreateJob,
        Decide,
        JobView,
        QuotaView,
        ReviewsView,
        ReviewView,
        StylesView,
        Submitted,
        UploadForm,
    )
    from likeness.contracts import (
        AvatarsModerated,
        Moderated,
        Prepared,
        Published,
        Purged,
        Settled,
    )
    from likeness.domain.ids import JobId, ReviewId, StyleId, UserId
    from likeness.entrypoints.event import Uploaded

CLOCK = SystemClock()
# A call that hangs must not eat the function's time; a throttled one is tried again, slower.
CALLS = Config(connect_timeout=2, read_timeout=20, retries={"mode": "adaptive", "max_attempts": 6})
# Links and forms: what KMS encrypted needs Signature Version 4, and a form is posted to the
# bucket's own region, because a browser does not post again where it is redirected.
SIGNED = CALLS.merge(Config(signature_version="s3v4", s3={"addressing_style": "virtual"}))


# --- the app backend's API ----------------------------------------------------------------------


def create_job(request: CreateJob) -> Created:
    return _create_job.create_job(
        request,
        jobs=_jobs(),
        users=_users(),
        ledger=_ledger(),
        photos=_photos(),
        clock=CLOCK,
        styles=policy_files.load_styles(),
        tiers=policy_files.load_tiers(),
        consent_versions=_settings().consents,
        submit_within=_settings().submit_within,
    )


def add_photo(job_id: JobId, request: AddPhoto) -> UploadForm:
    return _add_photo.add_photo(job_id, request, jobs=_jobs(), photos=_photos(), clock=CLOCK)


def submit_job(job_id: JobId) -> Submitted:
    return _submit_job.submit_job(
        job_id,
        jobs=_jobs(),
        ledger=_ledger(),
        photos=_photos(),
        inspections=_inspections(),
        workflow=_workflow(),
        clock=CLOCK,
        tiers=policy_files.load_tiers(),
    )


def get_job(job_id: JobId) -> JobView:
    return _get_job.get_job(
        job_id,
        jobs=_jobs(),
        users=_users(),
        ledger=_ledger(),
        gallery=_gallery(),
        work=_work(),
        clock=CLOCK,
        tiers=policy_files.load_tiers(),
        reasons=policy_files.load_reasons(),
    )


def get_quota(user_id: UserId) -> QuotaView:
    return _get_quota.get_quota(
        user_id, users=_users(), ledger=_ledger(), clock=CLOCK, tiers=policy_files.load_tiers()
    )


def list_styles() -> StylesView:
    return _list_styles.list_styles(styles=policy_files.load_styles())


def preview_style(style: StyleId) -> bytes:
    if style not in policy_files.load_styles():
        raise NotFound("there is no such style: GET /v1/styles lists them")
    return (resources.files("likeness.policy") / "previews" / f"{style}.webp").read_bytes()


# --- the moderators' API ------------------------------------------------------------------------


def list_reviews() -> ReviewsView:
    return _list_reviews.list_reviews(reviews=_reviews())


def read_review(review_id: ReviewId, moderator: str) -> ReviewView:
    return _read_review.read_review(
        review_id, moderator=moderator, jobs=_jobs(), reviews=_reviews(), photos=_photos()
    )


def decide_review(review_id: ReviewId, decision: Decide, moderator: str) -> ReviewView:
    review = _decide_review.decide_review(
        review_id,
        decision,
        moderator=moderator,
        jobs=_jobs(),
        reviews=_reviews(),
        workflow=_workflow(),
        clock=CLOCK,
    )
    return _list_reviews.summary(review)


# --- the path of a job --------------------------------------------------------------------------


def inspect_photo(upload: Uploaded) -> None:
    from likeness.adapters import pictures  # noqa: PLC0415 - Pillow: only where it is needed

    _inspect_photo.inspect_photo(
        upload.job_id,
        upload.photo_id,
        etag=upload.etag,
        jobs=_jobs(),
        photos=_photos(),
        detector=_detector(),
        pictures=pictures,
        rules=policy_files.load_photo_rules(),
        clock=CLOCK,
    )


def moderate_photos(job_id: JobId) -> Moderated:
    return _moderate_photos.moderate_photos(
        job_id,
        jobs=_jobs(),
        detector=_detector(),
        policy=policy_files.load_policy(),
        metrics=EmfMetrics(),
    )


def request_review(job_id: JobId, task_token: str) -> None:
    _request_review.request_review(
        job_id,
        task_token,
        jobs=_jobs(),
        reviews=_reviews(),
        clock=CLOCK,
        decide_within=_settings().decide_within,
    )


def prepare_generation(job_id: JobId, round_: int) -> Prepared:
    return _prepare_generation.prepare_generation(
        job_id, round_, jobs=_jobs(), reviews=_reviews(), work=_work(), clock=CLOCK
    )


def moderate_avatars(job_id: JobId, round_: int) -> AvatarsModerated:
    return _moderate_avatars.moderate_avatars(
        job_id,
        round_,
        jobs=_jobs(),
        work=_work(),
        detector=_detector(),
        policy=policy_files.load_policy(),
        clock=CLOCK,
    )


def purge_photos(job_id: JobId) -> Purged:
    return _purge_photos.purge_photos(
        job_id, jobs=_jobs(), photos=_photos(), work=_work(), clock=CLOCK
    )


def publish_avatars(job_id: JobId) -> Published:
    return _publish_avatars.publish_avatars(job_id, jobs=_jobs(), gallery=_gallery())


def settle_job(job_id: JobId) -> Settled:
    return _settle_job.settle_job(job_id, jobs=_jobs(), ledger=_ledger(), clock=CLOCK)


def fail_job(job_id: JobId, error: str) -> Settled:
    return _fail_job.fail_job(
        job_id,
        error,
        jobs=_jobs(),
        reviews=_reviews(),
        ledger=_ledger(),
        photos=_photos(),
        work=_work(),
        gallery=_gallery(),
        generator=_generator(),
        clock=CLOCK,
    )


# --- adapters, made once ------------------------------------------------------------------------


@cache
def _settings() -> Settings:
    return Settings.read()


@cache
def _client(service: str) -> Any:
    config = SIGNED if service == "s3" else CALLS
    return boto3.client(service, config=config)  # type: ignore[call-overload]


@cache
def _table() -> Any:
    return boto3.resource("dynamodb", config=CALLS).Table(_settings().table)


@cache
def _jobs() -> JobsTable:
    return JobsTable(_table())


@cache
def _ledger() -> LedgerTable:
    return LedgerTable(_table())


@cache
def _users() -> UsersTable:
    return UsersTable(_table())


@cache
def _reviews() -> ReviewsTable:
    return ReviewsTable(_table())


@cache
def _photos() -> PhotoBucket:
    return PhotoBucket(_client("s3"), _settings().photos_bucket)


@cache
def _work() -> WorkBucket:
    return WorkBucket(_client("s3"), _settings().avatars_bucket, _settings().photos_bucket)


@cache
def _gallery() -> GalleryBucket:
    return GalleryBucket(_client("s3"), _settings().avatars_bucket)


@cache
def _detector() -> Rekognition:
    return Rekognition(
        _client("rekognition"), photos=_settings().photos_bucket, avatars=_settings().avatars_bucket
    )


@cache
def _inspections() -> Inspections:
    return Inspections(_client("lambda"), _settings().inspect_function or "")


@cache
def _workflow() -> StepFunctions:
    return StepFunctions(_client("stepfunctions"), _settings().state_machine or "")


@cache
def _generator() -> TrainingJobs:
    return TrainingJobs(_client("sagemaker"))
