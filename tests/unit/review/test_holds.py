"""Photos that may be illegal: held, preserved, decided by a lead, reported."""

from datetime import timedelta

import pytest

from likeness.adapters.policy_files import load_reasons, load_retention
from likeness.api.holds import DecideHold, HoldReview, ReportHold
from likeness.api.jobs import StoredJob
from likeness.api.message import PageQuery
from likeness.api.review import DecideReview, RevealPhoto
from likeness.contracts.jobs import JobError
from likeness.domain.account.erasure import Erasure, new_erasure_id
from likeness.domain.deletion.receipt import Deletion, DeletionState
from likeness.domain.errors import (
    Conflict,
    Denied,
    Forbidden,
    Invalid,
    JobHeld,
    MustBeHeld,
    NotFound,
    Unavailable,
    UserBlocked,
)
from likeness.domain.ids import PhotoId
from likeness.domain.jobs.job import JobState
from likeness.domain.reasons import Reason
from likeness.domain.review.audit import AuditAction
from likeness.domain.review.case import PhotoFindings, RefusedPhoto, review_of
from likeness.domain.review.hold import HeldPhoto, HoldState, HoldTrigger, PreservedFile
from likeness.domain.review.kinds import ReviewKind, ReviewState
from likeness.domain.review.sampling import ReviewPolicy
from likeness.domain.verdict import Finding, Label, Outcome
from likeness.services.account.erase_user import erase_user
from likeness.services.deletion.delete_photos import delete_photos
from likeness.services.deletion.prove_deletion import prove_deletion
from likeness.services.generation.prepare_generation import prepare_generation
from likeness.services.jobs.create_job import create_job_again
from likeness.services.jobs.fail_job import fail_job
from likeness.services.jobs.get_job import get_job
from likeness.services.photos.add_photo import require_takes_photos
from likeness.services.photos.moderate_photos import moderate_photos
from likeness.services.review.appeal_job import appeal_job
from likeness.services.review.claim_review import claim_review
from likeness.services.review.complete_holds import INCOMPLETE, complete_holds
from likeness.services.review.decide_hold import decide_hold
from likeness.services.review.decide_review import decide_review
from likeness.services.review.export_report import export_report
from likeness.services.review.hold_review import hold_review
from likeness.services.review.holding import HELD
from likeness.services.review.lift_block import lift_block
from likeness.services.review.list_holds import list_holds
from likeness.services.review.read_hold import read_hold
from likeness.services.review.read_review import read_review
from likeness.services.review.report_hold import report_hold
from likeness.services.review.request_review import request_review
from likeness.services.review.reveal_photo import reveal_photo
from tests.alarms import goes_off
from tests.builders import (
    JOB,
    NOW,
    OTHER_JOB,
    USER,
    USER_HASH,
    a_face,
    a_moderator,
    a_photo,
    a_policy,
    a_review,
    an_order,
    photos,
    tiers,
)
from tests.unit.jobs.test_create_job import create

REVIEW = review_of(JOB)
ME = a_moderator()
LEAD = a_moderator("lead-1", lead=True)
OTHER_LEAD = a_moderator("lead-2", lead=True)
YEAR = timedelta(days=365)
P1, P2 = PhotoId("p01"), PhotoId("p02")


@pytest.fixture
def reviewed(world):
    """A job in review whose case this moderator has claimed."""
    world.has(JobState.IN_REVIEW, with_photos=photos(3), metadata={"order": "7"})
    found = tuple(PhotoFindings(photo_id=photo.photo_id, findings=()) for photo in photos(3))
    world.reviews.open(a_review(photos=found), "token-1")
    world.workflow.waiting_tokens.add("token-1")
    claim(world)
    return world


def claim(world, moderator=ME):
    lease = timedelta(minutes=2)
    return claim_review(
        REVIEW, moderator=moderator, reviews=world.reviews, clock=world.clock, lease=lease
    )


def hold(world, *photo_ids, moderator=ME, review=REVIEW):
    return hold_review(
        review,
        HoldReview(photos=photo_ids or (P1,)),
        moderator=moderator,
        reviews=world.reviews,
        holding=world.holding,
        clock=world.clock,
    )


def decide(world, *, confirm, moderator=LEAD):
    return decide_hold(
        JOB,
        DecideHold(confirm=confirm),
        moderator=moderator,
        holds=world.holds,
        files=world.hold_files,
        jobs=world.jobs,
        reviews=world.reviews,
        deletions=world.deletions,
        deadlines=world.deadlines,
        workflow=world.workflow,
        clock=world.clock,
        retain=YEAR,
    )


def end(world, error):
    """FailJob, and the proof of its deletion."""
    fail_job(
        JOB,
        error,
        jobs=world.jobs,
        reviews=world.reviews,
        ledger=world.ledger,
        generator=world.generator,
        keyed_hash=world.keyed_hash,
        deletion=world.deletion,
        clock=world.clock,
    )
    prove(world)


def prove(world, *, overdue=False):
    prove_deletion(
        JOB,
        overdue=overdue,
        jobs=world.jobs,
        appeals=world.appeals,
        deletion=world.deletion,
        receipts=world.receipts,
        workflow=world.workflow,
        deadlines=world.deadlines,
        clock=world.clock,
        rules=load_retention(),
        end=lambda job_id: pytest.fail(f"{job_id} had ended"),
    )


def moderate(world):
    return moderate_photos(
        JOB,
        jobs=world.jobs,
        detector=world.detector,
        policy=a_policy(),
        review_policy=ReviewPolicy.read("flagged"),
        users=world.users,
        keyed_hash=world.keyed_hash,
        deletion=world.deletion,
        holding=world.holding,
        metrics=world.metrics,
        clock=world.clock,
        readiness=world.readiness,
    ).outcome


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


def actions(world):
    return [entry.action for entry in world.audit_log.written]


# --- a moderator holds a case --------------------------------------------------------------------


def test_a_held_case_is_frozen_and_all_photos_of_its_job_are_preserved(reviewed):
    hold(reviewed, P2)

    held = reviewed.holds.get(JOB)
    assert (held.state, held.trigger, held.held_by) == (
        HoldState.WAITING,
        HoldTrigger.MODERATOR,
        ME.id,
    )
    assert [(p.photo_id, p.suspected) for p in held.photos] == [
        ("p01", False),
        ("p02", True),
        ("p03", False),
    ]
    kept = PreservedFile.of("photo", b"jpeg")
    assert reviewed.hold_files.objects == {kept.key(JOB): b"jpeg"}, "three equal photos"
    assert reviewed.reviews.get(REVIEW).state is ReviewState.HELD
    assert list(reviewed.reviews.waiting()) == []
    assert reviewed.job.state is JobState.IN_REVIEW, "the user sees no change"
    assert reviewed.metrics.counted[HELD] == 1
    assert goes_off("jobs-held", reviewed.metrics)
    assert actions(reviewed)[-2:] == [AuditAction.HELD, AuditAction.HELD]


def test_a_moderator_needs_the_lease_and_names_photos_of_the_case(reviewed):
    with pytest.raises(Conflict):
        hold(reviewed, moderator=a_moderator("moderator-2"))
    with pytest.raises(Invalid, match="p09"):
        hold(reviewed, PhotoId("p09"))

    assert reviewed.holds.get(JOB) is None


def test_holding_a_case_again_repeats_the_response(reviewed):
    first = hold(reviewed)

    assert hold(reviewed) == first
    assert reviewed.metrics.counted[HELD] == 1


def test_a_heartbeat_while_the_hold_is_stored_does_not_leave_the_case_open(reviewed):
    saves = reviewed.holds.save

    def while_saved(*args):
        reviewed.holds.save = saves
        claim(reviewed)
        saves(*args)

    reviewed.holds.save = while_saved
    reviewed.clock.advance(timedelta(seconds=30))

    hold(reviewed)

    assert reviewed.reviews.get(REVIEW).state is ReviewState.HELD


def test_only_leads_see_a_held_case_and_no_one_its_clear_photos(reviewed):
    hold(reviewed)

    with pytest.raises(Forbidden):
        reviewed.reviews.get(REVIEW).require_allowed(ME)
    with pytest.raises(Conflict):
        claim(reviewed, LEAD)
    with pytest.raises(Conflict):
        reveal_photo(
            REVIEW,
            RevealPhoto(photo_id=P1),
            moderator=LEAD,
            reviews=reviewed.reviews,
            desk_counters=reviewed.desk_counters,
            photos=reviewed.photos,
            previews=reviewed.pictures,
            policy=a_policy(),
            clock=reviewed.clock,
            budget=1000,
        )


def test_a_refusal_for_a_minor_and_nudity_must_be_a_hold(reviewed):
    refused = (
        RefusedPhoto(photo_id=P1, reason=Reason.MINOR_AGE_DOUBT),
        RefusedPhoto(photo_id=P2, reason=Reason.POLICY_NUDITY),
    )
    with pytest.raises(MustBeHeld):
        refuse(reviewed, *refused)

    assert reviewed.reviews.get(REVIEW).state is ReviewState.WAITING
    assert reviewed.photo_objects.listing(), "nothing is deleted"


def test_what_the_detector_found_counts_as_nudity_too(reviewed):
    explicit = Finding(
        outcome=Outcome.REFUSED, reason=Reason.POLICY_NUDITY, source="Explicit", confidence=91
    )
    review = reviewed.reviews.get(REVIEW)
    found = PhotoFindings(photo_id=P1, findings=(explicit,))
    reviewed.reviews.save(review.change(photos=(found, *review.photos[1:])))

    with pytest.raises(MustBeHeld):
        refuse(reviewed, RefusedPhoto(photo_id=P2, reason=Reason.MINOR_AGE_DOUBT))


def test_once_a_lead_has_returned_the_case_it_can_be_refused(reviewed):
    hold(reviewed)
    decide(reviewed, confirm=False)
    claim(reviewed)

    refuse(
        reviewed,
        RefusedPhoto(photo_id=P1, reason=Reason.MINOR_AGE_DOUBT),
        RefusedPhoto(photo_id=P2, reason=Reason.POLICY_NUDITY),
    )

    review = reviewed.reviews.get(REVIEW)
    assert review.pending
    assert not review.approved


def refuse(world, *refused):
    return decide_review(
        REVIEW,
        DecideReview(approve=False, photos=refused),
        moderator=ME,
        reviews=world.reviews,
        pending=world.pending,
        clock=world.clock,
        escalate=a_policy().escalate,
        undo=timedelta(0),
        second_percent=0,
    )


def test_a_returned_hold_that_opens_again_has_what_a_report_needs(reviewed):
    hold(reviewed)
    decide(reviewed, confirm=False)
    assert reviewed.holds.get(JOB).metadata == {}

    reviewed.holding.hold(JOB, HoldTrigger.HASH_MATCH, suspected=[P1])

    again = reviewed.holds.get(JOB)
    assert (again.state, again.metadata) == (HoldState.WAITING, reviewed.job.metadata)
    assert again.metadata


# --- preservation ---------------------------------------------------------------------------------


def test_if_the_copy_fails_nothing_is_deleted(reviewed):
    reviewed.hold_files.down = True
    before = reviewed.photo_objects.listing()

    with pytest.raises(Unavailable):
        hold(reviewed)

    assert reviewed.reviews.get(REVIEW).state is ReviewState.HELD, "no other moderator approves it"
    assert reviewed.deletion.is_on_hold(JOB)
    delete_photos(JOB, jobs=reviewed.jobs, deletion=reviewed.deletion, clock=reviewed.clock)
    end(reviewed, JobError.DEADLINE)
    assert reviewed.photo_objects.listing() == before


def test_a_repeated_hold_completes_the_copies(reviewed):
    reviewed.hold_files.down = True
    with pytest.raises(Unavailable):
        hold(reviewed)

    reviewed.hold_files.down = False
    hold(reviewed)

    assert not reviewed.deletion.is_on_hold(JOB)
    assert reviewed.hold_files.objects


def test_nothing_is_drawn_for_a_hold_whose_case_was_lost(reviewed):
    """The lease ended while the hold was stored, and another moderator approved the case."""
    reviewed.holding.begin(JOB, HoldTrigger.MODERATOR, by=ME.id, suspected=[P1])

    with pytest.raises(JobHeld):
        prepare_generation(
            JOB,
            1,
            jobs=reviewed.jobs,
            reviews=reviewed.reviews,
            holds=reviewed.holds,
            work=reviewed.work,
            readiness=reviewed.readiness,
            clock=reviewed.clock,
        )


def test_copies_are_completed_later_and_deletion_is_possible_then(reviewed):
    reviewed.hold_files.down = True
    with pytest.raises(Unavailable):
        hold(reviewed)
    with pytest.raises(Unavailable):
        complete_holds(holds=reviewed.holds, holding=reviewed.holding)
    assert reviewed.metrics.counted[INCOMPLETE] == 1
    assert goes_off("hold-incomplete", reviewed.metrics)

    reviewed.hold_files.down = False
    complete_holds(holds=reviewed.holds, holding=reviewed.holding)

    assert [photo.suspected for photo in reviewed.holds.get(JOB).photos] == [True, False, False]
    assert all(photo.files for photo in reviewed.holds.get(JOB).photos)
    assert not reviewed.deletion.is_on_hold(JOB)
    end(reviewed, JobError.DEADLINE)
    assert reviewed.photo_objects.listing() == []
    assert reviewed.hold_files.objects


def test_a_lead_decides_when_the_copies_are_complete(reviewed):
    reviewed.hold_files.down = True
    with pytest.raises(Unavailable):
        hold(reviewed)

    with pytest.raises(Conflict, match="still being copied"):
        decide(reviewed, confirm=True)


def test_uploads_that_wait_are_preserved_as_they_were_sent(reviewed):
    reviewed.photos.upload(JOB, PhotoId("p04"), b"as sent")

    reviewed.holding.hold(JOB, HoldTrigger.HASH_MATCH, suspected=[P1])

    (added,) = [p for p in reviewed.holds.get(JOB).photos if p.photo_id == "p04"]
    assert [file.kind for file in added.files] == ["upload"]
    assert reviewed.hold_files.objects[added.files[0].key(JOB)] == b"as sent"


def test_an_administrators_hold_forbids_deletion_as_before(reviewed):
    reviewed.deletions.save(Deletion(job_id=JOB, state=DeletionState.HELD))

    end(reviewed, JobError.DEADLINE)

    assert reviewed.photo_objects.listing()


# --- a lead decides -------------------------------------------------------------------------------


def test_a_confirmed_hold_ends_the_job_without_saying_why(reviewed):
    hold(reviewed)
    decide(reviewed, confirm=True)

    assert reviewed.workflow.failures == {"token-1": JobError.CLOSED}
    end(reviewed, JobError.CLOSED)
    shown = view(reviewed)
    assert shown.state is JobState.REFUSED
    assert shown.reason.code is Reason.SYSTEM_CLOSED
    assert shown.statement is None
    assert {photo.problem for photo in shown.photos} == {None}
    assert shown.photos_deleted_at is None, "copies exist"
    assert shown.deletion is DeletionState.HELD


def test_the_photos_are_deleted_from_their_bucket_and_the_receipt_says_only_held(reviewed):
    hold(reviewed)
    decide(reviewed, confirm=True)
    end(reviewed, JobError.CLOSED)

    assert reviewed.photo_objects.listing() == []
    (receipt,) = reviewed.signer.signed
    assert (receipt.state, receipt.objects, receipt.checked) == (DeletionState.HELD, (), ())


def test_a_confirmed_hold_is_retained_and_its_previews_are_gone(reviewed):
    hold(reviewed)
    assert read(reviewed).held[0].preview.startswith("data:image/jpeg;base64,")

    confirmed = decide(reviewed, confirm=True)

    assert confirmed.retain_until == NOW + YEAR
    assert reviewed.hold_files.retained == {JOB: NOW + YEAR}
    assert {photo.preview for photo in confirmed.held} == {None}
    with pytest.raises(Denied):
        reviewed.hold_files.delete(JOB)


def test_a_job_that_was_not_submitted_ends_by_another_execution(world):
    world.has(with_photos=photos(3))
    world.holding.hold(JOB, HoldTrigger.HASH_MATCH, suspected=[P1])

    decide(world, confirm=True)

    assert world.workflow.endings == [(JOB, JobError.CLOSED)]


def test_nothing_of_a_confirmed_hold_can_be_appealed(reviewed):
    hold(reviewed)
    decide(reviewed, confirm=True)
    end(reviewed, JobError.CLOSED)

    with pytest.raises(Conflict, match="no decision that can be contested"):
        appeal(reviewed)


def appeal(world):
    return appeal_job(
        JOB,
        jobs=world.jobs,
        reviews=world.reviews,
        appeals=world.appeals,
        photos=world.photos,
        deletions=world.deletions,
        deadlines=world.deadlines,
        deadline=load_retention().deadline,
        clock=world.clock,
    )


def test_a_returned_case_waits_again_and_its_copies_are_deleted(reviewed):
    hold(reviewed)

    returned = decide(reviewed, confirm=False)

    assert returned.state is HoldState.RETURNED
    assert reviewed.hold_files.objects == {}
    assert reviewed.holds.get(JOB).photos == ()
    assert [review.review_id for review in reviewed.reviews.waiting()] == [REVIEW]
    assert reviewed.deletions.get(JOB) is None
    claim(reviewed)


def test_a_job_that_ended_before_its_hold_was_returned_gets_a_receipt_of_its_deletion(reviewed):
    hold(reviewed)
    reviewed.clock.advance(timedelta(hours=13))
    end(reviewed, "States.Timeout")
    assert view(reviewed).reason.code is Reason.SYSTEM_REVIEW_EXPIRED, "as for any late review"
    assert view(reviewed).deletion is DeletionState.HELD

    decide(reviewed, confirm=False)
    assert reviewed.deadlines.at == {JOB: reviewed.clock.now()}
    prove(reviewed, overdue=True)

    assert view(reviewed).deletion is DeletionState.DELETED
    assert reviewed.reviews.get(REVIEW).state is ReviewState.EXPIRED


@pytest.mark.parametrize("confirm", [True, False])
def test_a_repeated_decision_completes_what_follows_from_it(reviewed, confirm):
    hold(reviewed)
    decided = decide(reviewed, confirm=confirm)
    before = actions(reviewed)

    assert decide(reviewed, confirm=confirm, moderator=OTHER_LEAD) == decided
    assert actions(reviewed) == before
    with pytest.raises(Conflict):
        decide(reviewed, confirm=not confirm)


def test_a_moderator_and_the_user_do_not_decide(reviewed):
    hold(reviewed)

    with pytest.raises(Forbidden):
        decide(reviewed, confirm=True, moderator=ME)
    with pytest.raises(Forbidden):
        decide(reviewed, confirm=False, moderator=a_moderator("l", lead=True, app_user_id=USER))
    with pytest.raises(NotFound):
        read(reviewed, job_id=OTHER_JOB)


def test_a_second_opinion_that_is_held_lets_no_avatar_be_drawn(reviewed):
    first = reviewed.reviews.get(REVIEW)
    pending = first.decide(ME.id, now=NOW, second=True)
    reviewed.reviews.save(pending)
    reviewed.reviews.save(pending.take_effect())
    second = a_review(kind=ReviewKind.SECOND, photos=first.photos)
    reviewed.reviews.open(second, "token-2")
    other = a_moderator("moderator-2")
    claim_review(
        REVIEW,
        moderator=other,
        reviews=reviewed.reviews,
        clock=reviewed.clock,
        lease=timedelta(minutes=2),
    )
    shown = hold(reviewed, moderator=other)

    assert (shown.review_id, hold(reviewed, moderator=other)) == (REVIEW, shown), "blind"

    with pytest.raises(JobHeld):
        prepare_generation(
            JOB,
            1,
            jobs=reviewed.jobs,
            reviews=reviewed.reviews,
            holds=reviewed.holds,
            work=reviewed.work,
            readiness=reviewed.readiness,
            clock=reviewed.clock,
        )
    end(reviewed, JobHeld.__name__)
    assert view(reviewed).reason.code is Reason.SYSTEM_REVIEW_EXPIRED


@pytest.mark.parametrize("confirmed", [False, True])
def test_while_a_second_opinion_is_held_no_moderator_sees_the_first_decision(reviewed, confirmed):
    first = reviewed.reviews.get(REVIEW)
    pending = first.decide(ME.id, now=NOW, second=True)
    reviewed.reviews.save(pending)
    reviewed.reviews.save(pending.take_effect())
    second = a_review(kind=ReviewKind.SECOND, photos=first.photos)
    reviewed.reviews.open(second.hold("moderator-1"), "token-2")
    if confirmed:
        held = reviewed.reviews.get(second.review_id)
        reviewed.reviews.save(held.close(NOW))

    with pytest.raises(Forbidden):
        read_review(
            REVIEW,
            moderator=a_moderator("moderator-3"),
            reviews=reviewed.reviews,
            case=reviewed.case_reader,
            clock=reviewed.clock,
        )


def test_a_held_appeal_expires_as_if_no_lead_had_decided(world):
    world.has(JobState.REFUSED, with_photos=photos(3))
    review = a_review(kind=ReviewKind.APPEAL)
    world.reviews.open(review.model_copy(update={"state": ReviewState.HELD}), None)
    world.holding.hold(JOB, HoldTrigger.MODERATOR, by=LEAD.id, suspected=[P1])

    decide(world, confirm=True, moderator=OTHER_LEAD)

    late = world.reviews.get(review.review_id)
    assert (late.state, late.decide_by) == (ReviewState.WAITING, NOW)


def test_a_returned_appeal_has_its_files_until_its_deadline(world):
    world.has(JobState.REFUSED, with_photos=photos(3))
    review = a_review(kind=ReviewKind.APPEAL)
    world.reviews.open(review.model_copy(update={"state": ReviewState.HELD}), None)
    world.holding.hold(JOB, HoldTrigger.MODERATOR, by=LEAD.id, suspected=[P1])

    for _ in range(2):  # the response of the first request was lost
        decide(world, confirm=False, moderator=OTHER_LEAD)

    assert world.reviews.get(review.review_id).state is ReviewState.WAITING
    assert world.deadlines.at == {JOB: review.decide_by}


# --- the user ------------------------------------------------------------------------------------


def test_a_user_under_a_hold_opens_no_job_until_a_lead_lifts_it(reviewed):
    hold(reviewed)
    with pytest.raises(UserBlocked) as told:
        create(reviewed)
    assert "hold" not in str(told.value)

    decide(reviewed, confirm=True)
    with pytest.raises(UserBlocked):
        create(reviewed)

    lift_block(JOB, moderator=LEAD, holds=reviewed.holds, clock=reviewed.clock)
    lifted = lift_block(JOB, moderator=LEAD, holds=reviewed.holds, clock=reviewed.clock)
    assert not lifted.blocked
    assert actions(reviewed).count(AuditAction.BLOCK_LIFTED) == 1
    create(reviewed, an_order(time_zone="Europe/Berlin"), tiers=tiers(jobs_a_day=2))


def test_a_returned_hold_blocks_its_user_no_more(reviewed):
    hold(reviewed)
    decide(reviewed, confirm=False)

    assert not reviewed.holds.block(USER_HASH)


def test_a_held_job_gets_no_presigned_post_any_more(world):
    world.has(with_photos=photos(3))
    world.holding.hold(JOB, HoldTrigger.HASH_MATCH, suspected=[P1])

    with pytest.raises(Conflict, match="takes no more photos"):
        require_takes_photos(JOB, world.deletions)
    stored = StoredJob(job_id=JOB, uploads=())
    again = create_job_again(
        stored,
        jobs=world.jobs,
        photos=world.photos,
        deletions=world.deletions,
        clock=world.clock,
    )
    assert again.uploads == ()


# --- moderation ----------------------------------------------------------------------------------


def nude_minor(world):
    world.has(JobState.MODERATING, with_photos=photos(4))
    world.detector.seen_faces[P1] = [a_face(age_low=11, age_high=15)]
    world.detector.seen_labels["p02"] = [Label(name="Explicit", confidence=95)]


def test_nudity_and_a_minor_are_held_and_not_refused(world):
    nude_minor(world)

    assert moderate(world) is Outcome.ESCALATED

    held = world.holds.get(JOB)
    assert held.trigger is HoldTrigger.MODERATION
    assert [photo.photo_id for photo in held.photos if photo.suspected] == [P2]
    assert "age and nudity" in held.photos[1].findings
    assert world.photo_objects.listing(), "nothing is deleted before a lead has decided"


def test_a_replayed_step_holds_once(world):
    nude_minor(world)
    moderate(world)

    assert moderate(world) is Outcome.ESCALATED
    assert world.metrics.counted[HELD] == 1


def test_the_case_of_a_held_job_waits_for_a_lead_only(world):
    nude_minor(world)
    moderate(world)
    request(world)

    assert world.reviews.get(REVIEW).state is ReviewState.HELD
    assert list(world.reviews.waiting()) == []
    assert world.job.state is JobState.IN_REVIEW


def test_after_a_return_a_moderator_decides_and_nothing_is_refused_automatically(world):
    nude_minor(world)
    moderate(world)
    decide(world, confirm=False)

    assert moderate(world) is Outcome.DOUBTFUL
    request(world)
    assert world.reviews.get(REVIEW).state is ReviewState.WAITING
    assert world.reviews.get(REVIEW).hold_returned


def request(world):
    request_review(
        JOB,
        "token-1",
        jobs=world.jobs,
        reviews=world.reviews,
        holds=world.holds,
        clock=world.clock,
        policy=a_policy(),
        tiers=tiers(),
        decide_within=timedelta(hours=12),
    )


def test_a_returned_match_does_not_decide_what_moderation_finds_later(world):
    nude_minor(world)
    world.holding.hold(JOB, HoldTrigger.HASH_MATCH, suspected=[P1])
    decide(world, confirm=False)

    assert moderate(world) is Outcome.ESCALATED

    assert world.holds.get(JOB).state is HoldState.WAITING
    assert world.holds.get(JOB).trigger is HoldTrigger.MODERATION


def test_the_case_after_a_returned_match_must_be_held_for_nudity_and_a_minor(world):
    world.has(JobState.MODERATING, with_photos=photos(3))
    world.holding.hold(JOB, HoldTrigger.HASH_MATCH, suspected=[P1])
    decide(world, confirm=False)

    request(world)

    assert not world.reviews.get(REVIEW).hold_returned


def test_photos_that_are_clean_wait_for_the_lead_too_if_an_upload_was_known(world):
    world.has(JobState.MODERATING, with_photos=photos(3))
    world.holding.hold(JOB, HoldTrigger.HASH_MATCH, suspected=[PhotoId("p07")])

    assert moderate(world) is Outcome.ESCALATED


def test_a_set_is_not_moderated_if_it_cannot_be_held(world):
    nude_minor(world)
    world.hold_files.down = True

    with pytest.raises(Unavailable):
        moderate(world)
    world.hold_files.down = False
    assert moderate(world) is Outcome.ESCALATED, "Step Functions tries again"


# --- the report ----------------------------------------------------------------------------------


def read(world, job_id=JOB):
    return read_hold(job_id, moderator=LEAD, holds=world.holds)


def export(world, moderator=LEAD):
    return export_report(
        JOB,
        moderator=moderator,
        holds=world.holds,
        audit_log=world.audit_log,
        clock=world.clock,
    )


def report(world, **fields):
    request = {"authority": "NCMEC", "reference": "194871023", "reported_at": NOW} | fields
    return report_hold(
        JOB,
        ReportHold(**request),
        moderator=LEAD,
        holds=world.holds,
        files=world.hold_files,
        clock=world.clock,
        retain=YEAR,
    )


def test_a_report_has_what_an_authority_asks_for_and_no_picture(reviewed):
    upload = PreservedFile.of("upload", b"as sent")
    found = HeldPhoto(
        photo_id=P1,
        suspected=True,
        uploaded_at=NOW - timedelta(minutes=9),
        uploaded_from="203.0.113.7",
    )
    reviewed.holding.hold(
        JOB, HoldTrigger.HASH_MATCH, suspected=[P1], uploads=[(found, b"as sent")]
    )
    decide(reviewed, confirm=True)

    exported = export(reviewed)

    assert exported.user.user_id == USER
    assert exported.user.ip_addresses[0].address == "203.0.113.7"
    assert exported.incident_at == NOW - timedelta(minutes=9)
    assert (exported.detected_by, exported.confirmed_by) == ("hash_match", LEAD.id)
    first = exported.files[0]
    assert (first.sha256, first.md5) == (upload.sha256, upload.md5)
    assert (first.relevance, first.publicly_available, first.viewed) == ("Reported", False, False)
    assert {file.relevance for file in exported.files if file.photo_id != P1} == {
        "Supplemental Reported"
    }
    assert "base64" not in exported.model_dump_json()
    assert actions(reviewed)[-1] is AuditAction.REPORT_EXPORTED


def test_a_report_says_which_photos_a_moderator_saw_unblurred(reviewed):
    reveal_photo(
        REVIEW,
        RevealPhoto(photo_id=P2),
        moderator=ME,
        reviews=reviewed.reviews,
        desk_counters=reviewed.desk_counters,
        photos=reviewed.photos,
        previews=reviewed.pictures,
        policy=a_policy(),
        clock=reviewed.clock,
        budget=1000,
    )
    hold(reviewed, P2)
    decide(reviewed, confirm=True)

    assert {f.photo_id: f.viewed for f in export(reviewed).files} == {
        "p01": False,
        "p02": True,
        "p03": False,
    }


def test_only_a_confirmed_hold_is_reported_and_only_by_a_lead(reviewed):
    hold(reviewed)
    with pytest.raises(Conflict):
        export(reviewed)
    with pytest.raises(Conflict):
        report(reviewed)
    decide(reviewed, confirm=True)
    with pytest.raises(Forbidden):
        export(reviewed, moderator=ME)


def test_from_a_report_on_the_copies_are_retained_for_a_year(reviewed):
    hold(reviewed)
    decide(reviewed, confirm=True)
    reviewed.clock.advance(timedelta(days=3))

    reported = report(reviewed, reported_at=NOW + timedelta(days=2))

    assert reported.reported
    assert reported.retain_until == NOW + timedelta(days=2) + YEAR
    assert reviewed.hold_files.retained[JOB] == reported.retain_until


def test_a_report_is_recorded_once_and_a_second_authority_is_added(reviewed):
    hold(reviewed)
    decide(reviewed, confirm=True)
    report(reviewed)
    report(reviewed)
    both = report(reviewed, authority="BKA", reference="2026-77")

    assert [one.authority for one in both.reports] == ["NCMEC", "BKA"]
    assert actions(reviewed).count(AuditAction.REPORTED) == 2


def test_a_report_in_the_future_is_refused(reviewed):
    hold(reviewed)
    decide(reviewed, confirm=True)

    with pytest.raises(Invalid, match="future"):
        report(reviewed, reported_at=NOW + timedelta(hours=1))


def test_holds_that_wait_are_listed_first_and_only_for_leads(world):
    for n, job_id in enumerate((JOB, OTHER_JOB)):
        world.has(with_photos=[a_photo(1, job_id=job_id)], job_id=job_id)
        world.clock.advance(timedelta(minutes=n))
        world.holding.hold(job_id, HoldTrigger.HASH_MATCH, suspected=[P1])
    decide(world, confirm=True)

    def listed(moderator):
        return list_holds(PageQuery(limit=1), moderator=moderator, holds=world.holds)

    page = listed(LEAD)
    assert [one.job_id for one in page.holds] == [OTHER_JOB]
    rest = list_holds(PageQuery(cursor=page.next), moderator=LEAD, holds=world.holds)
    assert [one.job_id for one in rest.holds] == [JOB]
    with pytest.raises(Forbidden):
        listed(ME)
    own = a_moderator("lead-3", lead=True, app_user_id=USER)
    assert listed(own).holds == (), "a lead does not learn of a hold of their own photos"


# --- what outlives the job -----------------------------------------------------------------------


def test_an_erasure_deletes_the_job_and_leaves_the_hold(reviewed):
    hold(reviewed)
    decide(reviewed, confirm=True)
    end(reviewed, JobError.CLOSED)
    erase(reviewed)

    assert JOB not in reviewed.jobs.jobs
    assert export(reviewed).user.user_id == USER
    assert reviewed.hold_files.objects
    assert reviewed.holds.block(USER_HASH), "an erasure does not lift the block"


def test_a_hold_whose_user_was_erased_can_still_be_returned(reviewed):
    hold(reviewed)
    end(reviewed, "States.Timeout")
    erase(reviewed)

    decide(reviewed, confirm=False)

    assert reviewed.hold_files.objects == {}
    assert not reviewed.holds.block(USER_HASH)


def erase(world):
    erasure = world.erasures.begin(
        Erasure(erasure_id=new_erasure_id(), user_id=USER, requested_at=NOW)
    )
    erase_user(
        erasure.erasure_id,
        erasures=world.erasures,
        jobs=world.jobs,
        users=world.users,
        deletion=world.deletion,
        watermarks=world.watermarks,
        keyed_hash=world.keyed_hash,
        signer=world.signer,
        issuer="likeness/test",
        policy="test",
        clock=world.clock,
        cancel=lambda _: None,
    )
