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


def between_the_brows(image: Image) -> tuple[int, int]:
    """Row and column of bare skin."""
    x, y = main_mesh(image).plane[9]
    return int(y), int(x)


def _as_high(image: Image, height: int) -> Image:
    width = round(image.shape[1] * height / image.shape[0])
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
