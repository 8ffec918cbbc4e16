"""Draw, judge and redraw, until every ordered avatar is kept or given up for a reason."""

import logging
from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait

from likeness.contracts import GenerationOrder, LikenessGate, NotDrawn
from likeness.domain.ids import AvatarId, PhotoId, StyleId
from likeness_model.gallery import Gallery
from likeness_model.plan import Draft, different, first_drafts, truer
from likeness_model.vision.records import Floats
from likeness_model.workers import LookedAt, Picture, draw

log = logging.getLogger(__name__)


class Drawing:
    """One order's avatars on their way through the workers.

    An avatar is settled only after all earlier ones of its style: which of two twins is kept must
    not depend on which worker was faster.
    """

    def __init__(
        self,
        order: GenerationOrder,
        photos: Sequence[LookedAt],
        *,
        references: Sequence[Floats],
        gallery: Gallery,
        pool: ProcessPoolExecutor,
        on_settled: Callable[[int], None],
    ) -> None:
        self._gate: LikenessGate = order.gate
        self._size = order.size
        self._photos: Mapping[PhotoId, LookedAt] = {photo.photo_id: photo for photo in photos}
        self._ids = list(self._photos)
        self._references = references
        self._gallery = gallery
        self._pool = pool
        self._on_settled = on_settled
        self._running: dict[Future[Picture], Draft] = {}
        self._unlike: set[AvatarId] = set()  # measured above the gate so far
        self._judged: dict[AvatarId, Picture] = {}  # awaiting the earlier ones of their style
        self._lines: dict[StyleId, deque[AvatarId]] = defaultdict(deque)
        self._given_up: dict[AvatarId, NotDrawn] = {}
        self._drafts = [
            draft
            for draft in first_drafts(order, self._ids)
            if draft.avatar.avatar_id not in gallery.avatars
        ]

    def run(self) -> list[NotDrawn]:
        """Draw everything; returns what was given up."""
        for draft in self._drafts:
            self._lines[draft.avatar.style].append(draft.avatar.avatar_id)
            self._start(draft)
        while self._running:
            done, _ = wait(self._running, return_when=FIRST_COMPLETED)
            for future in done:
                self._running.pop(future)
                picture = future.result()
                self._judge(picture)
                self._settle(picture.draft.avatar.style)
        return list(self._given_up.values())

    def _start(self, draft: Draft) -> None:
        subject = self._photos[draft.photo_id].subject
        future = self._pool.submit(draw, draft, subject, self._references, self._size, self._gate)
        self._running[future] = draft

    def _judge(self, picture: Picture) -> None:
        """Like the user, or not measurable: pass. Else once more; what was measured above the
        gate is never replaced by a picture on which nothing can be measured."""
        avatar_id = picture.draft.avatar.avatar_id
        if picture.distance is None:
            passes = avatar_id not in self._unlike
        else:
            passes = picture.distance <= self._gate.redraw_above
        if passes:
            self._judged[avatar_id] = picture
        elif picture.draft.attempt < self._gate.attempts:
            self._unlike.add(avatar_id)
            self._start(truer(picture.draft, self._ids))
        else:
            self._give_up(NotDrawn(avatar_id=avatar_id, style=_style(picture), reason="likeness"))

    def _settle(self, style: StyleId) -> None:
        line = self._lines[style]
        while line and (line[0] in self._judged or line[0] in self._given_up):
            avatar_id = line[0]
            if avatar_id in self._given_up:
                line.popleft()
                continue
            picture = self._judged.pop(avatar_id)
            if not self._gallery.has_twin_of(picture):
                self._gallery.keep(picture)
                self._report(avatar_id, "drawn")
            elif picture.draft.attempt < self._gate.attempts:
                self._start(different(picture.draft, self._ids))
                return
            else:
                self._give_up(NotDrawn(avatar_id=avatar_id, style=style, reason="twin"))
            line.popleft()

    def _give_up(self, not_drawn: NotDrawn) -> None:
        self._given_up[not_drawn.avatar_id] = not_drawn
        self._report(not_drawn.avatar_id, f"given up: {not_drawn.reason}")

    def _report(self, avatar_id: AvatarId, outcome: str) -> None:
        log.info("avatar %s: %s", avatar_id, outcome)
        self._on_settled(len(self._gallery.avatars) + len(self._given_up))


def _style(picture: Picture) -> StyleId:
    return picture.draft.avatar.style
