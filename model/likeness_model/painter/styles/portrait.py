"""Portrait styles that keep the photograph: glamour and cosmic."""

from likeness_model.painter import backgrounds
from likeness_model.painter.scene import Look, Scene
from likeness_model.vision.records import Image


def glamour(scene: Scene, look: Look) -> Image:
    tone = look.pick_background([((70, 52, 60), (18, 14, 22)), ((200, 170, 150), (90, 60, 60))])
    return scene.over(scene.foreground, backgrounds.glow(scene.size, tone))


def cosmic(scene: Scene, look: Look) -> Image:
    sky = backgrounds.noise(scene.size, look.rng())
    space = backgrounds.blend([(8, 6, 24), (60, 20, 110), (240, 120, 200)], sky)
    return scene.over(scene.foreground, space)
