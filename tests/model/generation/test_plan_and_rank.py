"""Photo and variation of each avatar, near-duplicates, distances and the ranking."""

from dataclasses import replace

import numpy as np
import pytest

from likeness.contracts.container import DrawnAvatar
from likeness_model.generation.job import best_first
from likeness_model.generation.near_duplicates import (
    NEAR_DUPLICATE_BELOW,
    fingerprint,
    picture_distance,
)
from likeness_model.generation.variation import Variation, milder, variation_for
from likeness_model.painter.plan import first_drafts
from likeness_model.painter.resemblance import (
    Reference,
    deviation_of,
    measure,
    read_reference,
    take_chips,
)
from likeness_model.painter.technique.planes import painted
from likeness_model.vision.detect import find_faces
from likeness_model.vision.mesh import lay_mesh
from tests.model.painter.test_drawing import SHA, an_order

PHOTOS = ["p03", "p01", "p02"]


def test_photos_and_palettes_alternate_within_a_style():
    drafts = first_drafts(an_order(*["comic"] * 6), PHOTOS)

    assert [draft.photo_id for draft in drafts] == ["p03", "p01", "p02"] * 2
    palettes = [draft.variation.palette for draft in drafts]
    assert palettes == list(range(palettes[0], palettes[0] + 6))
    assert len({(d.variation.palette % 4, d.variation.background % 4) for d in drafts}) == 6


def test_styles_alternate():
    drafts = first_drafts(an_order("comic", "comic", "oil", "oil"), PHOTOS)

    assert [draft.avatar.style for draft in drafts] == ["comic", "oil", "comic", "oil"]
    assert drafts[0].photo_id != drafts[1].photo_id


def test_a_variation_depends_on_the_seed_only():
    assert variation_for("oil", seed=7, variant=1) == variation_for("oil", seed=7, variant=1)
    assert (
        variation_for("oil", seed=7, variant=1).rng_seed
        != variation_for("oil", seed=8, variant=1).rng_seed
    )
    first, again = (variation_for("oil", seed=7, variant=1).rng().random(4) for _ in range(2))
    assert np.array_equal(first, again)


def test_random_streams_of_a_variation_are_independent():
    variation = Variation(rng_seed=3)

    assert not np.array_equal(variation.rng(0).random(4), variation.rng(1).random(4))


def test_mildness_stays_below_one():
    variation = Variation()
    for _ in range(10):
        variation = milder(variation)

    assert 0.99 < variation.mildness < 1


@pytest.mark.parametrize(
    "variation",
    [
        Variation(zoom=1.15, shift=(0.02, -0.01)),
        Variation(mirror=True, zoom=1.1),
        Variation(zoom=1.25),
    ],
    ids=["shifted", "mirrored", "zoomed"],
)
def test_framing_alone_gives_a_near_duplicate(subject, variation):
    plain, framed = subject.scene(Variation(), 256), subject.scene(variation, 256)
    grey = np.full_like(plain.foreground, 90)

    one = fingerprint(painted(grey, plain.foreground, plain.alpha), Variation())
    other = fingerprint(painted(grey, framed.foreground, framed.alpha), variation)

    assert picture_distance(one, other) < NEAR_DUPLICATE_BELOW / 2


def test_another_background_is_not_a_near_duplicate(scene):
    grey, red = np.full_like(scene.foreground, 90), np.full_like(scene.foreground, (180, 40, 40))

    one = fingerprint(painted(grey, scene.foreground, scene.alpha), Variation())
    other = fingerprint(painted(red, scene.foreground, scene.alpha), Variation())

    assert picture_distance(one, other) > NEAR_DUPLICATE_BELOW


@pytest.fixture(scope="module")
def reference(photos):
    photo = photos["close"]
    return read_reference(take_chips(photo, lay_mesh(photo, find_faces(photo)[0])))


def test_the_framed_photo_is_near_in_distance_age_and_tone(scene, reference):
    seen = measure(scene.foreground, scene.mesh, {"p01": reference})

    assert seen.distance < 0.4
    assert abs(seen.traits.tone - reference.traits.tone) < 15
    assert deviation_of(seen, "oil", "p01", {"p01": reference}) is None


def test_the_tone_is_compared_with_that_of_the_photo_that_was_painted(scene, reference):
    seen = measure(scene.foreground, scene.mesh, {"p01": reference})
    darker = replace(reference, traits=replace(reference.traits, tone=seen.traits.tone - 20))
    references = {"p01": reference, "p02": darker}

    assert deviation_of(seen, "oil", "p01", references) is None
    assert deviation_of(seen, "oil", "p02", references) == "skin_tone"
    assert deviation_of(seen, "pop-art", "p02", references) is None


def test_the_distance_is_that_to_the_nearest_photo(scene, reference):
    far = Reference(reference.embedding + 1, reference.traits)

    distances = [
        measure(scene.foreground, scene.mesh, references).distance
        for references in ({"p01": reference}, {"p01": far, "p02": reference}, {"p01": far})
    ]

    assert distances[0] == distances[1] < distances[2]


def test_without_a_face_nothing_is_measured_and_nothing_deviates(scene, reference):
    seen = measure(np.full_like(scene.foreground, 120), scene.mesh, {"p01": reference})

    assert (seen.distance, seen.traits) == (None, None)
    assert deviation_of(seen, "oil", "p01", {"p01": reference}) is None


def test_a_face_elsewhere_in_the_picture_is_not_measured(scene, reference):
    elsewhere = scene.mesh + np.array([130, 120, 0], np.float32)

    assert measure(scene.foreground, elsewhere, {"p01": reference}).distance is None


def drawn(avatar_id, style, distance):
    return DrawnAvatar.model_validate(
        {
            "avatar_id": avatar_id,
            "style": style,
            "seed": 1,
            "file": f"{avatar_id}.png",
            "sha256": SHA,
            "photo_id": "p01",
            "draws": 1,
            "distance": distance,
        }
    )


def test_the_best_of_each_style_come_first_and_those_without_distance_last():
    avatars = [
        drawn("a01", "comic", 0.6),
        drawn("a02", "comic", 0.5),
        drawn("a03", "pencil", None),
        drawn("a04", "oil", 0.4),
        drawn("a05", "oil", 0.45),
        drawn("a06", "pencil", None),
    ]

    order = [avatar.avatar_id for avatar in best_first(avatars)]

    assert order == ["a04", "a02", "a03", "a05", "a01", "a06"]
