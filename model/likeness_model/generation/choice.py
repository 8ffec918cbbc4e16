"""Which photos an engine draws from, and how often."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, TypeVar

from likeness.domain.ids import PhotoId


class Rated(Protocol):
    """A usable photo. `worth`, 0 to 1, is the engine's own rank."""

    @property
    def photo_id(self) -> PhotoId: ...
    @property
    def worth(self) -> float: ...


R = TypeVar("R", bound=Rated)


def best_first(usable: Iterable[R], weights: Mapping[PhotoId, float]) -> list[R]:
    """By the order's weight, then by worth. Photos of weight 0 only if there are no others."""
    ranked = sorted(usable, key=lambda one: (-weights[one.photo_id], -one.worth, one.photo_id))
    return [one for one in ranked if weights[one.photo_id] > 0] or ranked


def take_turns(
    photos: Sequence[PhotoId], weights: Mapping[PhotoId, float], count: int
) -> list[PhotoId]:
    """`count` photos, each as often as its weight says, evenly mixed, and the first one first.

    Smooth weighted round-robin, as nginx distributes requests: with equal weights in turn.
    """
    shares = {photo_id: weights[photo_id] or 1.0 for photo_id in photos}  # all are 0, or none
    credit, total = dict.fromkeys(photos, 0.0), sum(shares.values())
    turns = []
    for _ in range(count):
        credit = {photo_id: credit[photo_id] + shares[photo_id] for photo_id in photos}
        turns.append(max(photos, key=lambda photo_id: round(credit[photo_id], 6)))
        credit[turns[-1]] -= total
    return turns
