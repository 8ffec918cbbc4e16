"""Imports of every style module; a painting function registers itself under its style's id."""

from collections.abc import Callable

from likeness_model.generation.variation import Variation
from likeness_model.painter.scene import Scene
from likeness_model.vision.records import Image

# (scene, variation) -> (size, size, 3) uint8; equal input gives equal output.
Paint = Callable[[Scene, Variation], Image]

__all__ = ["Paint", "Scene", "Variation", "paints", "registered"]

registered: dict[str, Paint] = {}


def paints(style_id: str) -> Callable[[Paint], Paint]:
    """Register the decorated function as the painter of a style."""

    def register(paint: Paint) -> Paint:
        if style_id in registered:
            raise ValueError(f"two functions paint the style {style_id!r}")
        registered[style_id] = paint
        return paint

    return register
