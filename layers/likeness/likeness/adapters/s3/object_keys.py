"""Keys of all objects in the two buckets.

photos    uploads/{job}/{photo}                       as uploaded
          appeals/{job}/{photo}                       the same file, uploaded for an appeal
          photos/{job}/{photo}.jpg                    normalised
avatars   work/{job}/r{attempt}/order/order.json      the generation order
          work/{job}/r{attempt}/checkpoints/          {avatar}.png, result.json, progress.json
          work/{job}/r{attempt}/output/               SageMaker's model artifact
          work/{job}/r{attempt}/endpoint/             request.tar, response.tar
          work/failures/                              errors of failed runs, by SageMaker
          drawn/{job}/{avatar}.png                    approved, not yet published
          avatars/{job}/{avatar}/                     1024.png, 512.webp, 256.webp
          avatars/{job}/avatars.zip
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.contracts.container import ORDER_FILE, PROGRESS_FILE, RESULT_FILE

if TYPE_CHECKING:
    from likeness.domain.ids import AvatarId, JobId, PhotoId
    from likeness.domain.photos.photo import UploadFolder

RESPONSE_FILE = "response.tar"
WORK = "work/"
FAILURES = f"{WORK}failures/"


def uploads(job_id: JobId) -> str:
    return f"uploads/{job_id}/"


def upload(job_id: JobId, photo_id: PhotoId, folder: UploadFolder = "uploads") -> str:
    return f"{folder}/{job_id}/{photo_id}"


def photos(job_id: JobId) -> str:
    return f"photos/{job_id}/"


def photo(job_id: JobId, photo_id: PhotoId) -> str:
    return f"{photos(job_id)}{photo_id}.jpg"


def work(job_id: JobId) -> str:
    return f"{WORK}{job_id}/"


def order_folder(job_id: JobId, attempt: int) -> str:
    return f"{work(job_id)}r{attempt}/order/"


def order(job_id: JobId, attempt: int) -> str:
    return f"{order_folder(job_id, attempt)}{ORDER_FILE}"


def checkpoints(job_id: JobId, attempt: int) -> str:
    return f"{work(job_id)}r{attempt}/checkpoints/"


def result(job_id: JobId, attempt: int) -> str:
    return f"{checkpoints(job_id, attempt)}{RESULT_FILE}"


def progress(job_id: JobId, attempt: int) -> str:
    return f"{checkpoints(job_id, attempt)}{PROGRESS_FILE}"


def checkpoint(job_id: JobId, attempt: int, avatar_id: AvatarId) -> str:
    """An avatar as the container drew it. The file's name is the avatar's id."""
    return f"{checkpoints(job_id, attempt)}{avatar_file(avatar_id)}"


def output_folder(job_id: JobId, attempt: int) -> str:
    return f"{work(job_id)}r{attempt}/output/"


def request(job_id: JobId, attempt: int) -> str:
    return f"{work(job_id)}{endpoint_folder(attempt)}request.tar"


def response(job_id: JobId, attempt: int) -> str:
    return f"{work(job_id)}{endpoint_folder(attempt)}{RESPONSE_FILE}"


def endpoint_folder(attempt: int) -> str:
    return f"r{attempt}/endpoint/"


def drawn(job_id: JobId, avatar_id: AvatarId) -> str:
    return f"drawn/{job_id}/{avatar_file(avatar_id)}"


def avatar_file(avatar_id: AvatarId) -> str:
    return f"{avatar_id}.png"


def avatars(job_id: JobId) -> str:
    return f"avatars/{job_id}/"


def avatar(job_id: JobId, avatar_id: AvatarId, file: str) -> str:
    return f"{avatars(job_id)}{avatar_id}/{file}"


def all_of_avatar(job_id: JobId, avatar_id: AvatarId) -> str:
    return f"{avatars(job_id)}{avatar_id}/"


def archive(job_id: JobId) -> str:
    return f"{avatars(job_id)}avatars.zip"
