"""Mosaic stones: rows that follow lines (andamento), stones cut to fit, light on their bevels."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from likeness_model.painter.technique.planes import Picture, Plane

Labels = NDArray[np.int32]

REACH = 1.15  # how far a stone may reach from its centre, in stones
_FAR = np.uint32(0xFFFFFFFF)


@dataclass(frozen=True)
class Stones:
    """Centres in pixels, unit vectors along the row, and side lengths in pixels."""

    centre: Plane  # (n, 2)
    along: Plane  # (n, 2)
    side: Plane  # (n,)

    def __len__(self) -> int:
        return len(self.side)

    def kept(self, which: NDArray[np.bool_]) -> "Stones":
        return Stones(self.centre[which], self.along[which], self.side[which])


@dataclass(frozen=True)
class Cut:
    """The stone at each pixel (-1: none), and the distance to its edge in pixels."""

    label: Labels
    inside: Plane


def lay_rows(lines: Picture, side: Plane, rng: np.random.Generator) -> Stones:
    """Rows of stones beside the lines (non-zero pixels), until the space is filled.

    Rows are level sets of the distance to the nearest line (Battiato et al. 2007, "The State of
    the Art in Digital Mosaics": opus vermiculatum), half a stone from it and then a stone apart.
    `side` is the stones' side in pixels; where it jumps there must be a line, so that rows meet.
    """
    distance = cv2.distanceTransform((lines == 0).astype(np.uint8), cv2.DIST_L2, 5)
    rows = cv2.GaussianBlur(distance, (0, 0), 1.0) / side
    centres, tangents = [np.zeros((0, 2))], [np.zeros((0, 2))]
    for level in np.arange(0.46, float(rows.max()), 1.0):
        contours, _ = cv2.findContours(
            (rows > level).astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE
        )
        for contour in contours:
            if len(contour) >= 6:
                points, along = _along_row(contour[:, 0].astype(np.float64), side, rng)
                centres.append(points)
                tangents.append(along)
    centre = np.concatenate(centres).astype(np.float32)
    nearest = np.round(centre).astype(int)
    return Stones(
        centre, np.concatenate(tangents).astype(np.float32), side[nearest[:, 1], nearest[:, 0]]
    )


def _along_row(
    curve: NDArray[np.float64], side: Plane, rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points one stone apart on a closed pixel contour, and their directions."""
    padded = np.concatenate([curve[-4:], curve, curve[:4]])
    smooth = np.stack(
        [np.convolve(padded[:, axis], np.full(9, 1 / 9), "valid") for axis in (0, 1)], 1
    )
    ahead = np.roll(smooth, -1, 0)
    step = np.linalg.norm(ahead - smooth, axis=1)
    last = side.shape[0] - 1
    frame = ((curve <= 0) | (curve >= last)).any(1)
    at = np.round(curve).astype(int)
    length = np.cumsum(np.where(frame, 0, step / side[at[:, 1], at[:, 0]]))
    count = int(length[-1])
    if count < 1:
        return np.zeros((0, 2)), np.zeros((0, 2))
    wanted = (np.arange(count) + rng.uniform(-0.18, 0.18, count) + 0.5) * (length[-1] / count)
    index = np.clip(np.searchsorted(length, wanted), 0, len(curve) - 1)
    tangent = np.roll(smooth, -3, 0) - np.roll(smooth, 3, 0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True) + 1e-9
    return np.clip(smooth[index], 0, last), tangent[index]


def settled(stones: Stones, size: int, rounds: int = 2) -> Stones:
    """Lloyd relaxation in the stones' own square metric (Hausner 2001, "Simulating Decorative
    Mosaics"), without turning them; stones with under a third of their area left are removed.

    Computed at half of `size`.
    """
    coarse = scaled(stones, 0.5)
    for _ in range(rounds):
        coarse = _moved_to_middle(coarse, size // 2)
    return scaled(filled_up(coarse, size // 2), 2.0)


def scaled(stones: Stones, by: float) -> Stones:
    return Stones(stones.centre * by, stones.along, stones.side * by)


def _moved_to_middle(stones: Stones, size: int) -> Stones:
    label = cut(stones, size).label
    rows, columns = np.nonzero(label >= 0)
    owner = label[rows, columns]
    area = np.bincount(owner, minlength=len(stones))
    total = [np.bincount(owner, axis, len(stones)) for axis in (columns, rows)]
    mean = np.stack(total, 1) / np.maximum(area, 1)[:, None]
    centre = stones.centre + (mean - stones.centre).astype(np.float32) * 0.7
    return Stones(centre, stones.along, stones.side).kept(area > 0.33 * stones.side**2)


def filled_up(stones: Stones, size: int) -> Stones:
    """More stones in holes between rows: one for each square of the lattice that is half bare."""
    pitch = float(np.median(stones.side))
    bare = (cut(stones, size).label < 0).astype(np.float32)
    cells = max(1, int(size / pitch))
    share = cv2.resize(bare, (cells, cells), interpolation=cv2.INTER_AREA)
    rows, columns = np.nonzero(share > 0.45)
    if not len(rows):
        return stones
    centre = (np.stack([columns, rows], 1) + 0.5).astype(np.float32) * (size / cells)
    apart = np.linalg.norm(centre[:, None] - stones.centre[None], axis=2)
    nearest = apart.argmin(1)
    return Stones(
        np.concatenate([stones.centre, centre]),
        np.concatenate([stones.along, stones.along[nearest]]),
        np.concatenate([stones.side, stones.side[nearest]]),
    )


def cut(stones: Stones, size: int) -> Cut:
    """Give each pixel of a `size` px square to the nearest stone, squares as the unit circle.

    The seam between two neighbours is straight, as cut by a hammer; a stone extends only slightly
    beyond its square, so that odd corners become grout.
    """
    if len(stones) >= 2**16:
        raise ValueError(f"{len(stones)} stones: at most 65535 can be told apart")
    places, keys = [], []
    for first in range(0, len(stones), 400):
        place, key = _claims(stones, np.arange(first, min(first + 400, len(stones))), size)
        places.append(place)
        keys.append(key)
    place, key = np.concatenate(places), np.concatenate(keys)
    best = np.full(size * size, _FAR)
    np.minimum.at(best, place, key)
    loses = key != best[place]
    second = np.full(size * size, _FAR)
    np.minimum.at(second, place[loses], key[loses])
    label = np.where(best == _FAR, -1, (best & np.uint32(0xFFFF)).astype(np.int32))
    nearest = (best >> np.uint32(16)).astype(np.float32) * (1.3 / 65535)
    runner_up = (second >> np.uint32(16)).astype(np.float32) * (1.3 / 65535)
    seam = np.minimum((runner_up - nearest) / 2, 0.66 - nearest)
    inside = np.where(label < 0, np.float32(-1), seam * stones.side[np.maximum(label, 0)])
    return Cut(label.reshape(size, size), inside.reshape(size, size))


def _claims(
    stones: Stones, which: NDArray[np.int64], size: int
) -> tuple[NDArray[np.int64], NDArray[np.uint32]]:
    """Flat pixel indexes about some stones, and (distance in 1/65535 of 1.3 stones, stone)."""
    reach = int(np.ceil(stones.side[which].max() * REACH))
    steps = np.arange(-reach, reach + 1)
    down, across = (axis.ravel() for axis in np.meshgrid(steps, steps, indexing="ij"))
    origin = np.round(stones.centre[which]).astype(np.int64)
    x, y = origin[:, :1] + across, origin[:, 1:] + down
    dx = (x - stones.centre[which, :1]).astype(np.float32)
    dy = (y - stones.centre[which, 1:]).astype(np.float32)
    ux, uy = stones.along[which, :1], stones.along[which, 1:]
    far = np.maximum(np.abs(dx * ux + dy * uy), np.abs(dy * ux - dx * uy))
    far /= stones.side[which, None]
    claimed = (far < REACH) & (x >= 0) & (y >= 0) & (x < size) & (y < size)
    owner = np.broadcast_to(which[:, None], far.shape)[claimed].astype(np.uint32)
    distance = (far[claimed] * (65535 / 1.3)).astype(np.uint32)
    return (y * size + x)[claimed], (distance << np.uint32(16)) | owner


def mean_colours(picture: Picture, label: Labels) -> Plane:
    """The mean RGB (0..255) of each stone's pixels, (stones, 3)."""
    count = int(label.max()) + 1
    held = label.ravel() >= 0
    owner = label.ravel()[held]
    area = np.maximum(np.bincount(owner, minlength=count), 1)
    flat = picture.reshape(-1, 3)[held]
    total = [np.bincount(owner, flat[:, channel], count) for channel in range(3)]
    return (np.stack(total, 1) / area[:, None]).astype(np.float32)


def bevelled(inside: Plane, width: float, towards: tuple[float, float] = (-0.7, -0.7)) -> Plane:
    """Light of about -1..1 on slanted rims: `inside` in pixels, rims `width` pixels wide."""
    height = np.clip(inside, 0, width)
    dx = cv2.Sobel(height, cv2.CV_32F, 1, 0, scale=1 / 8)
    dy = cv2.Sobel(height, cv2.CV_32F, 0, 1, scale=1 / 8)
    return dx * (-towards[0]) + dy * (-towards[1])
