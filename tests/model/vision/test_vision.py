"""The vision models on the demo photos: eight views of one woman."""

from pathlib import Path

import numpy as np
import pytest

from likeness_model.vision import age, detect, embed, mesh, nsfw, pose, segment, sessions, smile
from likeness_model.vision.images import read_rgb

PREVIEWS = Path(__file__).parents[3] / "layers/likeness/likeness/policy/previews/256"
WORDS = ["original", "close", "wide", "tilted", "mirrored", "turned"]


def mesh_of(photo):
    return mesh.lay_mesh(photo, detect.find_faces(photo)[0])


@pytest.mark.parametrize("word", WORDS)
def test_one_face_is_found_in_each_photo(photos, word):
    faces = detect.find_faces(photos[word])

    assert len(faces) == 1
    assert faces[0].score >= detect.MIN_SCORE


def test_a_face_is_at_the_same_place_at_every_detection_size(photos):
    large = detect.find_faces(photos["wide"], side=1024)[0]
    small = detect.find_faces(photos["wide"], side=480)[0]

    assert small.x == pytest.approx(large.x, abs=0.1 * large.width)
    assert small.width == pytest.approx(large.width, rel=0.1)
    assert np.abs(small.landmarks - large.landmarks).max() < 0.06 * large.width


def test_noise_shows_no_face():
    noise = np.random.default_rng(1).integers(0, 255, (400, 400, 3), np.uint8)

    assert detect.find_faces(noise) == []


def test_the_mesh_lies_on_the_face(photos):
    face = detect.find_faces(photos["wide"])[0]
    laid = mesh.lay_mesh(photos["wide"], face)

    assert laid.points.shape == (468, 3)
    assert laid.presence >= mesh.MIN_PRESENCE
    eyes = laid.plane[[33, 133]].mean(0), laid.plane[[263, 362]].mean(0)
    assert np.abs(np.array(eyes) - face.landmarks[:2]).max() < 0.06 * face.width


def test_no_mesh_fits_where_there_is_no_face(photos):
    face = detect.find_faces(photos["wide"])[0]
    emptied = np.full_like(photos["wide"], 128)

    assert mesh.lay_mesh(emptied, face) is None


def test_yaw_and_pitch_have_the_right_sign(photos):
    mirrored = photos["close"][:, ::-1].copy()
    turned = pose.head_pose(mesh_of(photos["turned"]))
    turned_mirrored = pose.head_pose(mesh_of(photos["turned"][:, ::-1].copy()))

    assert turned.yaw * turned_mirrored.yaw < 0
    assert abs(turned.yaw) > 5
    up, straight = pose.head_pose(mesh_of(photos["looking"])), pose.head_pose(mesh_of(mirrored))
    assert up.pitch < straight.pitch - 5


def test_roll_follows_a_turned_photo(photos):
    upright = pose.head_pose(mesh_of(photos["close"])).roll
    quarter = np.rot90(photos["close"], -1).copy()
    tilted = pose.head_pose(mesh_of(photos["tilted"])).roll

    assert tilted < upright - 5  # rolled anticlockwise
    assert detect.find_faces(quarter) == [] or abs(pose.head_pose(mesh_of(quarter)).roll) > 60


@pytest.mark.parametrize("word", WORDS)
def test_every_view_is_the_same_person(photos, word):
    first = embed.embed_face(photos["close"], mesh_of(photos["close"]))
    other = embed.embed_face(photos[word], mesh_of(photos[word]))

    assert first.shape == (128,)
    assert embed.face_distance(first, other) < embed.SAME_PERSON


def test_the_age_distribution_is_that_of_an_adult(photos):
    estimate = age.estimate_age(photos["close"], mesh_of(photos["close"]))

    assert estimate.distribution.shape == (81,)
    assert float(estimate.distribution.sum()) == pytest.approx(1, abs=1e-3)
    assert 18 < estimate.expected < 80
    assert estimate.under_18 < 0.3


@pytest.mark.parametrize("cut", [segment.person_mask, segment.clean_matte])
def test_the_mask_contains_the_face_and_not_the_corners(photos, cut):
    photo = photos["close"]
    mask = cut(photo)
    nose = mesh_of(photo).plane[1].astype(int)

    assert mask.shape == photo.shape[:2]
    assert mask[nose[1], nose[0]] > 0.95
    assert mask[:20, :20].max() < 0.1
    assert mask[:20, -20:].max() < 0.1


def test_a_portrait_is_scored_as_safe(photos):
    assert nsfw.score_nudity(photos["close"]).explicit < nsfw.EXPLICIT_FROM / 4


# nsfwjs 4.4.0's own model under @tensorflow/tfjs 4.22.0 on the same 224 px input: three pictures of
# the painter, stored because the painter changes.
DRAWINGS = Path(__file__).parent / "drawings"
TFJS = {
    "comic": [0.0132, 0.0217, 0.9208, 0.0389, 0.0054],
    "pixel-art": [0.3499, 0.0001, 0.6499, 0.0, 0.0001],
    "woodblock": [0.1728, 0.0035, 0.8216, 0.001, 0.0011],
}


@pytest.mark.parametrize("style", sorted(TFJS))
def test_the_converted_nsfwjs_equals_the_original(style):
    shares = nsfw.class_shares(read_rgb(DRAWINGS / f"{style}.webp"))

    assert list(shares) == ["Drawing", "Hentai", "Neutral", "Porn", "Sexy"]
    assert list(shares.values()) == pytest.approx(TFJS[style], abs=1e-3)


def test_no_style_raises_a_false_alarm():
    scores = [nsfw.score_nudity(read_rgb(path)) for path in PREVIEWS.glob("*.webp")]

    assert len(scores) == 18
    assert max(score.explicit for score in scores) < nsfw.EXPLICIT_FROM / 4
    assert max(score.hentai for score in scores) < nsfw.HENTAI_FROM / 4
    assert not any(score.is_doubtful for score in scores)


def test_no_photo_raises_a_false_alarm(photos):
    scores = [nsfw.score_nudity(photo) for photo in photos.values()]

    assert max(score.explicit for score in scores) < nsfw.EXPLICIT_FROM / 4
    assert not any(score.is_doubtful for score in scores)


def test_the_second_model_of_age_agrees_that_the_views_show_one_adult(photos):
    estimates = [age.second_estimate(photo, mesh_of(photo)) for photo in photos.values()]

    assert 22 < min(estimates) < max(estimates) < 40


@pytest.mark.parametrize("word", WORDS)
def test_the_demo_person_smiles(photos, word):
    assert smile.smile(photos[word], mesh_of(photos[word])) > 0.95


def test_a_changed_model_file_raises_an_error(tmp_path):
    (tmp_path / "yunet.onnx").write_bytes(b"another model")

    with pytest.raises(sessions.WeightsError, match=r"yunet\.onnx does not match the SHA-256"):
        sessions.verified_bytes("yunet", tmp_path)


def test_a_missing_model_file_is_named(tmp_path):
    with pytest.raises(sessions.WeightsError, match=r"selfie\.onnx is missing"):
        sessions.verified_bytes("selfie", tmp_path)


@pytest.mark.parametrize("name", sorted(sessions.catalogue()))
def test_every_model_file_has_a_checksum_a_source_and_a_licence(name):
    weights = sessions.catalogue()[name]

    assert sessions.verified_bytes(name)
    assert weights.source
    assert weights.version
    assert weights.licence
