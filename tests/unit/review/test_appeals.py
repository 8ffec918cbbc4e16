"""Appeals: the same file again, another lead, and the effects of a granted one."""

from datetime import timedelta

import pytest

from likeness.adapters.policy_files import load_reasons
from likeness.api.review import DecideReview
from likeness.domain.account.quota import Day, QuotaState
from likeness.domain.deletion.receipt import Deletion, DeletionState
from likeness.domain.errors import Conflict, Forbidden, NotFound, Unavailable
from likeness.domain.jobs.job import JobState
from likeness.domain.photos.photo import Fingerprint, PhotoProblem, PhotoState
from likeness.domain.reasons import Reason
from likeness.domain.review.appeal import AppealState
from likeness.domain.review.audit import AuditAction
from likeness.domain.review.case import RefusedPhoto, review_of
from likeness.domain.review.hold import HoldTrigger
from likeness.domain.review.kinds import ReviewKind, ReviewState
from likeness.domain.review.sampling import ReviewPolicy
from likeness.domain.review.statistics import ALL, OVERTURNED, UPHELD, desk_day
from likeness.domain.verdict import Label, Outcome
from likeness.services.jobs.fail_job import fail_job
from likeness.services.jobs.get_job import get_job
from likeness.services.photos.moderate_photos import moderate_photos
from likeness.services.review.appeal_job import appeal_job
from likeness.services.review.claim_review import claim_review
from likeness.services.review.complete_decision import complete_decision
from likeness.services.review.decide_review import decide_review
from likeness.services.review.expire_reviews import expire_reviews
from likeness.services.review.match_appeal import match_appeal
from tests.builders import (
    JOB,
    MODERATOR,
    NOW,
    OTHER_JOB,
    TODAY,
    USER,
    USER_HASH,
    a_job,
    a_moderator,
    a_photo,
    a_policy,
    a_review,
    a_verdict,
    decided,
    digest,
    photos,
)

APPEAL = review_of(JOB, ReviewKind.APPEAL)
LEAD = a_moderator("lead-1", lead=True)
YES = DecideReview(approve=True)
BYTES = b"the photo that was refused"
NUDE = a_verdict(Outcome.REFUSED, Reason.POLICY_NUDITY)
LOOK = "00000000000000ff"


def fail(world):
    fail_job(
        JOB,
        "Refused",
        jobs=world.jobs,
        reviews=world.reviews,
        ledger=world.ledger,
        generator=world.generator,
        keyed_hash=world.keyed_hash,
        deletion=world.deletion,
        clock=world.clock,
    )


def prove(world, state=DeletionState.DELETED):
    """Runs ProveDeletion, the last step of a pipeline."""
    world.deletions.save(Deletion(job_id=JOB, state=state))


def appeal(world):
    return appeal_job(
        JOB,
        jobs=world.jobs,
        reviews=world.reviews,
        appeals=world.appeals,
        photos=world.photos,
        deletions=world.deletions,
        deadlines=world.deadlines,
        deadline=timedelta(hours=23),
        clock=world.clock,
    )


def send(world, content=BYTES, photo="p02"):
    """Stores the file, and delivers S3's event."""
    etag = world.photos.appeal(JOB, photo, content)
    match_appeal(
        JOB,
        photo,
        etag=etag,
        jobs=world.jobs,
        reviews=world.reviews,
        appeals=world.appeals,
        photos=world.photos,
        pictures=world.pictures,
        keyed_hash=world.keyed_hash,
        holding=world.holding,
        policy=a_policy(),
        clock=world.clock,
        decide_within=timedelta(hours=20),
    )


def decide(world, decision=YES, lead=LEAD):
    claim_review(
        APPEAL,
        moderator=lead,
        reviews=world.reviews,
        clock=world.clock,
        lease=timedelta(minutes=2),
    )
    return again(world, decision, lead)


def again(world, decision=YES, lead=LEAD):
    shown = decide_review(
        APPEAL,
        decision,
        moderator=lead,
        reviews=world.reviews,
        pending=world.pending,
        clock=world.clock,
        escalate=a_policy().escalate,
        undo=timedelta(0),
        second_percent=100,
    )
    complete_decision(
        APPEAL,
        reviews=world.reviews,
        known_cases=world.known_cases,
        effect=world.decision_effect,
    )
    return shown


def expire(world):
    return expire_reviews(
        reviews=world.reviews,
        appeals=world.appeal_closing,
        effect=world.decision_effect,
        metrics=world.metrics,
        clock=world.clock,
    )


def view(world):
    return get_job(
        JOB,
        shown_jobs=world.shown_jobs,
        jobs=world.jobs,
        photos=world.photos,
        inspections=world.inspections,
        avatar_store=world.avatar_store,
        work=world.work,
        durations=world.durations,
        reviews=world.reviews,
        appeals=world.appeals,
        readiness=world.readiness,
        clock=world.clock,
        reasons=load_reasons(),
        quota=world.job_quota,
    )


def test_a_decision_that_the_list_does_not_show_yet_is_not_expired(refused):
    appeal(refused)
    send(refused)
    stale = refused.reviews.get(APPEAL)
    refused.clock.advance(timedelta(hours=20) - timedelta(seconds=1))
    claim_review(
        APPEAL,
        moderator=LEAD,
        reviews=refused.reviews,
        clock=refused.clock,
        lease=timedelta(minutes=2),
    )
    decided = refused.reviews.get(APPEAL).decide(LEAD.id, now=refused.clock.now())
    refused.reviews.save(decided)
    refused.clock.advance(timedelta(seconds=2))
    refused.reviews.waiting = lambda: iter([stale])

    expire(refused)

    assert refused.appeals.get(JOB).state is AppealState.IN_REVIEW
    assert refused.photo_objects.listing() != []


def test_files_of_an_appeal_that_are_being_preserved_are_not_deleted(refused):
    appeal(refused)
    send(refused)
    there = refused.photo_objects.listing()
    refused.deletions.save(Deletion(job_id=JOB, state=DeletionState.HELD))
    refused.clock.advance(timedelta(hours=21))

    expire(refused)

    assert refused.photo_objects.listing() == there != []
    found = refused.appeals.get(JOB)
    assert (found.state, found.photos_deleted_at) == (AppealState.EXPIRED, None)


def photo(world, photo_id="p02"):
    return next(one for one in world.jobs.photos(JOB) if one.photo_id == photo_id)


@pytest.fixture
def refused(world):
    """An ended job whose second photo moderation refused; its photos are deleted."""
    there = [
        a_photo(1, verdict=a_verdict()),
        a_photo(2, verdict=NUDE, sha256=digest(BYTES), fingerprint=Fingerprint(perceptual=LOOK)),
        a_photo(3, verdict=a_verdict()),
    ]
    world.has(JobState.MODERATING, with_photos=there)
    fail(world)
    prove(world)
    return world


@pytest.fixture
def before_a_lead(refused):
    appeal(refused)
    send(refused)
    return refused


# --- stored hashes, and the statement of reasons -------------------------------------------------


def test_only_an_hmac_and_a_perceptual_hash_of_a_refused_photo_stay(refused):
    kept = photo(refused)

    assert refused.photo_objects.listing() == []
    assert kept.sha256 is None
    assert kept.hmac == refused.keyed_hash.photo(USER, digest(BYTES)) != digest(BYTES)
    assert kept.fingerprint.perceptual == LOOK
    assert photo(refused, "p01").hmac is None, "an accepted photo has no appeal"


def test_the_statement_has_rule_photo_decision_maker_and_appeal_instructions(refused):
    statement = view(refused).statement

    (ground,) = statement.grounds
    assert (ground.photo_id, ground.code) == ("p02", Reason.POLICY_NUDITY)
    assert ground.dsa_category == "STATEMENT_CATEGORY_OTHER_VIOLATION_TC"
    assert set(ground.hint) == {"en", "de"}
    assert (statement.automated_detection, statement.automated_decision) == (True, True)
    assert statement.policy_version == "test"
    assert set(statement.how_to_appeal) == set(statement.decision) == {"en", "de"}
    assert statement.appeal_until > NOW + timedelta(days=60)
    assert statement.appeal is None


def test_a_moderators_decision_is_not_automated_and_is_listed_by_photo(world):
    world.has(JobState.IN_REVIEW, with_photos=photos(3, verdict=a_verdict()))
    review = a_review()
    world.reviews.open(review, "token")
    world.reviews.save(decided(review, Reason.RIGHTS_NOT_SELF))
    fail(world)

    seen = view(world)

    assert seen.statement.automated_decision is False
    assert [ground.code for ground in seen.statement.grounds] == [Reason.RIGHTS_NOT_SELF]
    assert [one.problem.code if one.problem else None for one in seen.photos] == [
        Reason.RIGHTS_NOT_SELF,
        None,
        None,
    ]
    assert MODERATOR not in seen.model_dump_json()


def test_a_fixable_fault_has_no_statement(world):
    stranger = a_verdict(Outcome.REFUSED, Reason.SUBJECT_DIFFERENT_PERSON)
    world.has(JobState.MODERATING, with_photos=[a_photo(1), a_photo(2, verdict=stranger)])
    fail(world)

    assert view(world).statement is None
    assert photo(world).hmac is None
    with pytest.raises(Conflict, match="broke no rule"):
        appeal(world)


def test_a_broken_rule_is_reported_before_a_fixable_fault(world):
    stranger = a_verdict(Outcome.REFUSED, Reason.SUBJECT_DIFFERENT_PERSON)
    world.has(
        JobState.MODERATING, with_photos=[a_photo(1, verdict=stranger), a_photo(2, verdict=NUDE)]
    )
    fail(world)

    assert world.job.reason is Reason.POLICY_NUDITY
    assert world.day is QuotaState.SPENT
    assert [ground.photo_id for ground in view(world).statement.grounds] == ["p02"]


# --- opened --------------------------------------------------------------------------------------


def test_an_appeal_asks_for_the_refused_photos_again(refused):
    opened = appeal(refused)

    (presigned_post,) = opened.uploads
    assert presigned_post.fields["key"] == f"appeals/{JOB}/p02"
    assert opened.appeal.state is AppealState.OPEN
    assert view(refused).statement.appeal == opened.appeal


def test_the_files_deadline_is_not_moved_by_a_repeated_request(refused):
    world = refused
    world.deadlines.delete(JOB)  # the job's own deadline passed long ago
    appeal(world)
    due = world.clock.now() + timedelta(hours=23)
    assert world.deadlines.at == {JOB: due}

    world.clock.advance(timedelta(hours=2))
    appeal(world)

    assert world.deadlines.at == {JOB: due}


def test_a_repeated_request_has_presigned_posts_for_missing_photos(refused):
    assert appeal(refused).uploads == appeal(refused).uploads


@pytest.mark.parametrize("state", [state for state in JobState if state is not JobState.REFUSED])
def test_only_a_refusal_can_be_contested(world, state):
    world.has(state)

    with pytest.raises(Conflict):
        appeal(world)


def test_a_refusal_whose_records_are_about_to_go_cannot_be_contested(refused):
    refused.clock.advance(timedelta(days=80))

    with pytest.raises(Conflict, match="too long ago"):
        appeal(refused)


# --- recognised ----------------------------------------------------------------------------------


def test_the_same_file_is_recognised_and_goes_to_a_lead(before_a_lead):
    case = before_a_lead.reviews.get(APPEAL)

    assert before_a_lead.appeals.get(JOB).state is AppealState.IN_REVIEW
    assert (case.photos[0].photo_id, case.photos[0].match) == ("p02", "exact")
    assert case.photos[0].findings == NUDE.findings
    assert case.decide_by == NOW + timedelta(hours=20)
    assert before_a_lead.photo_objects.listing() == [f"photos/{JOB}/p02.jpg"]
    assert before_a_lead.audit_log.for_review(APPEAL)[0].action is AuditAction.OPENED


@pytest.mark.parametrize(
    ("bits", "match"), [(0, "similar"), (10, "similar"), (11, None), (40, None)]
)
def test_a_file_that_was_saved_again_is_recognised_by_its_fingerprint(refused, bits, match):
    appeal(refused)
    other = b"saved again"
    refused.pictures.looks[other] = f"{int(LOOK, 16) ^ ((1 << bits) - 1):016x}"

    send(refused, other)

    found = refused.appeals.get(JOB).photos[0]
    assert (found.match, found.mismatch) == (match, match is None)


@pytest.mark.parametrize("broken", [False, True], ids=["another picture", "no picture"])
def test_a_file_that_is_not_the_photo_is_deleted(refused, broken):
    appeal(refused)
    if broken:
        refused.pictures.refused.add(b"something else")

    send(refused, b"something else")

    assert refused.photo_objects.listing() == []
    assert view(refused).statement.appeal.photos[0].state == "another"
    with pytest.raises(NotFound):
        refused.reviews.get(APPEAL)
    send(refused)
    assert view(refused).statement.appeal.state is AppealState.IN_REVIEW


def test_a_repeated_event_of_a_file_is_idempotent(before_a_lead):
    before = before_a_lead.reviews.get(APPEAL), before_a_lead.appeals.get(JOB)

    send(before_a_lead)

    assert (before_a_lead.reviews.get(APPEAL), before_a_lead.appeals.get(JOB)) == before
    assert before_a_lead.photo_objects.listing() == [f"photos/{JOB}/p02.jpg"]


def test_the_event_of_a_replaced_file_is_skipped(refused):
    appeal(refused)
    stale = refused.photos.appeal(JOB, "p02", b"first")
    refused.photos.appeal(JOB, "p02", BYTES)

    match_appeal(
        JOB,
        "p02",
        etag=stale,
        jobs=refused.jobs,
        reviews=refused.reviews,
        appeals=refused.appeals,
        photos=refused.photos,
        pictures=refused.pictures,
        keyed_hash=refused.keyed_hash,
        holding=refused.holding,
        policy=a_policy(),
        clock=refused.clock,
        decide_within=timedelta(hours=20),
    )

    assert view(refused).statement.appeal.photos[0].state == "awaited"


@pytest.mark.parametrize("content", [BYTES, b"another picture"])
def test_a_file_that_arrives_after_its_job_was_held_is_preserved(refused, content):
    """Copies are made when the job is held. The file belongs to the same evidence."""
    appeal(refused)
    refused.holding.hold(JOB, HoldTrigger.MODERATOR, by="mia")

    send(refused, content)

    (held,) = [one for one in refused.holds.get(JOB).photos if one.photo_id == "p02"]
    (file,) = [one for one in held.files if one.kind == "upload"]
    assert refused.hold_files.objects[file.key(JOB)] == content
    assert not any(key.startswith("appeals/") for key in refused.photo_objects.listing())


def test_a_file_that_was_not_requested_is_deleted_unread(refused):
    send(refused)

    assert refused.photo_objects.listing() == []
    assert refused.appeals.get(JOB) is None


def test_a_crash_before_the_case_was_stored_is_repaired_by_the_next_event(refused, monkeypatch):
    appeal(refused)
    save = refused.appeals.save

    def lose(changed):
        if changed.state is AppealState.IN_REVIEW:
            raise Unavailable("no answer")
        save(changed)

    monkeypatch.setattr(refused.appeals, "save", lose)
    with pytest.raises(Unavailable):
        send(refused)
    monkeypatch.undo()

    send(refused)

    assert refused.appeals.get(JOB).state is AppealState.IN_REVIEW
    assert len(list(refused.reviews.waiting())) == 1


# --- decided -------------------------------------------------------------------------------------


def test_no_appeal_is_opened_before_the_first_photos_are_gone(world):
    """A deletion that still runs would delete the new files too."""
    world.has(JobState.MODERATING, with_photos=[a_photo(2, verdict=NUDE, sha256=digest(BYTES))])
    fail(world)
    for state in (None, DeletionState.PENDING):
        if state:
            prove(world, state)
        with pytest.raises(Conflict, match="still being deleted"):
            appeal(world)
        assert world.appeals.get(JOB) is None

    prove(world, DeletionState.HELD)
    assert appeal(world).uploads


def test_neither_the_first_moderator_nor_a_non_lead_may_decide(world):
    world.has(
        JobState.IN_REVIEW,
        with_photos=[a_photo(1, verdict=a_verdict(), sha256=digest(BYTES))],
    )
    world.reviews.open(a_review(), "token")
    world.reviews.save(decided(a_review(), Reason.RIGHTS_NOT_SELF, by="lead-1"))
    fail(world)
    prove(world)
    appeal(world)
    send(world, photo="p01")

    with pytest.raises(Forbidden, match="already decided"):
        decide(world, lead=LEAD)
    with pytest.raises(Forbidden, match="leads"):
        decide(world, lead=a_moderator("moderator-9"))
    assert decide(world, lead=a_moderator("lead-2", lead=True)).state is ReviewState.APPROVED


def test_a_granted_appeal_returns_the_day_and_deletes_the_photo(before_a_lead):
    assert before_a_lead.day is QuotaState.SPENT

    decide(before_a_lead)

    assert before_a_lead.day is QuotaState.RETURNED
    assert before_a_lead.appeals.get(JOB).state is AppealState.GRANTED
    assert before_a_lead.appeals.get(JOB).photos_deleted_at == NOW
    assert before_a_lead.photo_objects.listing() == []
    assert view(before_a_lead).quota.left == 1
    with pytest.raises(Conflict):
        appeal(before_a_lead)


def test_an_appeal_granted_on_a_later_day_adds_one_job_on_that_day(before_a_lead):
    before_a_lead.clock.advance(timedelta(hours=19))

    decide(before_a_lead)

    later = Day("2026-11-23")
    (granted,) = before_a_lead.ledger.entries(USER, later)
    assert granted.state is QuotaState.GRANTED
    assert before_a_lead.ledger.used(USER_HASH, later) == -1
    assert before_a_lead.day is QuotaState.SPENT, "what happened that day stays"
    for n, taken in ((2, True), (3, True), (4, False)):
        job = a_job(JobState.OPEN, job_id=f"j{n:032x}")
        before_a_lead.jobs.create(job, [])
        moved = job.move(JobState.MODERATING, NOW, day=later)
        if taken:
            before_a_lead.ledger.reserve(moved, limit=1, now=NOW)
        else:
            with pytest.raises(Exception, match="used up"):
                before_a_lead.ledger.reserve(moved, limit=1, now=NOW)


NO = DecideReview(
    approve=False, photos=(RefusedPhoto(photo_id="p02", reason=Reason.POLICY_NUDITY),)
)


@pytest.mark.parametrize(("decision", "counted"), [(YES, OVERTURNED), (NO, UPHELD)])
def test_a_decided_appeal_is_counted_once(before_a_lead, decision, counted):
    decide(before_a_lead, decision)

    counts = before_a_lead.desk_counters.counts([desk_day(before_a_lead.clock.now())])[ALL]
    assert {name: counts[name] for name in (OVERTURNED, UPHELD)} == {
        OVERTURNED: 0,
        UPHELD: 0,
        counted: 1,
    }


def test_a_rejected_appeal_is_final(before_a_lead):
    decide(before_a_lead, NO)

    assert before_a_lead.day is QuotaState.SPENT
    assert before_a_lead.users.profile(USER).exonerated == {}
    assert before_a_lead.photo_objects.listing() == []
    assert view(before_a_lead).statement.appeal.state is AppealState.REJECTED
    with pytest.raises(Conflict, match="rejected"):
        appeal(before_a_lead)


def test_a_half_applied_decision_is_completed_by_repeating_it(before_a_lead, monkeypatch):
    def lose(*_, **__):
        raise Unavailable("no answer")

    monkeypatch.setattr(before_a_lead.files, "delete", lose)
    with pytest.raises(Unavailable):
        decide(before_a_lead)
    monkeypatch.undo()
    assert before_a_lead.appeals.get(JOB).state is AppealState.IN_REVIEW

    again(before_a_lead)
    again(before_a_lead)

    assert before_a_lead.photo_objects.listing() == []
    assert before_a_lead.appeals.get(JOB).state is AppealState.GRANTED
    assert [one.state for one in before_a_lead.ledger.entries(USER, TODAY)] == [QuotaState.RETURNED]


def test_an_exonerated_photo_is_never_refused_for_the_same_reason(before_a_lead):
    decide(before_a_lead)
    there = [
        a_photo(1, job_id=OTHER_JOB, sha256=digest(BYTES)),
        a_photo(2, job_id=OTHER_JOB),
        a_photo(3, job_id=OTHER_JOB),
    ]
    before_a_lead.has(JobState.MODERATING, with_photos=there, job_id=OTHER_JOB)
    before_a_lead.detector.seen_labels["p01"] = [Label(name="Explicit", confidence=99)]

    def moderated():
        return moderate_photos(
            OTHER_JOB,
            jobs=before_a_lead.jobs,
            detector=before_a_lead.detector,
            policy=a_policy(),
            review_policy=ReviewPolicy.read("flagged"),
            users=before_a_lead.users,
            keyed_hash=before_a_lead.keyed_hash,
            deletion=before_a_lead.deletion,
            holding=before_a_lead.holding,
            metrics=before_a_lead.metrics,
            clock=before_a_lead.clock,
            readiness=before_a_lead.readiness,
        )

    assert moderated().outcome is Outcome.CLEAN
    first = before_a_lead.jobs.photos(OTHER_JOB)[0].verdict
    assert first.evidence.exonerated == {Reason.POLICY_NUDITY}
    assert first.evidence.labels[0].name == "Explicit", "what was seen is still recorded"


def test_another_photo_of_the_same_user_is_moderated_as_usual(before_a_lead):
    decide(before_a_lead)
    there = [a_photo(n, job_id=OTHER_JOB) for n in (1, 2, 3)]
    before_a_lead.has(JobState.MODERATING, with_photos=there, job_id=OTHER_JOB)
    before_a_lead.detector.seen_labels["p01"] = [Label(name="Explicit", confidence=99)]

    outcome = moderate_photos(
        OTHER_JOB,
        jobs=before_a_lead.jobs,
        detector=before_a_lead.detector,
        policy=a_policy(),
        review_policy=ReviewPolicy.read("flagged"),
        users=before_a_lead.users,
        keyed_hash=before_a_lead.keyed_hash,
        deletion=before_a_lead.deletion,
        holding=before_a_lead.holding,
        metrics=before_a_lead.metrics,
        clock=before_a_lead.clock,
        readiness=before_a_lead.readiness,
    ).outcome

    assert outcome is Outcome.REFUSED


def test_an_expired_appeal_deletes_its_photo_and_can_be_opened_again(before_a_lead):
    before_a_lead.clock.advance(timedelta(hours=20))

    assert expire(before_a_lead) == 1
    assert expire(before_a_lead) == 0

    assert before_a_lead.photo_objects.listing() == []
    assert before_a_lead.appeals.get(JOB).state is AppealState.EXPIRED
    assert before_a_lead.reviews.get(APPEAL).state is ReviewState.EXPIRED
    assert before_a_lead.day is QuotaState.SPENT
    appeal(before_a_lead)
    send(before_a_lead)
    assert decide(before_a_lead).state is ReviewState.APPROVED
    assert before_a_lead.appeals.get(JOB).state is AppealState.GRANTED


# --- a photo that was left out -------------------------------------------------------------------

DOUBT = a_verdict(Outcome.DOUBTFUL, Reason.POLICY_SUGGESTIVE)
ANOTHER = a_verdict(Outcome.DOUBTFUL, Reason.SUBJECT_DIFFERENT_PERSON).findings
DOUBT = DOUBT.model_copy(update={"findings": DOUBT.findings + ANOTHER})


@pytest.fixture
def left_out(world):
    """A completed job whose second photo was left out."""
    there = [
        a_photo(1, verdict=a_verdict()),
        a_photo(
            2,
            state=PhotoState.LEFT_OUT,
            problem=PhotoProblem(reason=Reason.POLICY_SUGGESTIVE),
            left_out_at=NOW - timedelta(minutes=1),
            verdict=DOUBT.model_copy(update={"outcome": Outcome.LEFT_OUT}),
            fingerprint=Fingerprint(perceptual=LOOK),
            hmac=world.keyed_hash.photo(USER, digest(BYTES)),
        ),
        a_photo(3, verdict=a_verdict()),
    ]
    job = world.has(JobState.FINISHING, with_photos=there)
    world.ledger.settle(job.move(JobState.COMPLETED, NOW), QuotaState.SPENT, now=NOW)
    prove(world)
    return world


def test_a_left_out_photo_can_be_contested_after_the_job(left_out):
    (presigned_post,) = appeal(left_out).uploads
    send(left_out)

    assert presigned_post.fields["key"] == f"appeals/{JOB}/p02"
    case = left_out.reviews.get(APPEAL)
    assert [(one.photo_id, one.match) for one in case.photos] == [("p02", "exact")]
    assert case.photos[0].findings == DOUBT.findings
    seen = view(left_out).statement
    assert seen.appeal.state is AppealState.IN_REVIEW
    assert seen.issued_at == NOW - timedelta(minutes=1)
    assert seen.appeal_until == seen.issued_at + timedelta(days=80)


def test_while_the_job_runs_a_left_out_photo_cannot_be_contested(world):
    problem = PhotoProblem(reason=Reason.POLICY_SUGGESTIVE)
    photo = a_photo(2, state=PhotoState.LEFT_OUT, problem=problem, left_out_at=NOW)
    world.has(JobState.GENERATING, with_photos=[a_photo(1), photo])

    with pytest.raises(Conflict, match="when it has ended"):
        appeal(world)


def test_a_granted_appeal_exonerates_the_photo_and_gives_no_other_job(left_out):
    appeal(left_out)
    send(left_out)

    decide(left_out)

    hmac = left_out.keyed_hash.photo(USER, digest(BYTES))
    assert left_out.users.profile(USER).exonerated == {hmac: {Reason.POLICY_SUGGESTIVE}}
    assert left_out.appeals.get(JOB).state is AppealState.GRANTED
    assert left_out.day is QuotaState.SPENT, "the user has the avatars"
    assert left_out.photo_objects.listing() == []


def test_a_photo_that_may_show_another_person_cannot_be_contested(world):
    """Without the other photos a lead cannot tell; the user may choose a clearer one."""
    problem = PhotoProblem(reason=Reason.SUBJECT_DIFFERENT_PERSON)
    photo = a_photo(2, state=PhotoState.LEFT_OUT, problem=problem, left_out_at=NOW)
    world.has(JobState.COMPLETED, with_photos=[a_photo(1), photo])

    with pytest.raises(Conflict, match="broke no rule"):
        appeal(world)


# --- a reason that is about the set ---------------------------------------------------------------

STRANGER = a_verdict(Outcome.REFUSED, Reason.RIGHTS_NOT_SELF)


@pytest.fixture
def not_self(world):
    """A job whose second photo was refused as one of another person, by comparing the set."""
    there = [
        a_photo(1, verdict=a_verdict(), sha256=digest(b"first")),
        a_photo(2, verdict=STRANGER, sha256=digest(BYTES)),
        a_photo(3, verdict=a_verdict(), fingerprint=Fingerprint(perceptual=LOOK)),
    ]
    world.has(JobState.MODERATING, with_photos=there)
    fail(world)
    prove(world)
    return world


def awaited(world):
    return {post.photo_id for post in appeal(world).uploads}


def cases(world):
    return {one.photo_id: one.match for one in world.reviews.get(APPEAL).photos}


def test_all_photos_of_the_set_are_asked_for_and_only_the_contested_one_is_needed(not_self):
    assert awaited(not_self) == {"p01", "p02", "p03"}
    shown = view(not_self).statement.appeal.photos
    assert [(one.photo_id, one.optional) for one in shown] == [
        ("p02", False),
        ("p01", True),
        ("p03", True),
    ]

    send(not_self)

    assert cases(not_self) == {"p02": "exact"}
    assert not_self.appeals.get(JOB).state is AppealState.IN_REVIEW


def test_photos_to_compare_with_join_the_case_before_and_after_it_is_open(not_self):
    awaited(not_self)
    send(not_self, b"first", "p01")
    send(not_self)
    assert cases(not_self) == {"p02": "exact", "p01": "exact"}

    not_self.pictures.looks[b"third"] = LOOK
    send(not_self, b"third", "p03")
    send(not_self, b"third", "p03")

    assert list(cases(not_self)) == ["p02", "p01", "p03"]
    flagged = [bool(one.findings) for one in not_self.reviews.get(APPEAL).photos]
    assert flagged == [True, False, False]
    decide(not_self)
    assert not_self.photo_objects.listing() == []
    assert set(not_self.users.profile(USER).exonerated) == {photo(not_self).hmac}


def test_a_photo_that_arrives_after_the_decision_is_not_stored(not_self):
    awaited(not_self)
    send(not_self)
    decide(not_self)

    send(not_self, b"first", "p01")

    assert not_self.photo_objects.listing() == []


def test_a_reason_about_one_photo_asks_for_that_photo_alone(refused):
    assert awaited(refused) == {"p02"}
