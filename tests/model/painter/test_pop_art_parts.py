"""Skin, hair and clothes as whole shapes, on a real portrait."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from likeness_model.generation.variation import Variation
from likeness_model.painter.styles.graphic.parts import SHAPES, parts_of
from likeness_model.painter.subject import read_subject

PHOTO = Path(__file__).parents[3] / "demo/photos/03-wide-warm.jpg"


@pytest.fixture(scope="module")
def scene():
    photo = cv2.cvtColor(cv2.imread(str(PHOTO)), cv2.COLOR_BGR2RGB)
    return read_subject(photo, 512).scene(Variation(), 512)


def test_nose_is_head_crown_is_hair_and_shoulder_is_clothes(scene):
    parts = parts_of(scene)
    scale = SHAPES / scene.size
    nose, brow = (scene.mesh[i, :2] * scale for i in (1, 10))
    crown = int(np.argmax(scene.alpha[:, int(brow[0] / scale)] > 0.9) * scale)

    assert parts.head[int(nose[1]), int(nose[0])] > 0.9
    assert parts.hair[crown + 8, int(brow[0])] > 0.9
    assert parts.clothes[-8, SHAPES // 4] > 0.9


def test_skin_and_hair_have_no_islands(scene):
    parts = parts_of(scene)

    count, _, stats, _ = cv2.connectedComponentsWithStats((parts.head > 0.35).astype(np.uint8))

    assert count > 1
    assert stats[1:, cv2.CC_STAT_AREA].min() > 100
