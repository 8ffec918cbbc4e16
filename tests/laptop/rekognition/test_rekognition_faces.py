"""DetectFaces with the models of Likeness: boxes, pose, quality, age, sunglasses."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from laptop_cloud.rekognition.expression import eyes_open, mouth_open
from laptop_cloud.rekognition.pose import HEAD, pose_of_five
from likeness_model.vision.records import Image
from tests.laptop.rekognition import drawings

VIEWS = ["01", "02", "03", "04", "05", "06", "07", "08"]


def faces(rekognition: Any, image: Image, *attributes: str) -> list[dict[str, Any]]:
    asked = {"Attributes": list(attributes)} if attributes else {}
    answer = rekognition.detect_faces(Image={"Bytes": drawings.as_photo(image)}, **asked)
    found: list[dict[str, Any]] = answer["FaceDetails"]
    return found


def face(rekognition: Any, image: Image, *attributes: str) -> dict[str, Any]:
    (only,) = faces(rekognition, image, *attributes)
    return only


@pytest.mark.parametrize("view", VIEWS)
def test_a_clear_portrait_is_one_clear_adult_face(rekognition: Any, view: str) -> None:
    found = face(rekognition, drawings.photo(view), "ALL")

    assert found["Confidence"] > 90
    assert found["Quality"]["Sharpness"] > 60
    assert 40 < found["Quality"]["Brightness"] < 95
    assert 18 <= found["AgeRange"]["Low"] <= found["AgeRange"]["High"]
    assert found["Sunglasses"]["Value"] is False
    assert found["Sunglasses"]["Confidence"] > 90


def test_by_default_there_are_five_attributes_and_five_landmarks(rekognition: Any) -> None:
    found = face(rekognition, drawings.photo("01"))

    assert set(found) == {"BoundingBox", "Confidence", "Landmarks", "Pose", "Quality"}
    names = [landmark["Type"] for landmark in found["Landmarks"]]
    assert names == ["eyeLeft", "eyeRight", "nose", "mouthLeft", "mouthRight"]


def test_an_attribute_is_returned_only_if_wanted(rekognition: Any) -> None:
    picture = drawings.photo("02")

    assert "AgeRange" in face(rekognition, picture, "DEFAULT", "AGE_RANGE")
    assert "Sunglasses" not in face(rekognition, picture, "AGE_RANGE")
    assert "Sunglasses" in face(rekognition, picture, "SUNGLASSES")


def test_what_no_model_can_tell_is_never_returned(rekognition: Any) -> None:
    found = face(rekognition, drawings.photo("02"), "ALL")

    assert set(found) == {
        "AgeRange",
        "BoundingBox",
        "Confidence",
        "EyesOpen",
        "FaceOccluded",
        "Landmarks",
        "MouthOpen",
        "Pose",
        "Quality",
        "Smile",
        "Sunglasses",
    }
    assert not {"leftPupil", "rightPupil"} & {mark["Type"] for mark in found["Landmarks"]}


def test_all_landmarks_are_where_a_face_has_them(rekognition: Any) -> None:
    found = face(rekognition, drawings.photo("02"), "ALL")

    at = {mark["Type"]: (mark["X"], mark["Y"]) for mark in found["Landmarks"]}
    assert len(at) == 28
    left_to_right = ["upperJawlineLeft", "leftEyeLeft", "leftEyeRight", "nose", "rightEyeLeft"]
    left_to_right += ["rightEyeRight", "upperJawlineRight"]
    assert [at[name][0] for name in left_to_right] == sorted(at[name][0] for name in left_to_right)
    downwards = ["leftEyeBrowUp", "leftEyeUp", "leftEyeDown", "nose", "mouthUp", "mouthDown"]
    downwards += ["chinBottom"]
    assert [at[name][1] for name in downwards] == sorted(at[name][1] for name in downwards)
    box = found["BoundingBox"]
    assert box["Left"] < at["eyeLeft"][0] < at["eyeRight"][0] < box["Left"] + box["Width"]


def test_two_faces_are_two_boxes_in_ratios_largest_first(rekognition: Any) -> None:
    left, right = drawings.photo("03"), drawings.photo("02")
    picture = drawings.side_by_side(left, right)

    large, small = faces(rekognition, picture)

    assert large["BoundingBox"]["Left"] > 0.5 > small["BoundingBox"]["Left"]
    assert large["BoundingBox"]["Height"] > small["BoundingBox"]["Height"]
    alone = face(rekognition, right)["BoundingBox"]
    assert large["BoundingBox"]["Height"] == pytest.approx(alone["Height"], rel=0.05)
    assert large["BoundingBox"]["Width"] == pytest.approx(alone["Width"] / 2, rel=0.05)


@pytest.mark.parametrize("empty", [drawings.noise(300, 300), drawings.blank(300, 300)])
def test_no_face_is_an_empty_list_and_no_error(rekognition: Any, empty: Image) -> None:
    assert faces(rekognition, empty, "ALL") == []


def test_a_visible_blur_lowers_sharpness_and_nothing_else(rekognition: Any) -> None:
    clear = drawings.photo("02")

    blurred = face(rekognition, drawings.blurred(clear, 0.018))["Quality"]
    moved = face(rekognition, drawings.moved(clear, 0.08))["Quality"]

    usual = face(rekognition, clear)["Quality"]
    assert blurred["Sharpness"] < 30
    assert moved["Sharpness"] < 30
    assert blurred["Brightness"] == pytest.approx(usual["Brightness"], abs=3)


def test_darkness_lowers_brightness_and_nothing_else(rekognition: Any) -> None:
    clear = drawings.photo("02")

    dark = face(rekognition, drawings.darkened(clear, 0.2))["Quality"]

    usual = face(rekognition, clear)["Quality"]
    assert dark["Brightness"] == pytest.approx(usual["Brightness"] / 5, abs=2)
    assert dark["Sharpness"] == pytest.approx(usual["Sharpness"], abs=5)


def test_sharpness_does_not_depend_on_the_size_of_the_file(rekognition: Any) -> None:
    clear = drawings.photo("02")
    smaller = drawings.side_by_side(clear[::1], clear)[:, : clear.shape[1]]

    whole = face(rekognition, clear)["Quality"]["Sharpness"]

    half = np.asarray(smaller[: clear.shape[0]])
    assert face(rekognition, half)["Quality"]["Sharpness"] == pytest.approx(whole, abs=1)


def test_roll_is_positive_clockwise(rekognition: Any) -> None:
    upright = face(rekognition, drawings.photo("02"))["Pose"]["Roll"]

    for degrees in (-25, 25):
        turned = face(rekognition, drawings.rolled(drawings.photo("02"), degrees))["Pose"]["Roll"]
        assert turned - upright == pytest.approx(degrees, abs=4)


def test_yaw_and_pitch_have_the_signs_of_rekognition(rekognition: Any) -> None:
    pose = {
        view: face(rekognition, drawings.photo(view))["Pose"] for view in ("02", "06", "07", "08")
    }

    # In "06" the nose points to the picture's right, in "07" to its left; "08" looks up.
    assert pose["06"]["Yaw"] > pose["02"]["Yaw"] + 4 > pose["07"]["Yaw"] + 8
    assert pose["08"]["Pitch"] > pose["02"]["Pitch"] + 4


@pytest.mark.parametrize("yaw", [-70, -40, 0, 40, 70])
@pytest.mark.parametrize("pitch", [-20, 0, 20])
def test_a_profile_without_a_mesh_still_has_a_pose(yaw: float, pitch: float) -> None:
    a, b = np.radians([yaw, -pitch])
    about_y = np.array([[np.cos(a), 0, -np.sin(a)], [0, 1, 0], [np.sin(a), 0, np.cos(a)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    seen = (HEAD @ (about_y @ about_x).T)[:, :2] * 80 + 300

    pose = pose_of_five(seen.astype(np.float32))

    nose = seen[2, 0] - seen[:2, 0].mean()
    assert pose["Yaw"] == pytest.approx(yaw, abs=1)
    assert np.sign(nose) == np.sign(yaw)
    assert np.sign(round(pose["Pitch"])) == np.sign(pitch)


@pytest.mark.parametrize("view", ["01", "04", "07"])
@pytest.mark.parametrize("opacity", [0.8, 1.0])
def test_dark_glasses_are_seen(rekognition: Any, view: str, opacity: float) -> None:
    picture = drawings.wearing(drawings.photo(view), opacity=opacity)

    found = face(rekognition, picture, "SUNGLASSES")["Sunglasses"]

    assert found["Value"] is True
    assert found["Confidence"] > 90


def test_a_dark_room_is_no_pair_of_sunglasses(rekognition: Any) -> None:
    dark = drawings.darkened(drawings.photo("02"), 0.3)

    assert face(rekognition, dark, "SUNGLASSES")["Sunglasses"]["Value"] is False


def test_mirrored_glasses_are_unknown(rekognition: Any) -> None:
    mirrored = drawings.wearing(drawings.photo("02"), opacity=1.0, glass=drawings.MIRROR_GLASS)

    assert "Sunglasses" not in face(rekognition, mirrored, "ALL")


CLOTHS = {
    "surgical": (150, 195, 215),
    "white": (235, 235, 232),
    "black": (28, 28, 30),
    "green": (90, 140, 110),
    "red": (170, 60, 60),
}


@pytest.mark.parametrize("cloth", CLOTHS)
def test_a_mask_is_seen(rekognition: Any, cloth: str) -> None:
    picture = drawings.masked(drawings.photo("01"), CLOTHS[cloth])

    found = face(rekognition, picture, "FACE_OCCLUDED")["FaceOccluded"]

    assert found["Value"] is True
    assert found["Confidence"] > 90


@pytest.mark.parametrize("view", VIEWS)
def test_a_bare_face_is_not_occluded(rekognition: Any, view: str) -> None:
    found = face(rekognition, drawings.photo(view), "FACE_OCCLUDED")["FaceOccluded"]

    assert found["Value"] is False
    assert found["Confidence"] > 90


@pytest.mark.parametrize("view", ["01", "04"])
@pytest.mark.parametrize(
    "covered", [drawings.behind_fingers, drawings.behind_cup, drawings.behind_phone]
)
def test_a_hand_a_cup_and_a_phone_before_a_face_are_seen(
    rekognition: Any, covered: Callable[[Image], Image], view: str
) -> None:
    """The detector may also find no face: the photo is refused in both cases."""
    found = faces(rekognition, covered(drawings.photo(view)), "FACE_OCCLUDED")

    assert all(each["FaceOccluded"]["Value"] is True for each in found)
    assert all(each["FaceOccluded"]["Confidence"] > 90 for each in found)


def test_a_face_without_colour_or_light_is_not_called_covered(rekognition: Any) -> None:
    photo = drawings.photo("01")
    grey = np.repeat(photo.mean(2, keepdims=True).astype(np.uint8), 3, 2)

    for picture in (grey, drawings.darkened(photo, 0.2)):
        found = face(rekognition, picture, "FACE_OCCLUDED").get("FaceOccluded", {"Value": False})
        assert found["Value"] is False


@pytest.mark.parametrize("light", [0.6, 0.45, 0.3])
@pytest.mark.parametrize("view", ["01", "04", "07"])
def test_deep_set_eyes_lit_from_above_are_no_sunglasses(
    rekognition: Any, view: str, light: float
) -> None:
    found = face(rekognition, drawings.deep_set(drawings.photo(view), light), "SUNGLASSES")

    assert found.get("Sunglasses", {"Value": False})["Value"] is False


def cut(image: Image, side: str, share: float) -> Image:
    """`share` of the largest face's size is cut off."""
    (low, high), (height, width) = _extent(image), image.shape[:2]
    (x, y), (x2, y2) = (
        (low + share * (high - low)).astype(int),
        (high - share * (high - low)).astype(int),
    )
    left, top = x if side == "left" else 0, y if side == "top" else 0
    right, bottom = x2 if side == "right" else width, y2 if side == "bottom" else height
    return image[top:bottom, left:right].copy()


def _extent(image: Image) -> tuple[Any, Any]:
    plane = drawings.main_mesh(image).plane
    return plane.min(0), plane.max(0)


@pytest.mark.parametrize("share", [0.2, 0.35])
@pytest.mark.parametrize("side", ["left", "right", "top", "bottom"])
def test_the_box_of_a_cut_face_extends_beyond_the_photo_or_no_face_is_found(
    rekognition: Any, side: str, share: float
) -> None:
    picture = cut(drawings.photo("01"), side, share)

    for found in faces(rekognition, picture, "ALL"):
        box = found["BoundingBox"]
        beyond = {
            "left": -box["Left"],
            "top": -box["Top"],
            "right": box["Left"] + box["Width"] - 1,
            "bottom": box["Top"] + box["Height"] - 1,
        }
        size = box["Width"] if side in {"left", "right"} else box["Height"]
        assert beyond[side] > -0.02 * size


def test_a_face_whose_eye_is_outside_the_photo_is_occluded(rekognition: Any) -> None:
    found = face(rekognition, cut(drawings.photo("01"), "left", 0.35), "FACE_OCCLUDED")

    assert found["FaceOccluded"]["Value"] is True


@pytest.mark.parametrize("view", VIEWS)
def test_a_laughing_face_has_open_eyes_and_teeth(rekognition: Any, view: str) -> None:
    found = face(rekognition, drawings.photo(view), "EYES_OPEN", "MOUTH_OPEN", "SMILE")

    for attribute in ("EyesOpen", "MouthOpen", "Smile"):
        assert found[attribute]["Value"] is True
        assert found[attribute]["Confidence"] > 90


@pytest.mark.parametrize(
    ("share", "is_open"), [(0.0, False), (0.3, False), (0.8, True), (1.0, True)]
)
def test_eyes_and_mouth_close_with_their_lids_and_lips(share: float, is_open: bool) -> None:
    """The mesh of a laughing face, whose lids and lips are moved together."""
    mesh = drawings.main_mesh(drawings.photo("02"))
    points = mesh.points.copy()
    for upper, lower in (
        (160, 144),
        (159, 145),
        (158, 153),
        (387, 373),
        (386, 374),
        (385, 380),
        (13, 14),
    ):
        middle = (points[upper] + points[lower]) / 2
        for point in (upper, lower):
            points[point] = middle + share * (points[point] - middle)
    moved = replace(mesh, points=points)

    assert eyes_open(moved)["Value"] is is_open
    assert mouth_open(moved)["Value"] is is_open
