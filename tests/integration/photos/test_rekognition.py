"""Requests to Rekognition, and how its responses are read. moto has no Rekognition."""

import json

import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config

from likeness.adapters.photos.rekognition import Rekognition
from likeness.domain.errors import DetectorBusy, Invalid, NotFound, Unavailable
from likeness.domain.photos.photo import Box
from tests.builders import JOB, a_photo
from tests.integration.aws_answers import answer, fail

BOX = {"Left": 0.1, "Top": 0.2, "Width": 0.3, "Height": 0.4}
SMALL_BOX = {"Left": 0.7, "Top": 0.1, "Width": 0.1, "Height": 0.1}
PHOTO = {"S3Object": {"Bucket": "photos", "Name": f"photos/{JOB}/p01.jpg"}}
P1 = a_photo(1, face=Box(left=0.1, top=0.2, width=0.3, height=0.4))
P2 = a_photo(2, face=Box(left=0.1, top=0.2, width=0.3, height=0.4))
OTHER = {"S3Object": {"Bucket": "photos", "Name": f"photos/{JOB}/p02.jpg"}}


@pytest.fixture
def client(session):
    config = Config(retries={"mode": "standard", "total_max_attempts": 3})
    return session.client("rekognition", config=config)


@pytest.fixture
def detector(client):
    return Rekognition(client, photos="photos", avatars="avatars")


def says(client, operation: str, **parsed) -> list[dict]:
    """Sets Rekognition's response; returns the list of requests."""
    asked: list[dict] = []
    client.meta.events.register(
        f"before-call.rekognition.{operation}",
        lambda params, **_: asked.append(json.loads(params["body"])) or answer(200, dict(parsed)),
    )
    return asked


def test_faces_are_listed_largest_first_with_rekognitions_values(client, detector):
    large = {
        "BoundingBox": BOX,
        "Confidence": 99.5,
        "Pose": {"Yaw": 10.0, "Pitch": -5.0, "Roll": 1.0},
        "Quality": {"Brightness": 70.0, "Sharpness": 40.0},
        "AgeRange": {"Low": 17, "High": 25},
        "Sunglasses": {"Value": True, "Confidence": 91.0},
        "FaceOccluded": {"Value": False, "Confidence": 88.0},
        "EyesOpen": {"Value": True, "Confidence": 98.0},
        "MouthOpen": {"Value": False, "Confidence": 96.0},
        "Smile": {"Value": True, "Confidence": 60.0},
        "Landmarks": [
            {"Type": "eyeLeft", "X": -0.02, "Y": 0.3},
            {"Type": "nose", "X": 0.25, "Y": 0.4},
            {"Type": "mouthRight", "X": 0.3, "Y": 0.5},
        ],
    }
    asked = says(
        client,
        "DetectFaces",
        FaceDetails=[{"BoundingBox": SMALL_BOX, "Confidence": 97.0}, large],
    )

    first, second = detector.faces(JOB, "p01")

    assert first.box == Box(left=0.1, top=0.2, width=0.3, height=0.4)
    assert first.landmarks == Box(left=-0.02, top=0.3, width=0.32, height=0.2)
    assert (first.confidence, first.yaw, first.pitch, first.roll) == (99.5, 10.0, -5.0, 1.0)
    assert (first.brightness, first.sharpness) == (70.0, 40.0)
    assert (first.age_low, first.age_high) == (17, 25)
    assert (first.sunglasses, first.occluded) == (91.0, 12.0)
    assert (first.eyes_open, first.mouth_open, first.smile) == (98.0, 4.0, 60.0)
    assert second.model_dump(exclude={"box", "confidence"}, exclude_none=True) == {}
    assert asked == [
        {
            "Image": PHOTO,
            "Attributes": [
                *("DEFAULT", "AGE_RANGE", "SUNGLASSES", "FACE_OCCLUDED"),
                *("EYES_OPEN", "MOUTH_OPEN", "SMILE"),
            ],
        }
    ]


def test_labels_have_their_parents_and_the_model_version(client, detector):
    asked = says(
        client,
        "DetectModerationLabels",
        ModerationModelVersion="7.0",
        ModerationLabels=[
            {"Name": "Weapons", "ParentName": "Violence", "Confidence": 61.5, "TaxonomyLevel": 2},
            {"Name": "Violence", "ParentName": "", "Confidence": 61.5, "TaxonomyLevel": 1},
        ],
    )

    seen = detector.labels(JOB, "p01", min_confidence=50)

    assert seen.detector_version == "7.0"
    assert [(label.name, label.parent) for label in seen.labels] == [
        ("Weapons", "Violence"),
        ("Violence", ""),
    ]
    assert seen.labels[0].confidence == 61.5
    assert asked == [{"Image": PHOTO, "MinConfidence": 50}]


def test_a_model_without_a_version_has_an_empty_version(client, detector):
    """No policy lists the empty version, so the photo needs review."""
    says(client, "DetectModerationLabels", ModerationLabels=[])

    assert detector.labels(JOB, "p01", min_confidence=50).detector_version == ""


def test_an_avatar_is_moderated_at_the_key_that_the_container_wrote(client, detector):
    asked = says(client, "DetectModerationLabels", ModerationLabels=[], ModerationModelVersion="7")

    detector.avatar_labels(JOB, 2, "a03", min_confidence=40)

    key = f"work/{JOB}/r2/checkpoints/a03.png"
    assert asked[0]["Image"] == {"S3Object": {"Bucket": "avatars", "Name": key}}


def test_celebrities_are_confidences_without_names(client, detector):
    says(client, "RecognizeCelebrities", CelebrityFaces=[{"Name": "X", "MatchConfidence": 97.0}])

    assert detector.celebrities(JOB, "p01") == [97.0]


MAIN = {"BoundingBox": BOX | {"Left": 0.12}, "Confidence": 99.0}
BEHIND = {"BoundingBox": SMALL_BOX, "Confidence": 99.0}


def compares(client, *, matches=(), others=(), source=MAIN) -> list[dict]:
    return says(
        client,
        "CompareFaces",
        SourceImageFace=source,
        FaceMatches=list(matches),
        UnmatchedFaces=list(others),
    )


def test_the_main_faces_of_two_photos_are_compared(client, detector):
    match = {"Face": MAIN, "Similarity": 12.5}
    behind = {"Face": BEHIND, "Similarity": 99.0}
    asked = compares(client, matches=[behind, match])

    assert detector.similarity(P1, P2) == 12.5
    assert asked == [{"SourceImage": PHOTO, "TargetImage": OTHER, "SimilarityThreshold": 0}]


def test_no_match_is_none(client, detector):
    compares(client, others=[MAIN])

    assert detector.similarity(P1, P2) is None


def test_a_stranger_who_matches_does_not_count_for_the_main_face(client, detector):
    compares(client, matches=[{"Face": BEHIND, "Similarity": 99.0}], others=[MAIN])

    assert detector.similarity(P1, P2) is None


def test_a_comparison_with_another_face_than_the_main_one_does_not_count(client, detector):
    """The source face is Rekognition's choice: the largest that it detects."""
    compares(client, matches=[{"Face": MAIN, "Similarity": 99.0}], source=BEHIND)

    assert detector.similarity(P1, P2) is None


def test_a_photo_without_a_face_is_invalid_and_not_retried(client, detector):
    calls = fail(client, "CompareFaces", "InvalidParameterException", times=9)

    with pytest.raises(Invalid):
        detector.similarity(P1, P2)

    assert len(calls) == 1


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("InvalidS3ObjectException", NotFound),
        ("InvalidImageFormatException", Invalid),
        ("ImageTooLargeException", Invalid),
        ("AccessDeniedException", Unavailable),
        ("InvalidParameterException", Unavailable),  # our own fault, except in CompareFaces
    ],
)
def test_each_error_code_has_its_own_error(client, detector, code, error):
    fail(client, "DetectFaces", code, times=9)

    with pytest.raises(error):
        detector.faces(JOB, "p01")


@pytest.mark.parametrize("code", ["ThrottlingException", "ProvisionedThroughputExceededException"])
@pytest.mark.parametrize(
    "ask",
    [
        lambda detector: detector.faces(JOB, "p01"),
        lambda detector: detector.labels(JOB, "p01", min_confidence=50),
        lambda detector: detector.celebrities(JOB, "p01"),
        lambda detector: detector.similarity(P1, P2),
        lambda detector: detector.avatar_labels(JOB, 1, "a01", min_confidence=50),
    ],
)
def test_a_throttled_call_is_retried_and_then_says_that_the_detector_is_busy(
    client, detector, ask, code, no_sleep
):
    """Errors fail closed: a missing response is never an empty one."""
    sent = []

    def throttle(**_) -> AWSResponse:
        sent.append(1)
        body = json.dumps({"__type": code, "message": "slow down"}).encode()
        response = AWSResponse("https://rekognition.test", 400, {}, None)
        response._content = body
        return response

    client.meta.events.register("before-send.rekognition", throttle)

    with pytest.raises(DetectorBusy, match=code):
        ask(detector)

    assert len(sent) == 3


@pytest.fixture
def no_sleep(monkeypatch):
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
