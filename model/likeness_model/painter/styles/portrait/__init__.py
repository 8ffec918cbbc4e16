"""Styles that stay photographs: glamour and cosmic."""

from likeness_model.painter.styles.portrait.cosmic import cosmic
from likeness_model.painter.styles.portrait.glamour import glamour

__all__ = ["cosmic", "glamour"]
