"""From a photo to scenes: find the face, level the eyes, frame, cut out. Paid once a photo."""

from dataclasses import dataclass

import cv2
import numpy as np

from likeness_model.painter import matte, regions
from likeness_model.painter.scene import EYE_LINE, Look, Scene
from likeness_model.vision.detect import find_faces
from likeness_model.vision.mesh import lay_mesh
from likeness_model.vision.records import Floats, Image, Mesh
from likeness_model.vision.segment import person_mask

# Share of the picture's height from brow to chin: head and shoulders, or nearer where the photo
# ends before the shoulders do.
WIDEST, NEAREST = 0.36, 0.66
MAX_ZOOM = 1.25
PROBE = 128  # side at which framings are tried, px
MAX_INVENTED = 0.002  # share of the picture that may show clothes beyond the photo's edge


class NoUsableFace(Exception):
    """No face in the photo that a mesh can be laid on."""


@dataclass(frozen=True)
class Subject:
    """A photo's person at the widest framing, cut out: the store from which scenes are framed.

    Colours and mask are kept as PNG: ten photos wait while one is drawn, and packed they take a
    quarter of the memory.
    """

    foreground: bytes
    alpha: bytes
    mesh: Floats

    def scene(self, look: Look, size: int) -> Scene:
        """The portrait as this look frames it. The eyes stay level, and near EYE_LINE."""
        foreground, alpha = _unpacked(self.foreground), _unpacked(self.alpha)
        view = _window(look, alpha.shape[0])
        to_scene = store_to_scene(look, alpha.shape[0], size)
        points = self.mesh.copy()
        points[:, :2] = self.mesh[:, :2] @ to_scene[:, :2].T + to_scene[:, 2]
        points[:, 2] *= to_scene[1, 1]
        return Scene(
            foreground=_seen(foreground, view, size, mirror=look.mirror),
            alpha=_seen(alpha, view, size, mirror=look.mirror).astype(np.float32) / 255,
            mesh=points.astype(np.float32),
        )


def find_person(photo: Image) -> Mesh:
    """The mesh of the photo's largest usable face."""
    for face in find_faces(photo, side=640) or find_faces(photo):
        mesh = lay_mesh(photo, face)
        if mesh is not None:
            return mesh
    raise NoUsableFace("no face was found that can be drawn")


def read_subject(photo: Image, size: int, mesh: Mesh | None = None) -> Subject:
    """Work out everything a photo gives, for scenes of up to `size` px. Raises NoUsableFace."""
    mesh = mesh or find_person(photo)
    store = round(size * MAX_ZOOM)
    to_store = _best_framing(photo, mesh, store)
    image = _sample(photo, to_store, store)
    points = mesh.points.copy()
    points[:, :2] = mesh.plane @ to_store[:, :2].T + to_store[:, 2]
    points[:, 2] *= np.hypot(*to_store[:, 0])
    alpha, foreground = matte.cut_out(image, tuple(points[1, :2].tolist()))
    return Subject(
        foreground=_packed(foreground),
        alpha=_packed(np.round(alpha * 255).astype(np.uint8)),
        mesh=points.astype(np.float32),
    )


def _best_framing(photo: Image, mesh: Mesh, store: int) -> np.ndarray:
    """The widest framing that shows no part of the person the photo does not have."""
    shrink = min(1.0, PROBE * 2 / max(photo.shape[:2]))
    small = cv2.resize(photo, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    person = person_mask(small)
    inside = np.ones(person.shape, np.float32)
    for share in np.linspace(WIDEST, NEAREST, 13):
        probe = _level_eyes(mesh, PROBE, share)
        probe[:, :2] /= shrink
        missing = 1 - cv2.warpAffine(inside, probe, (PROBE, PROBE))
        invented = missing * cv2.warpAffine(
            person, probe, (PROBE, PROBE), borderMode=cv2.BORDER_REPLICATE
        )
        if invented.mean() <= MAX_INVENTED:
            break
    return _level_eyes(mesh, store, share)


def _level_eyes(mesh: Mesh, size: int, share: float) -> np.ndarray:
    """Photo to picture: eyes level at EYE_LINE, the face in the middle, `share` of it tall."""
    plane = mesh.plane.astype(np.float64)
    right, left = plane[[33, 133]].mean(0), plane[[263, 362]].mean(0)
    angle = np.arctan2(left[1] - right[1], left[0] - right[0])
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    level = plane @ turn.T
    oval = level[regions.indexes(regions.OVAL)]
    eyes = (right + left) / 2 @ turn.T
    middle = (eyes[0] + (oval[:, 0].min() + oval[:, 0].max()) / 2) / 2
    scale = share * size / (oval[:, 1].max() - oval[:, 1].min())
    shift = np.array([0.5 * size - scale * middle, EYE_LINE * size - scale * eyes[1]])
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


def scene_to_store(look: Look, size: int, store: int) -> np.ndarray:
    """Undo a look's framing: the 2x3 matrix from a picture to the widest framing."""
    return cv2.invertAffineTransform(store_to_scene(look, store, size))


def store_to_scene(look: Look, store: int, size: int) -> np.ndarray:
    """The look's framing: the 2x3 matrix from the widest framing to a picture, pixel centres."""
    left, top, side = _window(look, store)
    scale = size / side
    across, down = (scale * (0.5 - edge) - 0.5 for edge in (left, top))
    if look.mirror:
        return np.array([[-scale, 0, size - 1 - across], [0, scale, down]])
    return np.array([[scale, 0, across], [0, scale, down]])


def _window(look: Look, store: int) -> tuple[int, int, int]:
    """Left, top and side of what the look shows, in whole pixels of the store. Zooms about the
    eyes; a shift is held to what the store has beside it."""
    side = round(store / float(np.clip(look.zoom, 1.0, MAX_ZOOM)))
    room = store - side
    left = np.clip(round(room / 2 + look.shift[0] * side), 0, room)
    top = np.clip(round(EYE_LINE * room + look.shift[1] * side), 0, room)
    return int(left), int(top), side


def _seen(store: Image, view: tuple[int, int, int], size: int, *, mirror: bool) -> Image:
    left, top, side = view
    part = store[top : top + side, left : left + side]
    how = cv2.INTER_AREA if size < side else cv2.INTER_CUBIC
    seen = cv2.resize(part, (size, size), interpolation=how)
    return np.ascontiguousarray(seen[:, ::-1]) if mirror else seen


def _packed(image: Image) -> bytes:
    done, encoded = cv2.imencode(".png", image)
    if not done:
        raise RuntimeError("the PNG encoder refused a cut-out")
    return encoded.tobytes()


def _unpacked(encoded: bytes) -> Image:
    image: Image = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_UNCHANGED)
    return image
