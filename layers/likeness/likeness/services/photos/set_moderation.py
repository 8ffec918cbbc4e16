"""What the detector finds in the photos of a set, and the verdicts. Stores nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from likeness.domain.errors import Invalid
from likeness.domain.photo_set import SetVerdict, moderate_set
from likeness.domain.photos.photo import Photo, same_face
from likeness.domain.verdict import PhotoEvidence

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from likeness.domain.account.age import CheckedAge
    from likeness.domain.ids import PhotoId
    from likeness.domain.moderation import Policy
    from likeness.domain.reasons import Reason
    from likeness.ports.photos import Detector

AT_ONCE = 4  # calls to the detector; its limit is about 50 a second for each operation


def moderate_pictures(
    photos: Sequence[Photo],
    exonerated: Mapping[PhotoId, frozenset[Reason]],
    checked: CheckedAge | None,
    *,
    detector: Detector,
    policy: Policy,
) -> SetVerdict:
    """Return the verdicts of a set, from what the detector finds in it. Stores nothing."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        alone = list(pool.map(lambda photo: _detect(photo, detector, policy), photos))
        similar = _compare_set(photos, detector, policy.same_person.accept, pool)
    seen = {
        photo.photo_id: one.model_copy(
            update={
                "pairs": similar[photo.photo_id],
                "exonerated": exonerated.get(photo.photo_id, frozenset()),
                "age_assurance": checked,
            }
        )
        for photo, one in zip(photos, alone, strict=True)
    }
    return moderate_set(seen, policy)


def _detect(photo: Photo, detector: Detector, policy: Policy) -> PhotoEvidence:
    at = (photo.job_id, photo.photo_id)
    labels = detector.labels(*at, min_confidence=policy.min_confidence)
    policy.require_known(labels.detector_version)
    faces = detector.faces(*at)
    there = same_face(photo.face, [face.box for face in faces]) if photo.face else None
    main = None if there is None else faces[there]
    measured = {"age_low", "age_high", "yaw", "pitch", "brightness", "sharpness"}
    return PhotoEvidence(
        labels=labels.labels,
        detector_version=labels.detector_version,
        min_confidence=policy.min_confidence,
        faces=len(faces),
        celebrities=tuple(detector.celebrities(*at)),
        **(main.model_dump(include=measured) if main else {}),
    )


def _compare_set(
    photos: Sequence[Photo], detector: Detector, accept: float, pool: ThreadPoolExecutor
) -> Mapping[PhotoId, dict[PhotoId, float | None]]:
    """Compare as few pairs as connectivity needs, and return the similarity of each, by either.

    The photo with the largest face is compared with all others, which is mostly enough. A photo
    that does not match is compared with each one that does, until it is connected. Of photos that
    are never connected, all pairs with the others are known: their best one moderates them.
    """
    similar: dict[PhotoId, dict[PhotoId, float | None]] = {one.photo_id: {} for one in photos}
    left = sorted(photos, key=lambda one: one.face.area if one.face else 0.0, reverse=True)
    while left:
        group = [left.pop(0)]
        while group and left:
            photo = group.pop(0)
            compare = partial(_similarity, photo, detector=detector)
            for other, similarity in zip(left, pool.map(compare, left), strict=True):
                similar[photo.photo_id][other.photo_id] = similarity
                similar[other.photo_id][photo.photo_id] = similarity
            matched = similar[photo.photo_id]
            group += [one for one in left if (matched[one.photo_id] or 0) >= accept]
            left = [one for one in left if one not in group]
    return similar


def _similarity(photo: Photo, other: Photo, *, detector: Detector) -> float | None:
    """Also None if the detector finds a face in the photo alone but not in the comparison."""
    try:
        return detector.similarity(photo, other)
    except Invalid:
        return None
