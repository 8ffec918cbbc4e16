"""The painter as an engine: worker processes analyse photos and paint them, without weights."""

import logging
from collections.abc import Mapping
from itertools import cycle

from likeness.contracts.container import NotDrawn
from likeness.domain.ids import PhotoId
from likeness.domain.photos.photo import Box
from likeness_model.errors import PhotosError
from likeness_model.generation.choice import best_first
from likeness_model.generation.engine import Task
from likeness_model.painter.drawing import Drawing
from likeness_model.painter.styles import STYLES
from likeness_model.painter.workers import (
    AnalysedPhoto,
    UnreadablePhoto,
    Workers,
    analyse,
    start_workers,
)
from likeness_model.vision.person import NoUsableFace

log = logging.getLogger(__name__)


class Painter:
    name = "painter"
    styles = tuple(STYLES)

    def __init__(self, workers: int, method: str) -> None:
        """`method` starts the workers: see choose_method."""
        self._workers, self._method = workers, method

    def draw(self, task: Task) -> list[NotDrawn]:
        with task.turn, start_workers(self._workers, self._method) as workers:
            # 1. Analyse the photos: faces, meshes, framings.
            task.report("looking", len(task.checkpoints.avatars))
            usable = analyse_all(task.photos, task.faces, task.order.size, workers)
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
                encoded=task.photos,
                checkpoints=task.checkpoints,
                workers=workers,
                on_settled=lambda done: task.report("drawing", done),
            ).run()


def analyse_all(
    photos: Mapping[PhotoId, bytes],
    faces: Mapping[PhotoId, Box | None],
    size: int,
    workers: Workers,
) -> list[AnalysedPhoto]:
    """The usable photos. Raises PhotosError if no file can be decoded."""
    pools = cycle([group.pool for group in workers.groups for _ in range(group.size)])
    futures = {
        photo_id: next(pools).submit(analyse, photo_id, encoded, faces[photo_id], size)
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
