"""Moderate the user's photos before any GPU work."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from likeness.contracts import ModeratePhotosResult
from likeness.domain.errors import Invalid
from likeness.domain.ids import JobId, PhotoId, UserId
from likeness.domain.jobs.job import JobState
from likeness.domain.moderation import Outcome, PhotoEvidence, Policy, Verdict, moderate, strictest
from likeness.domain.photos.photo import Photo, PhotoState, same_face
from likeness.domain.reasons import Reason
from likeness.domain.review.case import ReviewPolicy
from likeness.ports.account import KeyedHash, Users
from likeness.ports.jobs import Jobs
from likeness.ports.photos import Detector
from likeness.ports.runtime import Clock, Metrics
from likeness.services.jobs.waiting import UNKNOWN_FINDING, waiting_for_policy

AT_ONCE = 4  # calls to the detector; its limit is about 50 a second for each operation


def moderate_photos(
    job_id: JobId,
    *,
    jobs: Jobs,
    detector: Detector,
    policy: Policy,
    review_policy: ReviewPolicy,
    users: Users,
    keyed_hash: KeyedHash,
    metrics: Metrics,
    clock: Clock,
    deadline: timedelta,
) -> ModeratePhotosResult:
    """A replayed step does not change stored verdicts.

    A clean job that is sampled by the review policy is reviewed like a doubtful one. Raises
    UnknownDetector, and stores nothing, if the policy does not name the detector's version.
    """
    job = jobs.get(job_id)
    job.require(JobState.MODERATING, JobState.IN_REVIEW, JobState.GENERATING)
    photos = [photo for photo in jobs.photos(job_id) if photo.state is PhotoState.ACCEPTED]
    if any(photo.verdict is None for photo in photos):
        exonerated = _exonerated(job.user_id, photos, users=users, keyed_hash=keyed_hash)
        with waiting_for_policy(job, metrics=metrics, clock=clock, deadline=deadline):
            verdicts = _moderate(photos, exonerated, detector=detector, policy=policy)
        for photo in photos:
            if photo.verdict is None:  # an earlier run may have stored some
                moderated = photo.model_copy(update={"verdict": verdicts[photo.photo_id]})
                jobs.save_photo(moderated, seen=photo)
        photos = [photo for photo in jobs.photos(job_id) if photo.state is PhotoState.ACCEPTED]
        findings = [f for photo in photos if photo.verdict for f in photo.verdict.findings]
        if unknown := sum(finding.reason is None for finding in findings):
            metrics.count(UNKNOWN_FINDING, unknown)
    outcome = strictest(photo.verdict.outcome for photo in photos if photo.verdict)
    if outcome is Outcome.CLEAN and review_policy.selects(job_id):
        outcome = Outcome.DOUBTFUL
    return ModeratePhotosResult(job_id=job_id, outcome=outcome)


def _exonerated(
    user_id: UserId, photos: Sequence[Photo], *, users: Users, keyed_hash: KeyedHash
) -> Mapping[PhotoId, frozenset[Reason]]:
    """Return the reasons that a granted appeal ruled out for these photos."""
    exonerated = users.profile(user_id).exonerated
    if not exonerated:
        return {}
    hmacs = {p.photo_id: keyed_hash.photo(user_id, p.sha256) for p in photos if p.sha256}
    return {photo_id: exonerated[hmac] for photo_id, hmac in hmacs.items() if hmac in exonerated}


def _moderate(
    photos: Sequence[Photo],
    exonerated: Mapping[PhotoId, frozenset[Reason]],
    *,
    detector: Detector,
    policy: Policy,
) -> Mapping[PhotoId, Verdict]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        alone = list(pool.map(lambda photo: _detect(photo, detector, policy), photos))
        similar = _compare_set(photos, detector, policy, pool)
    verdicts = {}
    for photo, seen in zip(photos, alone, strict=True):
        more: dict[str, object] = {"exonerated": exonerated.get(photo.photo_id, frozenset())}
        if photo.photo_id in similar:
            more |= {"compared": True, "similarity": similar[photo.photo_id]}
        verdicts[photo.photo_id] = moderate(seen.model_copy(update=more), policy)
    return verdicts


def _detect(photo: Photo, detector: Detector, policy: Policy) -> PhotoEvidence:
    at = (photo.job_id, photo.photo_id)
    labels = detector.labels(*at, min_confidence=policy.min_confidence)
    policy.require_known(labels.detector_version)
    faces = detector.faces(*at)
    there = same_face(photo.face, [face.box for face in faces]) if photo.face else None
    judged = None if there is None else faces[there]
    return PhotoEvidence(
        labels=labels.labels,
        detector_version=labels.detector_version,
        min_confidence=policy.min_confidence,
        faces=len(faces),
        age_low=judged.age_low if judged else None,
        age_high=judged.age_high if judged else None,
        celebrities=tuple(detector.celebrities(*at)),
    )


def _compare_set(
    photos: Sequence[Photo], detector: Detector, policy: Policy, pool: ThreadPoolExecutor
) -> Mapping[PhotoId, float | None]:
    """Return the similarity of each other photo to the one that shows the set's person, in percent.

    The photo with the largest face is compared with the others, which is mostly enough. If one
    does not match it, all pairs are compared, and the photo that matches the most others is the
    person: otherwise nine good photos would be refused for one wrong one.
    """
    largest = max(photos, key=lambda photo: photo.face.area if photo.face else 0.0)
    similar = _compare(_pairs_with(largest, photos), detector, pool)
    accept = policy.same_person.accept
    if all((value or 0) >= accept for value in similar[largest.photo_id].values()):
        return similar[largest.photo_id]
    rest = [photo for photo in photos if photo is not largest]
    pairs = [pair for n, photo in enumerate(rest) for pair in _pairs_with(photo, rest[n:])]
    for one, others in _compare(pairs, detector, pool).items():
        similar[one] |= others

    def matches(photo: Photo) -> tuple[int, float]:
        values = [value or 0 for value in similar[photo.photo_id].values()]
        return sum(value >= accept for value in values), sum(values)

    return similar[max(photos, key=matches).photo_id]


def _pairs_with(photo: Photo, others: Sequence[Photo]) -> list[tuple[Photo, Photo]]:
    return [(photo, other) for other in others if other is not photo]


def _compare(
    pairs: Sequence[tuple[Photo, Photo]], detector: Detector, pool: ThreadPoolExecutor
) -> dict[PhotoId, dict[PhotoId, float | None]]:
    """Return the similarity of each pair, by either photo."""
    similar: dict[PhotoId, dict[PhotoId, float | None]] = defaultdict(dict)
    similarities = pool.map(lambda pair: _similarity(*pair, detector=detector), pairs)
    for (one, other), similarity in zip(pairs, similarities, strict=True):
        similar[one.photo_id][other.photo_id] = similar[other.photo_id][one.photo_id] = similarity
    return similar


def _similarity(photo: Photo, other: Photo, *, detector: Detector) -> float | None:
    """Also None if the detector finds a face in the photo alone but not in the comparison."""
    try:
        return detector.similarity(photo, other)
    except Invalid:
        return None
