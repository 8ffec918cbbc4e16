import numpy as np

from likeness_model.painter.technique.triangles import (
    along,
    delaunay,
    facet_map,
    plane_fits,
    spread_points,
    thinned,
)

CORNERS = np.array([[0, 0], [100, 0], [100, 100], [0, 100]], np.float32)


def test_points_keep_their_distance_from_each_other_and_from_the_fixed_ones():
    spacing = np.full((100, 100), 8, np.float32)

    points = spread_points(
        spacing, np.ones((100, 100), np.float32), 60, np.random.default_rng(3), fixed=CORNERS
    )

    apart = np.linalg.norm(points[:, None] - points[None], axis=2)
    np.fill_diagonal(apart, 99)
    assert len(points) > 40
    assert apart.min() > 7
    np.testing.assert_array_equal(points[:4], CORNERS)


def test_points_are_denser_where_the_weight_is_higher():
    appeal = np.full((100, 100), 0.01, np.float32)
    appeal[:, 60:] = 1

    points = spread_points(
        np.full((100, 100), 3, np.float32), appeal, 60, np.random.default_rng(3), fixed=CORNERS
    )

    assert (points[4:, 0] >= 60).mean() > 0.8


def test_thinning_keeps_the_earlier_of_two_near_points():
    points = np.array([[10, 10], [11, 10], [50, 50]], np.float32)

    assert thinned(points, np.full((64, 64), 5, np.float32)).tolist() == [[10, 10], [50, 50]]


def test_triangles_cover_the_square_and_leave_no_point_in_a_circumcircle():
    rng = np.random.default_rng(5)
    points, faces = delaunay(np.vstack([CORNERS, rng.uniform(5, 95, (30, 2)).astype("f4")]))

    label = facet_map(points, faces, 100, 1.0)
    a, b, c = (points[faces[:, k]].astype(float) for k in range(3))
    ab, ac = b - a, c - a
    area = np.abs(ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0]) / 2

    assert abs(area.sum() - 10_000) < 30
    assert len(np.unique(label)) > 0.9 * len(faces)
    centre, radius = _circumcircles(a, b, c)
    apart = np.linalg.norm(points[None] - centre[:, None], axis=2)
    assert (apart > radius[:, None] - 0.1).all()


def test_a_linear_picture_is_fitted_exactly():
    points, faces = delaunay(CORNERS)
    label = facet_map(points, faces, 100, 1.0)
    rows, columns = (np.mgrid[0:100, 0:100] + 0.5) / 100
    picture = (20 + 100 * columns + 60 * rows)[..., None].repeat(3, 2).astype(np.float32)

    fits = plane_fits(picture, label, len(faces))

    np.testing.assert_allclose(fits[:, :, 0], [[20, 100, 60]] * len(faces), atol=1.0)


def test_a_facet_without_pixels_has_finite_values():
    fits = plane_fits(np.full((8, 8, 3), 9, np.uint8), np.zeros((8, 8), np.int32), 2)

    assert np.isfinite(fits).all()


def test_points_along_a_line_are_a_step_apart():
    line = along(np.array([[0, 0], [10, 0]], np.float32), 2.5)

    assert line[:, 0].tolist() == [0, 2.5, 5, 7.5]


def _circumcircles(a, b, c):
    d = 2 * (a[:, 0] * (b - c)[:, 1] + b[:, 0] * (c - a)[:, 1] + c[:, 0] * (a - b)[:, 1])
    sq = [(p**2).sum(1) for p in (a, b, c)]
    x = (sq[0] * (b - c)[:, 1] + sq[1] * (c - a)[:, 1] + sq[2] * (a - b)[:, 1]) / d
    y = (sq[0] * (c - b)[:, 0] + sq[1] * (a - c)[:, 0] + sq[2] * (b - a)[:, 0]) / d
    centre = np.stack([x, y], 1)
    return centre, np.linalg.norm(a - centre, axis=1)
