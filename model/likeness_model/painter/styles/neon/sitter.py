"""The sitter in space: relief, normals and distance to the edge, for light from any side."""

from dataclasses import dataclass

import numpy as np

from likeness_model.painter.scene import Scene
from likeness_model.painter.technique.figure import signed_distance
from likeness_model.painter.technique.form import inflated
from likeness_model.painter.technique.planes import Plane, blur, resized
from likeness_model.painter.technique.shade import Normals, face_depth, facing, normals, rim_light

FORM = 384  # side of the grid on which the form is modelled
GRAIN = 512  # side of the grid on which strands and folds are detected


@dataclass(frozen=True)
class Sitter:
    """`form` and `alpha` are FORM wide, `inside` and `texture` as large as the picture."""

    form: Normals
    alpha: Plane
    inside: Plane
    texture: Plane

    @property
    def size(self) -> int:
        return self.inside.shape[0]

    def rim(self, angle: float, width: float) -> Plane:
        """Light from behind at `angle` (degrees, 90 is up), `width` as a share of the side.

        Strands of hair and folds catch more of it than smooth areas.
        """
        towards = resized(facing(self.alpha, angle, 0.030 * FORM), self.size)
        edge = rim_light(self.inside, np.clip(towards, 0, 1), width * self.size)
        return np.clip(edge * self.texture, 0, 1)


def place(scene: Scene) -> Sitter:
    alpha = resized(scene.alpha, FORM)
    relief = 0.9 * inflated(alpha)
    relief = relief + face_depth(scene.mesh, scene.size, FORM)
    grain = resized(scene.luminance, GRAIN)
    around = blur(grain, GRAIN / 60) + 0.06
    texture = np.clip((grain + 0.06) / around, 0.4, 1.7)
    return Sitter(
        form=normals(blur(relief, 2.5), 1.1),
        alpha=alpha,
        inside=signed_distance(scene.alpha, smooth=0.0022),
        texture=resized(texture, scene.size),
    )


def skin_tone(scene: Scene) -> float:
    """Median lightness (0..1) of the face's skin, for an exposure that leaves the face readable."""
    skin = resized(scene.skin * scene.face, 128) > 0.6
    return float(np.median(resized(scene.luminance, 128)[skin])) if skin.any() else 0.55
