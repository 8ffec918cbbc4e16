"""The recipe: from an order and photos to avatars, best first."""

import logging
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
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
from likeness_model.deadline import Deadline
from likeness_model.engines import Engine, Task, load_engine
from likeness_model.errors import OrderError
from likeness_model.folders import put
from likeness_model.gallery import Gallery

log = logging.getLogger(__name__)


def run_job(
    order: GenerationOrder,
    photos: Mapping[PhotoId, bytes],
    checkpoints: Path,
    *,
    workers: int = 2,
    engine: Engine | None = None,
) -> GenerationResult:
    """Draw the order into `checkpoints`. The same order and photos give the same pictures, and a
    run that was cut off goes on where it was. An engine that is loaded already may be passed in.

    Raises OrderError for a style or engine this version cannot draw with, PhotosError where no
    photo is a picture, WeightsError where the engine's are not in order. A photo without a face
    to draw is left out; without any, nothing is drawn and the result says so.
    """
    started = time.monotonic()
    deadline = Deadline(order.time_limit_s)
    total = len(order.avatars)

    def report(stage: str, done: int) -> None:
        progress = Progress.model_validate({"stage": stage, "done": done, "total": total})
        put(checkpoints / PROGRESS_FILE, progress.model_dump_json().encode())

    # 1. Refuse what cannot be drawn.
    engine = engine or load_engine(order.engine, workers=workers)
    check_order(order, engine)

    # 2. Find what an earlier run has drawn.
    gallery = Gallery(checkpoints, order)
    missing = tuple(a for a in order.avatars if a.avatar_id not in gallery.avatars)

    # 3. Draw what is missing: look, draw, measure, redraw.
    not_drawn: list[NotDrawn] = []
    if missing:
        not_drawn = engine.draw(Task(order, photos, missing, gallery, deadline, report))

    # 4. Put the best first, and write the result.
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


def check_order(order: GenerationOrder, engine: Engine) -> None:
    if order.engine != engine.name:
        raise OrderError(f"this container draws with {engine.name}, not with {order.engine}")
    unknown = sorted({avatar.style for avatar in order.avatars} - set(engine.styles))
    if unknown:
        raise OrderError(
            f"unknown style {unknown[0]}; this version draws {', '.join(engine.styles)}"
        )
    ids = [avatar.avatar_id for avatar in order.avatars]
    if len(set(ids)) < len(ids):
        raise OrderError("two avatars of the order have the same id")


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
