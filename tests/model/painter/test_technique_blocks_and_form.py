"""Flat blocks with clean borders; the sitter's relief and tone."""

import numpy as np
import pytest

from likeness_model.painter.technique.blocks import (
    filled,
    main_colours,
    nearest_block,
    outline,
    salted,
    shifted,
)
from likeness_model.painter.technique.contour import contour_lines, line_response
from likeness_model.painter.technique.flow import at_angle
from likeness_model.painter.technique.form import (
    bare_skin,
    inflated,
    modelled,
    opened,
)


def rng() -> np.random.Generator:
    return np.random.default_rng(9)


def disc(size: int, radius: float) -> np.ndarray:
    y, x = np.mgrid[0:size, 0:size] - size / 2
    return (np.hypot(x, y) < radius).astype(np.float32)


def test_main_colours_are_found_from_dark_to_light():
    samples = np.concatenate(
        [rng().normal(centre, 2, (200, 3)) for centre in ((80, 0, 0), (20, 10, 5), (50, -9, 3))]
    ).astype(np.float32)

    found = main_colours(samples, 3)

    assert found == pytest.approx(np.array([[20, 10, 5], [50, -9, 3], [80, 0, 0]]), abs=1.0)


def test_the_cheapest_block_wins_at_every_size():
    ramp = np.tile(np.linspace(0, 1, 32, dtype=np.float32), (32, 1))

    blocks = nearest_block([ramp, 1 - ramp, ramp + 5], 128)

    assert blocks[:, :60].max() == 0
    assert blocks[:, 68:].min() == blocks[:, 68:].max() == 1


def test_blocks_are_filled_with_their_colours():
    index = np.zeros((32, 32), np.uint8)
    index[:, 16:] = 1

    flat = filled(index, np.array([[1, 0, 0], [0, 0, 1]], np.float32))

    assert flat[5, 5].tolist() == [255, 0, 0]
    assert flat[5, 28].tolist() == [0, 0, 255]


def test_a_shifted_block_moves_by_that_many_pixels():
    mark = disc(64, 10)

    assert np.array_equal(shifted(mark, 5, 0)[:, 10:50], mark[:, 5:45])


def test_salt_leaves_about_the_given_share_bare():
    relief = rng().normal(0, 1, (256, 256)).astype(np.float32)

    little, much = (1 - salted(rng(), 256, relief, amount).mean() for amount in (0.02, 0.1))

    assert 0 < little < 0.06
    assert much > 2 * little


def test_an_outline_follows_the_edge_with_a_swelling_width():
    y, x = np.mgrid[0:256, 0:256].astype(np.float32)
    distance = (80 - np.hypot(x - 128, y - 128)).astype(np.float32)

    line = outline(distance, rng(), 6)

    assert line[128, 48] > 0.9
    assert line[128, 128] == line[10, 10] == 0
    assert line[np.abs(distance) < 2].std() > 0.02


def test_a_dark_line_has_a_response_and_an_even_tone_has_none():
    tone = np.full((64, 64), 0.8, np.float32)
    tone[31:33] = 0.3
    along = at_angle(0.0, 64)

    response = line_response(tone, along, width=1.0, reach=4)
    drawn = contour_lines(tone, along, width=1.0, reach=4, faint=0.02, firm=0.1)

    assert response[32, 32] > 0.05
    assert abs(response[5, 32]) < 1e-4
    assert drawn[32, 32] == pytest.approx(1, abs=0.05)
    assert drawn[5, 32] == 0


def test_a_silhouette_is_deepest_in_its_middle():
    depth = inflated(disc(128, 40))

    assert depth[64, 64] > 1.5 * depth[64, 100] > 0
    assert depth[2, 2] < 0.05 * depth[64, 64]


def test_a_backlit_face_gets_its_modelling_back_without_a_halo():
    face = disc(256, 80)
    tone = np.where(face > 0, 0.3, 1.0).astype(np.float32)
    tone[120:136, 120:136] = 0.4

    brought_out = modelled(tone, face, 0.5)

    assert brought_out[128, 128] - brought_out[100, 100] > 0.12
    assert abs(brought_out[128, 60] - brought_out[128, 80]) < 0.02


def test_dark_skin_stays_darker_than_pale_skin():
    face = disc(128, 40)

    dark, pale = (
        opened(face * light, face, face, of_face=0.6, darkest=0.0)[64, 64]
        for light in (np.float32(0.4), np.float32(0.8))
    )
    both = opened(np.zeros((8, 8), np.float32), face[:8, :8], face[:8, :8], of_face=1, darkest=0)

    assert pale >= dark
    assert both.max() == 0


def test_a_light_on_the_hair_is_not_skin_and_a_light_on_the_skin_is():
    face = disc(240, 60)
    skin = np.maximum(face, 0).copy()
    skin[20:24, 120:124] = 1
    skin[110:114, 110:114] = 0
    face[110:114, 110:114] = 0

    bare = bare_skin(face, skin, np.zeros_like(face))

    assert bare[22, 122] < 0.1
    assert bare[112, 112] > 0.9
