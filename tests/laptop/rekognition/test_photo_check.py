"""The photo check on the laptop: what is said of cut, covered and shaded faces."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

from likeness.adapters.photos.rekognition import Rekognition
from likeness.adapters.policy_files import load_photo_rules
from likeness.domain.photos.photo import PhotoProblem
from likeness.domain.photos.photo_check import check_faces, possible_faces
from likeness.domain.reasons import Reason
from likeness_model.vision.records import Image
from tests.builders import JOB
from tests.laptop.rekognition import drawings

SIDES = ("left", "right", "top", "bottom")
CUT, COVERED = Reason.QUALITY_FACE_CUT, Reason.QUALITY_OCCLUDED


class FromMemory:
    """The laptop's Rekognition with one picture in place of S3."""

    def __init__(self, client: Any, picture: Image) -> None:
        self._client, self._photo = client, drawings.as_photo(picture)

    def detect_faces(self, **asked: Any) -> Any:
        return self._client.detect_faces(**asked | {"Image": {"Bytes": self._photo}})


def check(client: Any, picture: Image) -> PhotoProblem | None:
    rules = load_photo_rules()
    detector = Rekognition(FromMemory(client, picture), photos="photos", avatars="avatars")  # type: ignore[arg-type]
    faces = possible_faces(detector.faces(JOB, "p01"), rules)
    return check_faces(faces, height=picture.shape[0], rules=rules)


def cut(photo: Image, *, side: str, share: float) -> Image:
    """Ends at `share` of the face's size from that side; a negative share is outside the face."""
    plane = drawings.main_mesh(photo).plane
    low, high = plane.min(0), plane.max(0)
    x, y = (low + share * (high - low)).astype(int)
    ends = {"left": np.s_[:, x:], "top": np.s_[y:]}
    x, y = (high - share * (high - low)).astype(int)
    ends |= {"right": np.s_[:, :x], "bottom": np.s_[:y]}
    return photo[ends[side]].copy()


CASES: dict[str, tuple[Callable[[Image], Image], Reason | None]] = {
    "whole": (lambda photo: photo, None),
    **{f"{side} side": (partial(cut, side=side, share=0.35), CUT) for side in SIDES},
    **{f"{side} side, less": (partial(cut, side=side, share=0.2), CUT) for side in SIDES},
    # An engine frames nearer.
    "only hair": (partial(cut, side="top", share=-0.2), None),
    "mask": (partial(drawings.masked, colour=(150, 195, 215)), COVERED),
    "cup": (drawings.behind_cup, COVERED),
    "phone": (drawings.behind_phone, COVERED),
    "hand": (drawings.behind_fingers, COVERED),
    "dark glasses": (partial(drawings.wearing, opacity=0.95), Reason.QUALITY_SUNGLASSES),
    "deep-set eyes": (partial(drawings.deep_set, light=0.4), None),
}


@pytest.mark.parametrize("case", CASES)
def test_a_cut_or_covered_face_is_refused_and_others_are_not(rekognition: Any, case: str) -> None:
    make, reason = CASES[case]

    problem = check(rekognition, make(drawings.photo("01")))

    found = problem and problem.reason
    # The detector may also see no face in a picture that shows too little of one.
    assert found == reason or (reason in {CUT, COVERED} and found is Reason.SUBJECT_NO_FACE)
    assert found in {None, Reason.SUBJECT_NO_FACE} or (problem and problem.box)
