"""Moderate stored verdicts again with a changed policy, without the photos."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import TYPE_CHECKING

from likeness.domain.ids import PHOTO_ID, AvatarId, JobId, PhotoId
from likeness.domain.jobs.test_plan import DETECTOR
from likeness.domain.moderation import Policy, moderate
from likeness.domain.photo_set import SetVerdict, moderate_set
from likeness.domain.reasons import Reason
from likeness.domain.record import Record
from likeness.domain.verdict import Outcome, Verdict

if TYPE_CHECKING:
    from likeness.ports.review import Verdicts

Moderated = Mapping[PhotoId | AvatarId, Verdict]


class OutcomeChange(Record):
    job_id: JobId
    picture: str
    was: Outcome
    now: Outcome
    reasons: tuple[Reason | None, ...]


class SetCounts(Record):
    """What becomes of the sets of photos: jobs by outcome, and photos that are left out."""

    jobs: dict[Outcome, int]
    left_out: int


class Replay(Record):
    """The effect of a changed policy on the stored verdicts."""

    verdicts: int
    lenient: int
    strict: int
    before: SetCounts
    after: SetCounts
    moves: dict[str, int]
    changes: tuple[OutcomeChange, ...]


def replay_policy(policy: Policy, *, verdicts: Verdicts) -> Replay:
    """Moderate every stored set and avatar again, from the stored evidence.

    `lenient` counts verdicts for which the new policy reads labels below the old minimum
    confidence, which were not detected. `strict` counts photos that no longer match their set, and
    were not compared with all of it: another pair may be clear. `moves` counts the jobs whose
    photos together would have another outcome, by old and new outcome.
    """
    changes: list[OutcomeChange] = []
    sets: list[tuple[SetVerdict, SetVerdict]] = []
    total = lenient = strict = 0
    real = (found for found in verdicts.all() if found[2].evidence.detector_version != DETECTOR)
    for job_id, group in groupby(real, key=lambda found: found[0]):
        stored = {picture: verdict for _, picture, verdict in group}
        photos = {PhotoId(p): one for p, one in stored.items() if PHOTO_ID.match(p)}
        again = moderate_set({p: one.evidence for p, one in photos.items()}, policy)
        if photos:
            sets.append((SetVerdict(photos=photos), again))
        moderated: Moderated = {
            p: again.photos[PhotoId(p)] if p in photos else moderate(one.evidence, policy)
            for p, one in stored.items()
        }
        total += len(stored)
        lenient += sum(
            policy.min_confidence < one.evidence.min_confidence for one in stored.values()
        )
        strict += sum(_is_uncompared(one, len(photos)) for one in again.photos.values())
        changes += [
            OutcomeChange(
                job_id=job_id,
                picture=picture,
                was=stored[picture].outcome,
                now=one.outcome,
                reasons=tuple(dict.fromkeys(finding.reason for finding in one.findings)),
            )
            for picture, one in moderated.items()
            if one.outcome is not stored[picture].outcome
        ]
    moves = Counter(f"{a.outcome} -> {b.outcome}" for a, b in sets if a.outcome is not b.outcome)
    return Replay(
        verdicts=total,
        lenient=lenient,
        strict=strict,
        before=_counts(before for before, _ in sets),
        after=_counts(after for _, after in sets),
        moves=dict(moves),
        changes=tuple(changes),
    )


def _is_uncompared(one: Verdict, photos: int) -> bool:
    differs = any(f.reason is Reason.SUBJECT_DIFFERENT_PERSON for f in one.findings)
    return differs and bool(one.evidence.pairs) and len(one.evidence.pairs) < photos - 1


def _counts(sets: Iterable[SetVerdict]) -> SetCounts:
    found = list(sets)
    jobs = Counter(one.outcome for one in found)
    return SetCounts(jobs=dict(jobs), left_out=sum(len(one.left_out) for one in found))
