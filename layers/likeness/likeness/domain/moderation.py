"""When may a photo, or a generated avatar, go on? Policy is data; this is how it is read."""

from collections.abc import Iterable, Mapping
from enum import IntEnum, StrEnum
from typing import Literal, Self

from pydantic import Field, model_validator

from likeness.domain.reasons import Reason
from likeness.domain.record import Record


class Outcome(StrEnum):
    CLEAN = "clean"
    DOUBTFUL = "doubtful"  # a human decides
    REFUSED = "refused"

    @property
    def severity(self) -> int:
        return list(Outcome).index(self)


class Severity(StrEnum):
    """Which case a moderator sees first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def rank(self) -> int:
        """0 is the most severe."""
        return list(Severity).index(self)


class Level(IntEnum):
    """Depth in Rekognition's label taxonomy, version 7."""

    TOP = 1
    SECOND = 2
    THIRD = 3


class Label(Record):
    """What a detector says it saw. Confidence in percent, as the detector reports it."""

    name: str = Field(examples=["Weapons"])
    parent: str = Field(default="", examples=["Violence"])
    confidence: float


class Rule(Record):
    """What one label leads to. Below `review` percent it is no finding at all."""

    level: Level
    review: float = Field(ge=0, le=100)
    refuse: float | None = Field(default=None, ge=0, le=100)
    reason: Reason

    @model_validator(mode="after")
    def _refusing_is_stricter(self) -> Self:
        if self.refuse is not None and self.refuse < self.review:
            raise ValueError(f"refuse ({self.refuse}) must not be below review ({self.review})")
        return self


class AgeRule(Record):
    """Doubt about a minor goes to a human, certainty refuses."""

    adult: int = 18


class SamePersonRule(Record):
    """CompareFaces similarity in percent: from `accept` on the same person, below `review` not."""

    accept: float
    review: float


# What the judge may find without any label.
JUDGED: frozenset[Reason] = frozenset(
    {
        Reason.RIGHTS_CELEBRITY,
        Reason.MINOR_AGE_DOUBT,
        Reason.SUBJECT_NO_FACE,
        Reason.SUBJECT_DIFFERENT_PERSON,
    }
)


class Policy(Record):
    """The Community Guidelines as thresholds. `version` goes into every verdict."""

    version: str
    detector_versions: frozenset[str]
    labels: Mapping[str, Rule]
    age: AgeRule
    same_person: SamePersonRule
    severity: Mapping[Severity, frozenset[Reason | Literal["unknown"]]]

    @model_validator(mode="after")
    def _every_reason_has_one_severity(self) -> Self:
        named = [reason for reasons in self.severity.values() for reason in reasons]
        given = {rule.reason for rule in self.labels.values()} | JUDGED | {"unknown"}
        if missing := given - set(named):
            raise ValueError(f"no severity is given for {', '.join(sorted(missing))}")
        if len(named) != len(set(named)):
            raise ValueError("a reason has two severities")
        return self

    @property
    def min_confidence(self) -> float:
        """The lowest confidence that any rule asks the detector for."""
        return min(rule.review for rule in self.labels.values())


class Finding(Record):
    """One thing a rule said about a picture; `source` names what it was read from."""

    outcome: Outcome
    reason: Reason | None = Field(description="None: no rule knows what this is, a human names it")
    source: str
    confidence: float | None = None


class PhotoEvidence(Record):
    """What the detectors said of one picture: all that the judge reads, and never the picture.

    It is stored with the verdict, so that a changed policy can be run against it later.
    """

    labels: tuple[Label, ...] = ()
    detector_version: str
    min_confidence: float = Field(description="percent; of labels below it nothing is known")
    faces: int | None = Field(default=None, description="None: not looked for")
    age_low: int | None = Field(default=None, description="whole years, of the largest face")
    age_high: int | None = None
    celebrities: tuple[float, ...] = Field(default=(), description="percent, each match")
    compared: bool = Field(default=False, description="with the person that the set shows")
    similarity: float | None = Field(default=None, description="percent; None: no match at all")
    cleared: frozenset[Reason] = Field(
        default=frozenset(), description="a lead found, on appeal, that this photo shows no such"
    )


class Verdict(Record):
    """What was judged, by which policy and which model. Never the picture."""

    outcome: Outcome
    policy_version: str
    findings: tuple[Finding, ...] = ()
    seen: PhotoEvidence

    @property
    def reason(self) -> Reason | None:
        """The reason of the most severe finding; the first one where several are as grave."""
        worst = max(self.findings, key=lambda finding: finding.outcome.severity, default=None)
        return worst.reason if worst else None


def moderate(seen: PhotoEvidence, policy: Policy) -> Verdict:
    """The one judge: of photos, of avatars, and of what was seen under an earlier policy."""
    findings = moderate_labels(seen.labels, seen.detector_version, policy)
    findings += [celebrity(confidence) for confidence in seen.celebrities]
    if seen.faces is not None:
        findings += _judge_face(seen, policy)
    if seen.compared:
        stranger = moderate_same_person(seen.similarity, policy.same_person)
        findings += [stranger] if stranger else []
    findings = [finding for finding in findings if finding.reason not in seen.cleared]
    return Verdict(
        outcome=strictest(finding.outcome for finding in findings),
        policy_version=policy.version,
        findings=tuple(findings),
        seen=seen,
    )


def severity(reasons: Iterable[Reason | None], policy: Policy) -> Severity:
    """How grave a case is: as its most severe finding. Low where nothing was found."""
    found = {reason or "unknown" for reason in reasons}
    named = (grave for grave in Severity if found & policy.severity.get(grave, frozenset()))
    return next(named, Severity.LOW)


def _judge_face(seen: PhotoEvidence, policy: Policy) -> list[Finding]:
    """A face whose age the detector cannot tell goes to a human: nothing fails open."""
    if not seen.faces:
        return [
            Finding(outcome=Outcome.REFUSED, reason=Reason.SUBJECT_NO_FACE, source="faces found: 0")
        ]
    if seen.age_low is None or seen.age_high is None:
        return [
            Finding(
                outcome=Outcome.DOUBTFUL, reason=Reason.MINOR_AGE_DOUBT, source="age not measurable"
            )
        ]
    found = moderate_age(seen.age_low, seen.age_high, policy.age)
    return [found] if found else []


def moderate_labels(
    labels: Iterable[Label], detector_version: str, policy: Policy
) -> list[Finding]:
    """Read each label by its rule.

    A label or a detector's version that the policy does not name goes to a human: a detector that
    learns a new category must never widen what passes.
    """
    findings: list[Finding] = []
    if detector_version not in policy.detector_versions:
        findings.append(unknown(f"detector {detector_version}"))
    for label in labels:
        rule = policy.labels.get(label.name)
        if rule is None:
            findings.append(unknown(f"label {label.name}", label.confidence))
        elif rule.refuse is not None and label.confidence >= rule.refuse:
            findings.append(_finding(Outcome.REFUSED, rule, label))
        elif label.confidence >= rule.review:
            findings.append(_finding(Outcome.DOUBTFUL, rule, label))
    return findings


def moderate_age(low: int, high: int, rule: AgeRule) -> Finding | None:
    """Judge an age range in whole years, as a detector gives it."""
    if low >= rule.adult:
        return None
    outcome = Outcome.REFUSED if high < rule.adult else Outcome.DOUBTFUL
    return Finding(outcome=outcome, reason=Reason.MINOR_AGE_DOUBT, source=f"age {low}-{high}")


def moderate_same_person(similarity: float | None, rule: SamePersonRule) -> Finding | None:
    """Judge how alike two faces are, in percent; None where no face matched at all."""
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
    """A look-alike is no crime: a human decides, always."""
    return Finding(
        outcome=Outcome.DOUBTFUL,
        reason=Reason.RIGHTS_CELEBRITY,
        source="celebrity match",
        confidence=confidence,
    )


def unknown(what: str, confidence: float | None = None) -> Finding:
    """Something the policy has no rule for."""
    return Finding(
        outcome=Outcome.DOUBTFUL,
        reason=None,
        source=f"unknown {what}",
        confidence=confidence,
    )


def strictest(outcomes: Iterable[Outcome]) -> Outcome:
    return max(outcomes, key=lambda outcome: outcome.severity, default=Outcome.CLEAN)


def _finding(outcome: Outcome, rule: Rule, label: Label) -> Finding:
    return Finding(
        outcome=outcome, reason=rule.reason, source=label.name, confidence=label.confidence
    )
