import numpy as np

from likeness_model.painter.technique.sheets import (
    WORK,
    Pile,
    cut_shape,
    polygon_cover,
    without_scraps,
)


def _disc(radius: float) -> np.ndarray:
    rows, columns = np.mgrid[0:WORK, 0:WORK]
    return np.hypot(rows - WORK / 2, columns - WORK / 2) < radius


def test_scraps_and_pinholes_are_not_cut():
    shape = _disc(100)
    shape[10:13, 10:13] = True
    shape[256:259, 256:259] = False

    cover = cut_shape(shape, WORK, round_by=1.5, smallest=40)

    assert cover[11, 11] == 0
    assert cover[257, 257] == 1


def test_a_large_hole_stays_a_hole():
    shape = _disc(100) & ~_disc(30)

    assert not without_scraps(shape, 40, holes=True)[256, 256]


def test_the_edge_is_crisp_and_in_place_at_every_size():
    for size in (256, 512, 1024):
        cover = cut_shape(_disc(100), size, round_by=1.5, smallest=40)
        row = cover[size // 2]

        assert abs(row.sum() / size - 200 / WORK) < 0.005
        assert ((row > 0.02) & (row < 0.98)).sum() <= 6


def test_a_sheet_shades_what_lies_below_on_its_lower_right_only():
    pile = Pile(256, (200, 200, 200), np.random.default_rng(0))
    before = pile.picture.copy()
    square = np.array([[0.3, 0.3], [0.6, 0.3], [0.6, 0.6], [0.3, 0.6]], np.float32)

    pile.lay(polygon_cover([square], 256), (220, 60, 40), lift=0.02)

    below = pile.picture[157, 90:140].mean() / before[157, 90:140].mean()
    above = pile.picture[73, 90:140].mean() / before[73, 90:140].mean()
    assert below < 0.9
    assert above > below + 0.05
    np.testing.assert_allclose(pile.picture[115, 115], (220, 60, 40), atol=25)


def test_an_empty_sheet_changes_nothing():
    pile = Pile(64, (200, 200, 200), np.random.default_rng(0))
    before = pile.picture.copy()

    pile.lay(np.zeros((64, 64), np.float32), (0, 0, 0))

    np.testing.assert_array_equal(pile.picture, before)
