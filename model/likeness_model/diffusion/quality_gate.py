"""The quality gate: may an avatar be shown, and is it the user? An order cannot switch it off.

model/README.md lists the thresholds and the values measured on real photos.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np

from likeness.contracts.container import DistanceGate, Measures, NotDrawnReason
from likeness.domain.ids import StyleId
from likeness_model.diffusion.prompts import templates
from likeness_model.diffusion.recogniser import BUILT_IN, Recogniser
from likeness_model.generation.traits import Traits, deviation
from likeness_model.vision.age import estimate_age
from likeness_model.vision.nsfw import score_nudity
from likeness_model.vision.person import NoUsableFace, find_person
from likeness_model.vision.records import Floats, Image, Mesh
from likeness_model.vision.skin import skin_tone

# Closer to a photo than a third of the distance between two of the user's photos: a copy.
COPY_SHARE = 1 / 3
ONE_PERSON_APART = 0.39  # for a user with one photo; pairs of one person measured 0.33 to 0.45
# dlib's own threshold of one person. A stylised face is further from a photo; a photo need not be.
PHOTO_REDRAW_ABOVE = 0.60


@dataclass(frozen=True)
class Features(Traits):
    """Measured on one face."""

    embedding: Floats


@dataclass(frozen=True)
class Person:
    """The user's features, one row per usable photo, at least one, and what their embeddings are
    compared with."""

    photos: tuple[Features, ...]
    recogniser: Recogniser = BUILT_IN

    @cached_property
    def apart(self) -> float:
        """The median distance between two of the photos."""
        distances = [
            self.recogniser.distance(one.embedding, other.embedding)
            for one, other in combinations(self.photos, 2)
        ]
        return float(np.median(distances)) if distances else ONE_PERSON_APART

    @property
    def copy_below(self) -> float:
        return COPY_SHARE * self.apart

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
        tone=skin_tone(picture, mesh.points),
    )


def score(
    picture: Image, person: Person, *, style: StyleId, gate: DistanceGate, faces: bool = True
) -> Score:
    """`faces` is False only for random weights, whose pictures cannot show a face."""
    prompt = templates().styles[style]
    nudity = score_nudity(picture)
    measures = Measures(
        nudity=round(nudity.open_nsfw, 4), explicit=round(nudity.hentai + nudity.porn, 4)
    )
    try:
        face = read_features(picture, find_person(picture), person.recogniser)
    except NoUsableFace:
        without_face: NotDrawnReason | None = "no_face" if faces and prompt.face else None
        return Score(measures, None, None, "nudity" if nudity.is_doubtful else without_face)
    distances = person.distances(face)
    nearest = int(np.argmin(distances))
    measures = measures.model_copy(
        update={
            "years_younger": round(person.median("years") - face.years, 2),
            "skin_shift": round(face.tone - person.median("tone"), 2),
        }
    )
    nude = nudity.is_doubtful
    reason = _reason(face, person, nude=nude, nearest=distances[nearest], style=style, gate=gate)
    return Score(measures, distances[nearest], nearest, reason)


def _reason(
    face: Features,
    person: Person,
    *,
    nude: bool,
    nearest: float,
    style: StyleId,
    gate: DistanceGate,
) -> NotDrawnReason | None:
    """The most severe reason."""
    if nude:
        return "nudity"
    if deviates := deviation(face, person.photos, style, tones=person.values("tone")):
        return deviates
    limit = PHOTO_REDRAW_ABOVE if templates().styles[style].photo else gate.redraw_above
    if nearest > min(limit, gate.redraw_above):
        return "distance"
    if nearest < person.copy_below:
        return "copy"
    return None
