"""The four operations, from the JSON of a request to the JSON of its response."""

import hashlib
import os
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache, partial
from typing import Any

import numpy as np

from laptop_cloud.rekognition.errors import Refused, invalid_parameters, not_valid
from laptop_cloud.rekognition.faces import SeenFace, look
from laptop_cloud.rekognition.gallery import CelebrityGallery
from laptop_cloud.rekognition.images import decode, read_content, read_image
from laptop_cloud.rekognition.taxonomy import records
from laptop_cloud.rekognition.vision import Vision

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

# A thread for each connection would hold on to freed memory.
AT_ONCE = os.cpu_count() or 1
LAST_SEEN = 12  # pictures; a set of photos is seen by several operations one after the other
SEEN_S = 60.0  # then, without another request, no picture is in memory

Response = dict[str, Any]


class Rekognition:
    """Handles one request a core at the same time.

    A picture is looked at once: the last ones and their faces are in memory for SEEN_S. Nothing is
    stored.
    """

    def __init__(self, vision: Vision, gallery: CelebrityGallery) -> None:
        self._vision = vision
        self._gallery = gallery
        self._threads = ThreadPoolExecutor(AT_ONCE, "rekognition")
        self._seen = lru_cache(LAST_SEEN)(partial(_Content.look, vision=vision))
        self._end_of_memory: threading.Timer | None = None
        self._lock = threading.Lock()
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
        return self._threads.submit(act, request).result()

    def load(self) -> int:
        """Load the models and the gallery; returns the number of its portraits."""
        return self._threads.submit(self._load).result()

    def _load(self) -> int:
        blank = np.full((256, 256, 3), 128, np.uint8)
        look(self._vision, blank)
        self._vision.moderation_labels(blank)
        return self._gallery.load()

    def _look(self, request: Mapping[str, Any], member: str) -> list[SeenFace]:
        seen = self._seen(_Content(read_content(request, member)))
        with self._lock:
            if self._end_of_memory:
                self._end_of_memory.cancel()
            self._end_of_memory = threading.Timer(SEEN_S, self._seen.cache_clear)
            self._end_of_memory.daemon = True
            self._end_of_memory.start()
        return seen

    def _detect_faces(self, request: Mapping[str, Any]) -> Response:
        wanted = request.get("Attributes") or ["DEFAULT"]
        for attribute in wanted:
            if attribute not in ATTRIBUTES:
                allowed = f"satisfy enum value set: [{', '.join(ATTRIBUTES)}]"
                raise not_valid(attribute, "attributes", allowed)
        faces = self._look(request, "Image")
        return {"FaceDetails": [face.detail(set(wanted)) for face in faces]}

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
        for seen in self._look(request, "Image"):
            record = seen.compared()
            embedding = seen.embedding
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
        sources, targets = self._look(request, "SourceImage"), self._look(request, "TargetImage")
        source, targets = _faces_in(sources, "source")[0], _faces_in(targets, "target")
        wanted = source.embedding
        if wanted is None:
            raise invalid_parameters("the source image's largest face is not clear enough")
        matches, others = [], []
        for seen in targets:
            record = seen.compared()
            embedding = seen.embedding
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


class _Content:
    """A picture's bytes, equal by their SHA-256. They are released once it is looked at."""

    def __init__(self, content: bytes) -> None:
        self._content: bytes | None = content
        self._sha256 = hashlib.sha256(content).digest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Content) and other._sha256 == self._sha256

    def __hash__(self) -> int:
        return hash(self._sha256)

    def look(self, vision: Vision) -> list[SeenFace]:
        content, self._content = self._content, None
        if content is None:
            raise RuntimeError("a picture is looked at once")
        return look(vision, decode(content))


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
