"""The four operations, from the JSON of a request to the JSON of its response."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from laptop_cloud.rekognition.errors import Refused, invalid_parameters, not_valid
from laptop_cloud.rekognition.faces import SeenFace, look
from laptop_cloud.rekognition.gallery import CelebrityGallery
from laptop_cloud.rekognition.images import read_image
from laptop_cloud.rekognition.taxonomy import records
from laptop_cloud.rekognition.vision import Image, Vision

ATTRIBUTES = (
    "DEFAULT",
    "ALL",
    "AGE_RANGE",
    "BEARD",
    "EMOTIONS",
    "EYE_DIRECTION",
    "EYEGLASSES",
    "EYES_OPEN",
    "GENDER",
    "MOUTH_OPEN",
    "MUSTACHE",
    "FACE_OCCLUDED",
    "SMILE",
    "SUNGLASSES",
)
DEFAULT_MIN_CONFIDENCE = 50.0
DEFAULT_SIMILARITY = 80.0

Response = dict[str, Any]


class Rekognition:
    """Handles one request at a time, in one thread.

    The models use every core themselves, and with a thread for each connection each thread would
    hold on to freed memory. Nothing of a request is stored.
    """

    def __init__(self, vision: Vision, gallery: CelebrityGallery) -> None:
        self._vision = vision
        self._gallery = gallery
        self._one_at_a_time = ThreadPoolExecutor(1, "rekognition")
        self._operations: dict[str, Callable[[Mapping[str, Any]], Response]] = {
            "CompareFaces": self._compare_faces,
            "DetectFaces": self._detect_faces,
            "DetectModerationLabels": self._detect_moderation_labels,
            "RecognizeCelebrities": self._recognize_celebrities,
        }

    def answer(self, operation: str, request: Mapping[str, Any]) -> Response:
        """Raises Refused."""
        act = self._operations.get(operation)
        if act is None:
            raise Refused(
                "UnknownOperationException",
                f"Rekognition has no {operation} here; it has {', '.join(self._operations)}.",
            )
        return self._one_at_a_time.submit(act, request).result()

    def load(self) -> int:
        """Load the models and the gallery; returns the number of its portraits."""
        return self._one_at_a_time.submit(self._load).result()

    def _load(self) -> int:
        blank = np.full((256, 256, 3), 128, np.uint8)
        self._look(blank)
        self._vision.moderation_labels(blank)
        return self._gallery.load()

    def _look(self, image: Image) -> list[SeenFace]:
        return look(self._vision, image)

    def _detect_faces(self, request: Mapping[str, Any]) -> Response:
        wanted = request.get("Attributes") or ["DEFAULT"]
        for attribute in wanted:
            if attribute not in ATTRIBUTES:
                allowed = f"satisfy enum value set: [{', '.join(ATTRIBUTES)}]"
                raise not_valid(attribute, "attributes", allowed)
        image = read_image(request, "Image")
        return {"FaceDetails": [face.detail(set(wanted)) for face in self._look(image)]}

    def _detect_moderation_labels(self, request: Mapping[str, Any]) -> Response:
        """The labels that the project's models can tell: the absence of others excludes nothing."""
        if "HumanLoopConfig" in request or "ProjectVersion" in request:
            raise invalid_parameters("HumanLoopConfig and ProjectVersion are not supported")
        least = _percent(request, "MinConfidence", DEFAULT_MIN_CONFIDENCE)
        percents = self._vision.moderation_labels(read_image(request, "Image"))
        return {
            "ModerationLabels": records(percents, least=least),
            "ModerationModelVersion": self._vision.MODERATION_MODEL,
        }

    def _recognize_celebrities(self, request: Mapping[str, Any]) -> Response:
        known, unknown = [], []
        for seen in self._look(read_image(request, "Image")):
            record = seen.compared()
            embedding = seen.embedding()
            match = self._gallery.nearest(embedding) if embedding is not None else None
            if match is None:
                unknown.append(record)
                continue
            celebrity, similarity = match
            known.append(
                {
                    "Name": celebrity.name,
                    "Id": celebrity.id,
                    "Urls": [],
                    "Face": record,
                    "MatchConfidence": similarity,
                }
            )
        return {"CelebrityFaces": known, "UnrecognizedFaces": unknown}

    def _compare_faces(self, request: Mapping[str, Any]) -> Response:
        if request.get("QualityFilter", "NONE") != "NONE":
            raise invalid_parameters("only the QualityFilter NONE is supported")
        least = _percent(request, "SimilarityThreshold", DEFAULT_SIMILARITY)
        source_image = read_image(request, "SourceImage")
        target_image = read_image(request, "TargetImage")
        source = _faces_in(self._look(source_image), "source")[0]
        targets = _faces_in(self._look(target_image), "target")
        wanted = source.embedding()
        if wanted is None:
            raise invalid_parameters("the source image's largest face is not clear enough")
        matches, others = [], []
        for seen in targets:
            record = seen.compared()
            embedding = seen.embedding()
            similarity = None if embedding is None else self._vision.similarity(wanted, embedding)
            if similarity is not None and similarity >= least:
                matches.append({"Similarity": similarity, "Face": record})
            else:
                others.append(record)
        return {
            "SourceImageFace": {
                "BoundingBox": source.bounding_box(),
                "Confidence": source.face.score * 100,
            },
            "FaceMatches": sorted(matches, key=lambda match: -match["Similarity"]),
            "UnmatchedFaces": others,
        }


def _faces_in(faces: list[SeenFace], which: str) -> list[SeenFace]:
    if not faces:
        raise invalid_parameters(f"there is no face in the {which} image")
    return faces


def _percent(request: Mapping[str, Any], member: str, default: float) -> float:
    value = request.get(member, default)
    path = member[0].lower() + member[1:]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refused("SerializationException", f"{path} must be a number")
    if value < 0:
        raise not_valid(value, path, "have value greater than or equal to 0")
    if value > 100:
        raise not_valid(value, path, "have value less than or equal to 100")
    return float(value)
