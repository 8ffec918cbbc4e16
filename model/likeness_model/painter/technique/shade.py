"""Light on a form: normals of a relief, diffuse light, and the rim of a light from behind."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from likeness_model.painter.technique.figure import pull_push
from likeness_model.painter.technique.planes import Plane, blur, resized

DEPTH = 64  # side of the mesh's grid: about one point per cell


class Normals(NamedTuple):
    """Unit normals: x to the right, y down, z towards the eye."""

    x: Plane
    y: Plane
    z: Plane


def normals(depth: Plane, steepness: float = 1.0) -> Normals:
    """Normals of a height field in pixels, its slopes multiplied by `steepness`."""
    gx = cv2.Sobel(depth, cv2.CV_32F, 1, 0, scale=steepness / 8)
    gy = cv2.Sobel(depth, cv2.CV_32F, 0, 1, scale=steepness / 8)
    z = 1 / np.sqrt(gx * gx + gy * gy + 1)
    return Normals(-gx * z, -gy * z, z)


def face_depth(mesh: NDArray[np.float32], size: int, side: int) -> Plane:
    """The face mesh (N, 3: x, y in a picture of `size`, z away from the eye) as a smooth relief.

    (side, side) depths in pixels of `side`, falling to 0 beyond the outline of the mesh. Between
    its points the height is filled by pull-push, so that sparse places (the forehead) stay even.
    """
    points = mesh * (DEPTH / size)
    near = points[:, 2].max() - points[:, 2]
    cells = np.clip(points[:, :2].astype(np.int32), 0, DEPTH - 1)
    height, weight = np.zeros((2, DEPTH, DEPTH), np.float32)
    np.add.at(height, (cells[:, 1], cells[:, 0]), near)
    np.add.at(weight, (cells[:, 1], cells[:, 0]), 1)
    filled = pull_push(height[..., None], weight)
    outline = np.zeros((DEPTH, DEPTH), np.float32)
    cv2.fillConvexPoly(outline, cv2.convexHull(np.rint(points[:, :2]).astype(np.int32)), 1.0)
    relief = cv2.GaussianBlur(filled, (0, 0), 1.6) * cv2.GaussianBlur(outline, (0, 0), 2.5)
    return resized(relief, side) * (side / DEPTH)


def diffuse(form: Normals, towards: tuple[float, float, float], wrap: float = 0.0) -> Plane:
    """Lambert's cosine to the light; `wrap` (0..1) extends it around the edge of the form.

    The wrapped cosine (n.l + w) / (1 + w) is half-Lambert at w = 1 (Valve, Mitchell et al. 2007).
    """
    x, y, z = np.array(towards) / np.linalg.norm(towards)
    cosine = form.x * np.float32(x) + form.y * np.float32(y) + form.z * np.float32(z)
    return np.clip((cosine + wrap) * (1 / (1 + wrap)), 0, 1)


def facing(alpha: Plane, angle: float, sigma: float) -> Plane:
    """0..1: how much the nearby edge of a silhouette faces `angle` (degrees, 90 is up)."""
    soft = blur(alpha, sigma)
    gx = cv2.Sobel(soft, cv2.CV_32F, 1, 0, scale=1 / 8)
    gy = cv2.Sobel(soft, cv2.CV_32F, 0, 1, scale=1 / 8)
    gx, gy = blur(gx, sigma / 2), blur(gy, sigma / 2)
    length = np.sqrt(gx * gx + gy * gy) + (1e-4 / max(sigma, 1.0))
    turn = np.radians(angle)
    cosine = (-gx * np.float32(np.cos(turn)) + gy * np.float32(np.sin(turn))) / length
    return np.clip(cosine * 1.25 - 0.1, 0, 1)


def rim_light(inside: Plane, towards: Plane, width: float) -> Plane:
    """Light that grazes the silhouette: a bright line and its soft fall-off.

    `inside` is the distance from the edge in pixels, `towards` the result of `facing`, `width` the
    distance in pixels at which the line has fallen to a third.
    """
    deep = np.clip(inside, 0, None) * (-1 / width)
    return towards * (0.9 * np.exp(deep) + 0.4 * np.exp(deep * 0.2))
