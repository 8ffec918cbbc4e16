"""Draw, check and redraw until every ordered avatar is stored or given up with a reason."""

import logging
from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from likeness.contracts.container import DistanceGate, GenerationOrder, NotDrawn, NotDrawnReason
from likeness.domain.ids import AvatarId, PhotoId, StyleId
from likeness_model.generation.checkpoints import AvatarCheckpoints
from likeness_model.generation.picture import Picture
from likeness_model.painter.plan import closer, different, first_drafts
from likeness_model.painter.resemblance import Reference, read_reference
from likeness_model.painter.workers import AnalysedPhoto, Group, Workers, cut_out_person, draw

if TYPE_CHECKING:
    from likeness_model.painter.subject import Subject

log = logging.getLogger(__name__)


class Running(NamedTuple):
    """Work of a group, and what takes its result."""

    group: Group
    take: Callable[[Any], None]


class Drawing:
    """One order's avatars on their way through the workers.

    A person is cut out of a photo when the first draft needs it: the first avatars are drawn while
    other photos wait. An avatar is settled only after all earlier ones of its style: which of two
    near-duplicates is stored must not depend on the workers' speed.
    """

    def __init__(
        self,
        order: GenerationOrder,
        photos: Sequence[AnalysedPhoto],
        *,
        encoded: Mapping[PhotoId, bytes],
        checkpoints: AvatarCheckpoints,
        workers: Workers,
        on_settled: Callable[[int], None],
    ) -> None:
        self._gate: DistanceGate = order.gate
        self._size = order.size
        self._photos: Mapping[PhotoId, AnalysedPhoto] = {photo.photo_id: photo for photo in photos}
        self._ids = list(self._photos)
        self._encoded = encoded
        self._checkpoints = checkpoints
        self._workers = workers
        self._on_settled = on_settled
        self._references: Mapping[PhotoId, Reference] = {}
        self._subjects: dict[PhotoId, Subject | None] = {}  # None: it is being cut out
        self._running: dict[Future[Any], Running] = {}
        self._too_far: set[AvatarId] = set()  # measured above the gate at least once
        self._passed: dict[AvatarId, Picture] = {}  # waiting for earlier ones of their style
        self._queues: dict[StyleId, deque[AvatarId]] = defaultdict(deque)
        self._given_up: dict[AvatarId, NotDrawn] = {}
        self._waiting = [  # in drawing order
            draft
            for draft in first_drafts(order, self._ids)
            if draft.avatar.avatar_id not in checkpoints.avatars
        ]

    def run(self) -> list[NotDrawn]:
        """Draw everything; returns the avatars that were given up."""
        for draft in self._waiting:
            self._queues[draft.avatar.style].append(draft.avatar.avatar_id)
        chips = [photo.chips for photo in self._photos.values()]
        references = self._workers.drawing.pool.map(read_reference, chips)
        self._cut_out()  # in between
        self._references = dict(zip(self._ids, references, strict=True))
        while self._waiting or self._running:
            self._start()
            done, _ = wait(self._running, return_when=FIRST_COMPLETED)
            ended = [(self._running.pop(future).take, future.result()) for future in done]
            self._start()  # a worker does not wait until pictures are stored
            for take, result in ended:
                take(result)
        return list(self._given_up.values())

    def _start(self) -> None:
        """Give each free worker something to do."""
        self._cut_out()
        for draft in tuple(self._waiting):
            subject = self._subjects.get(draft.photo_id)
            group = next(filter(self._is_free, reversed(self._workers.groups)), None)
            if subject and group:
                self._waiting.remove(draft)
                arguments = draft, subject, self._references, self._size, self._gate
                self._running[group.pool.submit(draw, *arguments)] = Running(group, self._take)

    def _cut_out(self) -> None:
        group = self._workers.cutting
        for photo_id in [draft.photo_id for draft in self._waiting]:
            if photo_id not in self._subjects and self._is_free(group):
                self._subjects[photo_id] = None
                arguments = self._encoded[photo_id], self._photos[photo_id].framing
                take = partial(self._subjects.__setitem__, photo_id)
                self._running[group.pool.submit(cut_out_person, *arguments)] = Running(group, take)

    def _is_free(self, group: Group) -> bool:
        return sum(one.group is group for one in self._running.values()) < group.size

    def _take(self, picture: Picture) -> None:
        self._check(picture)
        self._settle(picture.draft.avatar.style)

    def _check(self, picture: Picture) -> None:
        """Pass a picture that is within the gate or has no distance, and whose age and skin tone
        are the photos'; else draw it again. A picture measured above the gate is never replaced by
        one that cannot be measured."""
        avatar_id, style = picture.draft.avatar.avatar_id, picture.draft.avatar.style
        reason: NotDrawnReason | None = picture.deviation
        if picture.distance is None:
            too_far = avatar_id in self._too_far
        else:
            too_far = picture.distance > self._gate.redraw_above
        if too_far:
            self._too_far.add(avatar_id)
            reason = reason or "distance"
        if reason is None:
            self._passed[avatar_id] = picture
        elif picture.draft.draw < self._gate.draws:
            self._waiting.insert(0, closer(picture.draft, self._ids))
        else:
            self._give_up(NotDrawn(avatar_id=avatar_id, style=style, reason=reason))

    def _settle(self, style: StyleId) -> None:
        queue = self._queues[style]
        while queue and (queue[0] in self._passed or queue[0] in self._given_up):
            avatar_id = queue[0]
            if avatar_id in self._given_up:
                queue.popleft()
                continue
            picture = self._passed.pop(avatar_id)
            if not self._checkpoints.has_near_duplicate(picture):
                self._checkpoints.store(picture)
                self._report(avatar_id, "drawn")
            elif picture.draft.draw < self._gate.draws:
                self._waiting.insert(0, different(picture.draft, self._ids))
                return
            else:
                self._give_up(NotDrawn(avatar_id=avatar_id, style=style, reason="near_duplicate"))
            queue.popleft()

    def _give_up(self, not_drawn: NotDrawn) -> None:
        self._given_up[not_drawn.avatar_id] = not_drawn
        self._report(not_drawn.avatar_id, f"given up: {not_drawn.reason}")

    def _report(self, avatar_id: AvatarId, outcome: str) -> None:
        log.info("avatar %s: %s", avatar_id, outcome)
        self._on_settled(len(self._checkpoints.avatars) + len(self._given_up))
