"""Graphic styles: comic, pop art and cel-shaded cartoon."""

from likeness_model.painter.styles.graphic.cartoon import cartoon
from likeness_model.painter.styles.graphic.comic import comic
from likeness_model.painter.styles.graphic.pop_art import pop_art

__all__ = ["cartoon", "comic", "pop_art"]
