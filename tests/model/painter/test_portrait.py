"""The two photographic styles keep the person: skin tone, features, face."""

import cv2
import numpy as np
import pytest

from likeness_model.generation.variation import Variation
from likeness_model.painter import regions
from likeness_model.painter.resemblance import measure, read_reference, take_chips
from likeness_model.painter.styles.portrait.cosmic import PALETTES, SKIES, cosmic
from likeness_model.painter.styles.portrait.glamour import MOODS, glamour
from likeness_model.painter.styles.portrait.makeup import even_skin
from likeness_model.painter.styles.portrait.refine import displacement, pulls, refined
from likeness_model.painter.subject import read_subject
from likeness_model.vision.detect import find_faces
from likeness_model.vision.mesh import lay_mesh


def skin_lab(picture, where):
    lab = cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2Lab)
    return lab[where].mean(0)


def bare_skin(scene):
    return (scene.skin > 0.8) & (scene.face > 0.9)


@pytest.fixture(scope="module", params=[1.0, 2.2], ids=["light skin", "dark skin"])
def sitter(request, photos):
    photo = (255 * (photos["wide"] / 255) ** request.param).astype(np.uint8)
    return read_subject(photo, 384).scene(Variation(), 384)


@pytest.mark.parametrize("palette", range(len(MOODS)))
def test_glamour_never_lightens_the_skin(sitter, palette):
    variation = Variation(palette=palette)
    where = bare_skin(refined(sitter, 1.0)) & bare_skin(sitter)

    before = skin_lab(sitter.foreground, where)
    after = skin_lab(glamour(sitter, variation), where)

    assert after[0] <= before[0] + 1.5
    assert after[0] >= before[0] - 6
    assert np.abs(after[1:] - before[1:]).max() < 4


def test_blotches_fade_and_pores_stay(photos):
    scene = read_subject(photos["close"], 512).scene(Variation(), 512)
    lab = cv2.cvtColor(scene.foreground.astype(np.float32) / 255, cv2.COLOR_RGB2Lab)
    rng = np.random.default_rng(5)
    cheeks = regions.fill(scene.mesh, ["50 101 118 117 123", "280 330 347 346 352"], 512) > 0.9
    spots = cv2.GaussianBlur(rng.standard_normal((512, 512)).astype(np.float32), (0, 0), 4)
    pores = rng.standard_normal((512, 512)).astype(np.float32)
    clean = even_skin(lab, scene, 1.0)[..., 0]

    def left_of(flaw):
        flawed = lab.copy()
        flawed[..., 0] += flaw
        return float((even_skin(flawed, scene, 1.0)[..., 0] - clean)[cheeks].std())

    blotch, pore = spots * (2 / spots.std()), pores
    assert left_of(blotch) < 0.7 * blotch[cheeks].std()
    assert left_of(pore) > 0.6 * pore[cheeks].std()


@pytest.mark.parametrize("paint", [glamour, cosmic])
def test_the_face_is_found_and_is_still_the_person(photos, paint):
    photo = photos["close"]
    reference = read_reference(take_chips(photo, lay_mesh(photo, find_faces(photo)[0])))
    scene = read_subject(photo, 384).scene(Variation(), 384)

    distance = measure(paint(scene, Variation()), scene.mesh, {"p1": reference}).distance

    assert distance is not None
    assert distance < 0.5


@pytest.mark.parametrize("background", range(len(SKIES)))
def test_cosmic_keeps_the_faces_lightness(sitter, background):
    where = bare_skin(sitter)
    variation = Variation(background=background, palette=background % len(PALETTES))

    before = skin_lab(sitter.foreground, where)[0]
    after = skin_lab(cosmic(sitter, variation), where)[0]

    assert after == pytest.approx(before, abs=5)


def test_features_move_slightly_and_nothing_else_moves(scene):
    field = displacement(pulls(scene.mesh, 1.0), scene.size)
    furthest = np.hypot(field[..., 0], field[..., 1])

    assert 0.3 < furthest.max() < 0.02 * scene.size
    assert furthest[0].max() < 0.01
    assert furthest[:, 0].max() < 0.01


def test_the_mesh_moves_with_the_picture(scene):
    moved = refined(scene, 1.0)

    def width(mesh):
        return float(np.linalg.norm(mesh[263, :2] - mesh[362, :2]))

    assert 1.01 * width(scene.mesh) < width(moved.mesh) < 1.15 * width(scene.mesh)


def test_an_amount_of_zero_changes_nothing(scene):
    same = refined(scene, 0.0)

    assert np.abs(same.foreground.astype(int) - scene.foreground).max() <= 1
    assert np.abs(same.mesh - scene.mesh).max() < 1
