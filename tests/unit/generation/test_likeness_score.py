"""The likeness score: 0 to 100, higher is more alike."""

import pytest
from hypothesis import given, strategies as st

from likeness.contracts.container import DistanceGate
from likeness.domain.generation.likeness import SAME_PERSON_DISTANCE, likeness_score

DISTANCES = st.floats(min_value=0, max_value=2)  # L2 between unit vectors


@pytest.mark.parametrize(
    ("distance", "score"),
    [(0.0, 100), (0.38, 94), (SAME_PERSON_DISTANCE, 50), (0.83, 5), (2.0, 0), (None, None)],
)
def test_documented_points(distance, score):
    assert likeness_score(distance) == score


def test_the_redraw_gate_is_27():
    """AvatarView.likeness documents it."""
    assert likeness_score(DistanceGate().redraw_above) == 27


@given(DISTANCES, DISTANCES)
def test_a_smaller_distance_never_scores_lower(one, other):
    near, far = sorted((one, other))

    assert 0 <= likeness_score(far) <= likeness_score(near) <= 100
