"""The papers of each variation of paper-cut: its background and colours."""

from dataclasses import dataclass

from likeness_model.painter.styles.facets import paper_scenes
from likeness_model.painter.technique.tone import Colour


@dataclass(frozen=True)
class Papers:
    """The papers of one variation; `ramp` (dark to light) replaces the sitter's own colours."""

    ground: Colour
    lay: paper_scenes.Lay
    colours: tuple[Colour, ...]
    ramp: tuple[Colour, ...] = ()


PAPERS = (
    Papers(
        (250, 226, 178),
        paper_scenes.grotto,
        ((244, 196, 132), (236, 146, 104), (206, 94, 94), (140, 58, 92), (78, 36, 76)),
    ),
    Papers(
        (176, 216, 222),
        paper_scenes.hills,
        (
            (250, 226, 150),
            (250, 206, 106),
            (246, 180, 72),
            (250, 248, 240),
            (134, 184, 150),
            (84, 146, 120),
            (48, 104, 98),
            (28, 70, 78),
        ),
    ),
    Papers(
        (246, 236, 216),
        paper_scenes.foliage,
        ((250, 206, 178), (140, 178, 132), (72, 130, 100), (30, 84, 76)),
    ),
    Papers(
        (20, 40, 78),
        paper_scenes.grotto,
        ((36, 78, 122), (46, 118, 150), (92, 168, 176), (168, 212, 200), (226, 238, 220)),
        ramp=(
            (16, 26, 58),
            (26, 58, 100),
            (44, 104, 140),
            (108, 168, 178),
            (192, 218, 204),
            (246, 244, 228),
        ),
    ),
    Papers(
        (240, 228, 208),
        paper_scenes.scallops,
        (
            (36, 82, 122),
            (150, 190, 200),
            (74, 134, 168),
            (48, 104, 144),
            (214, 220, 212),
            (222, 130, 104),
        ),
    ),
    Papers(
        (92, 40, 92),
        paper_scenes.hills,
        (
            (250, 150, 110),
            (252, 186, 120),
            (255, 222, 150),
            (214, 110, 130),
            (176, 72, 112),
            (128, 50, 104),
            (84, 36, 88),
            (48, 24, 66),
        ),
        ramp=(
            (44, 20, 62),
            (92, 36, 92),
            (160, 60, 104),
            (226, 110, 100),
            (250, 172, 116),
            (255, 228, 176),
        ),
    ),
    Papers(
        (248, 214, 120),
        paper_scenes.fan,
        ((240, 120, 90), (250, 182, 96), (36, 120, 128), (244, 234, 210)),
    ),
)
