"""The four operations, with the models of the tests."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from laptop_cloud.rekognition import operations
from laptop_cloud.rekognition.operations import AT_ONCE
from support import pictures, vision
from support.calls import wait_for
from support.pictures import ADA, GRACE


def shown(*people: int, profile: bool = False) -> dict[str, bytes]:
    return {"Bytes": pictures.encode(pictures.faces(*people, profile=profile))}


NO_FACE = {"Bytes": pictures.encode(pictures.blank(200, 200))}
DEFAULT = {"BoundingBox", "Confidence", "Landmarks", "Pose", "Quality"}


def test_a_face_has_a_box_in_ratios_and_the_default_attributes(rekognition: Any) -> None:
    (face,) = rekognition.detect_faces(Image=shown(ADA))["FaceDetails"]

    assert set(face) == DEFAULT
    expected = {"Left": 50 / 220, "Top": 50 / 300, "Width": 80 / 220, "Height": 100 / 300}
    assert face["BoundingBox"] == pytest.approx(expected)
    assert face["Confidence"] == pytest.approx(99)
    assert face["Pose"] == {"Roll": 2.0, "Yaw": -10.0, "Pitch": -5.0}
    names = [landmark["Type"] for landmark in face["Landmarks"]]
    assert names == ["eyeLeft", "eyeRight", "nose", "mouthLeft", "mouthRight"]


def test_wanted_attributes_are_added(rekognition: Any) -> None:
    (face,) = rekognition.detect_faces(Image=shown(ADA), Attributes=["AGE_RANGE"])["FaceDetails"]
    assert set(face) == DEFAULT | {"AgeRange"}
    assert face["AgeRange"] == {"Low": 20, "High": 30}

    (face,) = rekognition.detect_faces(Image=shown(ADA), Attributes=["ALL"])["FaceDetails"]
    assert len(face["Landmarks"]) == 28


def test_a_face_without_a_mesh_has_the_default_attributes_only(rekognition: Any) -> None:
    image = shown(ADA, profile=True)

    (face,) = rekognition.detect_faces(Image=image, Attributes=["ALL"])["FaceDetails"]

    assert set(face) == DEFAULT


def test_faces_are_sorted_by_size(rekognition: Any) -> None:
    large, small = rekognition.detect_faces(Image=shown(ADA, GRACE))["FaceDetails"]

    assert large["BoundingBox"]["Left"] > small["BoundingBox"]["Left"]


def test_no_face_is_an_empty_list(rekognition: Any) -> None:
    assert rekognition.detect_faces(Image=NO_FACE)["FaceDetails"] == []


def test_each_face_of_the_target_is_compared_with_the_largest_of_the_source(
    rekognition: Any,
) -> None:
    compared = rekognition.compare_faces(
        SourceImage=shown(GRACE, ADA), TargetImage=shown(ADA, GRACE)
    )

    (match,) = compared["FaceMatches"]
    assert match["Similarity"] == pytest.approx(100)
    assert match["Face"]["BoundingBox"]["Left"] < 0.5
    assert len(compared["UnmatchedFaces"]) == 1
    assert compared["SourceImageFace"]["BoundingBox"]["Left"] > 0.4


def test_the_threshold_decides_what_is_a_match(rekognition: Any) -> None:
    compared = rekognition.compare_faces(
        SourceImage=shown(ADA), TargetImage=shown(GRACE), SimilarityThreshold=20
    )

    assert [match["Similarity"] for match in compared["FaceMatches"]] == [pytest.approx(30)]


@pytest.mark.parametrize(
    ("source", "target", "which"),
    [(NO_FACE, shown(ADA), "source"), (shown(ADA), NO_FACE, "target")],
)
def test_a_picture_without_a_face_is_refused(
    rekognition: Any, source: Any, target: Any, which: str
) -> None:
    with pytest.raises(ClientError, match=f"no face in the {which} image") as caught:
        rekognition.compare_faces(SourceImage=source, TargetImage=target)

    assert caught.value.response["Error"]["Code"] == "InvalidParameterException"


def test_without_a_gallery_no_face_is_a_celebritys(rekognition: Any) -> None:
    found = rekognition.recognize_celebrities(Image=shown(ADA, GRACE))

    assert found["CelebrityFaces"] == []
    assert len(found["UnrecognizedFaces"]) == 2


@pytest.mark.parametrize("file", ["Ada_Lovelace.png", "Ada Lovelace/1840.png"])
def test_a_portrait_in_the_gallery_makes_a_celebrity(
    with_gallery: tuple[Any, Path], file: str
) -> None:
    rekognition, gallery = with_gallery
    pictures.save(pictures.faces(ADA), gallery / file)

    found = rekognition.recognize_celebrities(Image=shown(ADA, GRACE))

    (celebrity,) = found["CelebrityFaces"]
    assert celebrity["Name"] == "Ada Lovelace"
    assert celebrity["MatchConfidence"] == pytest.approx(100)
    assert celebrity["Urls"] == []
    assert celebrity["Id"]
    assert "KnownGender" not in celebrity
    assert len(found["UnrecognizedFaces"]) == 1


def test_a_deleted_portrait_no_longer_matches(with_gallery: tuple[Any, Path]) -> None:
    rekognition, gallery = with_gallery
    pictures.save(pictures.faces(ADA), gallery / "Ada.png")
    assert rekognition.recognize_celebrities(Image=shown(ADA))["CelebrityFaces"]

    (gallery / "Ada.png").unlink()

    assert rekognition.recognize_celebrities(Image=shown(ADA))["CelebrityFaces"] == []


def test_a_bad_portrait_is_skipped(with_gallery: tuple[Any, Path]) -> None:
    rekognition, gallery = with_gallery
    pictures.save(pictures.faces(ADA), gallery / "Ada.png")
    pictures.save(pictures.noise(200, 200), gallery / "No Face.png")
    (gallery / "Broken.jpg").write_bytes(b"no picture")
    (gallery / "notes.txt").write_text("not a portrait")

    found = rekognition.recognize_celebrities(Image=shown(ADA))

    assert [one["Name"] for one in found["CelebrityFaces"]] == ["Ada"]


def test_a_label_is_returned_from_its_confidence_on(rekognition: Any) -> None:
    picture = pictures.blank(100, 100)
    picture[:60] = [0, 200, 0]
    image = {"Bytes": pictures.encode(picture)}

    found = rekognition.detect_moderation_labels(Image=image)
    (label,) = found["ModerationLabels"]
    assert (label["Name"], label["ParentName"], label["TaxonomyLevel"]) == ("Explicit", "", 1)
    assert label["Confidence"] == pytest.approx(60)
    assert found["ModerationModelVersion"] == vision.MODERATION_MODEL

    stricter = rekognition.detect_moderation_labels(Image=image, MinConfidence=61)
    assert stricter["ModerationLabels"] == []


def test_a_picture_is_looked_at_once_for_all_operations(
    rekognition: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[object] = []
    find_faces = vision.find_faces
    monkeypatch.setattr(
        vision, "find_faces", lambda image: (looked.append(0), find_faces(image))[1]
    )
    one, other = shown(ADA, GRACE, ADA), shown(GRACE, GRACE, ADA)

    first = rekognition.detect_faces(Image=one, Attributes=["ALL"])["FaceDetails"]
    rekognition.recognize_celebrities(Image=one)
    rekognition.compare_faces(SourceImage=one, TargetImage=other)
    again = rekognition.detect_faces(Image=one, Attributes=["ALL"])["FaceDetails"]

    assert len(looked) == 2
    assert again == first


def test_a_picture_leaves_the_memory_after_a_while(
    rekognition: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[object] = []
    find_faces = vision.find_faces
    monkeypatch.setattr(
        vision, "find_faces", lambda image: (looked.append(0), find_faces(image))[1]
    )
    monkeypatch.setattr(operations, "SEEN_S", 0.01)

    def looked_again() -> bool:
        rekognition.detect_faces(Image=shown(GRACE, ADA))
        return len(looked) > 1

    wait_for("second look", looked_again)


def test_requests_are_handled_on_every_core(
    rekognition: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    together = threading.Barrier(AT_ONCE, timeout=20)

    def moderation_labels(_image: object) -> dict[str, float]:
        together.wait()
        return {}

    monkeypatch.setattr(vision, "moderation_labels", moderation_labels)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        asked = [
            pool.submit(rekognition.detect_moderation_labels, Image=NO_FACE) for _ in range(AT_ONCE)
        ]
    assert [one.result()["ModerationLabels"] for one in asked] == [[]] * AT_ONCE
