"""Which photos may reach the GPU: each photo, and the set."""

from datetime import timedelta

import pytest

from likeness.adapters.policy_files import load_policy, load_retention
from likeness.domain.account.age import CheckedAge
from likeness.domain.deletion.receipt import Deletion, DeletionState
from likeness.domain.errors import (
    Conflict,
    DetectorTimeout,
    Invalid,
    NotDeleted,
    Unavailable,
    UnknownDetector,
)
from likeness.domain.jobs.job import JobState
from likeness.domain.photos.photo import Box, PhotoState
from likeness.domain.reasons import Reason
from likeness.domain.review.audit import AuditAction
from likeness.domain.review.sampling import ReviewPolicy
from likeness.domain.review.statistics import desk_day
from likeness.domain.verdict import Label, Outcome
from likeness.services.photos import moderate_photos as service
from tests.alarms import goes_off
from tests.builders import (
    JOB,
    NOW,
    USER,
    a_face,
    a_photo,
    a_policy,
    a_verdict,
    an_assurance,
    photos,
)

DEADLINE = load_retention().deadline


def moderate(world, review="flagged", policy=None):
    return service.moderate_photos(
        JOB,
        jobs=world.jobs,
        detector=world.detector,
        policy=policy or a_policy(),
        review_policy=ReviewPolicy.read(review),
        users=world.users,
        keyed_hash=world.keyed_hash,
        deletion=world.deletion,
        holding=world.holding,
        metrics=world.metrics,
        clock=world.clock,
        readiness=world.readiness,
    )


def verdicts(world) -> dict[str, Outcome]:
    return {
        photo.photo_id: photo.verdict.outcome for photo in world.jobs.photos(JOB) if photo.verdict
    }


def finding(world, photo_id="p02"):
    """The only finding in a photo."""
    photo = next(photo for photo in world.jobs.photos(JOB) if photo.photo_id == photo_id)
    (found,) = photo.verdict.findings
    return found


def test_photos_of_one_adult_are_clean(world):
    world.has(JobState.MODERATING)

    assert moderate(world).outcome is Outcome.CLEAN

    assert set(verdicts(world).values()) == {Outcome.CLEAN}
    # three photos: inspected, labels, faces and celebrities of each, and two comparisons
    assert world.metrics.counted == {"JobsModerated": 1, "DetectorImages": 3 + 9 + 2}


@pytest.mark.parametrize(
    ("label", "confidence", "outcome", "reason"),
    [
        ("Explicit", 49.9, Outcome.CLEAN, None),
        ("Explicit", 50.0, Outcome.DOUBTFUL, Reason.POLICY_NUDITY),
        ("Explicit", 79.9, Outcome.DOUBTFUL, Reason.POLICY_NUDITY),
        ("Explicit", 80.0, Outcome.REFUSED, Reason.POLICY_NUDITY),
        ("Weapons", 59.9, Outcome.CLEAN, None),
        ("Weapons", 100.0, Outcome.DOUBTFUL, Reason.POLICY_VIOLENCE),
        ("An unknown label", 50.0, Outcome.DOUBTFUL, None),
    ],
)
def test_the_worst_photo_decides(world, label, confidence, outcome, reason):
    world.has(JobState.MODERATING)
    world.detector.seen_labels["p02"] = [Label(name=label, confidence=confidence)]

    assert moderate(world).outcome is outcome

    assert verdicts(world) == {"p01": Outcome.CLEAN, "p02": outcome, "p03": Outcome.CLEAN}
    if outcome is not Outcome.CLEAN:
        assert finding(world).reason is reason


def test_every_verdict_names_its_policy_and_detector_version(world):
    world.has(JobState.MODERATING)
    world.detector.seen_labels["p01"] = [Label(name="Weapons", confidence=55)]

    moderate(world)

    verdict = world.jobs.photos(JOB)[0].verdict
    assert (verdict.policy_version, verdict.evidence.detector_version) == ("test", "7.0")
    assert [label.name for label in verdict.evidence.labels] == ["Weapons"]


def test_under_an_unknown_detector_version_the_job_waits_and_the_alarm_is_raised(world):
    world.has(JobState.MODERATING)
    world.detector.version = "8.0"

    with pytest.raises(UnknownDetector, match="AcceptedDetectorVersions"):
        moderate(world)

    assert verdicts(world) == {}
    assert world.metrics.counted == {"UnknownModerationFinding": 1}
    assert goes_off("unknown-moderation", world.metrics)


def test_once_operators_accept_the_version_the_job_continues(world):
    world.has(JobState.MODERATING)
    world.detector.version = "8.0"

    moderate(world, policy=a_policy().accepting(["", "8.0"]))

    assert set(verdicts(world).values()) == {Outcome.CLEAN}


def test_without_a_version_the_job_waits_even_if_no_version_is_accepted(world):
    world.has(JobState.MODERATING)
    world.detector.version = ""

    with pytest.raises(UnknownDetector):
        moderate(world, policy=a_policy().accepting([""]))


def test_two_hours_before_its_deadline_a_job_stops_waiting_for_the_policy(world):
    world.has(JobState.MODERATING)
    world.detector.version = "8.0"
    world.clock.advance(DEADLINE - timedelta(hours=2))

    with pytest.raises(DetectorTimeout):
        moderate(world)


def test_an_unknown_label_is_counted_once_for_the_alarm(world):
    world.has(JobState.MODERATING)
    world.detector.seen_labels["p01"] = [Label(name="New category", confidence=90)]

    moderate(world)
    moderate(world)

    assert world.metrics.counted["UnknownModerationFinding"] == 1


@pytest.mark.parametrize(
    ("low", "high", "outcome"),
    [
        (18, 24, Outcome.CLEAN),
        (17, 24, Outcome.CLEAN),  # the two other photos outweigh it
        (17, 18, Outcome.DOUBTFUL),
        (10, 18, Outcome.DOUBTFUL),
        (10, 17, Outcome.REFUSED),
        (None, None, Outcome.DOUBTFUL),
        (25, None, Outcome.DOUBTFUL),
    ],
)
def test_a_possible_minor_needs_review_and_a_certain_one_is_refused(world, low, high, outcome):
    world.has(JobState.MODERATING)
    world.detector.seen_faces["p02"] = [a_face(age_low=low, age_high=high)]

    assert moderate(world).outcome is outcome

    if outcome is not Outcome.CLEAN:
        assert finding(world).reason is Reason.MINOR_AGE_DOUBT


def test_the_largest_face_is_the_one_whose_age_counts(world):
    world.has(JobState.MODERATING)
    child = a_face(age_low=5, age_high=9, box=Box(left=0, top=0, width=0.1, height=0.1))
    world.detector.seen_faces["p02"] = [child, a_face()]

    assert moderate(world).outcome is Outcome.CLEAN


def test_the_main_face_is_the_one_whose_age_counts_although_another_is_larger(world):
    world.has(JobState.MODERATING)
    elsewhere = Box(left=0.65, top=0.0, width=0.35, height=1.0)
    world.detector.seen_faces["p02"] = [a_face(box=elsewhere), a_face(age_low=5, age_high=9)]

    assert moderate(world).outcome is Outcome.REFUSED


def test_without_the_main_face_at_moderation_a_moderator_looks(world):
    world.has(JobState.MODERATING)
    elsewhere = Box(left=0.65, top=0.0, width=0.35, height=1.0)
    world.detector.seen_faces["p02"] = [a_face(box=elsewhere)]

    assert moderate(world).outcome is Outcome.DOUBTFUL
    assert finding(world).reason is Reason.MINOR_AGE_DOUBT


def test_a_photo_without_a_face_at_moderation_is_refused(world):
    world.has(JobState.MODERATING)
    world.detector.seen_faces["p02"] = []

    assert moderate(world).outcome is Outcome.REFUSED
    assert finding(world).reason is Reason.SUBJECT_NO_FACE


def test_a_celebrity_match_needs_review(world):
    world.has(JobState.MODERATING)
    world.detector.seen_celebrities["p02"] = [99.9]

    assert moderate(world).outcome is Outcome.DOUBTFUL
    assert finding(world).reason is Reason.RIGHTS_CELEBRITY


# --- the same person throughout ------------------------------------------------------------------


def unlike(world, photo_id, similarity, count=3):
    for n in range(1, count + 1):
        other = f"p{n:02d}"
        if other != photo_id:
            world.detector.likenesses[frozenset({photo_id, other})] = similarity


@pytest.mark.parametrize(
    ("similarity", "outcome"),
    [
        (90.0, Outcome.CLEAN),
        (89.9, Outcome.DOUBTFUL),
        (80.0, Outcome.DOUBTFUL),
        (79.9, Outcome.REFUSED),
        (None, Outcome.REFUSED),
        (Invalid("no face to compare"), Outcome.REFUSED),
    ],
    ids=["similar", "hardly", "just doubtful", "not similar", "no match", "no face"],
)
def test_a_photo_of_another_person_is_named(world, similarity, outcome):
    world.has(JobState.MODERATING)
    unlike(world, "p02", similarity)

    assert moderate(world).outcome is outcome

    assert verdicts(world) == {"p01": Outcome.CLEAN, "p02": outcome, "p03": Outcome.CLEAN}
    if outcome is not Outcome.CLEAN:
        assert finding(world).reason is Reason.SUBJECT_DIFFERENT_PERSON


@pytest.mark.parametrize("stranger", ["p01", "p05", "p10"])
def test_one_wrong_photo_leaves_nine_good_ones_clean(world, stranger):
    """In any position, and even if its face is the largest."""
    big = Box(left=0, top=0, width=1, height=1)
    there = [
        photo.model_copy(update={"face": big}) if photo.photo_id == stranger else photo
        for photo in photos(10)
    ]
    world.has(JobState.MODERATING, with_photos=there)
    unlike(world, stranger, 5.0, count=10)

    moderate(world)

    refused = [photo for photo, outcome in verdicts(world).items() if outcome is Outcome.REFUSED]
    assert refused == [stranger]


def test_one_person_needs_one_comparison_for_each_other_photo(world):
    """A call costs money: more pairs are compared only if a photo is not connected."""
    world.has(JobState.MODERATING, with_photos=photos(10))

    moderate(world)

    assert world.detector.calls["similarity"] == 9


def test_a_photo_that_does_not_match_is_compared_until_it_is_connected(world):
    """p01 has the largest face. p05 matches p02 only, and p02 is the first to be asked."""
    world.has(JobState.MODERATING, with_photos=photos(5))
    unlike(world, "p05", 70.0, count=5)
    world.detector.likenesses[frozenset({"p02", "p05"})] = 91.0

    assert moderate(world).outcome is Outcome.CLEAN

    assert world.detector.calls["similarity"] == 4 + 1
    evidence = world.jobs.photos(JOB)[4].verdict.evidence
    assert evidence.pairs == {"p01": 70.0, "p02": 91.0}
    assert evidence.similarity == 91.0


def test_a_photo_that_matches_none_is_compared_with_all(world):
    world.has(JobState.MODERATING, with_photos=photos(4))
    unlike(world, "p04", 85.0, count=4)
    world.detector.likenesses[frozenset({"p03", "p04"})] = None

    moderate(world)

    assert world.detector.calls["similarity"] == 3 + 2
    evidence = world.jobs.photos(JOB)[3].verdict.evidence
    assert evidence.pairs == {"p01": 85.0, "p02": 85.0, "p03": None}
    assert evidence.similarity == 85.0


def test_the_most_severe_of_two_findings_is_the_outcome(world):
    world.has(JobState.MODERATING)
    world.detector.seen_labels["p02"] = [Label(name="Weapons", confidence=99)]
    unlike(world, "p02", 5.0)

    assert moderate(world).outcome is Outcome.REFUSED

    reasons = {found.reason for found in world.jobs.photos(JOB)[1].verdict.findings}
    assert reasons == {Reason.POLICY_VIOLENCE, Reason.SUBJECT_DIFFERENT_PERSON}
    assert world.jobs.photos(JOB)[1].verdict.reason is Reason.SUBJECT_DIFFERENT_PERSON


# --- replays, races, failures --------------------------------------------------------------------


def test_a_replayed_step_keeps_its_first_verdicts_without_calls(world):
    world.has(JobState.MODERATING)
    first = moderate(world)
    asked = dict(world.detector.calls)
    world.detector.seen_labels["p01"] = [Label(name="Explicit", confidence=99)]

    assert moderate(world) == first

    assert world.detector.calls == asked


def test_a_photo_that_arrives_after_its_set_was_moderated_gets_no_verdict(world):
    """The inspection sets it back: a verdict of its own would not be the set's."""
    clean = a_verdict()
    there = [a_photo(n, verdict=clean) for n in (1, 2, 3)]
    world.has(JobState.MODERATING, with_photos=[*there, a_photo(4)])

    assert moderate(world).outcome is Outcome.CLEAN

    assert set(verdicts(world)) == {"p01", "p02", "p03"}
    assert not world.detector.calls


def test_an_unavailable_detector_gives_no_verdict(world):
    world.has(JobState.MODERATING)
    world.detector.down = True

    with pytest.raises(Unavailable):
        moderate(world)

    assert verdicts(world) == {}
    assert not world.metrics.counted


def test_a_photo_that_changed_since_it_was_read_is_a_conflict(world, monkeypatch):
    world.has(JobState.MODERATING)
    seen = world.jobs.photos(JOB)
    world.jobs.save_photo(seen[0].model_copy(update={"etag": "another"}), seen=seen[0])
    monkeypatch.setattr(world.jobs, "photos", lambda _: seen)

    with pytest.raises(Conflict):
        moderate(world)
    assert {photo.verdict for photo in world.jobs._photos.values()} == {None}


def test_refused_and_missing_photos_are_not_moderated(world):
    others = [a_photo(4, state=PhotoState.REFUSED), a_photo(5, state=PhotoState.AWAITED)]
    world.has(JobState.MODERATING, with_photos=[*photos(3), *others])

    moderate(world)

    assert set(verdicts(world)) == {"p01", "p02", "p03"}
    assert world.detector.calls["labels"] == 3


@pytest.mark.parametrize("state", [JobState.OPEN, JobState.COMPLETED, JobState.CANCELLED])
def test_only_a_submitted_job_is_moderated(world, state):
    world.has(state)

    with pytest.raises(Conflict):
        moderate(world)


# --- photos that are left out ---------------------------------------------------------------------

SMOKING = Label(name="Smoking", confidence=80)


@pytest.fixture
def doubtful(world):
    """Four photos, of which the second is doubtful."""
    world.has(JobState.MODERATING, with_photos=photos(4))
    world.detector.seen_labels["p02"] = [SMOKING]
    return world


def test_a_doubtful_photo_is_left_out_and_the_job_needs_no_moderator(doubtful):
    assert moderate(doubtful, policy=load_policy()).outcome is Outcome.CLEAN

    photo = doubtful.jobs.photos(JOB)[1]
    assert (photo.state, photo.problem.reason) == (PhotoState.LEFT_OUT, Reason.POLICY_DRUGS)
    assert photo.left_out_at == NOW
    assert photo.verdict.outcome is Outcome.LEFT_OUT
    assert doubtful.job.photos_left_out == 1
    counted = {"JobsModerated": 1, "PhotosLeftOut": 1, "DetectorImages": 4 + 12 + 3}
    assert doubtful.metrics.counted == counted


def test_a_left_out_photo_is_deleted_at_once_and_recorded_for_the_receipt(doubtful):
    moderate(doubtful, policy=load_policy())

    assert doubtful.photo_objects.listing() == [f"photos/{JOB}/p0{n}.jpg" for n in (1, 3, 4)]
    (recorded,) = doubtful.deletions.objects(JOB)
    assert (recorded.name, recorded.deleted_at) == ("photos/p02.jpg", NOW)


def test_of_a_left_out_photo_an_hmac_stays_and_no_checksum(doubtful):
    before = doubtful.jobs.photos(JOB)[1].sha256

    moderate(doubtful, policy=load_policy())

    photo = doubtful.jobs.photos(JOB)[1]
    assert photo.sha256 is None
    assert photo.hmac == doubtful.keyed_hash.photo(USER, before)


def test_of_a_photo_that_may_show_another_person_not_even_an_hmac_stays(world):
    world.has(JobState.MODERATING, with_photos=photos(4))
    unlike(world, "p02", 85.0, count=4)

    assert moderate(world, policy=load_policy()).outcome is Outcome.CLEAN

    photo = world.jobs.photos(JOB)[1]
    assert photo.problem.reason is Reason.SUBJECT_DIFFERENT_PERSON
    assert (photo.sha256, photo.hmac) == (None, None)


def test_a_deletion_that_fails_is_repeated_by_the_next_run_without_new_verdicts(doubtful):
    doubtful.photo_objects.locked = True
    with pytest.raises(NotDeleted):
        moderate(doubtful, policy=load_policy())
    asked = dict(doubtful.detector.calls)
    doubtful.photo_objects.locked = False

    assert moderate(doubtful, policy=load_policy()).outcome is Outcome.CLEAN

    assert f"photos/{JOB}/p02.jpg" not in doubtful.photo_objects.listing()
    assert doubtful.detector.calls == asked
    counted = {"JobsModerated": 1, "PhotosLeftOut": 1, "DetectorImages": 4 + 12 + 3}
    assert doubtful.metrics.counted == counted


def test_a_legal_hold_keeps_a_left_out_photo(doubtful):
    doubtful.deletions.save(Deletion(job_id=JOB, state=DeletionState.HELD))

    assert moderate(doubtful, policy=load_policy()).outcome is Outcome.CLEAN

    assert f"photos/{JOB}/p02.jpg" in doubtful.photo_objects.listing()
    assert doubtful.jobs.photos(JOB)[1].state is PhotoState.LEFT_OUT


def test_a_sampled_set_is_reviewed_without_the_left_out_photo(doubtful):
    assert moderate(doubtful, "all", policy=load_policy()).outcome is Outcome.DOUBTFUL

    assert doubtful.jobs.photos(JOB)[1].state is PhotoState.LEFT_OUT
    assert doubtful.metrics.counted["JobsToReview"] == 1


def test_a_replayed_step_does_not_change_what_was_left_out(doubtful):
    first = moderate(doubtful, policy=load_policy())
    stored = doubtful.jobs.photos(JOB), doubtful.job
    doubtful.detector.seen_labels["p03"] = [SMOKING]

    assert moderate(doubtful, policy=load_policy()) == first
    assert (doubtful.jobs.photos(JOB), doubtful.job) == stored


# --- what the app knows about the age -------------------------------------------------------------


def young(world, **fields):
    world.has(JobState.MODERATING, **fields)
    for n in (1, 2, 3):
        world.detector.seen_faces[f"p0{n}"] = [a_face(age_low=15, age_high=23)]


def test_an_age_assurance_replaces_the_moderator_and_is_audited_once(world):
    young(world, age_assurance=an_assurance())

    assert moderate(world).outcome is Outcome.CLEAN
    moderate(world)

    (entry,) = world.audit_log.written
    assert (entry.action, entry.actor, entry.job_id) == (AuditAction.AGE_ASSURED, "system", JOB)
    assert entry.details == {"method": "photo_id", "over_age": "18"}
    assert USER not in entry.model_dump_json()
    evidence = world.jobs.photos(JOB)[0].verdict.evidence
    assert evidence.age_assurance == CheckedAge(method="photo_id", over_age=18, days=1)


@pytest.mark.parametrize(
    "assurance",
    [
        None,
        an_assurance(method="self_declaration"),
        an_assurance(over_age=16),
        an_assurance(checked_at=NOW - timedelta(days=367)),
    ],
    ids=["none", "declared", "over 16", "old"],
)
def test_without_an_assurance_that_counts_a_moderator_decides(world, assurance):
    young(world, age_assurance=assurance)

    assert moderate(world).outcome is Outcome.DOUBTFUL
    assert world.audit_log.written == []


def test_an_assurance_that_was_not_needed_is_not_audited(world):
    world.has(JobState.MODERATING, age_assurance=an_assurance())

    assert moderate(world).outcome is Outcome.CLEAN
    assert world.audit_log.written == []


# --- counted for the transparency report ----------------------------------------------------------


def counted(world):
    return world.desk_counters.totals([desk_day(NOW)])


def test_a_photo_that_is_left_out_is_counted_once(doubtful):
    moderate(doubtful, policy=load_policy())
    moderate(doubtful, policy=load_policy())

    assert counted(doubtful) == {"moderated": 1, "auto_left_out#POLICY.DRUGS": 1}


def test_an_automated_refusal_is_counted_by_reason(world):
    world.has(JobState.MODERATING)
    world.detector.seen_labels["p02"] = [Label(name="Explicit", confidence=99)]

    moderate(world)

    assert counted(world) == {"moderated": 1, "auto_refused#POLICY.NUDITY": 1}


@pytest.mark.parametrize(("review", "to_review"), [("flagged", 0), ("all", 1)])
def test_a_job_that_goes_to_a_moderator_is_counted(world, review, to_review):
    world.has(JobState.MODERATING)

    moderate(world, review)

    assert counted(world)["to_review"] == to_review
