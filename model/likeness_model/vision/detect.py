"""Detect faces (YuNet)."""

import threading

import cv2
import numpy as np

from likeness_model.vision.records import Face, Image
from likeness_model.vision.sessions import verified_bytes

# On 38 faces in 17 photos all scores were above it; the two false detections had 0.60 and 0.71.
MIN_SCORE = 0.8
SUPPRESS_OVERLAP = 0.3

_own = threading.local()  # a detector for each thread: it has one input size at a time


def find_faces(image: Image, *, side: int = 1024) -> list[Face]:
    """Faces, largest first, in pixels of the image; detected at `side` px on the longer edge."""
    scale = min(1.0, side / max(image.shape[:2]))
    small = image
    if scale < 1:
        small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    bgr = cv2.cvtColor(small, cv2.COLOR_RGB2BGR)
    detector = _detector()
    detector.setInputSize((bgr.shape[1], bgr.shape[0]))
    rows = detector.detect(bgr)[1]
    if rows is None:
        return []
    ratio = np.array([image.shape[1] / small.shape[1], image.shape[0] / small.shape[0]])
    return sorted((_face(row, ratio) for row in rows), key=lambda face: -face.area)


def _face(row: np.ndarray, ratio: np.ndarray) -> Face:
    (x, y), (width, height) = row[:2] * ratio, row[2:4] * ratio
    landmarks = (row[4:14].reshape(5, 2) * ratio).astype(np.float32)
    return Face(float(x), float(y), float(width), float(height), landmarks, float(row[14]))


def _detector() -> cv2.FaceDetectorYN:
    if not hasattr(_own, "detector"):
        model = np.frombuffer(verified_bytes("yunet"), np.uint8)
        nothing = np.empty(0, np.uint8)
        _own.detector = cv2.FaceDetectorYN.create(
            "onnx", model, nothing, (320, 320), MIN_SCORE, SUPPRESS_OVERLAP, 500
        )
    found: cv2.FaceDetectorYN = _own.detector
    return found
