"""The path of a job: the inspection of each upload, and each task of the state machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.adapters import policy_files
from likeness.adapters.metrics import EmfMetrics
from likeness.bootstrap import adapters
from likeness.services.account import erase_user as _erase_user
from likeness.services.deletion import (
    delete_photos as _purge_photos,
    prove_deletion as _prove_deletion,
    sweep_buckets as _sweep_buckets,
)
from likeness.services.generation import (
    finish_inference as _finish_inference,
    moderate_avatars as _moderate_avatars,
    prepare_generation as _prepare_generation,
    start_inference as _start_inference,
    unpack_avatars as _unpack_avatars,
)
from likeness.services.jobs import fail_job as _fail_job, settle_job as _settle_job
from likeness.services.photos import (
    inspect_photo as _inspect_photo,
    moderate_photos as _moderate_photos,
)
from likeness.services.provenance import publish_avatars as _publish_avatars
from likeness.services.review import (
    match_appeal as _match_appeal,
    request_review as _request_review,
    request_second_review as _request_second_review,
)

if TYPE_CHECKING:
    from likeness.contracts import (
        DeletePhotosResult,
        EraseUserResult,
        InferenceEnded,
        ModerateAvatarsResult,
        ModeratePhotosResult,
        PrepareGenerationResult,
        ProveDeletionResult,
        PublishAvatarsResult,
        SettleJobResult,
        SweepBucketsResult,
        UnpackAvatarsResult,
    )
    from likeness.domain.ids import ErasureId, JobId
    from likeness.entrypoints.event import Uploaded


def inspect_photo(upload: Uploaded) -> None:
    from likeness.adapters.photos import pictures  # noqa: PLC0415 - Pillow: only where it is needed

    _inspect_photo.inspect_photo(
        upload.job_id,
        upload.photo_id,
        etag=upload.etag,
        uploaded_at=upload.at,
        jobs=adapters.jobs(),
        photos=adapters.photos(),
        detector=adapters.detector(),
        pictures=pictures,
        rules=policy_files.load_photo_rules(),
        clock=adapters.CLOCK,
    )


def moderate_photos(job_id: JobId) -> ModeratePhotosResult:
    return _moderate_photos.moderate_photos(
        job_id,
        jobs=adapters.jobs(),
        detector=adapters.detector(),
        policy=policy_files.load_policy(),
        review_policy=adapters.settings().reviewed,
        users=adapters.users(),
        keyed_hash=adapters.keyed_hash(),
        metrics=EmfMetrics(),
    )


def request_review(job_id: JobId, task_token: str) -> None:
    _request_review.request_review(
        job_id,
        task_token,
        jobs=adapters.jobs(),
        reviews=adapters.reviews(),
        clock=adapters.CLOCK,
        policy=policy_files.load_policy(),
        tiers=policy_files.load_tiers(),
        decide_within=adapters.settings().decide_within,
    )


def request_second_review(job_id: JobId, task_token: str) -> None:
    _request_second_review.request_second_review(
        job_id,
        task_token,
        jobs=adapters.jobs(),
        reviews=adapters.reviews(),
        clock=adapters.CLOCK,
        decide_within=adapters.settings().decide_second_within,
    )


def match_appeal(upload: Uploaded) -> None:
    from likeness.adapters.photos import pictures  # noqa: PLC0415 - Pillow: only where it is needed

    _match_appeal.match_appeal(
        upload.job_id,
        upload.photo_id,
        etag=upload.etag,
        jobs=adapters.jobs(),
        reviews=adapters.reviews(),
        appeals=adapters.appeals(),
        photos=adapters.photos(),
        pictures=pictures,
        keyed_hash=adapters.keyed_hash(),
        policy=policy_files.load_policy(),
        clock=adapters.CLOCK,
        decide_within=adapters.settings().decide_appeal_within,
    )


def prepare_generation(job_id: JobId, attempt: int) -> PrepareGenerationResult:
    return _prepare_generation.prepare_generation(
        job_id,
        attempt,
        jobs=adapters.jobs(),
        reviews=adapters.reviews(),
        work=adapters.work(),
        clock=adapters.CLOCK,
        engine=adapters.settings().engine,
    )


def start_inference(job_id: JobId, attempt: int, task_token: str) -> None:
    _start_inference.start_inference(
        job_id,
        attempt,
        task_token,
        jobs=adapters.jobs(),
        inferences=adapters.inferences(),
        work=adapters.work(),
        endpoint=adapters.endpoint(),
        clock=adapters.CLOCK,
    )


def finish_inference(ended: InferenceEnded) -> bool:
    return _finish_inference.finish_inference(
        ended,
        jobs=adapters.jobs(),
        inferences=adapters.inferences(),
        work=adapters.work(),
        workflow=adapters.workflow(),
    )


def unpack_avatars(job_id: JobId, attempt: int) -> UnpackAvatarsResult:
    return _unpack_avatars.unpack_avatars(
        job_id,
        attempt,
        jobs=adapters.jobs(),
        inferences=adapters.inferences(),
        work=adapters.work(),
    )


def moderate_avatars(job_id: JobId, attempt: int) -> ModerateAvatarsResult:
    return _moderate_avatars.moderate_avatars(
        job_id,
        attempt,
        jobs=adapters.jobs(),
        work=adapters.work(),
        detector=adapters.detector(),
        policy=policy_files.load_policy(),
        clock=adapters.CLOCK,
    )


def delete_photos(job_id: JobId) -> DeletePhotosResult:
    return _purge_photos.delete_photos(
        job_id,
        jobs=adapters.jobs(),
        photos=adapters.photos(),
        work=adapters.work(),
        leftovers=adapters.leftovers(),
        deletions=adapters.deletions(),
        metrics=EmfMetrics(),
        clock=adapters.CLOCK,
    )


def publish_avatars(job_id: JobId) -> PublishAvatarsResult:
    return _publish_avatars.publish_avatars(
        job_id,
        jobs=adapters.jobs(),
        avatar_store=adapters.avatar_store(),
        credentials=adapters.credentials(),
        watermarks=adapters.watermarks(),
        clock=adapters.CLOCK,
    )


def settle_job(job_id: JobId) -> SettleJobResult:
    return _settle_job.settle_job(
        job_id,
        jobs=adapters.jobs(),
        ledger=adapters.ledger(),
        durations=adapters.durations(),
        clock=adapters.CLOCK,
        avatar_lifetime=adapters.settings().avatar_lifetime,
    )


def fail_job(job_id: JobId, error: str) -> SettleJobResult:
    return _fail_job.fail_job(
        job_id,
        error,
        jobs=adapters.jobs(),
        reviews=adapters.reviews(),
        ledger=adapters.ledger(),
        photos=adapters.photos(),
        work=adapters.work(),
        avatar_store=adapters.avatar_store(),
        generator=adapters.generator(),
        keyed_hash=adapters.keyed_hash(),
        leftovers=adapters.leftovers(),
        deletions=adapters.deletions(),
        metrics=EmfMetrics(),
        clock=adapters.CLOCK,
    )


def prove_deletion(job_id: JobId, *, overdue: bool) -> ProveDeletionResult:
    return _prove_deletion.prove_deletion(
        job_id,
        overdue=overdue,
        jobs=adapters.jobs(),
        photos=adapters.photos(),
        work=adapters.work(),
        avatar_store=adapters.avatar_store(),
        leftovers=adapters.leftovers(),
        deletions=adapters.deletions(),
        signer=adapters.signer(),
        keyed_hash=adapters.keyed_hash(),
        workflow=adapters.workflow(),
        deadlines=adapters.deadlines(),
        metrics=EmfMetrics(),
        clock=adapters.CLOCK,
        rules=policy_files.load_retention(),
        issuer=adapters.settings().receipt_issuer,
        end=lambda ending: fail_job(ending, _fail_job.DEADLINE),
    )


# --- once a day: whatever all that missed -------------------------------------------------------


def sweep_buckets() -> SweepBucketsResult:
    from likeness.observability import logger  # noqa: PLC0415 - as in inspect_photo

    swept = _sweep_buckets.sweep_buckets(
        buckets=adapters.buckets(),
        jobs=adapters.jobs(),
        deletions=adapters.deletions(),
        appeals=adapters.appeals(),
        metrics=EmfMetrics(),
        clock=adapters.CLOCK,
        rules=policy_files.load_retention().keeping_avatars(adapters.settings().avatar_days),
    )
    logger.info("swept", extra=swept.model_dump(mode="json"))
    return swept


# --- another machine: a user is erased ------------------------------------------------------------


def erase_user(erasure_id: ErasureId) -> EraseUserResult:
    return _erase_user.erase_user(
        erasure_id,
        erasures=adapters.erasures(),
        jobs=adapters.jobs(),
        users=adapters.users(),
        photos=adapters.photos(),
        work=adapters.work(),
        avatar_store=adapters.avatar_store(),
        deletions=adapters.deletions(),
        signer=adapters.signer(),
        issuer=adapters.settings().receipt_issuer,
        policy=policy_files.load_retention().version,
        workflow=adapters.workflow(),
        clock=adapters.CLOCK,
    )
