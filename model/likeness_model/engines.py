"""Which engine draws an order, for both of SageMaker's contracts."""

import logging

from likeness.contracts import RESULT_FILE, GenerationResult
from likeness_model import metrics
from likeness_model.errors import OrderError
from likeness_model.folders import Folders, put, read_order, read_photos
from likeness_model.job import run_job

log = logging.getLogger("likeness_model")


def load(engine: str, folders: Folders) -> None:
    """Bring what an engine needs into memory before its first job; raises JobError."""
    if engine != "painter":
        raise OrderError(f"the engine {engine} is not part of this image: it has the painter")
    log.info("engine %s", engine)


def do_job(folders: Folders, *, workers: int) -> GenerationResult:
    """From the order and the photos in their folders to avatars and a result in theirs."""
    order = read_order(folders.order)
    log.info("job %s round %d: %d avatars", order.job_id, order.round, len(order.avatars))
    load(order.engine, folders)
    photos = read_photos(folders.photos, order.photos)
    result = run_job(order, photos, folders.checkpoints, workers=workers)
    put(folders.model / RESULT_FILE, result.model_dump_json().encode())
    metrics.tell(
        avatars_drawn=len(result.avatars),
        avatars_not_drawn=len(result.not_drawn),
        seconds=result.seconds,
    )
    return result
