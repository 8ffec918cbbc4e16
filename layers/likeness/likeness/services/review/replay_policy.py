"""Run stored verdicts against a changed policy: whose outcome would change? No photo is needed."""

from collections import Counter
from collections.abc import Iterator
from itertools import groupby

from likeness.domain.ids import AvatarId, JobId, PhotoId
from likeness.domain.moderation import Outcome, Policy, Verdict, moderate, strictest
from likeness.domain.reasons import Reason
from likeness.domain.record import Record
from likeness.ports.review import Verdicts


class OutcomeChange(Record):
    """A picture whose outcome would change."""

    job_id: JobId
    picture: str
    was: Outcome
    now: Outcome
    reasons: tuple[Reason | None, ...]


class Replay(Record):
    """What a changed policy would do to the stored verdicts."""

    verdicts: int
    unsure: int
    jobs: dict[str, int]
    changes: tuple[OutcomeChange, ...]


def replay_policy(policy: Policy, *, verdicts: Verdicts) -> Replay:
    """Moderate every stored verdict again, from the stored evidence.

    `unsure` counts verdicts for which the new policy reads labels below the old minimum
    confidence, which were not detected: there an outcome may be too mild. `jobs` counts the jobs
    whose photos together would have another outcome, by old and new outcome.
    """
    changes: list[OutcomeChange] = []
    jobs: Counter[str] = Counter()
    total = unsure = 0
    for job_id, group in groupby(verdicts.all(), key=lambda found: found[0]):
        before, after = [], []
        for _, picture, verdict in group:
            moderated = moderate(verdict.evidence, policy)
            total += 1
            unsure += policy.min_confidence < verdict.evidence.min_confidence
            if picture.startswith("p"):
                before.append(verdict.outcome)
                after.append(moderated.outcome)
            changes += _changed(job_id, picture, verdict, moderated)
        was, now = strictest(before), strictest(after)
        if was is not now:
            jobs[f"{was} -> {now}"] += 1
    return Replay(verdicts=total, unsure=unsure, jobs=dict(jobs), changes=tuple(changes))


def _changed(
    job_id: JobId, picture: PhotoId | AvatarId, verdict: Verdict, moderated: Verdict
) -> Iterator[OutcomeChange]:
    if moderated.outcome is not verdict.outcome:
        yield OutcomeChange(
            job_id=job_id,
            picture=picture,
            was=verdict.outcome,
            now=moderated.outcome,
            reasons=tuple(dict.fromkeys(finding.reason for finding in moderated.findings)),
        )
