"""Styles put together from small flat pieces: stones, pixels, glass."""

from likeness_model.painter.styles.tiles.mosaic import mosaic
from likeness_model.painter.styles.tiles.pixel_art import pixel_art
from likeness_model.painter.styles.tiles.stained_glass import stained_glass

__all__ = ["mosaic", "pixel_art", "stained_glass"]
