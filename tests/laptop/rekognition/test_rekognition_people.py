"""CompareFaces, RecognizeCelebrities and DetectModerationLabels with the models of Likeness."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra.laptop import vision
from infra.laptop.vision import MODERATION_MODEL, percent
from laptop_cloud.rekognition.taxonomy import PARENTS, records
from likeness.adapters.policy_files import load_policy
from likeness.domain.moderation import moderate_labels, strictest
from likeness.domain.verdict import Label, Outcome
from likeness_model.vision.nsfw import Nudity
from tests.laptop.rekognition import drawings


def shown(view: str) -> dict[str, bytes]:
    return {"Bytes": drawings.as_photo(drawings.photo(view))}


def two_views() -> dict[str, bytes]:
    pair = drawings.side_by_side(drawings.photo("02"), drawings.photo("03"))
    return {"Bytes": drawings.as_photo(pair)}


NO_FACE = {"Bytes": drawings.encode(drawings.noise(300, 300))}


@pytest.mark.parametrize("view", ["03", "04", "05", "07"])
def test_the_same_person_is_accepted(rekognition: Any, view: str) -> None:
    answer = rekognition.compare_faces(SourceImage=shown("01"), TargetImage=shown(view))

    (match,) = answer["FaceMatches"]
    assert match["Similarity"] >= 90
    assert set(match["Face"]) == {"BoundingBox", "Confidence", "Landmarks", "Pose", "Quality"}
    assert answer["UnmatchedFaces"] == []
    assert set(answer["SourceImageFace"]) == {"BoundingBox", "Confidence"}


def test_each_face_of_the_target_is_compared_best_first(rekognition: Any) -> None:
    answer = rekognition.compare_faces(SourceImage=shown("02"), TargetImage=two_views())

    best, other = answer["FaceMatches"]
    assert best["Similarity"] >= other["Similarity"] >= 90
    assert best["Face"]["BoundingBox"]["Left"] < 0.5 < other["Face"]["BoundingBox"]["Left"]


def test_the_largest_face_of_the_source_is_compared(rekognition: Any) -> None:
    answer = rekognition.compare_faces(SourceImage=two_views(), TargetImage=shown("02"))

    assert answer["SourceImageFace"]["BoundingBox"]["Left"] < 0.5


def test_below_the_threshold_a_face_is_unmatched(rekognition: Any) -> None:
    answer = rekognition.compare_faces(
        SourceImage=shown("01"), TargetImage=shown("07"), SimilarityThreshold=99.9
    )

    assert answer["FaceMatches"] == []
    assert len(answer["UnmatchedFaces"]) == 1


@pytest.mark.parametrize(
    ("source", "target", "which"),
    [(NO_FACE, shown("01"), "source"), (shown("01"), NO_FACE, "target")],
)
def test_a_picture_without_a_face_is_refused(
    rekognition: Any, source: Any, target: Any, which: str
) -> None:
    with pytest.raises(ClientError, match=f"no face in the {which} image") as caught:
        rekognition.compare_faces(SourceImage=source, TargetImage=target)

    assert caught.value.response["Error"]["Code"] == "InvalidParameterException"


def test_similarity_falls_with_distance_and_agrees_with_the_policy() -> None:
    falling = [percent(step / 100) for step in range(150)]

    assert falling == sorted(falling, reverse=True)
    assert falling[0] == 100
    assert percent(0.50) == pytest.approx(90)
    assert percent(0.60) == pytest.approx(80)
    assert percent(0.815) < 20, "the median of two different people"
    assert min(falling) == 0


def add(gallery: Path, name: str) -> None:
    target = gallery / name
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(drawings.PHOTOS / "01-original.jpg", target)


@pytest.mark.parametrize("file", ["Eileen_Collins.jpg", "Eileen Collins/1995.jpg"])
def test_a_portrait_in_the_gallery_makes_a_celebrity(
    with_gallery: tuple[Any, Path], file: str
) -> None:
    rekognition, gallery = with_gallery
    add(gallery, file)

    answer = rekognition.recognize_celebrities(Image=shown("05"))

    (celebrity,) = answer["CelebrityFaces"]
    assert celebrity["Name"] == "Eileen Collins"
    assert celebrity["MatchConfidence"] >= 90
    assert celebrity["Urls"] == []
    assert celebrity["Id"]
    assert "KnownGender" not in celebrity
    assert answer["UnrecognizedFaces"] == []


@pytest.mark.parametrize("view", ["01", "02", "03", "08"])
def test_a_clean_photo_has_no_label(rekognition: Any, view: str) -> None:
    answer = rekognition.detect_moderation_labels(Image=shown(view))

    assert answer["ModerationLabels"] == []
    assert answer["ModerationModelVersion"] == MODERATION_MODEL


def test_a_lower_bound_shows_the_labels_with_their_parents(rekognition: Any) -> None:
    answer = rekognition.detect_moderation_labels(Image=shown("01"), MinConfidence=0)

    labels = {label["Name"]: label for label in answer["ModerationLabels"]}
    assert {
        name: (label["ParentName"], label["TaxonomyLevel"]) for name, label in labels.items()
    } == {
        "Explicit": ("", 1),
        "Explicit Nudity": ("Explicit", 2),
        "Non-Explicit Nudity of Intimate parts and Kissing": ("", 1),
        "Non-Explicit Nudity": ("Non-Explicit Nudity of Intimate parts and Kissing", 2),
        "Swimwear or Underwear": ("", 1),
    }
    assert max(label["Confidence"] for label in labels.values()) < 10


SHOULDERS = {"open_nsfw": 0.66, "hentai": 0.01, "porn": 0.3, "sexy": 0.9}


@pytest.mark.parametrize(
    ("scores", "outcome"),
    [
        (SHOULDERS, Outcome.CLEAN),
        (SHOULDERS | {"open_nsfw": 0.81}, Outcome.DOUBTFUL),  # one model is sure
        (SHOULDERS | {"sexy": 0.96}, Outcome.DOUBTFUL),  # swimwear
        (SHOULDERS | {"porn": 0.75}, Outcome.DOUBTFUL),  # both models doubt
        (SHOULDERS | {"open_nsfw": 0.95, "porn": 0.9}, Outcome.REFUSED),
    ],
)
def test_the_policy_tells_bare_shoulders_from_explicit(
    monkeypatch: pytest.MonkeyPatch, scores: dict[str, float], outcome: Outcome
) -> None:
    monkeypatch.setattr(vision, "score_nudity", lambda _: Nudity(**scores))
    found = records(vision.moderation_labels(drawings.blank(80, 80)), least=0)
    labels = tuple(Label(name=one["Name"], confidence=one["Confidence"]) for one in found)

    findings = moderate_labels(labels, MODERATION_MODEL, load_policy())

    assert strictest(finding.outcome for finding in findings) is outcome


def test_what_only_one_model_calls_explicit_has_no_finer_label(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(vision, "score_nudity", lambda _: Nudity(0.81, 0.0, 0.0, 0.0))

    found = records(vision.moderation_labels(drawings.blank(80, 80)), least=50)

    assert [label["Name"] for label in found] == ["Explicit"]


def test_the_policy_names_every_label_of_the_taxonomy() -> None:
    levels = {
        label["Name"]: label["TaxonomyLevel"]
        for label in records(dict.fromkeys(PARENTS, 60.0), least=50)
    }

    assert levels == {name: rule.level for name, rule in load_policy().labels.items()}
