"""The papers of each variation of paper-cut: its background and colours."""

from dataclasses import dataclass

from likeness_model.painter.styles.facets import paper_scenes
from likeness_model.painter.technique.tone import Colour, colours


@dataclass(frozen=True)
class Papers:
    """The papers of one variation; `ramp` (dark to light) replaces the sitter's own colours."""

    ground: Colour
    lay: paper_scenes.Lay
    colours: tuple[Colour, ...]
    ramp: tuple[Colour, ...] = ()


PAPERS = (
    Papers((250, 226, 178), paper_scenes.grotto, colours("f4c484 ec9268 ce5e5e 8c3a5c 4e244c")),
    Papers(
        (176, 216, 222),
        paper_scenes.hills,
        colours("fae296 face6a f6b448 faf8f0 86b896 549278 306862 1c464e"),
    ),
    Papers((246, 236, 216), paper_scenes.foliage, colours("faceb2 8cb284 488264 1e544c")),
    Papers(
        (20, 40, 78),
        paper_scenes.grotto,
        colours("244e7a 2e7696 5ca8b0 a8d4c8 e2eedc"),
        ramp=colours("101a3a 1a3a64 2c688c 6ca8b2 c0dacc f6f4e4"),
    ),
    Papers(
        (240, 228, 208), paper_scenes.scallops, colours("24527a 96bec8 4a86a8 306890 d6dcd4 de8268")
    ),
    Papers(
        (92, 40, 92),
        paper_scenes.hills,
        colours("fa966e fcba78 ffde96 d66e82 b04870 803268 542458 301842"),
        ramp=colours("2c143e 5c245c a03c68 e26e64 faac74 ffe4b0"),
    ),
    Papers((248, 214, 120), paper_scenes.fan, colours("f0785a fab660 247880 f4ead2")),
)
