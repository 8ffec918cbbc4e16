"""Moderate what the user handed in, before a GPU second is spent on it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from likeness.contracts import Moderated
from likeness.domain.errors import Invalid
from likeness.domain.ids import JobId, PhotoId
from likeness.domain.job import JobState
from likeness.domain.moderation import (
    Finding,
    Outcome,
    Policy,
    Verdict,
    celebrity,
    judge_age,
    judge_labels,
    judge_same_person,
    strictest,
    verdict,
)
from likeness.domain.photo import Photo, PhotoState
from likeness.domain.reasons import Reason
from likeness.ports import Detector, Jobs, Metrics

AT_ONCE = 4  # calls to the detector; its limit is about 50 a second for each operation


def moderate_photos(
    job_id: JobId, *, jobs: Jobs, detector: Detector, policy: Policy, metrics: Metrics
) -> Moderated:
    """A replayed step keeps the verdicts it has already given."""
    job = jobs.get(job_id)
    job.require(JobState.MODERATING, JobState.IN_REVIEW, JobState.GENERATING)
    photos = [photo for photo in jobs.photos(job_id) if photo.state is PhotoState.ACCEPTED]
    if any(photo.verdict is None for photo in photos):
        verdicts = _judge(photos, detector=detector, policy=policy)
        for photo in photos:
            if photo.verdict is None:  # a crash between two photos: what was stored stands
                judged = photo.model_copy(update={"verdict": verdicts[photo.photo_id]})
                jobs.save_photo(judged, seen=photo)
        photos = [photo for photo in jobs.photos(job_id) if photo.state is PhotoState.ACCEPTED]
        _count_unknown(photos, metrics)
    return Moderated(
        job_id=job_id,
        outcome=strictest(photo.verdict.outcome for photo in photos if photo.verdict),
    )


def _judge(
    photos: Sequence[Photo], *, detector: Detector, policy: Policy
) -> Mapping[PhotoId, Verdict]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        alone = list(pool.map(lambda photo: _judge_one(photo, detector, policy), photos))
        together = _judge_set(photos, detector, policy, pool)
    return {
        photo.photo_id: found.model_copy(
            update={
                "findings": (*found.findings, *together[photo.photo_id]),
                "outcome": strictest(
                    (found.outcome, *(finding.outcome for finding in together[photo.photo_id]))
                ),
            }
        )
        for photo, found in zip(photos, alone, strict=True)
    }


def _judge_one(photo: Photo, detector: Detector, policy: Policy) -> Verdict:
    at = (photo.job_id, photo.photo_id)
    seen = detector.labels(*at, min_confidence=policy.min_confidence)
    findings = judge_labels(seen.labels, seen.detector_version, policy)
    findings += [celebrity(confidence) for confidence in detector.celebrities(*at)]
    findings += _judge_face(photo, detector, policy)
    return verdict(
        findings, labels=seen.labels, detector_version=seen.detector_version, policy=policy
    )


def _judge_face(photo: Photo, detector: Detector, policy: Policy) -> list[Finding]:
    """A face whose age the detector cannot tell goes to a human: nothing fails open."""
    faces = detector.faces(photo.job_id, photo.photo_id)
    if not faces:
        return [
            Finding(outcome=Outcome.REFUSED, reason=Reason.SUBJECT_NO_FACE, source="faces found: 0")
        ]
    face = faces[0]
    if face.age_low is None or face.age_high is None:
        return [
            Finding(
                outcome=Outcome.DOUBTFUL, reason=Reason.MINOR_AGE_DOUBT, source="age not measurable"
            )
        ]
    found = judge_age(face.age_low, face.age_high, policy.age)
    return [found] if found else []


def _judge_set(
    photos: Sequence[Photo], detector: Detector, policy: Policy, pool: ThreadPoolExecutor
) -> Mapping[PhotoId, list[Finding]]:
    """Is it the same person throughout? The photo that does not fit is named.

    The photo with the largest face is compared with the others, and mostly that is all. Where one
    does not fit it, all pairs are compared, and the photo that fits the most others is the
    person: otherwise nine good photos would be blamed for one wrong one.
    """
    largest = max(photos, key=lambda photo: photo.face.area if photo.face else 0.0)
    alike = _compare(_pairs_with(largest, photos), detector, pool)
    accept = policy.same_person.accept
    if all(_sure(value) >= accept for value in alike[largest.photo_id].values()):
        return {photo.photo_id: [] for photo in photos}
    rest = [photo for photo in photos if photo is not largest]
    pairs = [pair for n, photo in enumerate(rest) for pair in _pairs_with(photo, rest[n:])]
    for one, others in _compare(pairs, detector, pool).items():
        alike[one] |= others

    def fits(photo: Photo) -> tuple[int, float]:
        values = [_sure(value) for value in alike[photo.photo_id].values()]
        return sum(value >= accept for value in values), sum(values)

    person = max(photos, key=fits)
    findings: dict[PhotoId, list[Finding]] = {photo.photo_id: [] for photo in photos}
    for other, similarity in alike[person.photo_id].items():
        found = judge_same_person(similarity, policy.same_person)
        if found:
            findings[other].append(found)
    return findings


def _pairs_with(photo: Photo, others: Sequence[Photo]) -> list[tuple[Photo, Photo]]:
    return [(photo, other) for other in others if other is not photo]


def _compare(
    pairs: Sequence[tuple[Photo, Photo]], detector: Detector, pool: ThreadPoolExecutor
) -> dict[PhotoId, dict[PhotoId, float | None]]:
    """How alike each pair is, found from either side."""
    alike: dict[PhotoId, dict[PhotoId, float | None]] = defaultdict(dict)
    similarities = pool.map(lambda pair: _similarity(*pair, detector=detector), pairs)
    for (one, other), similarity in zip(pairs, similarities, strict=True):
        alike[one.photo_id][other.photo_id] = alike[other.photo_id][one.photo_id] = similarity
    return alike


def _similarity(photo: Photo, other: Photo, *, detector: Detector) -> float | None:
    """A face that the detector finds alone but not in the comparison matches nobody."""
    try:
        return detector.similarity(photo.job_id, photo.photo_id, other.photo_id)
    except Invalid:
        return None


def _sure(similarity: float | None) -> float:
    return similarity or 0.0


def _count_unknown(photos: Sequence[Photo], metrics: Metrics) -> None:
    unknown = sum(
        finding.reason is None
        for photo in photos
        if photo.verdict
        for finding in photo.verdict.findings
    )
    if unknown:
        metrics.count("UnknownModerationFinding", unknown)
