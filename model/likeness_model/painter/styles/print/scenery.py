"""The scenery of a print: flat shapes in a few pigments, and the key lines over them."""

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from likeness_model.painter.technique.planes import Picture, grid, painted, smoothstep
from likeness_model.painter.technique.tone import Colour

Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pigments:
    """Colours of one print: sky at its top and foot, two of the land or sea, an accent, a light."""

    high: Colour
    low: Colour
    deep: Colour
    middle: Colour
    accent: Colour
    pale: Colour = (243, 236, 218)
    key: Colour = (34, 34, 44)


@dataclass(slots=True)
class Scenery:
    """The print before the sitter is added: colour (S, S, 3) and key lines (S, S), uint8."""

    pigments: Pigments
    colour: Picture
    lines: Picture = field(init=False)

    def __post_init__(self) -> None:
        self.lines = np.zeros(self.colour.shape[:2], np.uint8)

    @property
    def size(self) -> int:
        return int(self.colour.shape[0])

    def fixed(self, points: Points) -> NDArray[np.int32]:
        """Points of 0..1 in OpenCV's fixed point of 1/16 pixel."""
        return np.round(points * self.size * 16).astype(np.int32)

    def shape(self, points: Points, colour: Colour, line: float = 0.0) -> None:
        """Fill a polygon (in 0..1); its key line is `line`/1024 of the side wide."""
        outline = self.fixed(points)
        cv2.fillPoly(self.colour, [outline], colour, cv2.LINE_AA, 4)
        cv2.fillPoly(self.lines, [outline], 0, cv2.LINE_AA, 4)
        if line:
            self.draw([points], line, closed=True)

    def wiped(
        self, points: Points, above: Colour, below: Colour, rows: tuple[float, float]
    ) -> None:
        """Fill a polygon with a gradient between two rows of the picture (0..1)."""
        cover = np.zeros(self.lines.shape, np.uint8)
        cv2.fillPoly(cover, [self.fixed(points)], 255, cv2.LINE_AA, 4)
        share = smoothstep(*rows, grid(self.size)[1])[..., None]
        ends = (np.array(c, np.float32) for c in (above, below))
        first = next(ends)
        column = first + (next(ends) - first) * share
        tint = np.broadcast_to(column, self.colour.shape).astype(np.uint8)
        self.colour = painted(self.colour, tint, cover.astype(np.float32) * (1 / 255))
        cv2.fillPoly(self.lines, [self.fixed(points)], 0, cv2.LINE_AA, 4)

    def draw(self, curves: list[Points], line: float, *, closed: bool = False) -> None:
        """Key lines; where they would be thinner than a pixel they get paler."""
        width = line * self.size / 1024
        cv2.polylines(
            self.lines,
            [self.fixed(curve) for curve in curves],
            closed,
            round(255 * min(1.0, max(width, 0.4))),
            max(1, round(width)),
            cv2.LINE_AA,
            4,
        )

    def rule(self, curves: list[Points], line: float, colour: Colour) -> None:
        """Coloured lines, cut into the colour block."""
        width = max(1, round(line * self.size / 1024))
        points = [self.fixed(curve) for curve in curves]
        cv2.polylines(self.colour, points, False, colour, width, cv2.LINE_AA, 4)

    def dots(self, places: Points, radii: NDArray[np.float64], colour: Colour, line: float) -> None:
        """Round spots merged into one shape with a key line around it."""
        blob = np.zeros(self.lines.shape, np.uint8)
        centres, sizes = self.fixed(places).tolist(), self.fixed(radii).tolist()
        for centre, radius in zip(centres, sizes, strict=True):
            cv2.circle(blob, centre, radius, 255, -1, cv2.LINE_AA, 4)
        reach = max(1, round(line * self.size / 1024)) * 2 + 1
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
        cover = blob.astype(np.float32) * (1 / 255)
        self.colour = painted(self.colour, colour, cover)
        self.lines = np.where(blob > 127, np.uint8(0), self.lines)
        self.lines = np.maximum(self.lines, cv2.subtract(cv2.dilate(blob, kernel), blob))
