"""What leads see and do: figures, decided cases, reversals, the audit log, the report."""

import hashlib
import json
from datetime import date, timedelta

import pytest

from likeness.adapters.policy_files import load_reasons
from likeness.api.message import PageQuery
from likeness.api.review import (
    AuditExportQuery,
    DecidedQuery,
    DecideReview,
    OverturnReview,
    StatsQuery,
    TransparencyQuery,
)
from likeness.contracts.jobs import JobError
from likeness.domain.account.quota import Day, QuotaState
from likeness.domain.errors import CaseDecided, Conflict, Forbidden, Invalid
from likeness.domain.jobs.job import JobState
from likeness.domain.reasons import Reason
from likeness.domain.review import statistics
from likeness.domain.review.audit import AuditAction, AuditEvent, SignedAnchor, chain_of
from likeness.domain.review.case import RefusedPhoto, review_of
from likeness.domain.review.kinds import ReviewKind, ReviewState
from likeness.domain.review.statistics import ALL, bucket, median_s, missed
from likeness.domain.verdict import Outcome
from likeness.services.jobs.fail_job import fail_job
from likeness.services.review.claim_review import claim_review
from likeness.services.review.complete_decision import complete_decision
from likeness.services.review.decide_review import decide_review
from likeness.services.review.export_audit import export_audit
from likeness.services.review.list_anchors import list_anchors
from likeness.services.review.list_decided import list_decided
from likeness.services.review.overturn_review import overturn_review
from likeness.services.review.review_stats import review_stats
from likeness.services.review.transparency_report import transparency_report
from tests.builders import (
    JOB,
    NOW,
    USER,
    a_moderator,
    a_photo,
    a_policy,
    a_review,
    a_verdict,
)

ME, OTHER = a_moderator(), a_moderator("moderator-2")
LEAD, OTHER_LEAD = a_moderator("lead-1", lead=True), a_moderator("lead-2", lead=True)
REVIEW = review_of(JOB)
WEAPON = (RefusedPhoto(photo_id="p01", reason=Reason.POLICY_VIOLENCE),)
YES, NO = DecideReview(approve=True), DecideReview(approve=False, photos=WEAPON)
LEASE = timedelta(hours=1)


def opened(world, n=None, **fields):
    if n is not None:
        fields = {"job_id": f"j{n:032x}", "owner": f"user-{n}"} | fields
    review = a_review(**fields)
    world.reviews.open(review, "token")
    return review.review_id


def decides(world, review, decision=YES, moderator=ME, after=timedelta(seconds=30)):
    claim_review(review, moderator=moderator, reviews=world.reviews, clock=world.clock, lease=LEASE)
    world.clock.advance(after)
    decide_review(
        review,
        decision,
        moderator=moderator,
        reviews=world.reviews,
        pending=world.pending,
        clock=world.clock,
        escalate=a_policy().escalate,
        undo=timedelta(0),
        second_percent=0,
    )
    complete_decision(
        world.pending.scheduled[-1][0],
        reviews=world.reviews,
        known_cases=world.known_cases,
        effect=world.decision_effect,
    )


def stats(world, moderator=LEAD, days=30):
    return review_stats(
        StatsQuery(days=days),
        moderator=moderator,
        reviews=world.reviews,
        desk_counters=world.desk_counters,
        clock=world.clock,
        budget=100,
    )


def listed(world, who=LEAD, **query):
    return list_decided(
        DecidedQuery(**query), moderator=who, reviews=world.reviews, clock=world.clock
    )


def overturn(world, *photos, moderator=LEAD, review=REVIEW):
    return overturn_review(
        review,
        OverturnReview(photos=photos),
        moderator=moderator,
        jobs=world.jobs,
        reviews=world.reviews,
        appeals=world.appeal_closing,
        workflow=world.workflow,
        holding=world.holding,
        escalate=a_policy().escalate,
        clock=world.clock,
    )


# --- figures --------------------------------------------------------------------------------------


def test_a_lead_sees_the_work_of_each_moderator(world):
    decides(world, opened(world, 1), YES, ME, timedelta(seconds=20))
    decides(world, opened(world, 2), NO, ME, timedelta(seconds=40))
    decides(world, opened(world, 3), YES, OTHER, timedelta(seconds=10))

    shown = stats(world)

    mine, theirs = shown.moderators
    assert (mine.moderator, theirs.moderator) == (ME.id, OTHER.id)
    work = mine.work
    assert (work.handled, work.approved, work.refused) == (2, 1, 1)
    assert (work.mean_handling_seconds, work.handling_seconds) == (30, 60)
    assert work.refused_by_reason == {Reason.POLICY_VIOLENCE: 1}
    assert (work.approved_unseen, shown.approved_unseen) == (1, 2)
    assert shown.mean_handling_seconds == pytest.approx(70 / 3)


def test_a_moderator_sees_their_own_work_and_no_one_elses(world):
    decides(world, opened(world, 1))
    decides(world, opened(world, 2), moderator=OTHER)

    shown = stats(world, ME)

    assert (shown.own.handled, shown.moderators) == (1, ())


def test_handling_begins_with_the_claim_and_not_with_the_opening(world):
    review = opened(world, 1)
    world.clock.advance(timedelta(hours=2))
    decides(world, review, after=timedelta(seconds=30))

    shown = stats(world)

    assert (shown.mean_handling_seconds, shown.mean_seconds_to_decide) == (30, 7230)


def test_agreement_is_counted_by_reason(world):
    counts = {"agreed#POLICY.HATE": 3, "differed#POLICY.HATE": 1, "differed#MINOR.AGE_DOUBT": 2}
    world.desk_counters.add(statistics.desk_day(NOW), {ALL: counts})

    found = stats(world).second.by_reason

    hate = found[Reason.POLICY_HATE]
    assert (hate.agreed, hate.differed) == (3, 1)
    assert found[Reason.MINOR_AGE_DOUBT].differed == 2


def test_the_forecast_counts_what_cannot_be_decided_in_time():
    def deadlines(*hours):
        return [NOW + timedelta(hours=one) for one in hours]

    assert missed(deadlines(1, 2, 3), NOW, per_hour=1) == 0
    assert missed(deadlines(1, 1, 1), NOW, per_hour=1) == 2
    assert missed(deadlines(1, 1.5, 1.9), NOW, per_hour=2) == 0
    assert missed([], NOW, per_hour=1) == 0


def test_the_statistics_forecast_missed_deadlines(world):
    assert stats(world).queue.missed_forecast is None, "without decisions there is no rate"
    decides(world, opened(world, 1))
    for n in range(2, 12):
        opened(world, n, decide_by=NOW + timedelta(minutes=30))

    queue = stats(world).queue

    hours = 24 + (world.clock.now() - world.clock.now().replace(hour=0, minute=0, second=0)) / (
        timedelta(hours=1)
    )
    assert queue.decided_per_hour == pytest.approx(1 / hours)
    assert (queue.missed_forecast, queue.due_within_hour, queue.waiting) == (10, 10, 10)


@pytest.mark.parametrize("seconds", [1, 59, 600, 43200])
def test_a_median_of_the_histogram_is_close_to_the_true_one(seconds):
    counts = {f"took#photos#{bucket(one)}": 1 for one in (seconds / 9, seconds, seconds * 9)}

    assert median_s(counts, ReviewKind.PHOTOS) == pytest.approx(seconds, rel=0.13)
    assert median_s(counts, ReviewKind.APPEAL) is None


# --- decided cases --------------------------------------------------------------------------------


def test_decided_cases_are_listed_by_day_the_latest_first(world):
    for n in (1, 2, 3):
        decides(world, opened(world, n), after=timedelta(minutes=1))
    opened(world, 4)

    first = listed(world, limit=2)
    rest = listed(world, limit=2, cursor=first.next)

    found = [int(one.job_id[1:], 16) for page in (first, rest) for one in page.reviews]
    assert found == [3, 2, 1]
    assert rest.next is None
    assert listed(world, day=NOW.date() - timedelta(days=1)).reviews == ()
    with pytest.raises(Invalid):
        listed(world, day=NOW.date() - timedelta(days=1), cursor=first.next)


def test_decided_cases_are_filtered(world):
    decides(world, opened(world, 1), YES)
    decides(world, opened(world, 2), NO, OTHER)

    def found(**query):
        return [int(one.job_id[1:], 16) for one in listed(world, **query).reviews]

    assert found(moderator=OTHER.id) == found(state="refused") == [2]
    assert found(reason=Reason.POLICY_VIOLENCE) == [2, 1], "found in both"
    assert found(reason=Reason.POLICY_HATE) == found(kind=ReviewKind.APPEAL) == []


def test_a_decision_is_not_listed_while_a_lead_may_give_its_second_opinion(world):
    review = opened(world, 1)
    decides(world, review, YES)
    world.reviews.save(world.reviews.get(review).change(second=True))
    assert listed(world).reviews == (), "the second opinion is about to be opened"

    second = opened(world, 1, kind=ReviewKind.SECOND, excluded_moderators=(ME.id,))
    assert listed(world).reviews == ()

    decides(world, review, NO, OTHER)
    assert {one.review_id for one in listed(world).reviews} == {review}
    assert world.reviews.get(second).agreement == "differed"


def test_a_lead_does_not_see_who_decided_about_their_own_photos(world):
    decides(world, opened(world, 1, owner="lead-1"), YES)
    decides(world, opened(world, 2), YES)

    assert [one.review_id for one in listed(world).reviews] == [review_of(f"j{2:032x}")]


@pytest.mark.parametrize(("second", "differs"), [(YES, True), (NO, False)])
def test_disagreements_are_listed(world, second, differs):
    decides(world, opened(world, 1), NO)
    opened(world, 1, kind=ReviewKind.SECOND)
    world.reviews.save(world.reviews.get(review_of(f"j{1:032x}")).change(second=True))
    decides(world, review_of(f"j{1:032x}"), second, OTHER)

    found = listed(world, second="differed").reviews

    assert [(one.kind, one.first_approved, one.approved) for one in found] == (
        [(ReviewKind.SECOND, False, True)] if differs else []
    )


def test_only_leads_see_who_decided(world):
    with pytest.raises(Forbidden):
        listed(world, ME)


# --- overturn -------------------------------------------------------------------------------------


def a_decided_job(world, state, decision):
    photo = a_photo(1, verdict=a_verdict(Outcome.DOUBTFUL, Reason.POLICY_VIOLENCE), hmac="ab" * 32)
    world.has(state, with_photos=[photo])
    opened(world)
    decides(world, REVIEW, decision)


def test_a_lead_refuses_a_case_while_its_job_runs(world):
    a_decided_job(world, JobState.GENERATING, YES)

    shown = overturn(world, *WEAPON)

    assert (shown.overturned_by, shown.refused) == (LEAD.id, WEAPON)
    assert world.reviews.get(REVIEW).state is ReviewState.REFUSED
    assert world.workflow.endings == [(JOB, JobError.REFUSED)]
    last = world.audit_log.written[-1]
    assert (last.action, last.actor) == (AuditAction.OVERTURNED, LEAD.id)
    assert last.details == {"p01": "POLICY.VIOLENCE"}
    assert stats(world).reversed == 1
    assert overturn(world, *WEAPON) == shown, "again: the same response, counted once"
    assert stats(world).reversed == 1


def test_a_lead_who_refuses_a_case_for_age_and_nudity_holds_the_job(world):
    a_decided_job(world, JobState.GENERATING, YES)
    photos = [
        RefusedPhoto(photo_id="p01", reason=Reason.MINOR_AGE_DOUBT),
        RefusedPhoto(photo_id="p02", reason=Reason.POLICY_NUDITY),
    ]
    review = world.reviews.get(REVIEW)
    more = (*review.photos, review.photos[0].model_copy(update={"photo_id": "p02"}))
    world.reviews.save(review.change(photos=more))

    shown = overturn(world, *photos)

    hold = world.holds.get(JOB)
    assert (hold.held_by, [photo.photo_id for photo in hold.photos]) == (LEAD.id, ["p01", "p02"])
    assert world.hold_files.objects, "preserved before the job ends"
    assert world.reviews.get(REVIEW).state is ReviewState.HELD
    assert overturn(world, *photos) == shown
    fail_job(
        JOB,
        JobError.REFUSED,
        jobs=world.jobs,
        reviews=world.reviews,
        ledger=world.ledger,
        generator=world.generator,
        keyed_hash=world.keyed_hash,
        deletion=world.deletion,
        clock=world.clock,
    )
    assert world.job.reason is Reason.SYSTEM_REVIEW_EXPIRED, "nothing warns the user"


@pytest.mark.parametrize("state", [JobState.COMPLETED, JobState.CANCELLED, JobState.CANCELLING])
def test_a_job_that_ended_cannot_be_refused(world, state):
    a_decided_job(world, state, YES)

    with pytest.raises(Conflict, match="while it runs"):
        overturn(world, *WEAPON)


def test_a_lead_approves_a_refused_case_like_a_granted_appeal(world):
    a_decided_job(world, JobState.REFUSED, NO)
    world.clock.advance(timedelta(days=1))

    assert overturn(world).overturned_by == LEAD.id

    assert world.users.profile(USER).exonerated == {"ab" * 32: {Reason.POLICY_VIOLENCE}}
    (entry,) = world.ledger.entries(USER, Day("2026-11-23"))
    assert entry.state is QuotaState.GRANTED
    assert world.job.state is JobState.REFUSED, "its photos are deleted"
    with pytest.raises(CaseDecided):
        overturn(world, moderator=OTHER_LEAD)


@pytest.mark.parametrize("who", [ME, a_moderator(lead=True)], ids=["no lead", "who decided"])
def test_only_another_lead_overturns(world, who):
    a_decided_job(world, JobState.GENERATING, YES)

    with pytest.raises(Forbidden):
        overturn(world, *WEAPON, moderator=who)

    assert world.workflow.endings == []


def test_of_two_leads_who_overturn_at_once_the_second_is_refused(world):
    a_decided_job(world, JobState.GENERATING, YES)
    saves = world.reviews.save

    def while_saved(*args):
        world.reviews.save = saves
        overturn(world, *WEAPON, moderator=OTHER_LEAD)
        saves(*args)

    world.reviews.save = while_saved

    with pytest.raises(CaseDecided):
        overturn(world, *WEAPON)
    assert world.reviews.get(REVIEW).overturn.by == OTHER_LEAD.id
    assert stats(world).reversed == 1


def test_a_case_whose_second_opinion_is_held_is_not_overturned(world):
    a_decided_job(world, JobState.IN_REVIEW, YES)
    world.reviews.save(world.reviews.get(REVIEW).change(second=True))
    second = a_review(kind=ReviewKind.SECOND)
    world.reviews.open(second.hold("moderator-1"), "token-2")

    with pytest.raises(Conflict, match="second opinion"):
        overturn(world, *WEAPON)
    assert world.reviews.get(second.review_id).overturn is None


def test_what_is_not_decided_is_not_overturned(world):
    world.has(JobState.IN_REVIEW)
    opened(world)

    with pytest.raises(Conflict, match="not decided"):
        overturn(world, *WEAPON)


# --- the audit log --------------------------------------------------------------------------------


def export(world, moderator=LEAD, **query):
    return export_audit(
        AuditExportQuery(**query),
        moderator=moderator,
        audit_log=world.audit_log,
        clock=world.clock,
    )


def test_an_export_can_be_verified_from_its_json_alone(world):
    decides(world, opened(world, 1), NO)
    chain = world.audit_log.written[0].chain
    first = export(world, chain=chain, limit=3)
    rest = export(world, chain=chain, after=first.entries[-1].number)

    previous = f"{chain:064x}"
    for entry in (*first.entries, *rest.entries):
        fields = json.loads(entry.model_dump_json())
        claimed = fields.pop("hash")
        assert (fields.pop("chain"), fields["previous"]) == (chain, previous)
        text = json.dumps(fields, sort_keys=True, separators=(",", ":"))
        previous = hashlib.sha256(text.encode()).hexdigest()
        assert previous == claimed
    assert rest.head.hash == previous


def test_an_export_is_an_audit_event_itself(world):
    own = chain_of(AuditEvent(at=NOW, actor=LEAD.id, action=AuditAction.EXPORTED))

    (entry,) = export(world, chain=own).entries

    assert (entry.action, entry.details) == ("exported", {"chain": str(own), "after": "0"})


def anchors(world, moderator=LEAD, **query):
    return list_anchors(PageQuery(**query), moderator=moderator, audit_log=world.audit_log)


def test_the_anchors_and_the_heads_of_all_chains_are_listed(world):
    opened(world, 1)
    for number in range(1, 4):
        world.audit_log.add_anchor(SignedAnchor(number=number, jws=f"jws-{number}"))

    first = anchors(world, limit=2)
    rest = anchors(world, cursor=first.next)
    assert [one.jws for one in first.anchors] == ["jws-1", "jws-2"]
    assert ([one.number for one in rest.anchors], rest.next) == ([3], None)
    assert [one.hash for one in anchors(world).heads] == [
        head.hash for head in world.audit_log.heads()
    ]
    with pytest.raises(Forbidden):
        anchors(world, ME)


def test_only_leads_export_the_audit_log(world):
    world.audit_log.append(AuditEvent(at=NOW, action=AuditAction.EXPIRED))
    with pytest.raises(Forbidden):
        export(world, ME)


# --- the transparency report ----------------------------------------------------------------------


def report(world, first="2026-01-01", last="2026-12-31", moderator=LEAD):
    return transparency_report(
        TransparencyQuery(first=date.fromisoformat(first), last=date.fromisoformat(last)),
        moderator=moderator,
        desk_counters=world.desk_counters,
        reasons=load_reasons(),
    )


def test_the_report_has_figures_by_reason_and_who_decided(world):
    decides(world, opened(world, 1), YES, after=timedelta(minutes=1))
    decides(world, opened(world, 2), NO, after=timedelta(minutes=10))
    decides(world, opened(world, 3, kind=ReviewKind.APPEAL), YES, LEAD)
    automated = {"moderated": 40, "to_review": 3, "auto_refused#POLICY.VIOLENCE": 7}
    world.desk_counters.add(statistics.desk_day(NOW), {ALL: automated})

    shown = report(world)

    violence = shown.by_reason[Reason.POLICY_VIOLENCE]
    assert violence.dsa_category == "STATEMENT_CATEGORY_VIOLENCE"
    assert (violence.refused_automatically, violence.refused_by_moderators) == (7, 1)
    assert (violence.appeals_granted, violence.appeals_rejected) == (1, 0)
    assert (shown.jobs_moderated, shown.jobs_to_moderators) == (40, 3)
    assert (shown.appeals_granted, shown.automated_overturn_rate) == (1, 1.0)
    assert shown.doubts_approved_rate == 0.5
    assert shown.median_seconds_to_decide == pytest.approx(60, rel=0.13)
    assert report(world, last="2026-11-01").jobs_moderated == 0
    assert report(world, first="2026-12-01").jobs_moderated == 0


@pytest.mark.parametrize(
    ("first", "last"), [("2026-02-01", "2026-01-01"), ("2025-01-01", "2026-12-31")]
)
def test_a_report_is_about_a_year_at_most(world, first, last):
    with pytest.raises(Invalid):
        report(world, first, last)


def test_only_leads_read_the_report(world):
    with pytest.raises(Forbidden):
        report(world, moderator=ME)


def test_the_figures_of_a_long_queue_are_of_its_first_cases(world, monkeypatch):
    for n in range(1, 5):
        opened(world, n)
    assert stats(world).queue.complete

    monkeypatch.setattr("likeness.services.review.review_stats.READ", 3)

    queue = stats(world).queue
    assert (queue.complete, queue.waiting) == (False, 3)
