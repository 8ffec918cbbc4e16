"""The quality gate: may an avatar be shown, and is it the user? An order cannot switch it off.

model/README.md lists the thresholds and the values measured on real photos.
"""

from dataclasses import dataclass
from itertools import combinations

import cv2
import numpy as np

from likeness.contracts import DistanceGate, Measures, NotDrawnReason
from likeness_model.diffusion.prompts import StylePrompt
from likeness_model.diffusion.recogniser import BUILT_IN, Recogniser
from likeness_model.vision.age import estimate_age
from likeness_model.vision.nsfw import EXPLICIT_FROM, SEXY_FROM, score_nudity
from likeness_model.vision.person import NoUsableFace, find_person
from likeness_model.vision.records import Floats, Image, Mesh

# Closer to a photo than a third of the distance between two of the user's photos: a copy.
COPY_SHARE = 1 / 3
ONE_PERSON_APART = 0.39  # for a user with one photo; pairs of one person measured 0.33 to 0.45
# dlib's own threshold of one person. A stylised face is further from a photo; a photo need not be.
PHOTO_REDRAW_ABOVE = 0.60
# Below the youngest estimate of any photo. Estimates for eight views of one photo span 12 years.
MAX_YEARS_YOUNGER = 10.0
MAX_UNDER_18 = 0.5  # adults' photos measured at most 0.23
# Degrees beyond the tones of the photos. A class of Chardon's scale (1991) spans 13 to 18, and
# light alone moved one person by 35 between photos.
MAX_SKIN_SHIFT = 15.0

# Mesh points around each cheek, away from eye, nose, mouth and beard line.
CHEEKS = ((50, 101, 118, 117, 123, 187, 205, 36), (280, 330, 347, 346, 352, 411, 425, 266))


@dataclass(frozen=True)
class Features:
    """Measured on one face. `years` and `tone` (ITA, degrees) are estimates."""

    embedding: Floats
    years: float
    under_18: float
    tone: float


@dataclass(frozen=True)
class Person:
    """The user's features, one row per usable photo, at least one, and what their embeddings are
    compared with."""

    photos: tuple[Features, ...]
    recogniser: Recogniser = BUILT_IN

    @property
    def copy_below(self) -> float:
        apart = [
            self.recogniser.distance(one.embedding, other.embedding)
            for one, other in combinations(self.photos, 2)
        ]
        return COPY_SHARE * (float(np.median(apart)) if apart else ONE_PERSON_APART)

    def values(self, field: str) -> list[float]:
        return [getattr(photo, field) for photo in self.photos]

    def median(self, field: str) -> float:
        return float(np.median(self.values(field)))

    def distances(self, face: Features) -> list[float]:
        return [self.recogniser.distance(face.embedding, photo.embedding) for photo in self.photos]


@dataclass(frozen=True)
class Score:
    """`reason` says why the picture fails the gate, None if it passes. `distance` is to the photo
    at index `nearest`; both are None where no face was found."""

    measures: Measures
    distance: float | None
    nearest: int | None
    reason: NotDrawnReason | None


def read_features(picture: Image, mesh: Mesh, recogniser: Recogniser = BUILT_IN) -> Features:
    age = estimate_age(picture, mesh)
    return Features(
        embedding=recogniser.embed(picture, mesh),
        years=age.expected,
        under_18=age.under_18,
        tone=skin_tone(picture, mesh),
    )


def skin_tone(picture: Image, mesh: Mesh) -> float:
    """Individual typology angle (ITA) of the cheeks in degrees: atan((L* - 50) / b*), from about
    -60, very dark, to about 80, very light (Chardon, Cretois and Hourseau 1991)."""
    lab = cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2Lab)
    mask = np.zeros(picture.shape[:2], np.uint8)
    for cheek in CHEEKS:
        outline = np.round(mesh.plane[list(cheek)]).astype(np.int32)
        cv2.fillConvexPoly(mask, cv2.convexHull(outline), 1)
    pixels = lab[mask > 0]
    if len(pixels) == 0:  # the face is outside the picture
        return float("nan")
    lightness, _, yellow = np.median(pixels, axis=0)
    return float(np.degrees(np.arctan2(lightness - 50, max(yellow, 1e-3))))


def score(
    picture: Image, person: Person, *, style: StylePrompt, gate: DistanceGate, faces: bool = True
) -> Score:
    """`faces` is False only for random weights, whose pictures cannot show a face."""
    nudity = score_nudity(picture)
    nude = nudity.explicit >= EXPLICIT_FROM or nudity.sexy >= SEXY_FROM
    measures = Measures(
        nudity=round(nudity.open_nsfw, 4), explicit=round(nudity.hentai + nudity.porn, 4)
    )
    try:
        face = read_features(picture, find_person(picture), person.recogniser)
    except NoUsableFace:
        without_face: NotDrawnReason | None = "no_face" if faces and style.face else None
        return Score(measures, None, None, "nudity" if nude else without_face)
    distances = person.distances(face)
    nearest = int(np.argmin(distances))
    measures = measures.model_copy(
        update={
            "years_younger": round(person.median("years") - face.years, 2),
            "skin_shift": round(face.tone - person.median("tone"), 2),
        }
    )
    reason = _reason(face, person, nude=nude, nearest=distances[nearest], style=style, gate=gate)
    return Score(measures, distances[nearest], nearest, reason)


def _reason(
    face: Features,
    person: Person,
    *,
    nude: bool,
    nearest: float,
    style: StylePrompt,
    gate: DistanceGate,
) -> NotDrawnReason | None:
    """The most severe reason."""
    years, tones = person.values("years"), person.values("tone")
    if nude:
        return "nudity"
    if face.under_18 >= MAX_UNDER_18 or face.years < min(years) - MAX_YEARS_YOUNGER:
        return "age"
    if style.natural and not (
        min(tones) - MAX_SKIN_SHIFT <= face.tone <= max(tones) + MAX_SKIN_SHIFT
    ):
        return "skin_tone"
    limit = PHOTO_REDRAW_ABOVE if style.photo else gate.redraw_above
    if nearest > min(limit, gate.redraw_above):
        return "distance"
    if nearest < person.copy_below:
        return "copy"
    return None
