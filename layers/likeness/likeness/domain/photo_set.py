"""Moderation of a job's photos together: one person, one age, and which photos are left out.

What is certain on one photo (refused) stays; the set decides only what is doubtful.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from statistics import median
from typing import TYPE_CHECKING

from pydantic import Field

from likeness.domain.ids import PhotoId, PhotoIdField
from likeness.domain.moderation import (
    AgeRule,
    ClearFace,
    EscalateRule,
    LeaveOutRule,
    Policy,
    moderate,
    strictest,
    verdict,
)
from likeness.domain.reasons import Reason
from likeness.domain.record import Record
from likeness.domain.verdict import Finding, Outcome, PhotoEvidence, Verdict

if TYPE_CHECKING:
    from likeness.domain.account.age import CheckedAge

Similar = Mapping[PhotoId, Mapping[PhotoId, float | None]]  # percent, by either photo


class SetVerdict(Record):
    """The verdicts of a set, and whether the app's age assurance removed a doubt."""

    photos: Mapping[PhotoIdField, Verdict]
    age_assured: bool = Field(default=False, description="without it a moderator would decide")

    @property
    def outcome(self) -> Outcome:
        """A photo that is left out does not count."""
        outcomes = (one.outcome for one in self.photos.values())
        return strictest(one for one in outcomes if one is not Outcome.LEFT_OUT)

    @property
    def left_out(self) -> frozenset[PhotoId]:
        return frozenset(p for p, one in self.photos.items() if one.outcome is Outcome.LEFT_OUT)


def moderate_set(seen: Mapping[PhotoId, PhotoEvidence], policy: Policy) -> SetVerdict:
    """Moderates a job's photos, also from stored evidence on replay of a policy."""
    seen = _with_similarity(seen, policy.same_person.accept)
    verdicts = {photo_id: moderate(one, policy) for photo_id, one in seen.items()}
    person = {p: one for p, one in verdicts.items() if not _has(one, _is_another_person)}
    age_assured = False
    if any(_has(one, _is_age_doubt) for one in person.values()):
        ages = [
            one.evidence
            for one in person.values()
            if Reason.MINOR_AGE_DOUBT not in one.evidence.exonerated
        ]
        assured = any(_counts(one.age_assurance, policy.age) for one in ages)
        doubtful = not _are_of_an_adult(ages, policy.age)
        if assured and doubtful:
            doubtful = _are_of_a_minor(ages, policy.age)
            age_assured = not doubtful
        if not doubtful:
            verdicts |= {p: _without_age_doubt(one, policy) for p, one in person.items()}
    if suspected := _suspected(verdicts, policy.escalate):
        found = {p: _escalated(verdicts[p], policy) for p in suspected}
        return SetVerdict(photos=verdicts | found, age_assured=age_assured)
    return SetVerdict(photos=_leave_out(verdicts, policy.leave_out), age_assured=age_assured)


# --- one person -----------------------------------------------------------------------------------


def connected(similar: Similar, accept: float) -> list[frozenset[PhotoId]]:
    """The groups of photos that are connected by pairs of at least `accept`.

    A chain is enough: a laughing and a turned face may each match the calm one, and not each other.
    """
    groups: list[frozenset[PhotoId]] = []
    for photo_id in similar:
        if any(photo_id in group for group in groups):
            continue
        group, new = {photo_id}, [photo_id]
        while new:
            matches = similar[new.pop()].items()
            found = {other for other, value in matches if (value or 0) >= accept} - group
            group |= found
            new += found
        groups.append(frozenset(group))
    return groups


def _with_similarity(
    seen: Mapping[PhotoId, PhotoEvidence], accept: float
) -> dict[PhotoId, PhotoEvidence]:
    """Adds each photo's similarity to the set's person, by its best pair.

    The largest group shows the person; of equal ones, the one whose photos match others best. A
    photo of it has a clear pair; any other photo is moderated by its best pair with the group.
    """
    similar = {photo_id: one.pairs for photo_id, one in seen.items()}
    if not any(similar.values()):
        return dict(seen)

    def strength(group: Collection[PhotoId]) -> tuple[int, float]:
        return len(group), sum(value or 0 for p in group for value in similar[p].values())

    person = max(connected(similar, accept), key=strength)
    found = {}
    for photo_id, one in seen.items():
        others = person - {photo_id}
        values = [value for p, value in one.pairs.items() if p in others and value is not None]
        more = {"compared": bool(others), "similarity": max(values, default=None)}
        found[photo_id] = one.model_copy(update=more)
    return found


# --- one age --------------------------------------------------------------------------------------


def _are_of_an_adult(ages: Sequence[PhotoEvidence], rule: AgeRule) -> bool:
    """Whether the clear faces outweigh the doubt about single ranges. No estimate, also of a turned
    or dark face, may be below `min_middle`: that photo is drawn too."""
    clear = [one for one in ages if _is_clear(one, rule.in_set.clear_face)]
    if len(clear) < rule.in_set.min_photos:
        return False
    middles = _middles(clear)
    reaching_below = sum((one.age_low or 0) < rule.adult for one in clear)
    return (
        min(_middles(ages)) >= rule.in_set.min_middle
        and median(middles) >= rule.in_set.min_median
        and reaching_below <= rule.in_set.max_share * len(clear)
    )


def _are_of_a_minor(ages: Sequence[PhotoEvidence], rule: AgeRule) -> bool:
    """Whether half of the estimates are below `adult`: of clear faces, or of all. Also without any:
    moderation fails closed."""
    clear = [one for one in ages if _is_clear(one, rule.in_set.clear_face)]
    middles = _middles(ages)
    return not middles or min(median(_middles(clear or ages)), median(middles)) < rule.adult


def _middles(ages: Sequence[PhotoEvidence]) -> list[float]:
    return [
        (one.age_low + one.age_high) / 2
        for one in ages
        if one.age_low is not None and one.age_high is not None
    ]


def _is_clear(one: PhotoEvidence, rule: ClearFace) -> bool:
    """A face without an age or a measurement is not clear."""
    if None in {one.age_low, one.age_high, one.yaw, one.pitch, one.brightness, one.sharpness}:
        return False
    return (
        abs(one.yaw or 0) <= rule.max_yaw
        and abs(one.pitch or 0) <= rule.max_pitch
        and (one.brightness or 0) >= rule.min_brightness
        and (one.sharpness or 0) >= rule.min_sharpness
    )


def _counts(checked: CheckedAge | None, rule: AgeRule) -> bool:
    return (
        checked is not None
        and checked.over_age >= rule.adult
        and checked.method in rule.assurance.methods
        and checked.days <= rule.assurance.max_days
    )


def _without_age_doubt(one: Verdict, policy: Policy) -> Verdict:
    return verdict([f for f in one.findings if not _is_age_doubt(f)], one.evidence, policy)


# --- perhaps illegal ------------------------------------------------------------------------------


def _suspected(verdicts: Mapping[PhotoId, Verdict], rule: EscalateRule) -> list[PhotoId]:
    """Returns the photos that show nudity, if the set also raises a doubt about age and would be
    refused. The set shows one person, so that doubt may come from another photo. Without a refusal
    a moderator decides, who can hold the case."""
    minor = any(_has(one, _is_of_minor) for one in verdicts.values())
    if not minor or strictest(one.outcome for one in verdicts.values()) is not Outcome.REFUSED:
        return []
    return [p for p, one in verdicts.items() if any(rule.covers(f) for f in one.findings)]


def _escalated(one: Verdict, policy: Policy) -> Verdict:
    finding = Finding(
        outcome=Outcome.ESCALATED, reason=Reason.ILLEGAL_CHILD_ABUSE, source="age and nudity"
    )
    return verdict([finding, *one.findings], one.evidence, policy)


def _is_of_minor(finding: Finding) -> bool:
    """Certain or doubtful."""
    return finding.reason is Reason.MINOR_AGE_DOUBT


# --- photos that are left out ---------------------------------------------------------------------


def _leave_out(verdicts: Mapping[PhotoId, Verdict], rule: LeaveOutRule) -> dict[PhotoId, Verdict]:
    """All doubtful photos or none: if a moderator has to look, then at the whole set."""
    doubtful = [p for p, one in verdicts.items() if one.outcome is Outcome.DOUBTFUL]
    clean = sum(one.outcome is Outcome.CLEAN for one in verdicts.values())
    if (
        len(doubtful) + clean < len(verdicts)  # one is refused
        or clean < rule.remaining
        or not all(_may_be_left_out(f, rule) for p in doubtful for f in verdicts[p].findings)
    ):
        return dict(verdicts)
    left_out = {"outcome": Outcome.LEFT_OUT}
    return {
        p: one.model_copy(update=left_out) if p in doubtful else one for p, one in verdicts.items()
    }


def _may_be_left_out(finding: Finding, rule: LeaveOutRule) -> bool:
    return finding.reason in rule.reasons or finding.source in rule.labels


def _has(one: Verdict, kind: Callable[[Finding], bool]) -> bool:
    return any(kind(finding) for finding in one.findings)


def _is_another_person(finding: Finding) -> bool:
    return finding.reason is Reason.SUBJECT_DIFFERENT_PERSON


def _is_age_doubt(finding: Finding) -> bool:
    return finding.reason is Reason.MINOR_AGE_DOUBT and finding.outcome is Outcome.DOUBTFUL
