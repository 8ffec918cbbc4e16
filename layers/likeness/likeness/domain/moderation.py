"""Moderation rules: clean, needs review, or refused.

Thresholds come from policy/community_guidelines.yaml. Photos and avatars use the same rules.
"""

from collections.abc import Iterable, Mapping
from typing import Literal, Self

from pydantic import Field, model_validator

from likeness.domain.account.age import AgeMethod
from likeness.domain.errors import UnknownDetector
from likeness.domain.reasons import Reason
from likeness.domain.record import Record
from likeness.domain.verdict import Finding, Label, Level, Outcome, PhotoEvidence, Severity, Verdict


class Rule(Record):
    """Thresholds of one label, in percent. Below `review` there is no finding."""

    level: Level
    review: float = Field(ge=0, le=100)
    refuse: float | None = Field(default=None, ge=0, le=100)
    reason: Reason

    @model_validator(mode="after")
    def _refusing_is_stricter(self) -> Self:
        if self.refuse is not None and self.refuse < self.review:
            raise ValueError(f"refuse ({self.refuse}) must not be below review ({self.review})")
        return self


class ClearFace(Record):
    """Which photos show the face well enough to estimate an age from. Degrees, and percent."""

    max_yaw: float
    max_pitch: float
    min_brightness: float
    min_sharpness: float


class AgeInSetRule(Record):
    """When the set outweighs a range that reaches below `adult`: all four must hold.

    The middle of a range is its estimate. Only ranges of clear faces count, but for `min_middle`.
    """

    clear_face: ClearFace
    min_photos: int = Field(ge=1)
    min_middle: float = Field(description="years: no middle is below, of any face")
    min_median: float = Field(description="years: the median of the middles is not below")
    max_share: float = Field(ge=0, le=1, description="of ranges that reach below `adult`")


class AssuranceRule(Record):
    """The age assurance that counts: then only a set that clearly shows a minor is in doubt."""

    methods: frozenset[AgeMethod]
    max_days: int = Field(ge=0, description="since the check")


class AgeRule(Record):
    """A range that lies below `adult` is refused; one that reaches below it may need review."""

    adult: int
    in_set: AgeInSetRule
    assurance: AssuranceRule


class SamePersonRule(Record):
    """CompareFaces similarity in percent: clean from `accept`, refused below `review`."""

    accept: float
    review: float


class LeaveOutRule(Record):
    """Doubtful photos are left out if no other doubt remains and the set is enough without them."""

    remaining: int = Field(ge=1, description="clean photos that remain")
    reasons: frozenset[Reason]
    labels: frozenset[str] = Field(description="besides those with a reason above")


class EscalateRule(Record):
    """Labels that are escalated in a set that is refused and raises a doubt about age."""

    labels: Mapping[str, float] = Field(description="percent from which a label counts")

    def covers(self, finding: Finding) -> bool:
        least = self.labels.get(finding.source)
        return least is not None and (finding.confidence or 0) >= least


# Reasons of findings that do not come from a label.
REASONS_WITHOUT_LABEL: frozenset[Reason] = frozenset(
    {
        Reason.RIGHTS_CELEBRITY,
        Reason.MINOR_AGE_DOUBT,
        Reason.ILLEGAL_CHILD_ABUSE,
        Reason.SUBJECT_NO_FACE,
        Reason.SUBJECT_DIFFERENT_PERSON,
    }
)


class Policy(Record):
    """The Community Guidelines as thresholds. Every verdict records `version`."""

    version: str
    detector_versions: frozenset[str]
    labels: Mapping[str, Rule]
    age: AgeRule
    same_person: SamePersonRule
    leave_out: LeaveOutRule
    escalate: EscalateRule
    severity: Mapping[Severity, frozenset[Reason | Literal["unknown"]]]
    exposure: Mapping[Severity | Literal["none"], int] = Field(
        description="points that a revealed photo costs"
    )

    @model_validator(mode="after")
    def _every_severity_has_its_points(self) -> Self:
        if missing := {*Severity, "none"} - set(self.exposure):
            raise ValueError(f"exposure lacks {', '.join(sorted(missing))}")
        if min(self.exposure.values()) < 1:
            raise ValueError("exposure: a revealed photo costs at least 1 point")
        return self

    @model_validator(mode="after")
    def _every_reason_has_one_severity(self) -> Self:
        named = [reason for reasons in self.severity.values() for reason in reasons]
        given = {rule.reason for rule in self.labels.values()} | REASONS_WITHOUT_LABEL | {"unknown"}
        if missing := given - set(named):
            raise ValueError(
                f"community_guidelines.yaml: severity lacks {', '.join(sorted(missing))}"
            )
        if len(named) != len(set(named)):
            twice = sorted(reason for reason in set(named) if named.count(reason) > 1)
            raise ValueError(f"two severities are given for {', '.join(twice)}")
        return self

    @model_validator(mode="after")
    def _named_labels_have_a_rule(self) -> Self:
        for rule in ("leave_out", "escalate"):
            if unknown := sorted(set(getattr(self, rule).labels) - set(self.labels)):
                raise ValueError(f"{rule} names {', '.join(unknown)}, which is no label")
        return self

    @model_validator(mode="after")
    def _escalated_labels_are_reported(self) -> Self:
        """The detector is asked for nothing below `review`: a lower bound would never hold."""
        for label, least in self.escalate.labels.items():
            if least < self.labels[label].review:
                raise ValueError(f"escalate: {label} must not be below its review")
        return self

    def accepting(self, detector_versions: Iterable[str]) -> Self:
        """Also accept these versions: operators may do so before the policy names them."""
        more = self.detector_versions | {version for version in detector_versions if version}
        return self.model_copy(update={"detector_versions": more})

    def require_known(self, detector_version: str) -> None:
        """Raises UnknownDetector, so that neither moderators nor GPUs work in vain."""
        if detector_version not in self.detector_versions:
            raise UnknownDetector(
                f"the policy does not name the detector's version {detector_version!r}: compare "
                "its labels, then set the parameter AcceptedDetectorVersions"
            )

    @property
    def min_confidence(self) -> float:
        """The lowest threshold of all labels: the detector need not report less."""
        return min(rule.review for rule in self.labels.values())


def moderate(seen: PhotoEvidence, policy: Policy) -> Verdict:
    """Moderates one picture: an avatar, or a photo before the set is considered."""
    found: list[Finding | None] = [*moderate_labels(seen.labels, seen.detector_version, policy)]
    found += [celebrity(confidence) for confidence in seen.celebrities]
    if seen.faces is not None:
        found.append(_moderate_face(seen, policy))
    if seen.compared:
        found.append(moderate_same_person(seen.similarity, policy.same_person))
    findings = [one for one in found if one and not _is_ruled_out(one, seen)]
    return verdict(findings, seen, policy)


def allowed_on_avatars(photo: Verdict, policy: Policy) -> frozenset[str]:
    """Returns the labels whose doubts do not refuse an avatar of this photo.

    Avatars are not reviewed. What a moderator allowed on the photo, bare shoulders for example, is
    on its avatars too: without this rule they are drawn twice and lost. Only the labels that the
    photo has, of kinds that the policy may leave out or that a granted appeal ruled out; what is
    certain is refused.
    """
    kinds = photo.evidence.exonerated | policy.leave_out.reasons
    found = moderate_labels(photo.evidence.labels, photo.evidence.detector_version, policy)
    return frozenset(finding.source for finding in found if finding.reason in kinds)


def _is_ruled_out(finding: Finding, seen: PhotoEvidence) -> bool:
    doubtful = finding.outcome is Outcome.DOUBTFUL
    return finding.reason in seen.exonerated or (doubtful and finding.source in seen.allowed)


def verdict(findings: Iterable[Finding], seen: PhotoEvidence, policy: Policy) -> Verdict:
    """The verdict of these findings: the strictest of their outcomes."""
    findings = tuple(findings)
    return Verdict(
        outcome=strictest(finding.outcome for finding in findings),
        policy_version=policy.version,
        findings=findings,
        evidence=seen,
    )


def severity(reasons: Iterable[Reason | None], policy: Policy) -> Severity:
    """Returns the severity of the most severe reason; low without reasons."""
    found = {reason or "unknown" for reason in reasons}
    named = (level for level in Severity if found & policy.severity.get(level, frozenset()))
    return next(named, Severity.LOW)


def _moderate_face(seen: PhotoEvidence, policy: Policy) -> Finding | None:
    """A face without an age range needs review: moderation fails closed."""
    if not seen.faces:
        reason = Reason.SUBJECT_NO_FACE
        return Finding(outcome=Outcome.REFUSED, reason=reason, source="faces found: 0")
    if seen.age_low is None or seen.age_high is None:
        reason = Reason.MINOR_AGE_DOUBT
        return Finding(outcome=Outcome.DOUBTFUL, reason=reason, source="age not measurable")
    return moderate_age(seen.age_low, seen.age_high, policy.age)


def moderate_labels(
    labels: Iterable[Label], detector_version: str, policy: Policy
) -> list[Finding]:
    """Applies the rule of each label.

    A label or detector version that the policy does not name needs review: a new category of the
    detector must not widen what passes.
    """
    findings: list[Finding] = []
    if detector_version not in policy.detector_versions:
        findings.append(unknown(f"detector {detector_version}"))
    for label in labels:
        rule = policy.labels.get(label.name)
        if rule is None:
            findings.append(unknown(f"label {label.name}", label.confidence))
        elif label.confidence >= rule.review:
            refused = rule.refuse is not None and label.confidence >= rule.refuse
            findings.append(
                Finding(
                    outcome=Outcome.REFUSED if refused else Outcome.DOUBTFUL,
                    reason=rule.reason,
                    source=label.name,
                    confidence=label.confidence,
                )
            )
    return findings


def moderate_age(low: int, high: int, rule: AgeRule) -> Finding | None:
    """Moderates the detector's age range, in whole years."""
    if low >= rule.adult:
        return None
    outcome = Outcome.REFUSED if high < rule.adult else Outcome.DOUBTFUL
    return Finding(outcome=outcome, reason=Reason.MINOR_AGE_DOUBT, source=f"age {low}-{high}")


def moderate_same_person(similarity: float | None, rule: SamePersonRule) -> Finding | None:
    """Moderates the similarity of two faces, in percent; None: no match."""
    if similarity is not None and similarity >= rule.accept:
        return None
    doubtful = similarity is not None and similarity >= rule.review
    return Finding(
        outcome=Outcome.DOUBTFUL if doubtful else Outcome.REFUSED,
        reason=Reason.SUBJECT_DIFFERENT_PERSON,
        source="faces compared",
        confidence=similarity,
    )


def celebrity(confidence: float) -> Finding:
    """Celebrity matches always need review: a look-alike is allowed."""
    return Finding(
        outcome=Outcome.DOUBTFUL,
        reason=Reason.RIGHTS_CELEBRITY,
        source="celebrity match",
        confidence=confidence,
    )


def unknown(name: str, confidence: float | None = None) -> Finding:
    """A finding that no rule of the policy covers."""
    return Finding(
        outcome=Outcome.DOUBTFUL, reason=None, source=f"unknown {name}", confidence=confidence
    )


def strictest(outcomes: Iterable[Outcome]) -> Outcome:
    return max(outcomes, key=lambda outcome: outcome.severity, default=Outcome.CLEAN)
