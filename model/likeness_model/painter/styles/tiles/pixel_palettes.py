"""The fixed palettes of pixel art, and the small scenes behind its sitters."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from likeness_model.painter.technique.pixels import dithered
from likeness_model.painter.technique.planes import Picture
from likeness_model.painter.technique.tone import Colour, colours

SKIN: tuple[Colour, ...] = colours(
    "ffead6 fad6bc f0be9e dea07c c68260 aa664a 8c4e38 6c3a2c 4e2a24 321c1e faccbe e8a08e cc7464"
)
NATURAL: tuple[Colour, ...] = colours(
    "14121c 282634 42404e 666470 929098 bebec2 e2e4e4 fcfaf4 3a281c 5e4026 8a6438 "
    "b89054 e0c282 ac5428 1c244c 2c54a8 70ace4 228082 38884a 96c454 f6ce4c ee8434 "
    "ca323a 781e3a ee7ca0 704296"
)


@dataclass(frozen=True)
class Kit:
    """The colours of one variation. `tones` (dark to light) replace natural colours if given."""

    ramp: tuple[Colour, ...]  # of the background, from its top
    scenery: Callable[[Picture, np.random.Generator, "Kit"], None]
    accents: tuple[Colour, ...]
    outline: Colour = (20, 18, 28)
    tones: tuple[Colour, ...] = ()

    def background(self, cells: int, rng: np.random.Generator) -> Picture:
        down = np.broadcast_to(np.linspace(0, 1, cells, dtype=np.float32)[:, None], (cells, cells))
        picture = dithered(down, self.ramp)
        self.scenery(picture, rng, self)
        return picture


def _disc(picture: Picture, x: float, y: float, radius: float, colour: Colour) -> None:
    rows, columns = np.mgrid[0 : picture.shape[0], 0 : picture.shape[1]] / picture.shape[0]
    picture[np.hypot(columns - x, rows - y) < radius] = colour


def city(picture: Picture, rng: np.random.Generator, kit: Kit) -> None:
    """A low sun behind two rows of towers with lit windows."""
    cells = picture.shape[0]
    _disc(picture, 0.22, 0.36, 0.15, kit.accents[0])
    for depth, (colour, low, high) in enumerate(
        ((kit.accents[1], 0.42, 0.62), (kit.accents[2], 0.56, 0.78))
    ):
        left = -int(rng.integers(0, 4))
        while left < cells:
            width = int(rng.integers(5, 10))
            top = int(rng.uniform(low, high) * cells)
            start = max(left, 0)
            picture[top:, start : left + width] = colour
            if depth:
                lit = rng.random((cells, cells)) < 0.3
                windows = np.zeros_like(lit)
                windows[top + 2 :: 3, start + 1 : max(left + width - 1, 0) : 2] = True
                picture[windows & lit] = kit.accents[3]
            left += width + int(rng.integers(0, 2))


def night(picture: Picture, rng: np.random.Generator, kit: Kit) -> None:
    """Stars, a crescent and two ranges of mountains."""
    cells = picture.shape[0]
    for colour, count in ((kit.accents[0], 26), (kit.accents[3], 16)):
        rows, columns = rng.integers(0, cells * 2 // 3, count), rng.integers(0, cells, count)
        picture[rows, columns] = colour
    sky = picture.copy()
    _disc(picture, 0.80, 0.17, 0.085, kit.accents[0])
    hole = np.zeros_like(picture)
    _disc(hole, 0.765, 0.15, 0.078, (1, 1, 1))
    picture[hole[..., 0] > 0] = sky[hole[..., 0] > 0]
    _ridge(picture, rng, 0.58, 0.10, kit.accents[1])
    _ridge(picture, rng, 0.74, 0.07, kit.accents[2])


def _ridge(
    picture: Picture, rng: np.random.Generator, level: float, height: float, colour: Colour
) -> None:
    cells = picture.shape[0]
    peaks = np.linspace(0, cells, 7)
    tops = np.interp(
        np.arange(cells), peaks, level + height * rng.uniform(-1, 1, 7) * np.resize([1, -0.4], 7)
    )
    rows = np.arange(cells)[:, None] / cells
    picture[rows > tops[None, :]] = colour


def meadow(picture: Picture, rng: np.random.Generator, kit: Kit) -> None:
    """Clouds of discs over rolling hills."""
    for x, y in ((0.13, 0.16), (0.86, 0.24), (0.60, 0.06)):
        shift = rng.uniform(-0.03, 0.03)
        for dx, dy, radius in ((-0.07, 0.02, 0.04), (0.0, 0.0, 0.06), (0.075, 0.02, 0.045)):
            _disc(picture, x + dx + shift, y + dy, radius, kit.accents[0])
    cells = picture.shape[0]
    rows, columns = np.mgrid[0:cells, 0:cells] / cells
    phase = rng.uniform(0, 6)
    picture[rows > 0.62 + 0.05 * np.sin(columns * 5 + phase)] = kit.accents[1]
    picture[rows > 0.76 + 0.04 * np.sin(columns * 7 - phase)] = kit.accents[2]
    flowers = (rng.random((cells, cells)) < 0.03) & (rows > 0.66)
    picture[flowers] = kit.accents[3]


def burst(picture: Picture, rng: np.random.Generator, kit: Kit) -> None:
    """Wedges about the head: a player-select screen."""
    cells = picture.shape[0]
    rows, columns = (np.mgrid[0:cells, 0:cells] + 0.5) / cells
    turn = np.arctan2(rows - 0.46, columns - 0.5) / (2 * np.pi) * 12 + rng.uniform(0, 1)
    picture[np.floor(turn) % 2 == 0] = kit.accents[0]
    far = np.hypot(rows - 0.46, columns - 0.5)
    picture[np.abs(far - 0.44) < 0.012] = kit.accents[1]


def hearts(picture: Picture, rng: np.random.Generator, kit: Kit) -> None:
    """A wallpaper of little hearts."""
    shape = np.array(
        [[0, 1, 0, 1, 0], [1, 1, 1, 1, 1], [1, 1, 1, 1, 1], [0, 1, 1, 1, 0], [0, 0, 1, 0, 0]], bool
    )
    cells = picture.shape[0]
    first = int(rng.integers(0, 5))
    for number, top in enumerate(range(2, cells - 5, 9)):
        for column, left in enumerate(range(first + (number % 2) * 6 - 6, cells - 5, 12)):
            if left >= 0:
                colour = kit.accents[(number + column) % 2]
                picture[top : top + 5, left : left + 5][shape] = colour


def grid_floor(picture: Picture, rng: np.random.Generator, kit: Kit) -> None:
    """A screen's raster: dotted cells and a bright band, as on a terminal."""
    cells = picture.shape[0]
    rows, columns = np.mgrid[0:cells, 0:cells]
    shift = int(rng.integers(0, 6))
    picture[((columns + shift) % 6 == 0) & (rows % 6 == 0)] = kit.accents[0]
    _disc(picture, 0.5, 0.46, 0.40, kit.accents[1])


def _mono(*tones: Colour) -> Kit:
    """A screen of few tones; `tones` from dark to light."""
    return Kit(
        ramp=(tones[-1], tones[-2]),
        scenery=grid_floor,
        accents=(tones[-2], tones[-2]),
        outline=tones[0],
        tones=tones,
    )


KITS: tuple[Kit, ...] = (
    Kit(
        ramp=colours("342860 704296 ca5c8c ee845c f6c46e"),
        scenery=city,
        accents=colours("ffe896 5c3474 2c224e f6ce4c"),
    ),
    Kit(
        ramp=colours("54a0e8 84c4f4 bee4fa"),
        scenery=meadow,
        accents=colours("fcfaf4 6eb054 428c4a fad65a"),
    ),
    _mono((22, 44, 32), (52, 96, 52), (126, 164, 62), (204, 218, 132)),
    Kit(
        ramp=((238, 84, 72), (238, 84, 72)),
        scenery=burst,
        accents=colours("fab040 fff0c8 781e3a fcfaf4"),
    ),
    Kit(
        ramp=colours("0e1230 1a2254 283e80 426ea8"),
        scenery=night,
        accents=colours("fcf6d6 222e58 121834 96bee8"),
        outline=(10, 12, 28),
    ),
    Kit(
        ramp=((250, 198, 206), (250, 210, 214)),
        scenery=hearts,
        accents=colours("ec6e8c fcece8 781e3a fcfaf4"),
        outline=(84, 30, 58),
    ),
    _mono((30, 14, 40), (84, 32, 86), (176, 62, 104), (244, 140, 104), (255, 222, 158)),
    Kit(
        ramp=((34, 128, 130), (34, 128, 130)),
        scenery=burst,
        accents=colours("38a49c f6ce4c 1c244c fcfaf4"),
    ),
)
