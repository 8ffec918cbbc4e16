import numpy as np
import pytest

from likeness_model.painter.technique.pixels import (
    cell_grid,
    dithered,
    enlarged,
    gathered,
    nearest,
    without_orphans,
)


@pytest.mark.parametrize("size", [256, 500, 1000, 1024, 2048])
def test_cells_are_whole_pixels_and_cover_the_picture(size):
    count, pixels, cut = cell_grid(size, 64)

    assert 56 <= count <= 72
    assert count * pixels >= size
    assert 0 <= cut < pixels


def test_enlarging_repeats_each_cell_exactly():
    cells = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)

    large = enlarged(cells, 16, 0, 1024)

    assert large.shape == (1024, 1024, 3)
    np.testing.assert_array_equal(large[::16, ::16], cells)
    np.testing.assert_array_equal(large[15::16, 15::16], cells)


def test_a_small_dark_dot_survives_shrinking_better_than_in_an_average():
    picture = np.full((64, 64, 3), 200, np.uint8)
    picture[27:29, 27:29] = 0

    kept, averaged = gathered(picture, 8, 0.8), gathered(picture, 8, 0.0)

    assert kept[3, 3, 0] < averaged[3, 3, 0] - 20
    assert abs(int(kept[0, 0, 0]) - 200) <= 1


def test_palette_colours_are_their_own_nearest():
    palette = np.array([[0, 0, 0], [255, 0, 0], [0, 120, 255], [250, 250, 240]], np.uint8)

    assert nearest(palette[None], palette).tolist() == [[0, 1, 2, 3]]


def test_dither_mixes_two_neighbours_of_a_ramp_in_the_right_share():
    ramp = ((0, 0, 0), (100, 100, 100), (200, 200, 200))

    halfway = dithered(np.full((16, 16), 0.25, np.float32), ramp)[..., 0]
    clean = dithered(np.full((16, 16), 0.5, np.float32), ramp)[..., 0]

    assert set(np.unique(halfway)) == {0, 100}
    assert (halfway == 100).mean() == 0.5
    assert (clean == 100).all()


def test_an_isolated_cell_joins_its_neighbours_unless_it_is_a_feature():
    index = np.zeros((5, 5), np.intp)
    index[2, 2] = 7
    fixed = np.zeros((5, 5), bool)

    assert without_orphans(index, fixed)[2, 2] == 0
    fixed[2, 2] = True
    assert without_orphans(index, fixed)[2, 2] == 7


def test_two_touching_cells_are_not_isolated():
    index = np.zeros((5, 5), np.intp)
    index[2, 2:4] = 7

    np.testing.assert_array_equal(without_orphans(index, np.zeros((5, 5), bool)), index)
