"""Cut paper: smooth shapes, and stacked sheets with shadow and grain."""

import cv2
import numpy as np
from numpy.typing import NDArray

from likeness_model.painter.technique.noise import speckle, value_noise
from likeness_model.painter.technique.planes import Picture, Plane, painted
from likeness_model.painter.technique.tone import Colour

WORK = 512  # side of the grid on which shapes are cut
SHADOW: Colour = (24, 16, 28)


def cut_shape(inside: NDArray[np.bool_], size: int, *, round_by: float, smallest: float) -> Plane:
    """A shape on the WORK grid as a knife would cut it, 0..1 at `size`.

    Corners are rounded by a Gaussian of `round_by` WORK pixels; scraps and holes of fewer than
    `smallest` WORK pixels are not cut.
    """
    kept = without_scraps(without_scraps(inside, smallest), smallest, holes=True)
    soft = cv2.GaussianBlur(kept.astype(np.float32), (0, 0), round_by)
    large = cv2.resize(soft, (size, size), interpolation=cv2.INTER_CUBIC)
    # A blurred straight edge rises by 1 / (sigma * sqrt(2 pi)) a pixel; one output pixel is left.
    sharp = round_by * np.sqrt(2 * np.pi) * size / WORK
    steep = (large - 0.5) * np.float32(sharp * 0.8) + 0.5
    return np.clip(steep, 0, 1)


def without_scraps(
    inside: NDArray[np.bool_], smallest: float, *, holes: bool = False
) -> NDArray[np.bool_]:
    """The shape without its connected parts (or holes) below `smallest` pixels."""
    part = ~inside if holes else inside
    _, label, stats, _ = cv2.connectedComponentsWithStats(part.astype(np.uint8), connectivity=4)
    small = stats[:, cv2.CC_STAT_AREA] < smallest
    small[0] = False
    dropped = small[label]
    return np.asarray(inside | dropped if holes else inside & ~dropped)


class Pile:
    """Sheets of paper from above, lit from the upper left; `lay` adds one on top."""

    def __init__(self, size: int, colour: Colour, rng: np.random.Generator) -> None:
        self._size = size
        self._rng = rng
        self._grain = self._paper()
        self.picture: Picture = self._sheet(colour, np.s_[0:size, 0:size])

    def _paper(self) -> Plane:
        fibre = value_noise(self._rng, self._size, 90, octaves=2, stretch=2.2)
        tooth = speckle(self._rng, self._size, 2.2)
        relief = 0.6 * tooth + 0.7 * fibre
        return 1 + 0.028 * relief

    def _sheet(
        self, colour: Colour, window: tuple[slice, slice], rim: Plane | None = None
    ) -> Picture:
        """Paper in the window; a cut rim, where its cover rises, catches the light."""
        down, across = self._rng.choice((1, -1), 2).tolist()  # flipped, so that the sheets differ
        part = self._grain[::down, ::across][window]
        if rim is not None:
            part = part + np.maximum(rim, 0) * 0.22
        planes = [cv2.convertScaleAbs(part, alpha=channel) for channel in colour]
        return cv2.merge(planes)

    def lay(self, cover: Plane, colour: Colour, *, lift: float = 0.006, dark: float = 0.5) -> None:
        """Add a sheet with the cover 0..1, `lift` of the side above those below."""
        reach = lift * self._size
        window = self._around(cover, 3 * reach)
        if window is None:
            return
        part, below = cover[window], self.picture[window]
        shaded = painted(below, SHADOW, self._shadow(part, reach) * dark)
        rim = part - _moved(part, 0.0011 * self._size)
        sheet = self._sheet(colour, window, rim)
        self.picture[window] = painted(shaded, sheet, part)

    def _shadow(self, part: Plane, reach: float) -> Plane:
        small = cv2.resize(part, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        move = np.array([[1, 0, 0.25 * reach], [0, 1, 0.4 * reach]], np.float32)
        small = cv2.warpAffine(small, move, small.shape[1::-1], borderMode=cv2.BORDER_REPLICATE)
        small = cv2.GaussianBlur(small, (0, 0), max(0.5, 0.42 * reach))
        return cv2.resize(small, part.shape[1::-1], interpolation=cv2.INTER_LINEAR)

    def _around(self, cover: Plane, margin: float) -> tuple[slice, slice] | None:
        rows = np.flatnonzero(cover.max(1) > 0.01)
        columns = np.flatnonzero(cover.max(0) > 0.01)
        if not len(rows):
            return None
        more = int(margin) + 2
        return np.s_[
            max(rows[0] - more, 0) : rows[-1] + more, max(columns[0] - more, 0) : columns[-1] + more
        ]


def _moved(part: Plane, by: float) -> Plane:
    move = np.array([[1, 0, by], [0, 1, by]], np.float32)
    return cv2.warpAffine(part, move, part.shape[1::-1], borderMode=cv2.BORDER_REPLICATE)


def polygon_cover(polygons: list[Plane], size: int) -> Plane:
    """Closed polygons (shares of the side), filled and anti-aliased."""
    mask = np.zeros((size, size), np.uint8)
    for polygon in polygons:
        cv2.fillPoly(mask, [np.round(polygon * (size * 16)).astype(np.int32)], 255, cv2.LINE_AA, 4)
    return mask.astype(np.float32) * (1 / 255)
