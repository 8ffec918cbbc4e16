"""One round for one user, from the folders that it comes in: the same in training and serving."""

import logging

from likeness.contracts import RESULT_FILE, GenerationResult
from likeness_model import metrics
from likeness_model.engines import Engine
from likeness_model.folders import Folders, put, read_order, read_photos
from likeness_model.job import run_job

log = logging.getLogger("likeness_model")


def draw_round(folders: Folders, *, workers: int, engine: Engine | None = None) -> GenerationResult:
    """From the order and the photos in their folders to avatars and a result in theirs.

    Raises JobError for what is the order's, the photos' or the weights' fault.
    """
    order = read_order(folders.order)
    log.info("job %s round %d: %d avatars", order.job_id, order.round, len(order.avatars))
    photos = read_photos(folders.photos, order.photos)
    result = run_job(order, photos, folders.checkpoints, workers=workers, engine=engine)
    put(folders.model / RESULT_FILE, result.model_dump_json().encode())
    metrics.tell(
        avatars_drawn=len(result.avatars),
        avatars_not_drawn=len(result.not_drawn),
        job_seconds=result.seconds,
    )
    return result
