"""Where everything lies in the two buckets.

photos    uploads/{job}/{photo}                       as it was uploaded
          appeals/{job}/{photo}                       the same file again, because of an appeal
          photos/{job}/{photo}.jpg                    normalised
avatars   work/{job}/r{round}/order/order.json        what the container is asked for
          work/{job}/r{round}/checkpoints/            {avatar}.png, result.json, progress.json
          work/{job}/r{round}/output/                 SageMaker's own
          work/{job}/r{round}/endpoint/               request.tar, response.tar: copies of both
          work/failures/                              what SageMaker says of a failed inference
          drawn/{job}/{avatar}.png                    approved, not published yet
          avatars/{job}/{avatar}/                     1024.png, 512.webp, 256.webp
          avatars/{job}/avatars.zip
"""

from likeness.contracts import ORDER_FILE, PROGRESS_FILE, RESULT_FILE
from likeness.domain.ids import AvatarId, JobId, PhotoId

RESPONSE_FILE = "response.tar"
WORK = "work/"
FAILURES = f"{WORK}failures/"


def uploads(job_id: JobId) -> str:
    return f"uploads/{job_id}/"


def upload(job_id: JobId, photo_id: PhotoId) -> str:
    return f"{uploads(job_id)}{photo_id}"


def appeals(job_id: JobId) -> str:
    return f"appeals/{job_id}/"


def appeal(job_id: JobId, photo_id: PhotoId) -> str:
    return f"{appeals(job_id)}{photo_id}"


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
    """An avatar as the container drew it. Its name is the avatar's id and nothing else."""
    return f"{checkpoints(job_id, attempt)}{avatar_file(avatar_id)}"


def output_folder(job_id: JobId, attempt: int) -> str:
    return f"{work(job_id)}r{attempt}/output/"


def request(job_id: JobId, attempt: int) -> str:
    """What the endpoint reads."""
    return f"{work(job_id)}{endpoint_folder(attempt)}request.tar"


def response(job_id: JobId, attempt: int) -> str:
    """What SageMaker writes of what the endpoint answered."""
    return f"{work(job_id)}{endpoint_folder(attempt)}{RESPONSE_FILE}"


def endpoint_folder(attempt: int) -> str:
    """Below the job's own folder."""
    return f"r{attempt}/endpoint/"


def all_drawn(job_id: JobId) -> str:
    return f"drawn/{job_id}/"


def drawn(job_id: JobId, avatar_id: AvatarId) -> str:
    return f"{all_drawn(job_id)}{avatar_file(avatar_id)}"


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
