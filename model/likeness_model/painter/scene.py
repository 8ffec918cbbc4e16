"""The framed portrait with its masks that every style paints from."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from likeness_model.painter import regions
from likeness_model.vision.records import Floats, Image
from likeness_model.vision.visible import Part

MOSTLY = 0.5


@dataclass(frozen=True)
class Scene:
    """A square portrait: head and shoulders, face centred, eyes level at EYE_LINE, or higher where
    the photo cuts the hair off.

    `foreground` is (size, size, 3) uint8 RGB: the person's own colours, extended slightly beyond
    the edge, without the old background. `alpha` is (size, size) float32 0..1, `mesh` is (468, 3)
    float32 in pixels. `covered` are the parts of the face that the photo does not show: the masks
    of the features in them are empty, and a style draws lines of the mesh only where `shows` is
    true. Masks are (size, size) float32 0..1, computed on first use. Styles and threads share these
    arrays: a style must not write to them.
    """

    foreground: Image
    alpha: Floats
    mesh: Floats
    covered: frozenset[Part] = frozenset()

    @property
    def size(self) -> int:
        return self.foreground.shape[0]

    def shows(self, points: Sequence[int]) -> bool:
        """Whether the photo shows most of these mesh points, which are a line or a ring."""
        if not self.covered:
            return True
        columns, rows = self.mesh[list(points), :2].round().astype(int).clip(0, self.size - 1).T
        return float(self.hidden[rows, columns].mean()) < MOSTLY

    def shown(self, rings: Iterable[str]) -> list[str]:
        return [ring for ring in rings if self.shows(regions.indexes(ring))]

    @cached_property
    def hidden(self) -> Floats:
        """The covered parts of the face, with what is around them."""
        return regions.hidden(self.foreground, self.mesh, self.covered)

    @cached_property
    def oval(self) -> Floats:
        """The outline of the face from the brow to the chin, with what covers it."""
        return regions.fill(self.mesh, [regions.OVAL], self.size, soft=0.006)

    @cached_property
    def face(self) -> Floats:
        """The face from the brow to the chin, with a soft edge; without hair, neck, and what covers
        it in another colour than skin."""
        return self.oval * (1 - self.hidden * (1 - self.skin)) if self.covered else self.oval

    @cached_property
    def skin(self) -> Floats:
        """Bare skin of face, ears and neck by its colour; without eyes, brows and mouth."""
        inner = np.maximum(self.eyes, self.brows)
        for part in (self.lips, self.mouth):
            np.maximum(inner, part, out=inner)
        return regions.skin(self.foreground, self.alpha, self.mesh, inner, self.hidden)

    @cached_property
    def bare(self) -> Floats:
        """Where a natural style keeps the person's tone: bare skin and the whole face, without
        eyes and lips."""
        return np.maximum(self.skin, self.face * (1 - np.maximum(self.eyes, self.lips)))

    @cached_property
    def flesh(self) -> Floats:
        """The person's plain skin, (3,) CIE Lab: the median of the cheeks, by which the tone is
        measured; of all the face's skin where the cheeks are covered."""
        return regions.flesh(self.foreground, self.mesh, self.skin, self.face)

    @cached_property
    def eyes(self) -> Floats:
        return self._filled(regions.RIGHT_EYE, regions.LEFT_EYE)

    @cached_property
    def irises(self) -> Floats:
        """Approximate: the darkest disc in each eye. The mesh has no iris points."""
        return regions.irises(self.foreground, self.mesh, self.eyes)

    @cached_property
    def brows(self) -> Floats:
        return self._filled(regions.RIGHT_BROW, regions.LEFT_BROW, soft=0.003)

    @cached_property
    def lips(self) -> Floats:
        """The red of the lips, without the opening between them."""
        lips = self._filled(regions.LIPS_OUTSIDE) - self.mouth
        return np.clip(lips, 0, 1, out=lips)

    @cached_property
    def mouth(self) -> Floats:
        """The opening between the lips: teeth, when smiling."""
        return self._filled(regions.LIPS_INSIDE)

    @cached_property
    def nose(self) -> Floats:
        return self._filled(regions.NOSE, soft=0.004)

    @cached_property
    def hair(self) -> Floats:
        """Hair, also where it is long: an estimate with a soft edge."""
        return regions.hair(self.foreground, self.alpha, self.mesh, self.oval, self.skin)

    @cached_property
    def detail(self) -> Floats:
        """How much detail a style shows: 1 around eyes, brows, nose and mouth, 0.5 over the rest of
        the face, 0.15 over the rest of the person, 0 in the background."""
        return regions.detail(self.alpha, self.mesh)

    @cached_property
    def luminance(self) -> Floats:
        """(size, size) float32 0..1: perceived lightness (CIE L*/100) of the foreground."""
        return regions.lightness(self.foreground)

    def _filled(self, *rings: str, soft: float = 0.002) -> Floats:
        features = regions.fill(self.mesh, self.shown(rings), self.size, soft=soft)
        return features * (1 - self.hidden) if self.covered else features
