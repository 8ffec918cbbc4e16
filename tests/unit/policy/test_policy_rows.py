"""Every row of the policy, every reason code, and policy replay."""

import re

import pytest

from likeness.adapters.policy_files import load, load_policy, load_reasons, read_policy
from likeness.commands.policy_table import page
from likeness.commands.replay_policy import report_lines
from likeness.domain.account.age import CheckedAge
from likeness.domain.ids import PHOTO_ID, PhotoId
from likeness.domain.jobs.test_plan import DETECTOR
from likeness.domain.moderation import REASONS_WITHOUT_LABEL, moderate, severity
from likeness.domain.photo_set import moderate_set
from likeness.domain.photos.photo_check import PhotoRules
from likeness.domain.reasons import Reason
from likeness.domain.review.case import MODERATOR_REASONS
from likeness.domain.verdict import Label, Outcome, Severity
from likeness.services.review.replay_policy import replay_policy
from tests.builders import JOB, OTHER_JOB, a_policy, seen
from tests.infra.documents import ROOT

POLICY = load_policy()
ROWS = pytest.mark.parametrize("name", sorted(POLICY.labels))


def moderated(name, confidence, policy=POLICY):
    verdict = moderate(seen(labels=(Label(name=name, confidence=confidence),)), policy)
    return verdict.outcome, verdict.reason


@ROWS
def test_a_label_needs_review_from_its_threshold(name):
    rule = POLICY.labels[name]

    assert moderated(name, rule.review - 0.001) == (Outcome.CLEAN, None)
    assert moderated(name, rule.review) == (Outcome.DOUBTFUL, rule.reason)


@ROWS
def test_a_label_is_refused_from_its_threshold_or_never(name):
    rule = POLICY.labels[name]

    if rule.refuse is None:
        assert moderated(name, 100) == (Outcome.DOUBTFUL, rule.reason)
    else:
        assert moderated(name, rule.refuse - 0.001) == (Outcome.DOUBTFUL, rule.reason)
        assert moderated(name, rule.refuse) == (Outcome.REFUSED, rule.reason)


@ROWS
def test_a_label_has_the_severity_of_its_reason(name):
    reason = POLICY.labels[name].reason

    assert reason in POLICY.severity[severity([reason], POLICY)]


def test_the_most_severe_finding_sets_the_severity_of_the_case():
    reasons = [Reason.SUBJECT_DIFFERENT_PERSON, None, Reason.MINOR_AGE_DOUBT]

    assert severity(reasons, POLICY) is Severity.CRITICAL
    assert severity(reasons[:2], POLICY) is Severity.HIGH
    assert severity([], POLICY) is Severity.LOW


def test_a_reason_without_a_severity_is_an_invalid_policy():
    lacking = {Severity.HIGH: {Reason.POLICY_NUDITY}}

    with pytest.raises(ValueError, match="severity lacks"):
        a_policy(severity=lacking)


def test_a_reason_with_two_severities_is_an_invalid_policy():
    twice = {**a_policy().severity, Severity.LOW: {"unknown", *a_policy().severity[Severity.LOW]}}

    with pytest.raises(ValueError, match="two severities are given for unknown"):
        a_policy(severity=twice)


# --- every reason code is used -------------------------------------------------------------------

BY_THE_DECODER = {reason for reason in Reason if reason.family == "FILE"} | {
    Reason.QUALITY_TOO_SMALL,
    Reason.QUALITY_PANORAMA,
}
BY_THE_PHOTO_CHECK = {reason for reason in Reason if reason.family == "QUALITY"} | {
    Reason.SUBJECT_NO_FACE,
    Reason.SUBJECT_SEVERAL_FACES,
    Reason.SUBJECT_DUPLICATE,
}
BY_THE_JUDGE = {rule.reason for rule in POLICY.labels.values()} | REASONS_WITHOUT_LABEL
BY_THE_PIPELINE = {reason for reason in Reason if reason.family in {"SYSTEM", "QUOTA"}}


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_code_is_given_by_a_rule_or_a_moderator(reason):
    assert reason in (
        BY_THE_DECODER
        | BY_THE_PHOTO_CHECK
        | BY_THE_JUDGE
        | BY_THE_PIPELINE
        | set(MODERATOR_REASONS)
    )


@pytest.mark.parametrize("reason", list(Reason))
def test_somewhere_in_the_code_each_reason_is_raised(reason):
    """A code that is only in the list would have no effect."""
    package = ROOT / "layers" / "likeness" / "likeness"
    used = f"Reason.{reason.name}"
    in_code = any(
        used in file.read_text() for file in package.rglob("*.py") if file.name != "reasons.py"
    )
    in_policy = reason.value in str(load("community_guidelines"))
    assert in_code or in_policy or reason in MODERATOR_REASONS


def test_the_photo_check_has_a_rule_for_each_of_its_codes():
    assert len(PhotoRules.model_fields) >= len(BY_THE_PHOTO_CHECK) - 2


# --- the page ------------------------------------------------------------------------------------


def test_the_page_is_what_the_policy_files_say():
    """If not, run `make generated`."""
    assert (ROOT / "docs" / "policy.md").read_text() == page(POLICY, load_reasons())


def test_the_page_has_a_row_for_every_label_and_every_code():
    written = page(POLICY, load_reasons())

    for name, rule in POLICY.labels.items():
        assert re.search(rf"^\| (&nbsp;)*{re.escape(name)} \| {rule.review:g} ", written, re.M), (
            name
        )
    for reason in Reason:
        assert f"| `{reason}` |" in written


# --- replay --------------------------------------------------------------------------------------


class Stored:
    def __init__(self, *found):
        self.found = found

    def all(self):
        return iter(self.found)


def verdict(policy=POLICY, **fields):
    return moderate(seen(**fields), policy)


SMOKING = verdict(labels=(Label(name="Smoking", confidence=60),), min_confidence=50)
YOUNG = verdict(age_low=19, age_high=24)
ALIKE = verdict(similarity=91.0)


def changed(**fields):
    return POLICY.model_copy(update={"version": "next", **fields})


def test_the_same_policy_changes_nothing():
    replay = replay_policy(POLICY, verdicts=Stored((JOB, "p01", SMOKING), (JOB, "p02", YOUNG)))

    assert (replay.verdicts, replay.changes, replay.moves) == (2, (), {})
    assert (replay.lenient, replay.strict) == (0, 0)


@pytest.mark.parametrize(
    ("stored", "change", "reason"),
    [
        (
            SMOKING,
            {
                "labels": {
                    **POLICY.labels,
                    "Smoking": POLICY.labels["Smoking"].model_copy(update={"review": 55}),
                }
            },
            Reason.POLICY_DRUGS,
        ),
        (YOUNG, {"age": POLICY.age.model_copy(update={"adult": 21})}, Reason.MINOR_AGE_DOUBT),
        (
            ALIKE,
            {"same_person": POLICY.same_person.model_copy(update={"accept": 95})},
            Reason.SUBJECT_DIFFERENT_PERSON,
        ),
        (SMOKING, {"detector_versions": frozenset({"8.0"})}, None),
        (SMOKING, {"labels": {k: v for k, v in POLICY.labels.items() if k != "Smoking"}}, None),
    ],
    ids=["a threshold", "the age", "the same person", "the detector", "a label taken out"],
)
def test_a_changed_rule_lists_the_jobs_whose_outcome_would_change(stored, change, reason):
    fine = verdict()

    replay = replay_policy(
        changed(**change),
        verdicts=Stored((JOB, "p01", fine), (JOB, "p02", stored), (OTHER_JOB, "p01", YOUNG)),
    )

    (one,) = [found for found in replay.changes if (found.job_id, found.picture) == (JOB, "p02")]
    assert (one.was, one.now) == (Outcome.CLEAN, Outcome.DOUBTFUL)
    assert reason in one.reasons
    assert replay.moves["clean -> doubtful"] >= 1
    assert f"{JOB} p02 clean -> doubtful" in "\n".join(report_lines(replay))


def test_avatars_are_replayed_without_effect_on_the_jobs_outcome():
    label = (Label(name="Explicit", confidence=60),)
    avatar = verdict(labels=label, faces=None, compared=False)
    milder = changed(
        labels={
            **POLICY.labels,
            "Explicit": POLICY.labels["Explicit"].model_copy(update={"review": 70}),
        }
    )

    replay = replay_policy(milder, verdicts=Stored((JOB, "a01", avatar), (JOB, "p01", verdict())))

    assert [(one.picture, one.now) for one in replay.changes] == [("a01", Outcome.CLEAN)]
    assert replay.moves == {}
    assert not PHOTO_ID.match("a01")


def test_planned_verdicts_of_test_jobs_are_not_replayed():
    planned = verdict(detector_version=DETECTOR)

    replay = replay_policy(
        POLICY, verdicts=Stored((OTHER_JOB, "p01", planned), (JOB, "p01", YOUNG))
    )

    assert (replay.verdicts, replay.changes) == (1, ())


def test_labels_that_were_not_requested_are_reported():
    curious = changed(
        labels={
            **POLICY.labels,
            "Smoking": POLICY.labels["Smoking"].model_copy(update={"review": 20}),
        }
    )

    replay = replay_policy(curious, verdicts=Stored((JOB, "p01", SMOKING)))

    assert replay.lenient == 1
    assert "may be too lenient" in report_lines(replay)[-1]


def a_stored_set(**fields):
    """Four photos, of which the first has these fields, as a set and as its replay sees it."""
    ids = [PhotoId(f"p0{n}") for n in range(1, 5)]
    found = {
        one: seen(pairs={other: 95.0 for other in ids if other != one}, **more)
        for one, more in zip(ids, [fields, {}, {}, {}], strict=True)
    }
    return [(JOB, p, one) for p, one in moderate_set(found, POLICY).photos.items()]


def without_leaving_out():
    return changed(leave_out=POLICY.leave_out.model_copy(update={"remaining": 11}))


def test_a_jobs_photos_are_replayed_as_a_set():
    stored = a_stored_set(labels=(Label(name="Smoking", confidence=80),))
    assert [one.outcome for _, _, one in stored] == ["left_out", "clean", "clean", "clean"]

    replay = replay_policy(without_leaving_out(), verdicts=Stored(*stored))

    assert [(one.picture, one.was, one.now) for one in replay.changes] == [
        ("p01", Outcome.LEFT_OUT, Outcome.DOUBTFUL)
    ]
    assert replay.moves == {"clean -> doubtful": 1}
    lines = report_lines(replay)
    assert "jobs to a moderator: 0 -> 1 (0.0% -> 100.0%)" in lines
    assert "jobs refused: 0 -> 0 (0.0% -> 0.0%)" in lines
    assert "photos left out: 1 -> 0" in lines


def test_the_ages_of_a_set_are_weighed_by_the_changed_rule():
    stored = a_stored_set(age_low=17, age_high=30)
    stricter = POLICY.age.in_set.model_copy(update={"max_share": 0.2})

    age = POLICY.age.model_copy(update={"in_set": stricter})
    replay = replay_policy(changed(age=age), verdicts=Stored(*stored))

    assert replay.moves == {"clean -> doubtful": 1}


def test_the_apps_word_is_replayed_by_its_age_at_moderation():
    checked = CheckedAge(method="photo_id", over_age=18, days=300)
    ids = [PhotoId(f"p0{n}") for n in (1, 2, 3)]
    young = {p: seen(age_low=15, age_high=23, age_assurance=checked) for p in ids}
    stored = [(JOB, p, one) for p, one in moderate_set(young, POLICY).photos.items()]
    recent = POLICY.age.assurance.model_copy(update={"max_days": 200})

    age = POLICY.age.model_copy(update={"assurance": recent})
    replay = replay_policy(changed(age=age), verdicts=Stored(*stored))

    assert replay.moves == {"clean -> doubtful": 1}


def test_pairs_that_were_not_compared_are_reported():
    """The policy of that time needed only the pairs of p01."""
    ids = [PhotoId(f"p0{n}") for n in (1, 2, 3)]
    pairs = [{ids[1]: 92.0, ids[2]: 99.0}, {ids[0]: 92.0}, {ids[0]: 99.0}]
    found = {p: seen(pairs=known) for p, known in zip(ids, pairs, strict=True)}
    stored = [(JOB, p, one) for p, one in moderate_set(found, POLICY).photos.items()]
    same = POLICY.same_person.model_copy(update={"accept": 95})

    replay = replay_policy(changed(same_person=same), verdicts=Stored(*stored))

    assert (replay.strict, replay.lenient) == (1, 0)
    assert "may be too strict" in report_lines(replay)[-1]


@pytest.mark.parametrize("text", [b"", b"version: [", b"labels: {}"])
def test_an_invalid_policy_file_is_named(text):
    with pytest.raises(ValueError, match=".+"):
        read_policy(text)
