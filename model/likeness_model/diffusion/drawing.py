"""Draw all styles in batches, score the pictures, and redraw those that fail the quality gate."""

import logging
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import groupby

import cv2

from likeness.contracts import AvatarOrder, NotDrawn, NotDrawnReason
from likeness.domain.ids import AvatarId
from likeness.domain.provenance.watermark import Watermarking
from likeness_model import metrics
from likeness_model.diffusion import lora
from likeness_model.diffusion.memory import Batches
from likeness_model.diffusion.pipelines.base import EncodedPrompts, Pipeline
from likeness_model.diffusion.prompts import templates
from likeness_model.diffusion.quality_gate import Person, Score, score
from likeness_model.diffusion.seeds import draw_seed
from likeness_model.generation.engine import Task
from likeness_model.generation.near_duplicates import fingerprint
from likeness_model.generation.picture import Draft, Picture
from likeness_model.generation.variation import Variation
from likeness_model.vision.images import encode_png
from likeness_model.vision.records import Image
from likeness_model.vision.watermark import write_watermark

log = logging.getLogger(__name__)

SCORING_THREADS = 4  # the vision models release the interpreter's lock
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


class Drawing:
    """One order's avatars on their way through the pipeline."""

    def __init__(
        self,
        pipeline: Pipeline,
        task: Task,
        *,
        prompts: OrderPrompts,
        person: Person,
        photo_ids: Sequence[str],
        references: Sequence[Image],
    ) -> None:
        self._pipeline = pipeline
        self._task = task
        self._prompts = prompts
        self._person = person
        self._photo_ids = photo_ids
        self._references = references
        self._batches = Batches(pipeline.recipe.drawing_batch)
        self._too_far: set[AvatarId] = set()  # measured above the gate at least once
        self._given_up: list[NotDrawn] = []

    def seconds_needed(self) -> float:
        """An estimate for all missing avatars, from drawing and scoring one picture."""
        began = time.perf_counter()
        draw = Draw(self._task.missing[0])
        self._score(draw, self._generate([draw])[0])
        return (time.perf_counter() - began) * len(self._task.missing) * (1 + REDRAWN)

    def run(self) -> list[NotDrawn]:
        """Draw everything; returns the avatars that were given up."""
        draws = [Draw(avatar) for avatar in self._task.missing]
        with ThreadPoolExecutor(SCORING_THREADS) as pool:
            while draws:
                again: list[Draw] = []
                # One group per style adapter; styles without one form a group together.
                draws.sort(key=self._style_adapter)
                for _, group in groupby(draws, key=self._style_adapter):
                    again += self._run_group(list(group), pool)
                draws = again
        return self._given_up

    def _run_group(self, draws: Sequence[Draw], pool: ThreadPoolExecutor) -> list[Draw]:
        """Draw batch by batch while there is time; returns the redraws."""
        again: list[Draw] = []
        done, seconds = 0, 0.0
        pictures = self._batches.run(draws, self._generate)
        while done < len(draws) and self._task.deadline.allows(seconds):
            began = time.perf_counter()
            batch = next(pictures)
            drawn = draws[done : done + len(batch)]
            scores = list(pool.map(self._score, drawn, batch))
            for draw, picture, scored in zip(drawn, batch, scores, strict=True):
                again += self._settle(draw, picture, scored)
            done += len(batch)
            seconds = time.perf_counter() - began
            if seconds > 0:
                metrics.report(images_per_second=len(batch) / seconds)
        for draw in draws[done:]:
            self._give_up(draw, "deadline")
        return again

    def _generate(self, draws: Sequence[Draw]) -> list[Image]:
        network = self._pipeline.drawing_network
        wanted = (lora.SAMPLER, lora.USER, self._style_adapter(draws[0]))
        lora.set_active(network, [name for name in wanted if name in lora.loaded(network)])
        pictures = self._pipeline.generate(
            self._prompts.prompts.pick([self._prompts.rows[d.avatar.avatar_id] for d in draws]),
            [draw_seed(draw.avatar.seed, draw.number) for draw in draws],
            negative=self._prompts.negative,
            references=self._references,
        )
        return [_resized(picture, self._task.order.size) for picture in pictures]

    def _score(self, draw: Draw, picture: Image) -> Score:
        return score(
            picture,
            self._person,
            style=templates().styles[draw.avatar.style],
            gate=self._task.order.gate,
            faces=self._pipeline.recipe.shows_faces,
        )

    def _settle(self, draw: Draw, picture: Image, scored: Score) -> list[Draw]:
        """Store the picture, give the avatar up, or return a redraw."""
        avatar_id = draw.avatar.avatar_id
        reason = scored.reason
        if reason == "distance":
            self._too_far.add(avatar_id)
        elif reason is None and scored.distance is None and avatar_id in self._too_far:
            reason = "distance"  # a measured failure is not replaced by an unmeasurable picture
        if reason is None:
            drawn = self._picture(draw, picture, scored)
            if not self._task.checkpoints.has_near_duplicate(drawn):
                self._task.checkpoints.store(drawn)
                self._report(avatar_id, "drawn")
                return []
            reason = "near_duplicate"
        if draw.number < self._task.order.gate.draws:
            log.info("avatar %s: drawn again, reason %s", avatar_id, reason)
            return [replace(draw, number=draw.number + 1)]
        self._give_up(draw, reason)
        return []

    def _picture(self, draw: Draw, picture: Image, scored: Score) -> Picture:
        """Watermark last: the score and the fingerprint are those of the picture without it."""
        nearest = scored.nearest or 0
        print_, watermarking = fingerprint(picture, Variation()), Watermarking.NOT_ORDERED
        if draw.avatar.watermark:
            picture, watermarking = write_watermark(picture, draw.avatar.watermark)
        return Picture(
            draft=Draft(draw.avatar, self._photo_ids[nearest], Variation(), draw.number),
            png=encode_png(picture),
            distance=scored.distance,
            fingerprint=print_,
            watermarking=watermarking,
            measures=scored.measures,
        )

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


def _resized(picture: Image, size: int) -> Image:
    if picture.shape[0] == size:
        return picture
    smooth = cv2.INTER_AREA if picture.shape[0] > size else cv2.INTER_LANCZOS4
    return cv2.resize(picture, (size, size), interpolation=smooth)
