"""The guard of age and skin tone, which both engines use."""

import pytest

from likeness_model.generation.traits import (
    MAX_SKIN_SHIFT,
    MAX_YEARS_OLDER,
    MAX_YEARS_YOUNGER,
    Traits,
    deviation,
)

PHOTOS = [Traits(years=30, under_18=0.02, tone=-20), Traits(years=40, under_18=0.01, tone=10)]
TONES = [photo.tone for photo in PHOTOS]


def found(style="oil", years=35.0, under_18=0.0, tone=0.0, tones=TONES):
    return deviation(Traits(years, under_18, tone), PHOTOS, style, tones=tones)


def test_the_person_of_the_photos_passes():
    assert found() is None


@pytest.mark.parametrize("style", ["oil", "pop-art"])
def test_a_face_much_younger_than_on_every_photo_deviates_in_every_style(style):
    assert found(style, years=30 - MAX_YEARS_YOUNGER + 1) is None
    assert found(style, years=30 - MAX_YEARS_YOUNGER - 1) == "age"
    assert found(style, under_18=0.5) == "age"


def test_a_face_much_older_than_on_every_photo_deviates_in_natural_styles():
    assert found(years=40 + MAX_YEARS_OLDER - 1) is None
    assert found(years=40 + MAX_YEARS_OLDER + 1) == "age"
    assert found("charcoal", years=40 + MAX_YEARS_OLDER + 1) is None


@pytest.mark.parametrize("sign", [-1, 1])
def test_skin_darker_or_lighter_than_on_the_photo_deviates_in_natural_styles(sign):
    tones = [5.0]

    assert found(tone=5 + sign * (MAX_SKIN_SHIFT - 1), tones=tones) is None
    assert found(tone=5 + sign * (MAX_SKIN_SHIFT + 1), tones=tones) == "skin_tone"
    assert found("pop-art", tone=5 + sign * 60, tones=tones) is None


def test_age_is_more_severe_than_tone():
    assert found(years=1, tone=80) == "age"
