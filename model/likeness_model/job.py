"""The recipe: from an order and photos to avatars, best first."""

import logging
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from likeness.contracts import (
    PROGRESS_FILE,
    RESULT_FILE,
    DrawnAvatar,
    GenerationOrder,
    GenerationResult,
    NotDrawn,
    Progress,
)
from likeness.domain.ids import PhotoId, StyleId
from likeness_model import __version__
from likeness_model.drawing import Drawing
from likeness_model.errors import OrderError, PhotosError
from likeness_model.folders import put
from likeness_model.gallery import Gallery
from likeness_model.painter.styles import STYLES, load_styles
from likeness_model.painter.subject import NoUsableFace
from likeness_model.workers import LookedAt, UnreadablePhoto, embed_all, look_at, worker_pool

log = logging.getLogger(__name__)


def run_job(
    order: GenerationOrder, photos: Mapping[PhotoId, bytes], checkpoints: Path, *, workers: int = 2
) -> GenerationResult:
    """Draw the order into `checkpoints`. The same order and photos give the same pictures, and a
    run that was cut off goes on where it was.

    Raises OrderError for a style this version cannot paint, PhotosError where no photo is a
    picture. A photo without a face to draw is left out; without any, nothing is drawn and the
    result says so.
    """
    started = time.monotonic()
    total = len(order.avatars)

    def report(stage: str, done: int) -> None:
        progress = Progress.model_validate({"stage": stage, "done": done, "total": total})
        put(checkpoints / PROGRESS_FILE, progress.model_dump_json().encode())

    # 1. Refuse what cannot be drawn.
    check_styles(order)

    # 2. Find what an earlier run has drawn.
    gallery = Gallery(checkpoints, order)
    missing = [a for a in order.avatars if a.avatar_id not in gallery.avatars]
    not_drawn: list[NotDrawn] = []

    if missing:
        load_styles({avatar.style for avatar in missing})
        with worker_pool(workers) as pool:
            # 3. Look at the photos: faces, meshes, masks, embeddings.
            report("looking", len(gallery.avatars))
            seen = look_at_all(photos, order.size, pool)

            # 4. Draw; measure the likeness; redraw; give up twins.
            report("drawing", len(gallery.avatars))
            if seen:
                not_drawn = Drawing(
                    order,
                    seen,
                    references=pool.submit(embed_all, [photo.chip for photo in seen]).result(),
                    gallery=gallery,
                    pool=pool,
                    on_settled=lambda done: report("drawing", done),
                ).run()
            else:
                not_drawn = [
                    NotDrawn(avatar_id=a.avatar_id, style=a.style, reason="no_usable_photo")
                    for a in missing
                ]

    # 5. Put the best first, and write the result.
    result = GenerationResult(
        job_id=order.job_id,
        round=order.round,
        engine=order.engine,
        engine_version=__version__,
        avatars=best_first(gallery.avatars.values()),
        not_drawn=tuple(sorted(not_drawn, key=lambda row: row.avatar_id)),
        seconds=round(time.monotonic() - started, 3),
    )
    put(checkpoints / RESULT_FILE, result.model_dump_json().encode())
    report("done", total)
    log.info("%d avatars drawn, %d not", len(result.avatars), len(result.not_drawn))
    return result


def check_styles(order: GenerationOrder) -> None:
    unknown = sorted({avatar.style for avatar in order.avatars} - STYLES.keys())
    if unknown:
        raise OrderError(f"unknown style {unknown[0]}; this version paints {', '.join(STYLES)}")
    ids = [avatar.avatar_id for avatar in order.avatars]
    if len(set(ids)) < len(ids):
        raise OrderError("two avatars of the order have the same id")


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


def best_first(avatars: Iterable[DrawnAvatar]) -> tuple[DrawnAvatar, ...]:
    """The best of every style, then every second best, ...: nobody wants ten of one style first.

    Distances are compared within a style, where they mean the same; between styles only to say
    which goes first. An avatar that cannot be measured comes after those that can.
    """
    per_style: dict[StyleId, list[DrawnAvatar]] = defaultdict(list)
    for avatar in avatars:
        per_style[avatar.style].append(avatar)
    placed = []
    for mine in per_style.values():
        placed += list(enumerate(sorted(mine, key=_unlikeness)))
    placed.sort(key=lambda row: (row[0], _unlikeness(row[1])))
    return tuple(avatar for _, avatar in placed)


def _unlikeness(avatar: DrawnAvatar) -> tuple[bool, float, str]:
    distance = avatar.likeness.distance
    return (distance is None, distance or 0.0, avatar.avatar_id)
