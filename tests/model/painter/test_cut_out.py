"""One person, in one piece, without a seam: beside other people and with long hair."""

import cv2
import numpy as np
import pytest

from likeness.domain.photos.photo import Box
from likeness_model.generation.variation import Variation
from likeness_model.painter import matte, regions
from likeness_model.painter.scene import Scene
from likeness_model.painter.styles import STYLES
from likeness_model.painter.styles.facets import paper_cut
from likeness_model.painter.styles.facets.low_poly import LAYOUT, _fits
from likeness_model.painter.styles.tiles import stained_glass
from likeness_model.painter.subject import read_subject
from likeness_model.vision import detect, instance
from likeness_model.vision.detect import find_faces
from likeness_model.vision.person import find_person

CHIN = 152


def pieces(alpha):
    """Connected parts of a mask of at least 0.1 % of the picture."""
    _, _, stats, _ = cv2.connectedComponentsWithStats((alpha > 0.3).astype(np.uint8))
    return int((stats[1:, cv2.CC_STAT_AREA] > 0.001 * alpha.size).sum())


@pytest.fixture(scope="module")
def two_people(photos):
    """The sitter alone, the sitter beside a part of another person, and where that person is."""
    photo = cv2.resize(photos["wide"], (768, 768), interpolation=cv2.INTER_AREA)
    other = cv2.resize(photos["mirrored"], (640, 640), interpolation=cv2.INTER_AREA)
    cut = read_subject(other, 512).scene(Variation(), 512)
    left, top = 480, 230
    shown = 768 - left
    both = photo.copy()
    cover = cut.alpha[:, :shown, None]
    place = np.s_[top : top + 512, left : left + shown]
    both[place] = (cut.foreground[:, :shown] * cover + both[place] * (1 - cover)).astype(np.uint8)
    stranger = np.zeros((768, 768), np.float32)
    stranger[place] = cover[..., 0]
    return photo, both, stranger


def face_on(photo):
    """The box of the largest face."""
    face, (height, width) = find_faces(photo)[0], photo.shape[:2]
    return Box(
        left=face.x / width,
        top=face.y / height,
        width=face.width / width,
        height=face.height / height,
    )


def alpha_in_photo(photo, mesh):
    own = instance.mask_of(photo, mesh, np.eye(2, 3), photo.shape[0])
    small = cv2.resize(own, (matte.WORK, matte.WORK), interpolation=cv2.INTER_AREA)
    return matte.cut_out(photo, tuple(mesh.points[1, :2].tolist()), small)[0]


def test_a_part_of_another_person_is_cut_off(two_people):
    photo, both, stranger = two_people
    alone = alpha_in_photo(photo, find_person(photo))
    alpha = alpha_in_photo(both, find_person(both, face_on(photo)))

    beside = (stranger > 0.9) & (alone < 0.05)
    kept = (alone > 0.9) & (stranger < 0.05)
    assert beside.mean() > 0.02
    assert alpha[beside].mean() < 0.1
    assert alpha[kept].mean() > 0.9
    assert pieces(alpha) == 1


def test_the_faces_of_a_photo_are_detected_once(photos, monkeypatch):
    detector, detected = detect._detector, []
    monkeypatch.setattr(detect, "_detector", lambda: detected.append(0) or detector())

    read_subject(photos["wide"], 256)

    assert len(detected) == 1


@pytest.mark.parametrize("word", ["wide", "close", "tilted", "turned"])
def test_the_cut_out_is_one_piece(photos, word):
    assert pieces(read_subject(photos[word], 256).scene(Variation(), 256).alpha) == 1


def test_a_mask_of_another_person_is_not_used(photos, monkeypatch):
    photo = photos["wide"]
    mesh = find_person(photo)
    monkeypatch.setattr(
        instance, "run", lambda *_: [np.zeros((1, 1, instance.INPUT, instance.INPUT), np.float32)]
    )

    assert instance.mask_of(photo, mesh, np.eye(2, 3), 256) is None


def test_gaps_are_filled_only_inside_the_person():
    rough = np.zeros((matte.WORK, matte.WORK), np.float32)
    rough[100:640, 200:440] = 1
    rough[300:320, 300:320] = rough[400:420, 300:320] = 0
    inside = np.ones_like(rough)
    inside[400:420, 300:320] = 0.2

    filled = matte._fill_holes(rough, inside)

    assert filled[310, 310] == 1
    assert filled[410, 310] == 0  # between an arm and the body
    assert filled[310, 100] == 0


@pytest.fixture(scope="module")
def long_haired(scene):
    """The scene with straight grey hair, dark and light, down to the chest, over orange clothes."""
    tall, chin = regions.face_height(scene.mesh), scene.mesh[CHIN]
    rows, columns = np.mgrid[0 : scene.size, 0 : scene.size]
    strands = 62 + 26 * np.sin(columns * 0.5)
    beside = np.abs(np.abs(columns - chin[0]) - 0.55 * tall) < 0.2 * tall
    fall = beside & (rows > chin[1] - 0.7 * tall)
    brow = scene.mesh[10, 1] + 0.1 * tall
    crown = (scene.alpha > 0.5) & (scene.face < 0.5) & (rows < brow + 0.5 * tall)
    below = rows > chin[1] + 0.25 * tall
    colours = scene.foreground.copy()
    colours[below] = (214, 120, 50)
    colours[fall | crown] = strands[fall | crown, None]
    alpha = np.maximum(scene.alpha, (fall | below).astype(np.float32))
    return Scene(foreground=colours, alpha=alpha, mesh=scene.mesh), fall & (
        rows > chin[1] + 0.3 * tall
    )


def test_long_hair_is_hair_below_the_chin_and_clothes_are_not(long_haired):
    portrait, strands = long_haired
    inner = cv2.erode(strands.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    clothes = portrait.foreground[..., 0] == 214

    assert portrait.hair[inner].mean() > 0.8
    assert portrait.hair[clothes].mean() < 0.1


def test_paper_and_glass_cut_long_hair_as_one_part(long_haired):
    portrait, strands = long_haired
    outline = stained_glass._outline(portrait)
    paper = paper_cut._regions(portrait)["hair"]
    glass = stained_glass._regions(portrait, outline) == 3

    for part in (paper, glass):
        side = part.shape[0]
        inside = cv2.resize(strands.astype(np.uint8), (side, side)) > 0
        assert part[inside].mean() > 0.9


def test_long_hair_has_the_same_tones_above_and_below_the_chin_in_woodblock(long_haired):
    portrait, strands = long_haired
    light = regions.lightness(STYLES["woodblock"](portrait, Variation(palette=1))) * 100
    tall, chin = regions.face_height(portrait.mesh), portrait.mesh[CHIN]
    rows, columns = np.mgrid[0 : portrait.size, 0 : portrait.size]
    band = np.abs(np.abs(columns - chin[0]) - 0.55 * tall) < 0.12 * tall
    above = band & (rows > chin[1] - 0.5 * tall) & (rows < chin[1] - 0.2 * tall)

    tones = [np.quantile(light[part], (0.1, 0.5, 0.9)) for part in (above, band & strands)]
    assert np.abs(tones[0] - tones[1]).max() < 9


def test_long_grey_hair_does_not_become_blue_glass(long_haired):
    portrait, strands = long_haired
    picture = STYLES["stained-glass"](portrait, Variation(palette=1))
    lab = cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2Lab)

    assert np.median(lab[strands][:, 2]) > -5


def test_a_light_on_the_forehead_is_skin_and_a_collar_is_not():
    size = 256
    likelihood = np.zeros((size, size), np.float32)
    cv2.circle(likelihood, (128, 128), 70, 1.0, -1)
    oval = np.zeros_like(likelihood)
    cv2.ellipse(oval, (128, 140), (50, 60), 0, 0, 360, 1.0, -1)
    cv2.circle(likelihood, (128, 74), 7, 0.0, -1)

    filled = regions._without_highlights(likelihood, oval)

    assert filled[74, 128] > 0.8
    assert filled[230, 128] == 0


def test_a_facet_across_the_rim_of_an_eye_is_no_mixture(scene):
    eyes = cv2.resize(scene.eyes, (LAYOUT, LAYOUT)) > 0.5
    picture = np.where(eyes[..., None], np.uint8(240), np.uint8(60)).repeat(3, axis=2)
    rows, columns = np.nonzero(eyes)
    label = np.zeros((LAYOUT, LAYOUT), np.int32)
    label[rows.min() - 2 : rows.max() + 3, columns.min() - 2 : columns.max() + 3] = 1

    colours = _fits(picture, label, scene, 2)[:, 0, 0]

    assert colours[0] == pytest.approx(60, abs=12)
    assert min(abs(colours[1] - 60), abs(colours[1] - 240)) < 12
