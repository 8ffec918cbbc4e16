"""Which photos an engine draws from, and how often."""

from collections import Counter
from typing import NamedTuple

import pytest

from likeness_model.generation.choice import best_first, take_turns
from likeness_model.painter.plan import first_drafts
from tests.model.painter.test_drawing import an_order


class Usable(NamedTuple):
    photo_id: str
    worth: float


USABLE = [Usable("p01", 0.5), Usable("p02", 0.9), Usable("p03", 0.7)]


def ids(weights):
    return [
        one.photo_id
        for one in best_first(USABLE, dict(zip(("p01", "p02", "p03"), weights, strict=True)))
    ]


def test_weights_come_before_worth():
    assert ids([1.0, 1.0, 1.0]) == ["p02", "p03", "p01"]
    assert ids([1.0, 0.5, 0.8]) == ["p01", "p03", "p02"]


def test_a_photo_without_weight_is_used_only_if_there_is_no_other():
    assert ids([1.0, 0.0, 0.5]) == ["p01", "p03"]
    assert ids([0.0, 0.0, 0.0]) == ["p02", "p03", "p01"]


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ([1.0, 1.0, 1.0], [10, 10, 10]),
        ([1.0, 0.8, 0.5], [13, 10, 7]),
        ([1.0, 0.1, 0.1], [25, 3, 2]),
        ([0.0, 0.0, 0.0], [10, 10, 10]),
    ],
)
def test_each_photo_takes_as_many_turns_as_its_weight_says(weights, expected):
    photos = ["p01", "p02", "p03"]

    turns = take_turns(photos, dict(zip(photos, weights, strict=True)), 30)

    assert [Counter(turns)[photo] for photo in photos] == expected
    assert turns[0] == "p01"


def test_a_weighted_photo_gets_more_avatars_of_each_style():
    order = an_order(*["comic", "oil"] * 8)
    photos = tuple(
        photo.model_copy(update={"weight": weight})
        for photo, weight in zip(order.photos, (1.0, 0.25, 0.0), strict=True)
    )

    drafts = first_drafts(order.model_copy(update={"photos": photos}), ["p01", "p02"])

    for style in ("comic", "oil"):
        drawn = Counter(draft.photo_id for draft in drafts if draft.avatar.style == style)
        assert drawn["p01"] > 2 * drawn["p02"] > 0
