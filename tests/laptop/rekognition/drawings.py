"""Pictures drawn from the demo photos, for what no photo in the repository shows."""

import io
from pathlib import Path

import cv2
import numpy as np
from PIL import Image as Pillow

from laptop_cloud.rekognition.landmarks import LEFT_EYE_RING, RIGHT_EYE_RING
from likeness_model.vision.detect import find_faces
from likeness_model.vision.mesh import lay_mesh
from likeness_model.vision.records import Image, Mesh

PHOTOS = Path(__file__).parents[3] / "demo" / "photos"
DARK_GLASS = (20.0, 20.0, 24.0)
MASK = [234, 132, 172, 150, 176, 152, 400, 379, 397, 361, 454, 347, 197, 118]  # mesh indices
MIRROR_GLASS = (150.0, 170.0, 190.0)


def photo(name: str) -> Image:
    """A demo photo by the beginning of its name, such as "01"."""
    (path,) = PHOTOS.glob(f"{name}*.jpg")
    return load(path)


def load(path: Path) -> Image:
    with Pillow.open(path) as picture:
        return np.asarray(picture.convert("RGB"))


def encode(image: Image, kind: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    Pillow.fromarray(image).save(file, kind, **options)
    return file.getvalue()


def as_photo(image: Image) -> bytes:
    return encode(image, "JPEG", quality=95)


def noise(width: int, height: int) -> Image:
    return np.random.default_rng(7).integers(0, 256, (height, width, 3)).astype(np.uint8)


def blank(width: int, height: int) -> Image:
    return np.full((height, width, 3), 200, np.uint8)


def darkened(image: Image, light: float) -> Image:
    return (image * light).astype(np.uint8)


def blurred(image: Image, share: float) -> Image:
    """By a Gaussian with a deviation of a share of the largest face's height."""
    return cv2.GaussianBlur(image, (0, 0), share * find_faces(image)[0].height)


def moved(image: Image, share: float) -> Image:
    """As by a camera that moved sideways by a share of the largest face's height."""
    length = max(3, round(share * find_faces(image)[0].height))
    return cv2.filter2D(image, -1, np.full((1, length), 1 / length, np.float32))


def side_by_side(left: Image, right: Image) -> Image:
    height = min(left.shape[0], right.shape[0])
    return np.hstack([_as_high(left, height), _as_high(right, height)])


def rolled(image: Image, degrees: float) -> Image:
    """Clockwise about the middle."""
    height, width = image.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 1.0)
    return cv2.warpAffine(image, turn, (width, height), borderMode=cv2.BORDER_REPLICATE)


def main_mesh(image: Image) -> Mesh:
    mesh = lay_mesh(image, find_faces(image)[0])
    if mesh is None:
        raise ValueError("no mesh fits the picture's largest face")
    return mesh


def wearing(
    image: Image, *, opacity: float, glass: tuple[float, float, float] = DARK_GLASS
) -> Image:
    """The largest face with glasses: an ellipse over each eye and a bridge between them."""
    points = main_mesh(image).plane
    across = points[263] - points[33]
    width = float(np.linalg.norm(across))
    angle = float(np.degrees(np.arctan2(across[1], across[0])))
    lenses = np.zeros(image.shape[:2], np.float32)
    for ring in (LEFT_EYE_RING, RIGHT_EYE_RING):
        x, y = points[ring].mean(0)
        box = ((float(x), float(y) + 0.03 * width), (0.54 * width, 0.44 * width), angle)
        cv2.ellipse(lenses, box, 1.0, -1)
    ends = [tuple(int(v) for v in points[index]) for index in (133, 362)]
    cv2.line(lenses, ends[0], ends[1], 1.0, max(2, round(0.03 * width)))
    share = (cv2.GaussianBlur(lenses, (0, 0), 1) * opacity)[..., None]
    return np.clip(image * (1 - share) + np.array(glass) * share, 0, 255).astype(np.uint8)


def masked(image: Image, colour: tuple[float, float, float]) -> Image:
    """The largest face with a mask from the nose to the chin."""
    points = main_mesh(image).plane[MASK]
    cloth = np.zeros(image.shape[:2], np.float32)
    cv2.fillPoly(cloth, [points.astype(np.int32)], 1.0)
    share = cv2.GaussianBlur(cloth, (0, 0), 2)[..., None]
    return np.clip(image * (1 - share) + np.array(colour) * share, 0, 255).astype(np.uint8)


def behind_fingers(image: Image) -> Image:
    """Four fingers in the colour of the cheek, across the mouth of the largest face."""
    points = main_mesh(image).plane
    thick = 0.11 * float(np.linalg.norm(points[152] - points[10]))
    tone = np.median([image[int(y), int(x)] for x, y in points[[50, 101, 205, 280, 330, 425]]], 0)
    rows, columns = np.mgrid[: image.shape[0], : image.shape[1]].astype(np.float32)
    along, across = columns - points[13, 0], rows - points[13, 1]
    result = image.astype(np.float32)
    for finger in range(4):
        off = (across - (finger - 1.4) * 1.02 * thick) / (thick / 2)
        there = (np.abs(off) < 1) & (np.abs(along + 1.8 * thick) < 5 * thick)
        round_light = 0.58 + 0.45 * np.sqrt(np.clip(1 - off**2, 0, 1))
        result[there] = tone * round_light[there][:, None]
    return np.asarray(cv2.GaussianBlur(result, (0, 0), 1).clip(0, 255), np.uint8)


def behind_cup(image: Image) -> Image:
    """A brown cup before the mouth and the chin of the largest face."""
    points = main_mesh(image).plane
    tall = float(np.linalg.norm(points[152] - points[10]))
    x, y = points[2] + [0, 0.03 * tall]
    cup = [(x - 0.26 * tall, y), (x + 0.26 * tall, y)]
    cup += [(x + 0.2 * tall, y + 0.6 * tall), (x - 0.2 * tall, y + 0.6 * tall)]
    return cv2.fillPoly(image.copy(), [np.array(cup, np.int32)], (90, 60, 40))


def behind_phone(image: Image) -> Image:
    """A dark phone before one eye, the cheek and half of the mouth of the largest face."""
    points = main_mesh(image).plane
    tall = float(np.linalg.norm(points[152] - points[10]))
    x, y = (points[[33, 133]].mean(0) + [0, 0.15 * tall]).astype(int)
    wide, high = int(0.21 * tall), int(0.48 * tall)
    return cv2.rectangle(image.copy(), (x - wide, y - high), (x + wide, y + high), (18, 18, 20), -1)


def deep_set(image: Image, light: float) -> Image:
    """The largest face with eyes in the shadow of its brows, `light` of the light in them."""
    points = main_mesh(image).plane
    tall = float(np.linalg.norm(points[152] - points[10]))
    shadow = np.zeros(image.shape[:2], np.float32)
    for socket in (
        [*LEFT_EYE_RING, 113, 225, 223, 221, 189, 233, 231, 229, 31, 105, 66, 107],
        [*RIGHT_EYE_RING, 342, 445, 443, 441, 413, 453, 451, 449, 261, 334, 296, 336],
    ):
        cv2.fillPoly(shadow, [cv2.convexHull(points[socket].astype(np.int32))], 1.0)
    shade = 1 - (1 - light) * cv2.GaussianBlur(shadow, (0, 0), 0.025 * tall)
    return (image * shade[..., None]).astype(np.uint8)


def _as_high(image: Image, height: int) -> Image:
    width = round(image.shape[1] * height / image.shape[0])
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
