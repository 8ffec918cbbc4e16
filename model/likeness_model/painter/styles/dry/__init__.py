"""Styles drawn with a dry medium."""

from likeness_model.painter.styles.dry.charcoal import charcoal
from likeness_model.painter.styles.dry.pencil import pencil

__all__ = ["charcoal", "pencil"]
