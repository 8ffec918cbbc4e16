"""Moderate stored verdicts again with a changed policy, without the photos."""

from collections import Counter
from itertools import groupby

from likeness.domain.ids import JobId
from likeness.domain.moderation import Outcome, Policy, moderate, strictest
from likeness.domain.reasons import Reason
from likeness.domain.record import Record
from likeness.ports.review import Verdicts


class OutcomeChange(Record):
    job_id: JobId
    picture: str
    was: Outcome
    now: Outcome
    reasons: tuple[Reason | None, ...]


class Replay(Record):
    """The effect of a changed policy on the stored verdicts."""

    verdicts: int
    unsure: int
    jobs: dict[str, int]
    changes: tuple[OutcomeChange, ...]


def replay_policy(policy: Policy, *, verdicts: Verdicts) -> Replay:
    """Moderate every stored verdict again, from the stored evidence.

    `unsure` counts verdicts for which the new policy reads labels below the old minimum
    confidence, which were not detected: their outcome may be too lenient. `jobs` counts the jobs
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
            if moderated.outcome is not verdict.outcome:
                reasons = tuple(dict.fromkeys(finding.reason for finding in moderated.findings))
                changes.append(
                    OutcomeChange(
                        job_id=job_id,
                        picture=picture,
                        was=verdict.outcome,
                        now=moderated.outcome,
                        reasons=reasons,
                    )
                )
        was, now = strictest(before), strictest(after)
        if was is not now:
            jobs[f"{was} -> {now}"] += 1
    return Replay(verdicts=total, unsure=unsure, jobs=dict(jobs), changes=tuple(changes))
