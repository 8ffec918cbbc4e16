"""The catalogue of styles: an id, and where its painting function is."""

from collections.abc import Callable, Iterable
from importlib import import_module

from likeness_model.painter.scene import Look, Scene
from likeness_model.vision.records import Image

Paint = Callable[[Scene, Look], Image]

_PACKAGE = "likeness_model.painter.styles"

# id -> "module:function"; a module is imported when one of its styles is first asked for.
STYLES: dict[str, str] = {
    "comic": "graphic:comic",
    "pop-art": "graphic:pop_art",
    "cartoon": "graphic:cartoon",
    "cyberpunk": "neon:cyberpunk",
    "vaporwave": "neon:vaporwave",
    "watercolour": "wet:watercolour",
    "oil": "wet:oil",
    "pencil": "dry:pencil",
    "charcoal": "dry:charcoal",
    "woodblock": "print:woodblock",
    "linocut": "print:linocut",
    "mosaic": "tiles:mosaic",
    "pixel-art": "tiles:pixel_art",
    "stained-glass": "tiles:stained_glass",
    "low-poly": "facets:low_poly",
    "paper-cut": "facets:paper_cut",
    "glamour": "portrait:glamour",
    "cosmic": "portrait:cosmic",
}


class UnknownStyle(Exception):
    """The order names a style that this version cannot paint."""


def style(style_id: str) -> Paint:
    """The painting function: (scene, look) -> (size, size, 3) uint8; like input, like output."""
    if style_id not in STYLES:
        raise UnknownStyle(f"no style {style_id!r}: know {', '.join(sorted(STYLES))}")
    module, function = STYLES[style_id].split(":")
    paint: Paint = getattr(import_module(f"{_PACKAGE}.{module}"), function)
    return paint


def load_styles(style_ids: Iterable[str]) -> None:
    """Import what these styles need: once, before processes are forked that share it."""
    for style_id in style_ids:
        style(style_id)
