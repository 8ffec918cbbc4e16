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
    """A picture that would be judged otherwise."""

    job_id: JobId
    picture: str
    was: Outcome
    now: Outcome
    reasons: tuple[Reason | None, ...]


class Replay(Record):
    """What a changed policy would do to what is stored."""

    verdicts: int
    unsure: int
    jobs: dict[str, int]
    changes: tuple[OutcomeChange, ...]


def replay_policy(policy: Policy, *, verdicts: Verdicts) -> Replay:
    """Every stored verdict, judged anew from what the detectors said then.

    `unsure` counts verdicts for which the new policy reads labels that were never asked for,
    because the policy of then began higher: there an outcome may be too mild. `jobs` counts the
    jobs whose photos together would have another outcome, by what it was and would be.
    """
    changes: list[OutcomeChange] = []
    jobs: Counter[str] = Counter()
    total = unsure = 0
    for job_id, group in groupby(verdicts.all(), key=lambda found: found[0]):
        then, anew = [], []
        for _, picture, verdict in group:
            judged = moderate(verdict.seen, policy)
            total += 1
            unsure += policy.min_confidence < verdict.seen.min_confidence
            if picture.startswith("p"):
                then.append(verdict.outcome)
                anew.append(judged.outcome)
            changes += _changed(job_id, picture, verdict, judged)
        was, now = strictest(then), strictest(anew)
        if was is not now:
            jobs[f"{was} -> {now}"] += 1
    return Replay(verdicts=total, unsure=unsure, jobs=dict(jobs), changes=tuple(changes))


def _changed(
    job_id: JobId, picture: PhotoId | AvatarId, verdict: Verdict, judged: Verdict
) -> Iterator[OutcomeChange]:
    if judged.outcome is not verdict.outcome:
        yield OutcomeChange(
            job_id=job_id,
            picture=picture,
            was=verdict.outcome,
            now=judged.outcome,
            reasons=tuple(dict.fromkeys(finding.reason for finding in judged.findings)),
        )
