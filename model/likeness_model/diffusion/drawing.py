"""Draw all styles in batches, score the pictures, and redraw those that fail the quality gate.

The accelerator does not wait: while a batch is drawn, other threads score, watermark and encode the
pictures of the batch before.
"""

import logging
import os
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

import cv2

from likeness.contracts.container import AvatarOrder, NotDrawn, NotDrawnReason
from likeness.domain.ids import AvatarId
from likeness.domain.provenance.watermark import Watermarking
from likeness_model import metrics
from likeness_model.diffusion import lora
from likeness_model.diffusion.drawing_network import DrawingNetwork
from likeness_model.diffusion.memory import Batches
from likeness_model.diffusion.pipelines.base import EncodedPrompts, Pipeline
from likeness_model.diffusion.prompts import templates
from likeness_model.diffusion.quality_gate import Person, score
from likeness_model.diffusion.seeds import draw_seed
from likeness_model.generation.engine import Task
from likeness_model.generation.near_duplicates import fingerprint
from likeness_model.generation.picture import Draft, Picture
from likeness_model.generation.variation import Variation
from likeness_model.vision.images import encode_png
from likeness_model.vision.records import Image
from likeness_model.vision.watermark import write_watermark

log = logging.getLogger(__name__)

# Of many cores, one is left to the thread that feeds the accelerator. Vision models, OpenCV and
# hashing release the interpreter's lock.
FINISHING_THREADS = max(2, min(10, (os.cpu_count() or 1) - 1))
IN_FLIGHT = 2  # batches of pictures in memory: one is drawn, one is finished
REDRAWN = 0.3  # share of the avatars for which time is reserved to draw a second time


@dataclass(frozen=True)
class OrderPrompts:
    """The encoded prompts; `rows` is each avatar's row."""

    prompts: EncodedPrompts
    rows: dict[AvatarId, int]
    negative: EncodedPrompts | None


@dataclass(frozen=True)
class Draw:
    """The `number`-th draw of an avatar, from 1."""

    avatar: AvatarOrder
    number: int = 1


@dataclass(frozen=True)
class Finished:
    """What became of a draw: a picture, or the reason why it fails the quality gate."""

    draw: Draw
    result: Picture | NotDrawnReason


class Drawing:
    """One order's avatars on their way through the pipeline."""

    def __init__(
        self,
        pipeline: Pipeline,
        network: DrawingNetwork,
        task: Task,
        *,
        prompts: OrderPrompts,
        person: Person,
        photo_ids: Sequence[str],
        references: Sequence[Image],
    ) -> None:
        self._pipeline = pipeline
        self._network = network
        self._merged: str | None = None  # the style adapter that is merged into the network
        self._task = task
        self._prompts = prompts
        self._person = person
        self._photo_ids = photo_ids
        self._references = references
        self._batches = Batches(pipeline.recipe.drawing_batch)
        self._waiting: dict[AvatarId, list[Finished]] = {}  # for an avatar's next candidate
        self._too_far: set[AvatarId] = set()  # measured above the gate at least once
        self._given_up: list[NotDrawn] = []
        self._drawing_s = self._finishing_s = 0.0  # of the last batch

    def run(self) -> list[NotDrawn]:
        """Draw everything; returns the avatars that were given up.

        Which pictures form a batch changes their bits a little, so it must not depend on the speed
        of the threads: before batch n is drawn, batch n - IN_FLIGHT is settled, and its redraws
        join the queue. This bounds the memory too.
        """
        # In the order of the style adapters; styles without one are drawn together. Second
        # candidates and redraws follow: the deadline ends them first.
        pending = sorted(map(Draw, self._task.missing), key=self._style_adapter)
        settling: deque[Future[list[Draw]]] = deque()
        with (  # both wait for their work, also when an exception leaves the block
            ThreadPoolExecutor(1) as settler,
            ThreadPoolExecutor(FINISHING_THREADS) as finishers,
        ):
            while pending or settling:
                in_time = self._task.deadline.allows(self._drawing_s + self._finishing_s)
                if settling and (not pending or len(settling) == IN_FLIGHT or not in_time):
                    pending += settling.popleft().result()
                elif in_time:
                    drawn, pictures = self._draw_batch(pending)
                    pending = [draw for draw in pending if draw not in drawn]
                    finished = [
                        finishers.submit(self._finish, *each)
                        for each in zip(drawn, pictures, strict=True)
                    ]
                    settling.append(settler.submit(self._settle_batch, finished))
                else:
                    for draw in pending:
                        waiting = self._waiting.pop(draw.avatar.avatar_id, [])
                        if not waiting or self._store_nearest(waiting) is not None:
                            self._give_up(draw, "deadline")
                    pending = []
        return self._given_up

    def _candidates(self, avatar: AvatarOrder) -> int:
        """How many pictures the nearest one is chosen from, at most. In styles without a face for
        certain, nothing could be compared."""
        if not templates().styles[avatar.style].face:
            return 1
        return min(self._pipeline.recipe.candidates, self._task.order.gate.draws)

    def _draw_batch(self, pending: Sequence[Draw]) -> tuple[list[Draw], list[Image]]:
        """The first batch of one style adapter, and its pictures."""
        adapter = self._style_adapter(pending[0])
        draws = [draw for draw in pending if self._style_adapter(draw) == adapter]
        began = time.perf_counter()
        count, pictures = self._batches.first(draws, self._generate)
        self._drawing_s = time.perf_counter() - began
        if self._drawing_s > 0:
            metrics.report(images_per_second=count / self._drawing_s)
        return draws[:count], pictures

    def _generate(self, draws: Sequence[Draw]) -> list[Image]:
        style = self._style_adapter(draws[0])
        if style != self._merged:
            self._network.merge((lora.SAMPLER, lora.USER, style))
            self._merged = style
        pictures = self._pipeline.generate(
            self._prompts.prompts.pick([self._prompts.rows[d.avatar.avatar_id] for d in draws]),
            [draw_seed(draw.avatar.seed, draw.number) for draw in draws],
            negative=self._prompts.negative,
            references=self._references,
        )
        return [_resized(picture, self._task.order.size) for picture in pictures]

    def _finish(self, draw: Draw, picture: Image) -> Finished:
        """All work on a picture that no other picture matters for. Watermark last: the score and
        the fingerprint are those of the picture without it."""
        scored = score(
            picture,
            self._person,
            style=draw.avatar.style,
            gate=self._task.order.gate,
            faces=self._pipeline.recipe.shows_faces,
        )
        if scored.reason is not None:
            return Finished(draw, scored.reason)
        print_, watermarking = fingerprint(picture, Variation()), Watermarking.NOT_ORDERED
        if draw.avatar.watermark:
            picture, watermarking = write_watermark(picture, draw.avatar.watermark)
        photo_id = self._photo_ids[scored.nearest or 0]
        finished = Picture(
            draft=Draft(draw.avatar, photo_id, Variation(), draw.number),
            png=encode_png(picture),
            distance=scored.distance,
            fingerprint=print_,
            watermarking=watermarking,
            measures=scored.measures,
        )
        return Finished(draw, finished)

    def _settle_batch(self, batch: Sequence[Future[Finished]]) -> list[Draw]:
        """Settle the pictures in the order of the draws, each as soon as it is finished: which of
        two near-duplicates is stored must not depend on the threads' speed. Returns the redraws."""
        began = time.monotonic()
        again = [redraw for future in batch for redraw in self._settle(future.result())]
        self._finishing_s = time.monotonic() - began
        return again

    def _settle(self, finished: Finished) -> list[Draw]:
        """Return the avatar's next candidate; after the last one store the nearest, give the avatar
        up, or return a redraw."""
        draw = finished.draw
        avatar_id = draw.avatar.avatar_id
        waiting = self._waiting.setdefault(avatar_id, [])
        waiting.append(finished)
        following = replace(draw, number=draw.number + 1)
        if draw.number < self._candidates(draw.avatar) and not self._is_near(finished):
            return [following]
        del self._waiting[avatar_id]
        reason = self._store_nearest(waiting)
        if reason is None:
            return []
        if draw.number < self._task.order.gate.draws:
            log.info("avatar %s: drawn again, reason %s", avatar_id, reason)
            return [following]
        self._give_up(draw, reason)
        return []

    def _is_near(self, finished: Finished) -> bool:
        """True if the picture is as near to a photo as the photos are to each other: a still nearer
        one would not be more alike, but closer to a copy."""
        distance = finished.result.distance if isinstance(finished.result, Picture) else None
        return distance is not None and distance <= self._person.apart

    def _store_nearest(self, candidates: Sequence[Finished]) -> NotDrawnReason | None:
        """Store the nearest picture that may be stored, or return why there is none."""
        avatar_id = candidates[0].draw.avatar.avatar_id
        reasons = [each.result for each in candidates if not isinstance(each.result, Picture)]
        if "distance" in reasons:
            self._too_far.add(avatar_id)
        pictures = [each.result for each in candidates if isinstance(each.result, Picture)]
        for picture in sorted(pictures, key=_by_distance):
            if picture.distance is None and avatar_id in self._too_far:
                # A measured failure is not replaced by an unmeasurable picture.
                reasons.append("distance")
            elif self._task.checkpoints.has_near_duplicate(picture):
                reasons.append("near_duplicate")
            else:
                self._task.checkpoints.store(picture)
                self._report(avatar_id, "drawn")
                return None
        return reasons[-1]

    def _give_up(self, draw: Draw, reason: NotDrawnReason) -> None:
        avatar = draw.avatar
        self._given_up.append(
            NotDrawn(avatar_id=avatar.avatar_id, style=avatar.style, reason=reason)
        )
        self._report(avatar.avatar_id, f"given up: {reason}")

    def _report(self, avatar_id: AvatarId, outcome: str) -> None:
        log.info("avatar %s: %s", avatar_id, outcome)
        self._task.report("drawing", len(self._task.checkpoints.avatars) + len(self._given_up))

    def _style_adapter(self, draw: Draw) -> str:
        style = draw.avatar.style
        return style if style in self._pipeline.styles else ""


def _by_distance(picture: Picture) -> tuple[bool, float]:
    return (picture.distance is None, picture.distance or 0.0)


def _resized(picture: Image, size: int) -> Image:
    if picture.shape[0] == size:
        return picture
    smooth = cv2.INTER_AREA if picture.shape[0] > size else cv2.INTER_LANCZOS4
    return cv2.resize(picture, (size, size), interpolation=smooth)
