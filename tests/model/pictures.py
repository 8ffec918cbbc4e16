"""Pictures made from the demo photos, for what no photo in the repository shows."""

import cv2
import numpy as np

from likeness.domain.photos.photo import Box
from likeness_model.vision.detect import find_faces
from likeness_model.vision.person import find_person
from likeness_model.vision.records import Image

MASK = [234, 132, 172, 150, 176, 152, 400, 379, 397, 361, 454, 347, 197, 118]  # mesh points
CLOTH = (150, 195, 215)


def box_of(photo: Image, x: float, y: float, width: float, height: float) -> Box:
    """A rectangle in px as ratios of the photo."""
    tall, wide = photo.shape[:2]
    return Box(left=x / wide, top=y / tall, width=width / wide, height=height / tall)


def face_box(photo: Image) -> Box:
    face = find_faces(photo)[0]
    return box_of(photo, face.x, face.y, face.width, face.height)


def jpeg(photo: Image) -> bytes:
    return cv2.imencode(".jpg", photo[..., ::-1])[1].tobytes()


def with_stranger(photo: Image, *, turned_away: bool) -> tuple[Image, Box]:
    """A wide photo with another face, a third as high, in the corner; and the box of the main face,
    which can be turned away: then no face is left to detect at its place."""
    box = face_box(photo)
    picture = photo.copy()
    tall, wide = photo.shape[:2]
    face = (slice(int(box.top * tall), int((box.top + box.height) * tall)),)
    face += (slice(int(box.left * wide), int((box.left + box.width) * wide)),)
    around = 0.4 * box.height * tall
    stranger = photo[
        max(0, int(face[0].start - around)) : int(face[0].stop + around),
        max(0, int(face[1].start - around)) : int(face[1].stop + around),
    ]
    small = cv2.resize(stranger, None, fx=0.4, fy=0.4, interpolation=cv2.INTER_AREA)
    picture[: small.shape[0], : small.shape[1]] = small
    if turned_away:
        picture[face] = (95, 75, 45)  # hair
    return picture, box


def masked(photo: Image) -> Image:
    """With a surgical mask from the nose to the chin."""
    cloth = np.zeros(photo.shape[:2], np.float32)
    cv2.fillPoly(cloth, [find_person(photo).plane[MASK].astype(np.int32)], 1.0)
    share = cv2.GaussianBlur(cloth, (0, 0), 2)[..., None]
    return np.clip(photo * (1 - share) + np.array(CLOTH) * share, 0, 255).astype(np.uint8)


def cut(photo: Image, side: str, share: float) -> Image:
    """Ends at `share` of the face's size, from its left side or from the top; a negative share is
    beside or above the face."""
    plane = find_person(photo).plane
    low, high = plane.min(0), plane.max(0)
    x, y = (low + share * (high - low)).astype(int)
    return photo[:, x:].copy() if side == "left" else photo[y:].copy()
