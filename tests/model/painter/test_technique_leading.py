import numpy as np

from likeness_model.painter.technique.leading import (
    Lead,
    came,
    cut_by_colour,
    drawn,
    glass_between,
    smoothed,
)

SQUARE = np.array([[0.2, 0.2], [0.8, 0.2], [0.8, 0.8], [0.2, 0.8]], np.float32)
NOWHERE = np.zeros((256, 256), np.uint8)


def test_a_closed_lead_parts_inside_from_outside_without_a_gap():
    glass = glass_between([Lead([SQUARE], 0.01, closed=True)], NOWHERE)

    assert glass.count == 2
    assert glass.label[128, 128] != glass.label[5, 5]
    assert glass.label.min() == 0


def test_a_diagonal_lead_does_not_leak():
    diagonal = np.array([[-0.1, -0.1], [1.1, 1.1]], np.float32)

    glass = glass_between([Lead([diagonal], 0.004)], NOWHERE)

    assert glass.label[200, 40] != glass.label[40, 200]


def test_a_piece_never_spans_two_regions_even_where_the_lead_has_a_gap():
    regions = NOWHERE.copy()
    regions[:, 128:] = 1
    open_line = np.array([[0.5, 0.0], [0.5, 0.6]], np.float32)

    glass = glass_between([Lead([open_line], 0.01)], regions)

    assert glass.label[240, 100] != glass.label[240, 160]


def test_patches_follow_the_edge_between_two_colours():
    picture = np.zeros((320, 320, 3), np.uint8)
    picture[:, 160:] = (255, 200, 40)

    outlines = cut_by_colour(picture, np.ones((320, 320), np.float32), 12, closeness=0.4)

    assert len(outlines) >= 6
    mask = drawn([Lead(outlines, 0.006, closed=True)], 320)
    assert (mask[20:300, 155:166].max(1) > 127).mean() > 0.9


def test_an_empty_mask_gives_no_pieces():
    empty = np.zeros((64, 64), np.float32)

    assert cut_by_colour(np.zeros((64, 64, 3), np.uint8), empty, 10) == []


def test_smoothing_keeps_a_closed_curve_closed_and_in_place():
    turn = np.linspace(0, 2 * np.pi, 90, endpoint=False)
    circle = np.stack([np.cos(turn), np.sin(turn)], 1).astype(np.float32)

    smooth = smoothed(circle, 2)

    assert smooth.shape == circle.shape
    np.testing.assert_allclose(np.hypot(*smooth.T), 1, atol=0.02)


def test_lead_is_lit_on_its_upper_left_and_shaded_on_its_lower_right():
    mask = np.zeros((100, 100), np.uint8)
    mask[:, 45:55] = 255

    relief, away = came(mask, 1.0)

    assert relief[50, 46] > 0.05
    assert relief[50, 53] < -0.05
    assert away[50, 50] == 0
    assert away[50, 65] > 9
