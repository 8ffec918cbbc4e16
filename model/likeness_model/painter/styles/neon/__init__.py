"""Neon styles: cyberpunk and vaporwave."""

from likeness_model.painter.styles.neon.cyberpunk import cyberpunk
from likeness_model.painter.styles.neon.vaporwave import vaporwave

__all__ = ["cyberpunk", "vaporwave"]
