"""Measure how far an avatar's face is from the user's photos, in likeness, age and skin tone."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from likeness.contracts.container import Measures
from likeness.domain.ids import PhotoId, StyleId
from likeness_model.generation.traits import Deviation, Traits, deviation
from likeness_model.vision.age import age_chip, estimate_age, estimate_chip_age
from likeness_model.vision.detect import find_faces
from likeness_model.vision.embed import aligned_chip, embed_chip, embed_face, face_distance
from likeness_model.vision.mesh import lay_mesh
from likeness_model.vision.records import Face, Floats, Image, Mesh
from likeness_model.vision.skin import skin_tone

SEARCH_SIDE = 256  # px: a face fills a third of an avatar; coarse styles are detected better here
NOSE_TIP = 1


@dataclass(frozen=True)
class Chips:
    """What is measured on a photo before its pixels are released: the networks' inputs, and the
    skin tone."""

    embedding: Floats
    age: Floats
    tone: float


@dataclass(frozen=True)
class Reference:
    """A photo's face, which drawn faces are compared with."""

    embedding: Floats
    traits: Traits


@dataclass(frozen=True)
class Resemblance:
    """`distance` is L2 to the nearest of the user's photos. Both are None where no face was
    found."""

    distance: float | None = None
    traits: Traits | None = None


def take_chips(photo: Image, mesh: Mesh) -> Chips:
    return Chips(
        embedding=aligned_chip(photo, mesh),
        age=age_chip(photo, mesh),
        tone=skin_tone(photo, mesh.points),
    )


def read_reference(chips: Chips) -> Reference:
    """Not part of a photo's analysis, which has the highest memory use of all: the networks take
    70 MB."""
    age = estimate_chip_age(chips.age)
    return Reference(
        embedding=embed_chip(chips.embedding),
        traits=Traits(years=age.expected, under_18=age.under_18, tone=chips.tone),
    )


def measure(
    picture: Image, painted: Floats, references: Mapping[PhotoId, Reference]
) -> Resemblance:
    """`painted` is the mesh that the picture was painted from: a "face" detected elsewhere, in a
    cloud or a pattern, is ignored, and the skin tone is measured where the cheeks were painted."""
    for face in find_faces(picture, side=SEARCH_SIDE):
        if not _contains(face, painted[NOSE_TIP, :2]):
            continue
        mesh = lay_mesh(picture, face)
        if mesh is None:
            break
        embedding, age = embed_face(picture, mesh), estimate_age(picture, mesh)
        return Resemblance(
            distance=min(face_distance(embedding, r.embedding) for r in references.values()),
            traits=Traits(age.expected, age.under_18, skin_tone(picture, painted)),
        )
    return Resemblance()


def deviation_of(
    seen: Resemblance, style: StyleId, photo_id: PhotoId, references: Mapping[PhotoId, Reference]
) -> Deviation | None:
    """How the face deviates from the photos; its tone from that of the photo it was painted from,
    whose light it has. None where no face was found."""
    if seen.traits is None:
        return None
    photos = [reference.traits for reference in references.values()]
    return deviation(seen.traits, photos, style, tones=[references[photo_id].traits.tone])


def shifts(seen: Resemblance, photo: Reference) -> Measures:
    """Age and skin tone against the photo that the picture was painted from."""
    if seen.traits is None:
        return Measures()
    return Measures(
        years_younger=round(photo.traits.years - seen.traits.years, 2),
        skin_shift=round(seen.traits.tone - photo.traits.tone, 2),
    )


def _contains(face: Face, point: np.ndarray) -> bool:
    return bool(
        face.x <= point[0] <= face.x + face.width and face.y <= point[1] <= face.y + face.height
    )
