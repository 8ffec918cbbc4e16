"""Styles painted with a wet brush."""

from likeness_model.painter.styles.wet.oil import oil
from likeness_model.painter.styles.wet.watercolour import watercolour

__all__ = ["oil", "watercolour"]
