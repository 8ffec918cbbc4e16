"""From a photo to scenes: level the eyes, frame, cut out the person. Once per photo."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from likeness_model.generation.variation import (
    EYE_LINE,
    MAX_ZOOM,
    Variation,
    store_to_scene,
    window,
)
from likeness_model.painter import matte, regions
from likeness_model.painter.scene import Scene
from likeness_model.vision import instance
from likeness_model.vision.person import NoUsableFace, find_person
from likeness_model.vision.records import Floats, Image, Mesh
from likeness_model.vision.segment import person_mask
from likeness_model.vision.visible import Part, covered_parts

Matrix = NDArray[np.float64]

# Share of the picture's height from brow to chin: head and shoulders, or closer where the photo
# ends before them. In the nearest framing the variations' zoom still shows the whole face.
WIDEST, NEAREST = 0.36, 0.80
HIGHEST_EYES = 0.36  # where the photo cuts the hair off, the eyes are higher than EYE_LINE
PROBE = 128  # px: side at which framings are tried
MAX_BEYOND = 0.0005  # share of the picture where the person is beyond the photo's edge, unseen


@dataclass(frozen=True)
class Subject:
    """A photo's person at the widest framing, cut out: the store that scenes are framed from.

    Colours and mask are PNG, which takes a quarter of the memory: ten photos wait while one is
    drawn.
    """

    foreground: bytes
    alpha: bytes
    mesh: Floats
    covered: frozenset[Part]

    def scene(self, variation: Variation, size: int) -> Scene:
        """The portrait in the variation's framing; the eyes stay level and near EYE_LINE."""
        foreground, alpha = _unpacked(self.foreground), _unpacked(self.alpha)
        view = window(variation, alpha.shape[0])
        to_scene = store_to_scene(variation, alpha.shape[0], size)
        points = self.mesh.copy()
        points[:, :2] = self.mesh[:, :2] @ to_scene[:, :2].T + to_scene[:, 2]
        points[:, 2] *= to_scene[1, 1]
        return Scene(
            foreground=_framed(foreground, view, size, mirror=variation.mirror),
            alpha=_framed(alpha, view, size, mirror=variation.mirror).astype(np.float32) / 255,
            mesh=points.astype(np.float32),
            covered=self.covered,
        )


@dataclass(frozen=True)
class Framing:
    """Where the person of a photo is in the store: `to_store` (2, 3) maps the photo to it."""

    mesh: Mesh
    to_store: Matrix
    side: int  # px, of the store


def frame(photo: Image, size: int, mesh: Mesh) -> Framing:
    """For scenes of up to `size` px. Raises NoUsableFace for a photo that ends too near to the
    face."""
    store = round(size * MAX_ZOOM)
    return Framing(mesh, _best_framing(photo, mesh, store), store)


def cut_out(photo: Image, framing: Framing) -> Subject:
    """Cut the person out. It takes most of a photo's analysis."""
    mesh, to_store, store = framing.mesh, framing.to_store, framing.side
    image = _sample(photo, to_store, store)
    points = mesh.points.copy()
    points[:, :2] = mesh.plane @ to_store[:, :2].T + to_store[:, 2]
    points[:, 2] *= np.hypot(*to_store[:, 0])
    own = instance.mask_of(photo, mesh, to_store * (matte.WORK / store), matte.WORK)
    alpha, foreground = matte.cut_out(image, tuple(points[1, :2].tolist()), own)
    alpha *= _inside(photo.shape, to_store, store)
    return Subject(
        foreground=_packed(foreground),
        alpha=_packed(np.round(alpha * 255).astype(np.uint8)),
        mesh=points.astype(np.float32),
        covered=frozenset(part for part, hidden in covered_parts(photo, mesh).items() if hidden),
    )


def read_subject(photo: Image, size: int) -> Subject:
    """Analyse a photo for scenes of up to `size` px. Raises NoUsableFace."""
    return cut_out(photo, frame(photo, size, find_person(photo)))


def _best_framing(photo: Image, mesh: Mesh, store: int) -> Matrix:
    """The widest framing in which no part of the person is beyond the photo's edge, with the eyes
    as near to EYE_LINE as possible. Raises NoUsableFace if there is none."""
    shrink = min(1.0, PROBE * 2 / max(photo.shape[:2]))
    small = cv2.resize(photo, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    person = person_mask(small)
    for share in np.linspace(WIDEST, NEAREST, 18):
        for eyes in (EYE_LINE, (EYE_LINE + HIGHEST_EYES) / 2, HIGHEST_EYES):
            probe = _level_eyes(mesh, PROBE, share, eyes)
            probe[:, :2] /= shrink
            beyond = 1 - _inside(small.shape, probe, PROBE)
            # What the person mask says at the photo's edge is true a little beyond it.
            beyond *= cv2.warpAffine(person, probe, (PROBE, PROBE), borderMode=cv2.BORDER_REPLICATE)
            if beyond.mean() <= MAX_BEYOND:
                return _level_eyes(mesh, store, share, eyes)
    raise NoUsableFace("the photo ends too near to the face")


def _inside(shape: tuple[int, ...], matrix: np.ndarray, size: int) -> Floats:
    """(size, size): 1 where the picture shows the photo, 0 beyond the photo's edge."""
    return cv2.warpAffine(np.ones(shape[:2], np.float32), matrix, (size, size))


def _level_eyes(mesh: Mesh, size: int, share: float, eye_line: float) -> Matrix:
    """Photo to picture: eyes level at `eye_line`, the face in the middle, `share` of it tall."""
    plane = mesh.plane.astype(np.float64)
    right, left = plane[[33, 133]].mean(0), plane[[263, 362]].mean(0)
    angle = np.arctan2(left[1] - right[1], left[0] - right[0])
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    level = plane @ turn.T
    oval = level[regions.indexes(regions.OVAL)]
    eyes = (right + left) / 2 @ turn.T
    middle = (eyes[0] + (oval[:, 0].min() + oval[:, 0].max()) / 2) / 2
    scale = share * size / (oval[:, 1].max() - oval[:, 1].min())
    shift = np.array([0.5 * size - scale * middle, eye_line * size - scale * eyes[1]])
    return np.hstack([turn * scale, shift[:, None]])


def _sample(photo: Image, matrix: np.ndarray, size: int) -> Image:
    scale = float(np.hypot(*matrix[:, 0]))
    if scale < 0.6:
        shrink = scale / 0.8
        photo = cv2.resize(photo, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
        matrix = np.hstack([matrix[:, :2] / shrink, matrix[:, 2:]])
    return cv2.warpAffine(
        photo, matrix, (size, size), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )


def _framed(store: Image, view: tuple[int, int, int], size: int, *, mirror: bool) -> Image:
    left, top, side = view
    part = store[top : top + side, left : left + side]
    how = cv2.INTER_AREA if size < side else cv2.INTER_CUBIC
    framed = cv2.resize(part, (size, size), interpolation=how)
    return np.ascontiguousarray(framed[:, ::-1]) if mirror else framed


def _packed(image: Image) -> bytes:
    done, encoded = cv2.imencode(".png", image)
    if not done:
        raise RuntimeError("the PNG encoder failed")
    return encoded.tobytes()


def _unpacked(encoded: bytes) -> Image:
    image: Image = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_UNCHANGED)
    return image
