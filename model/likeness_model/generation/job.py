"""The recipe of a job: from an order and photos to avatars, best first."""

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from likeness.contracts.container import (
    PROGRESS_FILE,
    RESULT_FILE,
    DrawnAvatar,
    GenerationOrder,
    GenerationProgress,
    GenerationResult,
    NotDrawn,
)
from likeness.domain.ids import PhotoId, StyleId
from likeness_model import __version__
from likeness_model.errors import OrderError
from likeness_model.generation.checkpoints import AvatarCheckpoints
from likeness_model.generation.deadline import Deadline
from likeness_model.generation.engine import Engine, Task
from likeness_model.generation.files import write_atomically

log = logging.getLogger(__name__)


def run_job(
    order: GenerationOrder,
    photos: Mapping[PhotoId, bytes],
    checkpoints: Path,
    *,
    load: Callable[[str], Engine],
    turn: AbstractContextManager[None] | None = None,
    resumable: bool = False,
) -> GenerationResult:
    """Draw the order into `checkpoints` with the engine that `load` returns for its name.

    The same order and photos give the same pictures (AvatarOrder says where), and a restarted run
    continues from its checkpoints. Raises OrderError for a style or engine that this version does
    not have, PhotosError if no photo can be decoded, WeightsError for wrong weights. A photo
    without a usable face is left out; without any, nothing is drawn and the result says so. `turn`
    is entered while the engine must not be shared with another job. `resumable`: a restarted run
    gets the same `checkpoints`.
    """
    started = time.monotonic()
    deadline = Deadline(order.time_limit_s)
    total = len(order.avatars)

    def report(stage: str, done: int) -> None:
        progress = GenerationProgress.model_validate({"stage": stage, "done": done, "total": total})
        write_atomically(checkpoints / PROGRESS_FILE, progress.model_dump_json().encode())

    # 1. Reject an order that cannot be drawn.
    engine = load(order.engine)
    check_order(order, engine)

    # 2. Read what an earlier run has drawn.
    stored = AvatarCheckpoints(checkpoints, order)
    missing = tuple(a for a in order.avatars if a.avatar_id not in stored.avatars)

    # 3. Draw the rest: analyse the photos, draw, score, draw again.
    not_drawn: list[NotDrawn] = []
    if missing:
        not_drawn = engine.draw(
            Task(order, photos, missing, stored, deadline, report, turn or nullcontext(), resumable)
        )

    # 4. Rank the avatars and write the result.
    result = GenerationResult(
        job_id=order.job_id,
        attempt=order.attempt,
        engine=order.engine,
        engine_version=__version__,
        avatars=best_first(stored.avatars.values()),
        not_drawn=tuple(sorted(not_drawn, key=lambda row: row.avatar_id)),
        seconds=round(time.monotonic() - started, 3),
    )
    write_atomically(checkpoints / RESULT_FILE, result.model_dump_json().encode())
    report("done", total)
    log.info("%d avatars drawn, %d not drawn", len(result.avatars), len(result.not_drawn))
    return result


def check_order(order: GenerationOrder, engine: Engine) -> None:
    """Raises OrderError."""
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
    """The best avatar of every style, then every second best, and so on, so that styles alternate.

    Distances are comparable within a style; between styles they only decide which one goes first.
    An avatar without a distance follows those that have one.
    """
    per_style: dict[StyleId, list[DrawnAvatar]] = defaultdict(list)
    for avatar in avatars:
        per_style[avatar.style].append(avatar)
    placed = []
    for same_style in per_style.values():
        placed += list(enumerate(sorted(same_style, key=_by_distance)))
    placed.sort(key=lambda row: (row[0], _by_distance(row[1])))
    return tuple(avatar for _, avatar in placed)


def _by_distance(avatar: DrawnAvatar) -> tuple[bool, float, str]:
    distance = avatar.distance
    return (distance is None, distance or 0.0, avatar.avatar_id)
