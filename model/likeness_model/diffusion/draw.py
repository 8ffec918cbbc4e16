"""Draw all styles in batches; judge; draw again what fails, with another seed; keep what passes."""

import logging
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import groupby

import cv2

from likeness.contracts import AvatarOrder, NotDrawn, Reason
from likeness.domain.ids import AvatarId
from likeness.domain.mark import Marking
from likeness_model import metrics
from likeness_model.diffusion.adapters import FAST, PERSON, residents, wear
from likeness_model.diffusion.backends.base import Backend, Prompts
from likeness_model.diffusion.judge import Judged, Person, judge
from likeness_model.diffusion.memory import Batches
from likeness_model.diffusion.prompts import catalogue
from likeness_model.diffusion.seeds import seed_of
from likeness_model.engines import Task
from likeness_model.painter.scene import Look
from likeness_model.plan import Draft
from likeness_model.twins import fingerprint
from likeness_model.vision.mark import write_mark
from likeness_model.vision.records import Image
from likeness_model.workers import Picture, encode_png

log = logging.getLogger(__name__)

JUDGES = 4  # threads: the vision models let go of the interpreter's lock
REDRAWN = 0.3  # share of the avatars that time is set aside for to draw a second time


@dataclass(frozen=True)
class Words:
    """The encoded prompts; `places` says which row is whose."""

    prompts: Prompts
    places: dict[AvatarId, int]
    negative: Prompts | None


@dataclass(frozen=True)
class Turn:
    avatar: AvatarOrder
    attempt: int = 1


class Drawing:
    """One order's avatars on their way."""

    def __init__(
        self,
        backend: Backend,
        task: Task,
        *,
        words: Words,
        person: Person,
        photo_ids: Sequence[str],
        references: Sequence[Image],
    ) -> None:
        self._backend = backend
        self._task = task
        self._words = words
        self._person = person
        self._photo_ids = photo_ids
        self._references = references
        self._batches = Batches(backend.recipe.drawing_batch)
        self._unlike: set[AvatarId] = set()  # measured above the gate so far
        self._given_up: list[NotDrawn] = []

    def seconds_needed(self) -> float:
        """For all that is missing, by drawing and judging one picture of it."""
        began = time.perf_counter()
        turn = Turn(self._task.missing[0])
        self._judge(turn, self._paint([turn])[0])
        return (time.perf_counter() - began) * len(self._task.missing) * (1 + REDRAWN)

    def run(self) -> list[NotDrawn]:
        """Draw everything; returns what was given up."""
        turns = [Turn(avatar) for avatar in self._task.missing]
        with ThreadPoolExecutor(JUDGES) as judges:
            while turns:
                again: list[Turn] = []
                # Styles with an adapter of their own apart; all others together.
                turns.sort(key=self._style_adapter)
                for _, group in groupby(turns, key=self._style_adapter):
                    again += self._draw(list(group), judges)
                turns = again
        return self._given_up

    def _draw(self, turns: Sequence[Turn], judges: ThreadPoolExecutor) -> list[Turn]:
        """Batch by batch, as long as there is time; those to draw again."""
        again: list[Turn] = []
        done, seconds = 0, 0.0
        pictures = self._batches.run(turns, self._paint)
        while done < len(turns) and self._task.deadline.allows(seconds):
            began = time.perf_counter()
            batch = next(pictures)
            mine = turns[done : done + len(batch)]
            judged = list(judges.map(self._judge, mine, batch))
            for turn, picture, verdict in zip(mine, batch, judged, strict=True):
                again += self._settle(turn, picture, verdict)
            done += len(batch)
            seconds = time.perf_counter() - began
            if seconds > 0:
                metrics.tell(images_per_second=len(batch) / seconds)
        for turn in turns[done:]:
            self._give_up(turn, "deadline")
        return again

    def _paint(self, turns: Sequence[Turn]) -> list[Image]:
        artist = self._backend.artist
        wanted = (FAST, PERSON, self._style_adapter(turns[0]))
        wear(artist, [name for name in wanted if name in residents(artist)])
        pictures = self._backend.paint(
            self._words.prompts.pick([self._words.places[t.avatar.avatar_id] for t in turns]),
            [seed_of(turn.avatar.seed, turn.attempt) for turn in turns],
            negative=self._words.negative,
            references=self._references,
        )
        return [_resized(picture, self._task.order.size) for picture in pictures]

    def _judge(self, turn: Turn, picture: Image) -> Judged:
        return judge(
            picture,
            self._person,
            style=catalogue().styles[turn.avatar.style],
            gate=self._task.order.gate,
            faces=self._backend.recipe.shows_faces,
        )

    def _settle(self, turn: Turn, picture: Image, judged: Judged) -> list[Turn]:
        """Keep it, give it up, or take another turn."""
        avatar_id = turn.avatar.avatar_id
        reason = judged.reason
        if reason == "likeness":
            self._unlike.add(avatar_id)
        elif reason is None and judged.distance is None and avatar_id in self._unlike:
            reason = "likeness"  # what was measured and failed is not replaced by what cannot be
        if reason is None:
            drawn = self._picture(turn, picture, judged)
            if not self._task.gallery.has_twin_of(drawn):
                self._task.gallery.keep(drawn)
                self._report(avatar_id, "drawn")
                return []
            reason = "twin"
        if turn.attempt < self._task.order.gate.attempts:
            log.info("avatar %s: again, for %s", avatar_id, reason)
            return [replace(turn, attempt=turn.attempt + 1)]
        self._give_up(turn, reason)
        return []

    def _picture(self, turn: Turn, picture: Image, judged: Judged) -> Picture:
        """Marked last: what was judged and fingerprinted is the picture without its mark."""
        nearest = judged.nearest or 0
        print_, marking = fingerprint(picture, Look()), Marking.NOT_ORDERED
        if turn.avatar.mark:
            picture, marking = write_mark(picture, turn.avatar.mark)
        return Picture(
            draft=Draft(turn.avatar, self._photo_ids[nearest], Look(), turn.attempt),
            png=encode_png(picture),
            distance=judged.distance,
            fingerprint=print_,
            marking=marking,
            measures=judged.measures,
        )

    def _give_up(self, turn: Turn, reason: Reason) -> None:
        avatar = turn.avatar
        self._given_up.append(
            NotDrawn(avatar_id=avatar.avatar_id, style=avatar.style, reason=reason)
        )
        self._report(avatar.avatar_id, f"given up: {reason}")

    def _report(self, avatar_id: AvatarId, outcome: str) -> None:
        log.info("avatar %s: %s", avatar_id, outcome)
        self._task.report("drawing", len(self._task.gallery.avatars) + len(self._given_up))

    def _style_adapter(self, turn: Turn) -> str:
        style = turn.avatar.style
        return style if style in self._backend.styles else ""


def _resized(picture: Image, size: int) -> Image:
    if picture.shape[0] == size:
        return picture
    smooth = cv2.INTER_AREA if picture.shape[0] > size else cv2.INTER_LANCZOS4
    return cv2.resize(picture, (size, size), interpolation=smooth)
