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

    Every photo is compared with every other: at most 45 pairs. A photo that fits the most others
    is the person; each that does not fit it is judged by how alike the two are. Comparing with
    the first photo alone would blame nine good photos for one bad first.
    """
    pairs = [(a.photo_id, b.photo_id) for n, a in enumerate(photos) for b in photos[n + 1 :]]
    likenesses = pool.map(
        lambda pair: _similarity(photos[0].job_id, *pair, detector=detector), pairs
    )
    alike: dict[PhotoId, dict[PhotoId, float | None]] = defaultdict(dict)
    for (a, b), similarity in zip(pairs, likenesses, strict=True):
        alike[a][b] = alike[b][a] = similarity

    def fits(photo: Photo) -> tuple[int, float]:
        values = [value or 0.0 for value in alike[photo.photo_id].values()]
        return sum(value >= policy.same_person.accept for value in values), sum(values)

    anchor = max(photos, key=fits)
    findings: dict[PhotoId, list[Finding]] = {photo.photo_id: [] for photo in photos}
    for other, similarity in alike[anchor.photo_id].items():
        found = judge_same_person(similarity, policy.same_person)
        if found:
            findings[other].append(found)
    return findings


def _similarity(
    job_id: JobId, photo_id: PhotoId, other: PhotoId, *, detector: Detector
) -> float | None:
    """A face that the detector finds alone but not in the comparison matches nobody."""
    try:
        return detector.similarity(job_id, photo_id, other)
    except Invalid:
        return None


def _count_unknown(photos: Sequence[Photo], metrics: Metrics) -> None:
    unknown = sum(
        finding.reason is None
        for photo in photos
        if photo.verdict
        for finding in photo.verdict.findings
    )
    if unknown:
        metrics.count("UnknownModerationFinding", unknown)
