"""Who draws: the painter, or an engine that learns a face. Chosen by `GenerationOrder.engine`."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from likeness.contracts import AvatarOrder, GenerationOrder, NotDrawn
from likeness.domain.ids import PhotoId, StyleId
from likeness_model.deadline import Deadline
from likeness_model.gallery import Gallery

Stage = Literal["looking", "learning", "drawing"]


@dataclass(frozen=True)
class Task:
    """One order on its way: `missing` is what no earlier run has drawn.

    Kept avatars go to the gallery as soon as they are drawn. `report(stage, done)` says how many
    are settled, kept or given up.
    """

    order: GenerationOrder
    photos: Mapping[PhotoId, bytes]
    missing: tuple[AvatarOrder, ...]
    gallery: Gallery
    deadline: Deadline
    report: Callable[[Stage, int], None]


class Engine(Protocol):
    """Loaded once, asked for many orders, of different people; nothing of one reaches the next."""

    name: str
    styles: Collection[StyleId]

    def draw(self, task: Task) -> list[NotDrawn]:
        """Draw what is missing; returns what was given up. Raises PhotosError."""
        ...


def load_engine(name: str, *, workers: int = 2) -> Engine:
    """The engine of that name; all but the painter read their weights from the container's folder.

    Raises WeightsError with one sentence where they are missing or are not those in the manifest.
    """
    if name == "painter":
        from likeness_model.painter.engine import Painter  # noqa: PLC0415

        return Painter(workers)
    # The painter forks, and must stay small: torch is imported only by those who need it.
    from likeness_model.diffusion.engine import DiffusionEngine  # noqa: PLC0415
    from likeness_model.diffusion.loading import load_backend  # noqa: PLC0415

    return DiffusionEngine(load_backend(name))
