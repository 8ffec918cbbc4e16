"""Moderation: the finding of each rule for the detector's results."""

import pytest
from hypothesis import given, strategies as st
from pydantic import ValidationError

from likeness.adapters.policy_files import load_policy
from likeness.domain.moderation import (
    Rule,
    SamePersonRule,
    celebrity,
    moderate,
    moderate_age,
    moderate_labels,
    moderate_same_person,
    strictest,
)
from likeness.domain.reasons import Reason
from likeness.domain.verdict import Label, Level, Outcome
from tests.builders import AGE, DETECTOR, a_policy, seen

ADULTS = AGE
SIMILAR = SamePersonRule(accept=90, review=80)


def outcomes(*labels, version=DETECTOR, policy=None):
    seen = [Label(name=name, confidence=confidence) for name, confidence in labels]
    return [found.outcome for found in moderate_labels(seen, version, policy or a_policy())]


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        (("Explicit", 49.999), []),
        (("Explicit", 50), [Outcome.DOUBTFUL]),
        (("Explicit", 79.999), [Outcome.DOUBTFUL]),
        (("Explicit", 80), [Outcome.REFUSED]),
        (("Explicit", 100), [Outcome.REFUSED]),
        (("Weapons", 100), [Outcome.DOUBTFUL]),
        (("Unknown label", 0.1), [Outcome.DOUBTFUL]),
        (("explicit", 10), [Outcome.DOUBTFUL]),
    ],
)
def test_a_label_follows_its_rule_and_an_unknown_one_needs_review(label, expected):
    assert outcomes(label) == expected


def test_every_label_has_a_finding_and_so_has_an_unknown_detector():
    found = outcomes(("Explicit", 99), ("Weapons", 70), version="8.0")

    assert found == [Outcome.DOUBTFUL, Outcome.REFUSED, Outcome.DOUBTFUL]


@given(name=st.text(), confidence=st.floats(0, 100))
def test_a_label_without_a_rule_is_never_clean(name, confidence):
    policy = a_policy()
    if name not in policy.labels:
        assert outcomes((name, confidence), policy=policy) == [Outcome.DOUBTFUL]


@given(confidence=st.floats(0, 100), more=st.floats(0, 100))
def test_a_higher_confidence_is_never_less_severe(confidence, more):
    surer = min(100, confidence + more)
    for name in a_policy().labels:
        before, after = outcomes((name, confidence)), outcomes((name, surer))
        assert strictest(after).severity >= strictest(before).severity


@pytest.mark.parametrize(
    ("low", "high", "outcome"),
    [
        (0, 0, Outcome.REFUSED),
        (13, 17, Outcome.REFUSED),
        (13, 18, Outcome.DOUBTFUL),
        (17, 40, Outcome.DOUBTFUL),
        (18, 18, None),
        (30, 40, None),
    ],
)
def test_ages_are_moderated_by_their_whole_range(low, high, outcome):
    found = moderate_age(low, high, ADULTS)

    assert (found.outcome if found else None) is outcome
    assert found is None or found.reason is Reason.MINOR_AGE_DOUBT


@pytest.mark.parametrize(
    ("similarity", "outcome"),
    [
        (None, Outcome.REFUSED),
        (0.0, Outcome.REFUSED),
        (79.999, Outcome.REFUSED),
        (80.0, Outcome.DOUBTFUL),
        (89.999, Outcome.DOUBTFUL),
        (90.0, None),
        (100.0, None),
    ],
)
def test_face_similarity_decides_the_same_person(similarity, outcome):
    found = moderate_same_person(similarity, SIMILAR)

    assert (found.outcome if found else None) is outcome
    assert found is None or found.reason is Reason.SUBJECT_DIFFERENT_PERSON


def test_a_celebrity_match_always_needs_review():
    assert celebrity(100).outcome is celebrity(0).outcome is Outcome.DOUBTFUL


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        ([], Outcome.CLEAN),
        ([Outcome.CLEAN, Outcome.DOUBTFUL], Outcome.DOUBTFUL),
        ([Outcome.REFUSED, Outcome.DOUBTFUL, Outcome.CLEAN], Outcome.REFUSED),
    ],
)
def test_the_strictest_outcome_counts(given_, expected):
    assert strictest(given_) is expected


def test_the_reason_of_a_verdict_is_that_of_its_most_severe_finding():
    labels = (Label(name="Something new", confidence=99), Label(name="Explicit", confidence=99))

    verdict = moderate(seen(labels=labels, celebrities=(99.0,)), a_policy())

    assert (verdict.outcome, verdict.reason) == (Outcome.REFUSED, Reason.POLICY_NUDITY)


def test_a_verdict_without_findings_has_no_reason():
    verdict = moderate(seen(), a_policy())

    assert (verdict.outcome, verdict.reason) == (Outcome.CLEAN, None)


def test_a_rule_cannot_refuse_below_its_review_threshold():
    with pytest.raises(ValidationError, match="must not be below"):
        Rule(level=Level.TOP, review=80, refuse=50, reason=Reason.POLICY_NUDITY)


def test_the_detectors_minimum_confidence_covers_every_rule():
    assert a_policy().min_confidence == 50


def test_the_guidelines_name_every_label_of_rekognitions_seventh_model():
    """52 labels on three levels; each must have a rule."""
    policy = load_policy()

    assert len(policy.labels) == 52
    assert {rule.level for rule in policy.labels.values()} == set(Level)
    assert "7.0" in policy.detector_versions
    assert all(rule.reason.family in {"POLICY"} for rule in policy.labels.values())
