"""The shapes of the inks: skin, hair and clothes without holes."""

from typing import NamedTuple

import cv2
import numpy as np

from likeness_model.painter.scene import Scene
from likeness_model.painter.technique.planes import Picture, Plane, resized, smoothstep

SHAPES = 320  # side of the grid on which the shapes are found
ISLAND = 0.0015  # share of the picture below which a patch of skin or hair is an error


class Parts(NamedTuple):
    """The part of each ink, 0..1 on the stencils' grid."""

    head: Plane
    hair: Plane
    clothes: Plane


def parts_of(scene: Scene) -> Parts:
    """Clean up the scene's masks: skin-coloured pixels below the jaw are the neck."""
    alpha, skin, face, hair = (
        resized(plane, SHAPES) for plane in (scene.alpha, scene.skin, scene.face, scene.hair)
    )
    scale = SHAPES / scene.size
    jaw = scene.mesh[[172, 397], 0] * scale
    brow, lips, chin = scene.mesh[[10, 14, 152], 1] * scale
    at = np.arange(SHAPES, dtype=np.float32)
    below = smoothstep(lips, chin, at) * smoothstep(chin + 0.45 * (chin - brow), chin, at)
    middle, reach = float(jaw.mean()), float(abs(jaw[1] - jaw[0])) / 2
    column = smoothstep(1.3, 1.0, np.abs(at - middle) / reach)
    neck = alpha * below[:, None] * column[None, :]
    neck *= np.maximum(hair, _skin_hue(resized(scene.foreground, SHAPES), skin * face))
    hair = hair * (1 - neck)
    head = np.maximum(np.maximum(skin, neck), face * (1 - 0.9 * hair))
    spots, head = head, _in_one_piece(head)
    hair = np.clip(hair + spots - head, 0, 1)
    return Parts(head=head, hair=hair, clothes=np.clip(alpha - hair - head * 2, 0, 1))


def _in_one_piece(mask: Plane) -> Plane:
    """A shape without islands and holes: a spot on the brow is skin, a glint in hair is hair."""
    solid = (mask > 0.35).astype(np.uint8)
    outlines, _ = cv2.findContours(solid, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    large = [line for line in outlines if cv2.contourArea(line) > ISLAND * mask.size]
    filled = cv2.drawContours(np.zeros_like(solid), large, -1, 1, -1)
    changed = cv2.dilate(filled ^ solid, np.ones((5, 5), np.uint8)) > 0
    return np.where(changed, filled.astype(np.float32), mask)


def _skin_hue(picture: Picture, sample: Plane) -> Plane:
    """Similarity of each colour's hue to the sample's, independent of lightness."""
    lab = cv2.cvtColor(cv2.GaussianBlur(picture, (0, 0), 1.5), cv2.COLOR_RGB2Lab)
    opponent = lab[..., 1:].astype(np.float32) - 128
    inside = opponent[sample > 0.6]
    if not inside.size:
        return np.zeros_like(sample)
    own = np.median(inside, 0)
    length = np.sqrt((opponent**2).sum(2)) + 1e-3
    likeness = opponent @ (own / np.linalg.norm(own)).astype(np.float32) / length
    return smoothstep(0.80, 0.92, likeness) * smoothstep(4.0, 9.0, length)
