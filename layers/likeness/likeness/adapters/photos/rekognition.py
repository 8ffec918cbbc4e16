"""Rekognition on pictures in our buckets. It reads them from S3, not from a Lambda."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.adapters.aws_errors import domain_errors
from likeness.adapters.s3 import object_keys as keys
from likeness.domain.errors import DetectorBusy, Invalid, NotFound
from likeness.domain.photos.photo import Box, DetectedFace, same_face
from likeness.domain.verdict import Label
from likeness.ports.photos import DetectedLabels

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractContextManager
    from typing import Any, Final

    from mypy_boto3_rekognition.client import RekognitionClient
    from mypy_boto3_rekognition.literals import AttributeType
    from mypy_boto3_rekognition.type_defs import BoundingBoxTypeDef, ImageTypeDef, LandmarkTypeDef

    from likeness.domain.errors import LikenessError
    from likeness.domain.ids import AvatarId, JobId, PhotoId
    from likeness.domain.photos.photo import Photo

READ: Final[Sequence[AttributeType]] = (
    "DEFAULT",  # box, confidence, pose, quality
    "AGE_RANGE",
    "SUNGLASSES",
    "FACE_OCCLUDED",
    "EYES_OPEN",
    "MOUTH_OPEN",
    "SMILE",
)
# Of botocore's rekognition/2016-06-27/service-2.json.
THROTTLED = ("ThrottlingException", "ProvisionedThroughputExceededException")


class Rekognition:
    """The client's Config says how throttled calls are retried; then they raise DetectorBusy."""

    def __init__(self, client: RekognitionClient, *, photos: str, avatars: str) -> None:
        self._client = client
        self._photos = photos
        self._avatars = avatars

    def faces(self, job_id: JobId, photo_id: PhotoId) -> list[DetectedFace]:
        with _errors(_unreadable(photo_id)):
            answer = self._client.detect_faces(
                Image=self._photo(job_id, photo_id), Attributes=list(READ)
            )
        faces = [_face(detail) for detail in answer["FaceDetails"]]
        return sorted(faces, key=lambda face: face.box.area, reverse=True)

    def labels(self, job_id: JobId, photo_id: PhotoId, *, min_confidence: float) -> DetectedLabels:
        with _errors(_unreadable(photo_id)):
            return self._labels(self._photo(job_id, photo_id), min_confidence)

    def celebrities(self, job_id: JobId, photo_id: PhotoId) -> list[float]:
        with _errors(_unreadable(photo_id)):
            answer = self._client.recognize_celebrities(Image=self._photo(job_id, photo_id))
        return [face["MatchConfidence"] for face in answer["CelebrityFaces"]]

    def similarity(self, photo: Photo, other: Photo) -> float | None:
        """Threshold 0, so that a low similarity is returned as a number.

        Rekognition compares the largest face of the first picture with every face of the second.
        A result counts only if both are the main faces.
        """
        one, two = photo.photo_id, other.photo_id
        no_face = Invalid(f"no face to compare in photo {one} or {two}")
        with _errors(_unreadable(one) | {"InvalidParameterException": no_face}):
            answer = self._client.compare_faces(
                SourceImage=self._photo(photo.job_id, one),
                TargetImage=self._photo(other.job_id, two),
                SimilarityThreshold=0,
            )
        if not (photo.face and other.face):
            return None
        if same_face(photo.face, [_box(answer["SourceImageFace"]["BoundingBox"])]) is None:
            return None
        faces = [match["Face"] for match in answer["FaceMatches"]] + answer["UnmatchedFaces"]
        there = same_face(other.face, [_box(face["BoundingBox"]) for face in faces])
        matches = dict(enumerate(answer["FaceMatches"]))
        return matches[there]["Similarity"] if there in matches else None

    def avatar_labels(
        self, job_id: JobId, attempt: int, avatar_id: AvatarId, *, min_confidence: float
    ) -> DetectedLabels:
        """Reads the picture in the attempt's folder, before it is published."""
        key = keys.checkpoint(job_id, attempt, avatar_id)
        with _errors(_unreadable(avatar_id)):
            return self._labels(_image(self._avatars, key), min_confidence)

    def _labels(self, image: ImageTypeDef, min_confidence: float) -> DetectedLabels:
        """A missing model version becomes an empty one, which the policy treats as unknown."""
        answer = self._client.detect_moderation_labels(Image=image, MinConfidence=min_confidence)
        return DetectedLabels(
            labels=tuple(
                Label(
                    name=label["Name"],
                    parent=label.get("ParentName", ""),
                    confidence=label["Confidence"],
                )
                for label in answer["ModerationLabels"]
            ),
            detector_version=answer.get("ModerationModelVersion", ""),
        )

    def _photo(self, job_id: JobId, photo_id: PhotoId) -> ImageTypeDef:
        return _image(self._photos, keys.photo(job_id, photo_id))


def _image(bucket: str, key: str) -> ImageTypeDef:
    return {"S3Object": {"Bucket": bucket, "Name": key}}


def _errors(expected: dict[str, LikenessError]) -> AbstractContextManager[None]:
    """Also DetectorBusy, once the client has repeated a throttled call in vain."""
    busy = {code: DetectorBusy(f"Rekognition returned {code}") for code in THROTTLED}
    return domain_errors(busy | expected)


def _unreadable(picture: str) -> dict[str, LikenessError]:
    """Errors for a picture that Rekognition cannot read. A retry would not help."""
    return {
        "InvalidS3ObjectException": NotFound(f"Rekognition cannot get picture {picture}"),
        "InvalidImageFormatException": Invalid(f"Rekognition cannot read picture {picture}"),
        "ImageTooLargeException": Invalid(f"picture {picture} is too large for Rekognition"),
    }


def _face(detail: Mapping[str, Any]) -> DetectedFace:
    """Missing attributes are None."""
    pose, quality = detail.get("Pose", {}), detail.get("Quality", {})
    age = detail.get("AgeRange", {})
    return DetectedFace(
        box=_box(detail["BoundingBox"]),
        confidence=detail["Confidence"],
        landmarks=_around(detail.get("Landmarks", ())),
        yaw=pose.get("Yaw"),
        pitch=pose.get("Pitch"),
        roll=pose.get("Roll"),
        brightness=quality.get("Brightness"),
        sharpness=quality.get("Sharpness"),
        age_low=age.get("Low"),
        age_high=age.get("High"),
        sunglasses=_yes(detail.get("Sunglasses")),
        occluded=_yes(detail.get("FaceOccluded")),
        eyes_open=_yes(detail.get("EyesOpen")),
        mouth_open=_yes(detail.get("MouthOpen")),
        smile=_yes(detail.get("Smile")),
    )


def _box(box: BoundingBoxTypeDef) -> Box:
    return Box(left=box["Left"], top=box["Top"], width=box["Width"], height=box["Height"])


def _around(landmarks: Sequence[LandmarkTypeDef]) -> Box | None:
    if not landmarks:
        return None
    xs, ys = [mark["X"] for mark in landmarks], [mark["Y"] for mark in landmarks]
    return Box(left=min(xs), top=min(ys), width=max(xs) - min(xs), height=max(ys) - min(ys))


def _yes(attribute: Mapping[str, Any] | None) -> float | None:
    """Confidence in a yes, in percent; Rekognition returns it for its yes or no."""
    if attribute is None:
        return None
    confidence = float(attribute["Confidence"])
    return confidence if attribute["Value"] else 100 - confidence
