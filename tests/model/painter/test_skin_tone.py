"""Styles with the colours of life keep the person's skin tone, dark or light, in every palette."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from likeness_model.generation.traits import NATURAL
from likeness_model.generation.variation import Variation
from likeness_model.painter.styles import STYLES
from likeness_model.painter.styles.tiles import stained_glass
from likeness_model.vision.skin import cheeks, skin_tone

PALETTES = range(0, 8, 3)


def lit(scene, factor):
    return replace(scene, foreground=cv2.convertScaleAbs(scene.foreground, alpha=factor))


def variation(number):
    return Variation(variant=number, rng_seed=7 + number, palette=number, background=number)


@pytest.mark.parametrize("style", sorted(NATURAL))
@pytest.mark.parametrize("factor", [1.0, 0.6, 0.35], ids=["light", "brown", "dark"])
def test_a_natural_style_keeps_the_skin_tone(style, factor, scene):
    person = lit(scene, factor)
    before = skin_tone(person.foreground, person.mesh)

    shifts = [
        skin_tone(STYLES[style](person, variation(n)), person.mesh) - before for n in PALETTES
    ]

    assert np.abs(shifts).max() < 15
    assert abs(np.median(shifts)) < 6


def test_cream_paper_does_not_darken_skin(scene):
    plain = replace(scene, foreground=np.full_like(scene.foreground, (226, 184, 160)))
    before = skin_tone(plain.foreground, plain.mesh)

    pictures = [STYLES["watercolour"](plain, variation(n)) for n in PALETTES]

    shifts = [skin_tone(picture, plain.mesh) - before for picture in pictures]
    assert abs(np.mean(shifts)) < 1


def test_every_natural_style_exists():
    assert set(STYLES) >= NATURAL


def test_plain_skin_is_that_of_the_cheeks(scene):
    there = cheeks(scene.mesh, scene.foreground.shape) > 0
    picture = scene.foreground.copy()
    picture[there] = cv2.convertScaleAbs(picture, alpha=0.94)[there]
    lab = cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2Lab)

    flesh = replace(scene, foreground=picture).flesh

    np.testing.assert_allclose(flesh, np.median(lab[there], axis=0), atol=1.5)
    assert flesh[0] < scene.flesh[0] - 2


def test_covered_cheeks_do_not_change_the_plain_skin(scene):
    picture = scene.foreground.copy()
    covered = cv2.dilate(cheeks(scene.mesh, picture.shape), np.ones((9, 9), np.uint8)) > 0
    picture[covered] = (20, 60, 200)  # a blue mask

    flesh = replace(scene, foreground=picture).flesh

    np.testing.assert_allclose(flesh, scene.flesh, atol=12)


def test_stained_glass_has_no_lead_across_the_cheeks(scene, monkeypatch):
    """Lead along the folds of a face looks like wrinkles."""
    drawn = []
    monkeypatch.setattr(
        stained_glass.leading,
        "drawn",
        lambda leads, size, original=stained_glass.leading.drawn: (
            drawn.append(original(leads, size)) or drawn[-1]
        ),
    )

    stained_glass.stained_glass(scene, variation(0))

    lead = cv2.resize(drawn[-1], (scene.size, scene.size), interpolation=cv2.INTER_AREA)
    assert lead[cheeks(scene.mesh, lead.shape) > 0].max() == 0
    assert lead.max() == 255
