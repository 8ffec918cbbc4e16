"""The app backend's use cases with their adapters: `/v1/jobs`, `/v1/styles`, `/v1/users`."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

from likeness.adapters import policy_files
from likeness.bootstrap import adapters
from likeness.domain.errors import NotFound
from likeness.services.account import (
    get_erasure as _get_erasure,
    get_quota as _get_quota,
    request_erasure as _request_erasure,
    set_plus as _set_plus,
)
from likeness.services.deletion import get_keys as _get_keys, get_receipt as _get_receipt
from likeness.services.jobs import (
    cancel_job as _cancel_job,
    create_job as _create_job,
    get_job as _get_job,
    list_jobs as _list_jobs,
    list_styles as _list_styles,
    submit_job as _submit_job,
)
from likeness.services.photos import add_photo as _add_photo
from likeness.services.provenance import (
    keep_avatars as _keep_avatars,
    verify_picture as _verify_picture,
)
from likeness.services.review import appeal_job as _appeal_job

if TYPE_CHECKING:
    from likeness.api.app import (
        AddPhoto,
        AppealOpened,
        AvatarsKept,
        Created,
        CreateJob,
        ErasureView,
        JobsView,
        JobView,
        KeepAvatars,
        KeysView,
        Page,
        PlusView,
        PresignedPost,
        QuotaView,
        ReceiptView,
        SetPlus,
        StoredJob,
        StoredPost,
        StylesView,
        Submitted,
        Verified,
    )
    from likeness.domain.ids import ErasureId, JobId, StyleId, UserId


def create_job(request: CreateJob) -> Created:
    return _create_job.create_job(
        request,
        jobs=adapters.jobs(),
        users=adapters.users(),
        ledger=adapters.ledger(),
        photos=adapters.photos(),
        timers=adapters.timers(),
        deadlines=adapters.deadlines(),
        keyed_hash=adapters.keyed_hash(),
        clock=adapters.CLOCK,
        styles=policy_files.load_styles(),
        tiers=policy_files.load_tiers(),
        consent_versions=adapters.settings().consents,
        submit_within=adapters.settings().submit_within,
        deadline=policy_files.load_retention().deadline,
    )


def create_job_again(kept: StoredJob) -> Created:
    return _create_job.create_job_again(
        kept, jobs=adapters.jobs(), photos=adapters.photos(), clock=adapters.CLOCK
    )


def add_photo(job_id: JobId, request: AddPhoto) -> PresignedPost:
    return _add_photo.add_photo(
        job_id, request, jobs=adapters.jobs(), photos=adapters.photos(), clock=adapters.CLOCK
    )


def add_photo_again(kept: StoredPost, job_id: JobId) -> PresignedPost:
    return _add_photo.add_photo_again(
        kept, job_id, jobs=adapters.jobs(), photos=adapters.photos(), clock=adapters.CLOCK
    )


def submit_job(job_id: JobId) -> Submitted:
    return _submit_job.submit_job(
        job_id,
        backend=adapters.settings().backend,
        jobs=adapters.jobs(),
        users=adapters.users(),
        ledger=adapters.ledger(),
        photos=adapters.photos(),
        inspections=adapters.inspections(),
        workflow=adapters.workflow(),
        clock=adapters.CLOCK,
        tiers=policy_files.load_tiers(),
    )


def get_job(job_id: JobId) -> JobView:
    return _get_job.get_job(
        job_id,
        jobs=adapters.jobs(),
        users=adapters.users(),
        ledger=adapters.ledger(),
        avatar_store=adapters.avatar_store(),
        work=adapters.work(),
        durations=adapters.durations(),
        deletions=adapters.deletions(),
        keyed_hash=adapters.keyed_hash(),
        reviews=adapters.reviews(),
        appeals=adapters.appeals(),
        clock=adapters.CLOCK,
        tiers=policy_files.load_tiers(),
        reasons=policy_files.load_reasons(),
    )


def list_jobs(user_id: UserId, query: Page) -> JobsView:
    return _list_jobs.list_jobs(
        user_id, query, jobs=adapters.jobs(), reasons=policy_files.load_reasons()
    )


def appeal_job(job_id: JobId) -> AppealOpened:
    return _appeal_job.appeal_job(
        job_id,
        jobs=adapters.jobs(),
        reviews=adapters.reviews(),
        appeals=adapters.appeals(),
        photos=adapters.photos(),
        deletions=adapters.deletions(),
        deadlines=adapters.deadlines(),
        deadline=policy_files.load_retention().deadline,
        clock=adapters.CLOCK,
    )


def get_quota(user_id: UserId) -> QuotaView:
    return _get_quota.get_quota(
        user_id,
        users=adapters.users(),
        ledger=adapters.ledger(),
        keyed_hash=adapters.keyed_hash(),
        clock=adapters.CLOCK,
        tiers=policy_files.load_tiers(),
    )


def set_plus(user_id: UserId, request: SetPlus) -> PlusView:
    return _set_plus.set_plus(user_id, request, users=adapters.users(), clock=adapters.CLOCK)


def cancel_job(job_id: JobId) -> Submitted:
    return _cancel_job.cancel_job(
        job_id, jobs=adapters.jobs(), workflow=adapters.workflow(), clock=adapters.CLOCK
    )


def keep_avatars(job_id: JobId, request: KeepAvatars) -> AvatarsKept:
    return _keep_avatars.keep_avatars(
        job_id,
        request,
        jobs=adapters.jobs(),
        avatar_store=adapters.avatar_store(),
        clock=adapters.CLOCK,
    )


def request_erasure(user_id: UserId) -> ErasureView:
    return _request_erasure.request_erasure(
        user_id,
        erasures=adapters.erasures(),
        workflow=adapters.workflow(),
        clock=adapters.CLOCK,
    )


def get_erasure(erasure_id: ErasureId) -> ErasureView:
    return _get_erasure.get_erasure(erasure_id, erasures=adapters.erasures())


def get_receipt(job_id: JobId) -> ReceiptView:
    return _get_receipt.get_receipt(job_id, deletions=adapters.deletions())


def get_keys() -> KeysView:
    return _get_keys.get_keys(signer=adapters.signer())


def list_styles(query: Page) -> StylesView:
    return _list_styles.list_styles(query, styles=policy_files.load_styles())


def preview_style(style: StyleId) -> bytes:
    if style not in policy_files.load_styles():
        raise NotFound("there is no such style: GET /v1/styles lists them")
    return (resources.files("likeness.policy") / "previews" / f"{style}.webp").read_bytes()


def verify_picture(picture: bytes, content_type: str) -> Verified:
    from likeness.adapters.photos import pictures  # noqa: PLC0415 - Pillow: only where it is needed
    from likeness.adapters.provenance.watermark_reader import RivaganReader  # noqa: PLC0415 - its layer, too

    return _verify_picture.verify_picture(
        picture,
        content_type,
        credentials=adapters.credentials(),
        reader=RivaganReader(),
        watermarks=adapters.watermarks(),
        jobs=adapters.jobs(),
        pictures=pictures,
        clock=adapters.CLOCK,
    )
