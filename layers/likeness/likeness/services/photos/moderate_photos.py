"""Moderate what the user handed in, before a GPU second is spent on it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from likeness.contracts import ModeratePhotosResult
from likeness.domain.errors import Invalid
from likeness.domain.ids import JobId, PhotoId, UserId
from likeness.domain.jobs.job import JobState
from likeness.domain.moderation import Outcome, PhotoEvidence, Policy, Verdict, moderate, strictest
from likeness.domain.photos.photo import Photo, PhotoState
from likeness.domain.reasons import Reason
from likeness.domain.review.case import ReviewPolicy
from likeness.ports.account import PhotoHash, Users
from likeness.ports.jobs import Jobs
from likeness.ports.photos import Detector
from likeness.ports.runtime import Metrics

AT_ONCE = 4  # calls to the detector; its limit is about 50 a second for each operation


def moderate_photos(
    job_id: JobId,
    *,
    jobs: Jobs,
    detector: Detector,
    policy: Policy,
    review_policy: ReviewPolicy,
    users: Users,
    keyed_hash: PhotoHash,
    metrics: Metrics,
) -> ModeratePhotosResult:
    """A replayed step keeps the verdicts it has already given.

    A clean job that the review policy picks goes to a human like a doubtful one.
    """
    job = jobs.get(job_id)
    job.require(JobState.MODERATING, JobState.IN_REVIEW, JobState.GENERATING)
    photos = [photo for photo in jobs.photos(job_id) if photo.state is PhotoState.ACCEPTED]
    if any(photo.verdict is None for photo in photos):
        cleared = _cleared(job.user_id, photos, users=users, keyed_hash=keyed_hash)
        verdicts = _judge(photos, cleared, detector=detector, policy=policy)
        for photo in photos:
            if photo.verdict is None:  # a crash between two photos: what was stored stands
                judged = photo.model_copy(update={"verdict": verdicts[photo.photo_id]})
                jobs.save_photo(judged, seen=photo)
        photos = [photo for photo in jobs.photos(job_id) if photo.state is PhotoState.ACCEPTED]
        _count_unknown(photos, metrics)
    outcome = strictest(photo.verdict.outcome for photo in photos if photo.verdict)
    if outcome is Outcome.CLEAN and review_policy.picks(job_id):
        outcome = Outcome.DOUBTFUL
    return ModeratePhotosResult(job_id=job_id, outcome=outcome)


def _cleared(
    user_id: UserId, photos: Sequence[Photo], *, users: Users, keyed_hash: PhotoHash
) -> Mapping[PhotoId, frozenset[Reason]]:
    """What a lead found, on an earlier appeal, that these very photos do not show."""
    cleared = users.profile(user_id).cleared
    if not cleared:
        return {}
    hmacs = {p.photo_id: keyed_hash.hmac(user_id, p.sha256) for p in photos if p.sha256}
    return {photo_id: cleared[hmac] for photo_id, hmac in hmacs.items() if hmac in cleared}


def _judge(
    photos: Sequence[Photo],
    cleared: Mapping[PhotoId, frozenset[Reason]],
    *,
    detector: Detector,
    policy: Policy,
) -> Mapping[PhotoId, Verdict]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        alone = list(pool.map(lambda photo: _look(photo, detector, policy), photos))
        alike = _compare_set(photos, detector, policy, pool)
    return {
        photo.photo_id: moderate(_with_the_rest(seen, photo.photo_id, alike, cleared), policy)
        for photo, seen in zip(photos, alone, strict=True)
    }


def _look(photo: Photo, detector: Detector, policy: Policy) -> PhotoEvidence:
    """All that is said of one photo alone."""
    at = (photo.job_id, photo.photo_id)
    labels = detector.labels(*at, min_confidence=policy.min_confidence)
    faces = detector.faces(*at)
    return PhotoEvidence(
        labels=labels.labels,
        detector_version=labels.detector_version,
        min_confidence=policy.min_confidence,
        faces=len(faces),
        age_low=faces[0].age_low if faces else None,
        age_high=faces[0].age_high if faces else None,
        celebrities=tuple(detector.celebrities(*at)),
    )


def _with_the_rest(
    seen: PhotoEvidence,
    photo_id: PhotoId,
    alike: Mapping[PhotoId, float | None],
    cleared: Mapping[PhotoId, frozenset[Reason]],
) -> PhotoEvidence:
    """What only the set and the user's earlier appeals tell of a photo."""
    more: dict[str, object] = {"cleared": cleared.get(photo_id, frozenset())}
    if photo_id in alike:
        more |= {"compared": True, "similarity": alike[photo_id]}
    return seen.model_copy(update=more)


def _compare_set(
    photos: Sequence[Photo], detector: Detector, policy: Policy, pool: ThreadPoolExecutor
) -> Mapping[PhotoId, float | None]:
    """How alike each other photo is to the one that shows the set's person.

    The photo with the largest face is compared with the others, and mostly that is all. Where one
    does not fit it, all pairs are compared, and the photo that fits the most others is the
    person: otherwise nine good photos would be blamed for one wrong one.
    """
    largest = max(photos, key=lambda photo: photo.face.area if photo.face else 0.0)
    alike = _compare(_pairs_with(largest, photos), detector, pool)
    accept = policy.same_person.accept
    if all(_sure(value) >= accept for value in alike[largest.photo_id].values()):
        return alike[largest.photo_id]
    rest = [photo for photo in photos if photo is not largest]
    pairs = [pair for n, photo in enumerate(rest) for pair in _pairs_with(photo, rest[n:])]
    for one, others in _compare(pairs, detector, pool).items():
        alike[one] |= others

    def fits(photo: Photo) -> tuple[int, float]:
        values = [_sure(value) for value in alike[photo.photo_id].values()]
        return sum(value >= accept for value in values), sum(values)

    person = max(photos, key=fits)
    return alike[person.photo_id]


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
