"""The interface of an engine: the painter, or a diffusion engine."""

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal, Protocol

from likeness.contracts.container import AvatarOrder, GenerationOrder, NotDrawn
from likeness.domain.ids import PhotoId, StyleId
from likeness.domain.photos.photo import Box
from likeness_model.generation.checkpoints import AvatarCheckpoints
from likeness_model.generation.deadline import Deadline

Stage = Literal["looking", "training", "drawing"]


@dataclass(frozen=True)
class Task:
    """One order for an engine; `missing` are the avatars that no earlier run has drawn.

    The engine stores each avatar in `checkpoints` as soon as it is drawn. `report(stage, done)`
    takes the number of avatars that are stored or given up. The engine enters `turn` before it uses
    what it cannot share with another order: the accelerator, or all cores.
    """

    order: GenerationOrder
    photos: Mapping[PhotoId, bytes]
    missing: tuple[AvatarOrder, ...]
    checkpoints: AvatarCheckpoints
    deadline: Deadline
    report: Callable[[Stage, int], None]
    turn: AbstractContextManager[None]
    resumable: bool = False  # a restarted process would find the checkpoints

    @property
    def faces(self) -> Mapping[PhotoId, Box | None]:
        """The box of the face to draw on each photo; None: the largest face."""
        return {photo.photo_id: photo.face for photo in self.order.photos}

    @property
    def weights(self) -> Mapping[PhotoId, float]:
        """Each photo's share of the avatars, relative to the others."""
        return {photo.photo_id: photo.weight for photo in self.order.photos}


class Engine(Protocol):
    """Loaded once for many orders of different users; nothing of one order reaches the next."""

    name: str
    styles: Collection[StyleId]

    def draw(self, task: Task) -> list[NotDrawn]:
        """Draw the missing avatars; returns those given up. Raises PhotosError."""
        ...
