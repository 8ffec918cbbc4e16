"""What every style is given: a framed portrait with its masks, and what this avatar varies."""

from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np

from likeness_model.painter import regions
from likeness_model.vision.records import Floats, Image

Choice = TypeVar("Choice")

EYE_LINE = 0.42  # the eyes' height in the picture, from the top


@dataclass(frozen=True)
class Look:
    """What varies between two avatars of one style.

    `palette` and `background` count upwards without an end: use `pick`. `mildness` is 0 for the
    style at its best; a redraw for likeness raises it towards 1, and then the face must come
    nearer to the photo (finer detail, truer colours), while the style stays recognisable.
    `zoom`, `shift` and `mirror` are already in the scene when a style sees it.
    """

    variant: int = 0
    rng_seed: int = 0
    palette: int = 0
    background: int = 0
    zoom: float = 1.0
    shift: tuple[float, float] = (0.0, 0.0)
    mirror: bool = False
    mildness: float = 0.0

    def rng(self, stream: int = 0) -> np.random.Generator:
        """Random numbers of this look; each stream is independent of the others."""
        return np.random.default_rng([self.rng_seed, stream])

    def pick_palette(self, choices: "tuple[Choice, ...] | list[Choice]") -> Choice:
        return choices[self.palette % len(choices)]

    def pick_background(self, choices: "tuple[Choice, ...] | list[Choice]") -> Choice:
        return choices[self.background % len(choices)]


@dataclass(frozen=True)
class Scene:
    """A square portrait: head and shoulders, eyes level at EYE_LINE, face centred.

    `foreground` is (size, size, 3) uint8 RGB: the person's own colours, spread a little beyond the
    edge, without the old background. `alpha` is (size, size) float32 0..1, `mesh` is (468, 3)
    float32 in pixels.
    Masks are (size, size) float32 0..1, made when first asked for. A style must not write into
    any of these arrays: they are shared between styles and threads.
    """

    foreground: Image
    alpha: Floats
    mesh: Floats

    @property
    def size(self) -> int:
        return self.foreground.shape[0]

    @cached_property
    def face(self) -> Floats:
        """The face from the brow to the chin, soft at its rim; not the hair, not the neck."""
        return regions.face(self.mesh, self.size)

    @cached_property
    def skin(self) -> Floats:
        """Bare skin of face, ears and neck by its colour; without eyes, brows and mouth."""
        inner = np.maximum(np.maximum(self.eyes, self.brows), self.lips)
        return regions.skin(self.foreground, self.alpha, self.mesh, np.maximum(inner, self.mouth))

    @cached_property
    def eyes(self) -> Floats:
        return regions.eyes(self.mesh, self.size)

    @cached_property
    def irises(self) -> Floats:
        """Approximate: the darkest disc in each eye. The mesh has no iris points."""
        return regions.irises(self.foreground, self.mesh, self.eyes)

    @cached_property
    def brows(self) -> Floats:
        return regions.brows(self.mesh, self.size)

    @cached_property
    def lips(self) -> Floats:
        """The red of the lips, without the opening between them."""
        return regions.lips(self.mesh, self.size)

    @cached_property
    def mouth(self) -> Floats:
        """The opening between the lips: teeth, when smiling."""
        return regions.mouth(self.mesh, self.size)

    @cached_property
    def nose(self) -> Floats:
        return regions.nose(self.mesh, self.size)

    @cached_property
    def hair(self) -> Floats:
        """The person above and beside the face that is not skin; a guess, softly bounded."""
        return regions.hair(self.alpha, self.mesh, self.face, self.skin)

    @cached_property
    def detail(self) -> Floats:
        """Where a style keeps detail: 1 around eyes, brows, nose and mouth, 0.5 over the rest of
        the face, 0.15 over the rest of the person, 0 in the background."""
        return regions.detail(self.alpha, self.mesh, self.face)

    @cached_property
    def luminance(self) -> Floats:
        """(size, size) float32 0..1: perceived lightness (CIE L*/100) of the foreground."""
        return regions.lightness(self.foreground)

    def over(self, figure: Image, background: Image) -> Image:
        """A painted figure before a painted background, by the person's mask."""
        alpha = self.alpha[..., None]
        mixed = background + (figure.astype(np.float32) - background) * alpha
        return np.clip(mixed + 0.5, 0, 255).astype(np.uint8)
