"""The painter as an engine: worker processes look at photos and paint them, without weights."""

import logging
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor

from likeness.contracts import NotDrawn
from likeness.domain.ids import PhotoId
from likeness_model.drawing import Drawing
from likeness_model.engines import Task
from likeness_model.errors import PhotosError
from likeness_model.painter.styles import STYLES, load_styles
from likeness_model.painter.subject import NoUsableFace
from likeness_model.workers import LookedAt, UnreadablePhoto, embed_all, look_at, worker_pool

log = logging.getLogger(__name__)


class Painter:
    name = "painter"
    styles = tuple(STYLES)

    def __init__(self, workers: int) -> None:
        self._workers = workers

    def draw(self, task: Task) -> list[NotDrawn]:
        load_styles({avatar.style for avatar in task.missing})
        with worker_pool(self._workers) as pool:
            # 1. Look at the photos: faces, meshes, masks, embeddings.
            task.report("looking", len(task.gallery.avatars))
            seen = look_at_all(task.photos, task.order.size, pool)

            # 2. Draw; measure the likeness; redraw; give up twins.
            task.report("drawing", len(task.gallery.avatars))
            if not seen:
                return [
                    NotDrawn(avatar_id=a.avatar_id, style=a.style, reason="no_usable_photo")
                    for a in task.missing
                ]
            return Drawing(
                task.order,
                seen,
                references=pool.submit(embed_all, [photo.chip for photo in seen]).result(),
                gallery=task.gallery,
                pool=pool,
                on_settled=lambda done: task.report("drawing", done),
            ).run()


def look_at_all(
    photos: Mapping[PhotoId, bytes], size: int, pool: ProcessPoolExecutor
) -> list[LookedAt]:
    """The usable photos, best first. Raises PhotosError where no file is a picture."""
    futures = {
        photo_id: pool.submit(look_at, photo_id, encoded, size)
        for photo_id, encoded in photos.items()
    }
    seen, unreadable = [], 0
    for photo_id, future in futures.items():
        try:
            seen.append(future.result())
        except UnreadablePhoto:
            unreadable += 1
            log.warning("photo %s: left out, it cannot be decoded", photo_id)
        except NoUsableFace:
            log.warning("photo %s: left out, it shows no face that can be drawn", photo_id)
    if unreadable == len(photos):
        raise PhotosError("no photo can be decoded")
    return sorted(seen, key=lambda photo: (-photo.worth, photo.photo_id))
