"""The quality gate on real photos, and on invented features where photos are not enough."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from likeness.contracts.container import DistanceGate
from likeness_model.diffusion.quality_gate import Features, Person, read_features, score
from likeness_model.generation.traits import MAX_SKIN_SHIFT, MAX_YEARS_YOUNGER
from likeness_model.vision.nsfw import Nudity
from likeness_model.vision.person import find_person
from likeness_model.vision.skin import skin_tone

GATE = DistanceGate()
NOT_NUDE = Nudity(open_nsfw=0.01, hentai=0.0, porn=0.01, sexy=0.0)
NUDE = Nudity(open_nsfw=0.9, hentai=0.0, porn=0.9, sexy=0.0)
PHOTO_LIKE, DRAWN, PAINTED = "glamour", "pencil", "oil"


@pytest.fixture(scope="module")
def person(photos):
    return Person(
        tuple(read_features(photos[w], find_person(photos[w])) for w in ("close", "turned"))
    )


@pytest.fixture
def seen(monkeypatch, person):
    """Score a face with these features, independent of the picture."""

    def with_features(style=PHOTO_LIKE, nudity=NOT_NUDE, gate=GATE, away=0.4, **features):
        photo = person.photos[0]
        there = photo.embedding + np.float32(away) * _direction(person)
        face = replace(photo, **{"embedding": there, "years": 38.0, **features})
        monkeypatch.setattr("likeness_model.diffusion.quality_gate.find_person", lambda _: None)
        monkeypatch.setattr("likeness_model.diffusion.quality_gate.read_features", lambda *_: face)
        monkeypatch.setattr("likeness_model.diffusion.quality_gate.score_nudity", lambda _: nudity)
        return score(np.zeros((64, 64, 3), np.uint8), person, style=style, gate=gate)

    return with_features


def _direction(person):
    """From the first photo, orthogonal to the second: (128,), length 1."""
    towards = person.photos[1].embedding - person.photos[0].embedding
    other = np.random.default_rng(0).normal(size=128).astype(np.float32)
    other -= towards * (other @ towards) / (towards @ towards)
    return other / np.linalg.norm(other)


def test_another_picture_of_the_user_passes(photos, person):
    scored = score(photos["looking"], person, style=PHOTO_LIKE, gate=GATE)

    assert scored.reason is None
    assert scored.distance < 0.3
    assert scored.measures.nudity < 0.2
    assert abs(scored.measures.skin_shift) < MAX_SKIN_SHIFT


def test_a_photo_itself_is_a_copy(photos, person):
    scored = score(photos["close"], person, style=PHOTO_LIKE, gate=GATE)

    assert (scored.reason, scored.nearest) == ("copy", 0)


def test_bleached_and_darkened_skin_are_redrawn(photos, person):
    lab = cv2.cvtColor(photos["looking"].astype(np.float32) / 255, cv2.COLOR_RGB2Lab)

    def lit(lightness, yellow):
        changed = lab * (lightness, 1, yellow)
        rgb = cv2.cvtColor(changed.astype(np.float32), cv2.COLOR_Lab2RGB)
        picture = (rgb.clip(0, 1) * 255).astype(np.uint8)
        return score(picture, person, style=PHOTO_LIKE, gate=GATE)

    bleached, darkened = lit(1.1, 0.2), lit(0.7, 1)

    assert (bleached.reason, darkened.reason) == ("skin_tone", "skin_tone")
    assert bleached.measures.skin_shift > 15
    assert darkened.measures.skin_shift < -15


def test_the_tone_of_a_known_colour_is_its_ita(photos):
    mesh = find_person(photos["close"])
    flat = np.full_like(photos["close"], (0, 0, 0))
    colour = cv2.cvtColor(np.float32([[[65, 12, 15]]]), cv2.COLOR_Lab2RGB)  # atan(15 / 15)
    flat[:] = (colour * 255).round().astype(np.uint8)

    assert skin_tone(flat, mesh.points) == pytest.approx(45, abs=1)


def test_the_tone_is_compared_in_natural_styles_only(seen):
    assert seen(tone=-50.0).reason == "skin_tone"
    assert seen(tone=-50.0, style=DRAWN).reason is None


def test_the_distance_has_an_upper_and_a_lower_limit(seen, person):
    assert seen(away=0.9).reason == "distance"
    assert seen(away=0.4).reason is None
    assert seen(away=person.copy_below * 0.9).reason == "copy"


def test_a_picture_like_a_photo_must_be_nearer_than_a_painting(seen):
    assert seen(away=0.64, style=PAINTED).reason is None
    assert seen(away=0.64, style=PHOTO_LIKE).reason == "distance"
    assert seen(away=0.55, style=PHOTO_LIKE).reason is None
    strict = DistanceGate(redraw_above=0.5)
    assert seen(away=0.55, style=PHOTO_LIKE, gate=strict).reason == "distance"


def test_a_wider_gate_affects_the_distance_only(seen):
    wide = DistanceGate(redraw_above=1.99)

    assert seen(away=0.9, style=PAINTED, gate=wide).reason is None
    assert seen(away=0.9, style=PAINTED, gate=wide, nudity=NUDE).reason == "nudity"
    assert seen(away=0.9, style=PAINTED, gate=wide, under_18=0.5).reason == "age"
    assert seen(away=0.9, style=PAINTED, gate=wide, tone=-50.0).reason == "skin_tone"


def test_a_face_much_younger_than_on_any_photo_is_redrawn(seen, person):
    youngest = min(photo.years for photo in person.photos)

    assert seen(years=youngest - MAX_YEARS_YOUNGER + 1).reason is None
    assert seen(years=youngest - MAX_YEARS_YOUNGER - 1).reason == "age"
    assert seen(years=38.0, under_18=0.5).reason == "age"
    assert seen(years=youngest - 3).measures.years_younger > 0


def test_the_most_severe_reason_is_returned(seen):
    assert seen(nudity=NUDE, years=5.0, tone=-50.0, away=1.5).reason == "nudity"
    assert seen(years=5.0, tone=-50.0, away=1.5).reason == "age"
    assert seen(tone=-50.0, away=1.5).reason == "skin_tone"


@pytest.mark.parametrize(
    ("scores", "redrawn"),
    [
        ({"open_nsfw": 0.6, "porn": 0.80}, True),  # both, in doubt
        ({"open_nsfw": 0.6, "porn": 0.79}, False),
        ({"open_nsfw": 0.7, "sexy": 0.9}, False),  # bare shoulders, to one model
        ({"porn": 0.97}, False),  # and to the other
        ({"open_nsfw": 0.81}, True),
        ({"hentai": 0.3}, True),
        ({"sexy": 0.95}, True),
    ],
)
def test_a_picture_is_nude_to_both_models_or_to_one_that_is_sure(seen, scores, redrawn):
    for style in (PHOTO_LIKE, DRAWN):
        found = seen(style=style, nudity=replace(NOT_NUDE, **scores)).reason
        assert found == ("nudity" if redrawn else None)


def test_both_scores_are_measured(seen):
    scores = Nudity(open_nsfw=0.1, hentai=0.05, porn=0.15, sexy=0.3)

    measures = seen(nudity=scores).measures

    assert (measures.nudity, measures.explicit) == (0.1, 0.2)


def test_without_a_face_only_styles_that_do_not_need_one_pass(person):
    noise = np.random.default_rng(1).integers(0, 255, (96, 96, 3), dtype=np.uint8)

    assert score(noise, person, style=PHOTO_LIKE, gate=GATE).reason == "no_face"
    assert score(noise, person, style=DRAWN, gate=GATE).reason is None
    assert score(noise, person, style=PHOTO_LIKE, gate=GATE, faces=False).reason is None


def test_without_a_face_nudity_is_checked_too(person, monkeypatch):
    monkeypatch.setattr("likeness_model.diffusion.quality_gate.score_nudity", lambda _: NUDE)
    noise = np.random.default_rng(1).integers(0, 255, (96, 96, 3), dtype=np.uint8)

    assert score(noise, person, style=DRAWN, gate=GATE, faces=False).reason == "nudity"


def test_a_user_with_one_photo_has_a_lower_limit_too(person):
    one = Person(person.photos[:1])

    assert one.copy_below == pytest.approx(0.13)


def test_features_of_a_photo_are_finite(person):
    for photo in person.photos:
        assert isinstance(photo, Features)
        assert np.isfinite([photo.years, photo.under_18, photo.tone]).all()
