"""Styles printed from a cut block."""

from likeness_model.painter.styles.print.linocut import linocut
from likeness_model.painter.styles.print.woodblock import woodblock

__all__ = ["linocut", "woodblock"]
