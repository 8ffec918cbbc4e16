"""One generation attempt, from its input folders to its output folders; `train` and `serve` share
it."""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager

from likeness.contracts.container import RESULT_FILE, GenerationResult
from likeness_model import metrics
from likeness_model.container.folders import Folders, read_order, read_photos
from likeness_model.generation.engine import Engine
from likeness_model.generation.files import write_atomically
from likeness_model.generation.job import run_job

log = logging.getLogger("likeness_model")


def draw_attempt(
    folders: Folders,
    *,
    load: Callable[[str], Engine],
    turn: AbstractContextManager[None] | None = None,
    resumable: bool = False,
) -> GenerationResult:
    """Read the order and the photos, draw, and write avatars and result. `turn` is entered while
    the engine must not be shared with another job. `resumable`: a restarted process gets the same
    checkpoint folder.

    Raises JobError where the order, the photos or the weights are at fault.
    """
    order = read_order(folders.order)
    log.info("job %s attempt %d: %d avatars", order.job_id, order.attempt, len(order.avatars))
    photos = read_photos(folders.photos, order.photos)
    result = run_job(order, photos, folders.checkpoints, load=load, turn=turn, resumable=resumable)
    write_atomically(folders.model / RESULT_FILE, result.model_dump_json().encode())
    metrics.report(
        avatars_drawn=len(result.avatars),
        avatars_not_drawn=len(result.not_drawn),
        job_seconds=result.seconds,
    )
    return result
