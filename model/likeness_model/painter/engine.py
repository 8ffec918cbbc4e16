"""The painter as an engine: worker processes analyse photos and paint them, without weights."""

import logging
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor

from likeness.contracts.container import NotDrawn
from likeness.domain.ids import PhotoId
from likeness.domain.photos.photo import Box
from likeness_model.errors import PhotosError
from likeness_model.generation.choice import best_first
from likeness_model.generation.engine import Task
from likeness_model.painter.drawing import Drawing
from likeness_model.painter.resemblance import read_reference
from likeness_model.painter.styles import STYLES
from likeness_model.painter.workers import (
    AnalysedPhoto,
    UnreadablePhoto,
    analyse,
    worker_pool,
)
from likeness_model.vision.person import NoUsableFace

log = logging.getLogger(__name__)


class Painter:
    name = "painter"
    styles = tuple(STYLES)

    def __init__(self, workers: int) -> None:
        self._workers = workers

    def draw(self, task: Task) -> list[NotDrawn]:
        with task.turn, worker_pool(self._workers) as pool:
            # 1. Analyse the photos: faces, meshes, masks, embeddings.
            task.report("looking", len(task.checkpoints.avatars))
            usable = analyse_all(task.photos, task.faces, task.order.size, pool)
            photos = best_first(usable, task.weights)
            log.info("%d of %d photos can be used", len(photos), len(task.photos))

            # 2. Draw; compare with the photos; redraw; give up near-duplicates.
            task.report("drawing", len(task.checkpoints.avatars))
            if not photos:
                return [
                    NotDrawn(avatar_id=a.avatar_id, style=a.style, reason="no_usable_photo")
                    for a in task.missing
                ]
            return Drawing(
                task.order,
                photos,
                references=dict(
                    zip(
                        (photo.photo_id for photo in photos),
                        pool.map(read_reference, [photo.chips for photo in photos]),
                        strict=True,
                    )
                ),
                checkpoints=task.checkpoints,
                pool=pool,
                on_settled=lambda done: task.report("drawing", done),
            ).run()


def analyse_all(
    photos: Mapping[PhotoId, bytes],
    faces: Mapping[PhotoId, Box | None],
    size: int,
    pool: ProcessPoolExecutor,
) -> list[AnalysedPhoto]:
    """The usable photos. Raises PhotosError if no file can be decoded."""
    futures = {
        photo_id: pool.submit(analyse, photo_id, encoded, faces[photo_id], size)
        for photo_id, encoded in photos.items()
    }
    usable, unreadable = [], 0
    for photo_id, future in futures.items():
        try:
            usable.append(future.result())
        except UnreadablePhoto:
            unreadable += 1
            log.warning("photo %s: left out, it cannot be decoded", photo_id)
        except NoUsableFace:
            log.warning("photo %s: left out, it shows no usable face", photo_id)
    if unreadable == len(photos):
        raise PhotosError("no photo can be decoded")
    return usable
