"""The review desk's tables: the fakes, and DynamoDB."""

from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from likeness.domain.account.quota import UserZone
from likeness.domain.errors import ConcurrentChange, Conflict, NotFound, OverQuota
from likeness.domain.ids import JobId
from likeness.domain.jobs.job import JobState
from likeness.domain.reasons import Reason
from likeness.domain.review.appeal import Appeal, AppealedPhoto
from likeness.domain.review.audit import (
    CHAINS,
    AuditAction,
    AuditEvent,
    ChainHead,
    SignedAnchor,
    about,
)
from likeness.domain.review.case import UTC_ZONE, Window, review_of
from likeness.domain.review.kinds import EscalationReason, ReviewKind
from likeness.domain.review.statistics import ALL, Exposure, desk_day
from likeness.domain.verdict import Severity
from tests.builders import (
    JOB,
    MODERATOR,
    NOW,
    OTHER_JOB,
    a_job,
    a_moderator,
    a_review,
    decided,
    intact,
    whole,
)

REVIEW = review_of(JOB)
URGENT_BEFORE = NOW + timedelta(hours=1)


@pytest.fixture
def reviews(tables):
    return tables.reviews


DAY = UTC_ZONE.today(NOW)


def expose(tables, event, **fields):
    return tables.desk_counters.expose(event, today=DAY, **fields)


def test_an_open_review_is_stored_with_its_task_token(reviews):
    reviews.open(a_review(), "token-1")

    assert reviews.get(REVIEW) == a_review()
    assert in_order(reviews) == [a_review()]
    assert reviews.task_token(REVIEW) == "token-1"


def test_an_unknown_review_is_not_found(reviews):
    with pytest.raises(NotFound):
        reviews.get(REVIEW)
    with pytest.raises(NotFound):
        reviews.task_token(REVIEW)
    with pytest.raises(NotFound):
        reviews.save(a_review().expire(NOW))


def test_opening_again_keeps_the_deadline_and_stores_the_newer_token(reviews):
    reviews.open(a_review(), "token-1")

    reviews.open(a_review(decide_by=NOW + timedelta(days=9)), "token-2")

    assert reviews.get(REVIEW) == a_review()
    assert reviews.task_token(REVIEW) == "token-2"


def test_opening_again_keeps_a_decision(reviews):
    reviews.open(a_review(), "token-1")
    approved = decided(a_review())
    reviews.save(approved)

    reviews.open(a_review(), "token-2")

    assert reviews.get(REVIEW) == approved
    assert in_order(reviews) == []
    assert reviews.task_token(REVIEW) == "token-2"


def in_review(tables):
    """The stored job, and its next version as its case is opened."""
    job = a_job(JobState.MODERATING)
    tables.jobs.create(job, [])
    return job, job.move(JobState.IN_REVIEW, NOW)


def test_a_case_is_opened_together_with_its_job(tables):
    _, moved = in_review(tables)

    tables.reviews.open(a_review(), "token-1", job=moved)

    assert tables.jobs.get(JOB) == moved
    assert tables.reviews.get(REVIEW) == a_review()
    assert tables.reviews.task_token(REVIEW) == "token-1"


def test_no_case_of_a_job_that_ended_is_opened(tables):
    job, moved = in_review(tables)
    ended = job.move(JobState.FAILED, NOW, reason=Reason.SYSTEM_UNAVAILABLE)
    tables.jobs.save(ended)

    with pytest.raises(ConcurrentChange):
        tables.reviews.open(a_review(), "token-1", job=moved)

    assert tables.jobs.get(JOB) == ended
    assert tables.reviews.for_job(JOB) == []
    assert tables.audit_log.for_review(REVIEW) == []
    with pytest.raises(NotFound):
        tables.reviews.task_token(REVIEW)


def test_the_job_of_an_open_case_moves_with_the_newer_token(tables):
    """The release before opened the case, and died before it moved the job."""
    _, moved = in_review(tables)
    tables.reviews.open(a_review(), "token-1")

    tables.reviews.open(a_review(decide_by=NOW + timedelta(days=9)), "token-2", job=moved)

    assert tables.jobs.get(JOB) == moved
    assert tables.reviews.get(REVIEW) == a_review()
    assert tables.reviews.task_token(REVIEW) == "token-2"


def test_a_newer_token_of_a_job_that_ended_is_not_stored(tables):
    job, moved = in_review(tables)
    tables.reviews.open(a_review(), "token-1")
    tables.jobs.save(job.move(JobState.FAILED, NOW, reason=Reason.SYSTEM_UNAVAILABLE))

    with pytest.raises(ConcurrentChange):
        tables.reviews.open(a_review(), "token-2", job=moved)

    assert tables.reviews.task_token(REVIEW) == "token-1"


def test_the_next_to_expire_is_first_in_any_time_zone(reviews):
    zones = ("UTC", "Pacific/Apia", "America/New_York", "Asia/Kathmandu")
    hours = (9, 3, 12, 6)
    for n, (zone, left) in enumerate(zip(zones, hours, strict=True), start=1):
        decide_by = (NOW + timedelta(hours=left)).astimezone(ZoneInfo(zone))
        job_id = JobId("j" + str(n).zfill(32))
        reviews.open(a_review(job_id=job_id, decide_by=decide_by), f"token-{n}")

    assert [int(review.job_id[1:]) for review in in_order(reviews)] == [2, 4, 1, 3]


def queue_of(reviews, *severities):
    for n, severity in enumerate(severities, start=1):
        job_id = JobId("j" + str(n).zfill(32))
        reviews.open(a_review(job_id=job_id, severity=severity), f"token-{n}")


def test_the_most_severe_case_is_before_the_longest_waiting_case(reviews):
    queue_of(reviews, Severity.LOW, Severity.CRITICAL, Severity.MEDIUM, Severity.HIGH)

    assert [int(review.job_id[1:]) for review in in_order(reviews)] == [2, 4, 3, 1]


def in_order(reviews, **options):
    return [queued.review for queued in reviews.queue(URGENT_BEFORE, **options)]


def test_a_higher_tier_counts_as_a_nearer_deadline(reviews):
    late, later = NOW + timedelta(hours=14), NOW + timedelta(hours=16)
    others = [
        a_review(job_id=JobId("j" + f"{n}" * 32), decide_by=decide_by, priority=priority)
        for n, decide_by, priority in [(3, late, 1), (4, later, 1)]
    ]
    for n, review in enumerate([a_review(), *others]):
        reviews.open(review, f"token-{n}")

    assert in_order(reviews) == [others[0], a_review(), others[1]]


def mixed(reviews):
    """Urgent cases, second opinions and all severities: more than one query reads."""
    for n in range(70):
        severity = list(Severity)[n % 4]
        second = n % 7 == 0
        review = a_review(
            job_id=JobId(f"j{n:032x}"),
            kind=ReviewKind.SECOND if second else ReviewKind.PHOTOS,
            severity=severity,
            decide_by=NOW + timedelta(minutes=11 * n + 5),
            shown=Window(opened_at=NOW, decide_by=NOW + timedelta(minutes=7 * n + 5))
            if second
            else None,
        )
        reviews.open(review, f"token-{n}")


@pytest.mark.parametrize("blind", [True, False])
def test_the_queue_is_in_order_from_any_place_on(reviews, blind):
    mixed(reviews)
    everything = list(reviews.queue(URGENT_BEFORE, blind=blind))

    assert len(everything) == 70
    assert everything == sorted(everything, key=lambda queued: queued.place)
    for n, queued in enumerate(everything):
        rest = reviews.queue(URGENT_BEFORE, after=queued.place, blind=blind)
        assert list(rest) == everything[n + 1 :]


def many(reviews, count, **fields):
    """Cases of `count` jobs, one minute apart, in every shard of the queue."""
    for n in range(count):
        decide_by = NOW + timedelta(hours=2, minutes=n)
        job_id = JobId(f"j{n:032x}")
        reviews.open(a_review(**{"job_id": job_id, "decide_by": decide_by} | fields), "token")
    return in_order(reviews)


LEAD, COLLEAGUE = a_moderator("lead-1", lead=True), a_moderator("moderator-2")
LASTS = timedelta(minutes=2)


def next_for(reviews, moderator, now=NOW):
    return [queued.review for queued in reviews.next_for(moderator, now)]


def test_a_case_that_another_moderator_has_is_in_the_list_and_not_next(reviews):
    first, second, third = many(reviews, 3)
    claimed = first.claim(MODERATOR, now=NOW, lasts=LASTS)
    reviews.save(claimed)

    assert in_order(reviews) == [claimed, second, third]
    assert next_for(reviews, a_moderator()) == [claimed, second, third]
    assert next_for(reviews, COLLEAGUE) == [second, third]
    assert next_for(reviews, COLLEAGUE, NOW + LASTS) == [claimed, second, third]

    reviews.save(claimed.release(MODERATOR, NOW))
    assert [one.job_id for one in next_for(reviews, COLLEAGUE)][0] == first.job_id


def test_a_pending_decision_is_not_next_until_it_is_undone(reviews):
    first, second = many(reviews, 2)
    claimed = first.claim(MODERATOR, now=NOW, lasts=LASTS)
    pending = claimed.decide(MODERATOR, now=NOW, undo=timedelta(seconds=10))
    reviews.save(claimed)
    reviews.save(pending)

    assert in_order(reviews) == [pending, second]
    assert next_for(reviews, a_moderator()) == [second]

    undone = pending.undo(MODERATOR, now=NOW, lasts=LASTS)
    reviews.save(undone)
    assert next_for(reviews, a_moderator()) == [undone, second]


def test_appeals_and_escalated_cases_are_next_for_leads_only(reviews):
    first, second = many(reviews, 2)
    appeal = a_review(kind=ReviewKind.APPEAL, job_id=OTHER_JOB, severity=Severity.CRITICAL)
    reviews.open(appeal, None)
    claimed = first.claim(MODERATOR, now=NOW, lasts=LASTS)
    escalated = claimed.escalate(MODERATOR, NOW, EscalationReason.UNSURE, "please look")
    reviews.save(claimed)
    reviews.save(escalated)

    assert next_for(reviews, COLLEAGUE) == [second]
    assert next_for(reviews, LEAD) == [appeal, escalated, second]
    assert in_order(reviews) == [appeal, escalated, second]


def test_what_is_next_is_in_the_order_of_the_queue(reviews):
    mixed(reviews)

    expected = list(reviews.queue(URGENT_BEFORE, blind=False))
    assert list(reviews.next_for(LEAD, NOW)) == expected
    assert len(expected) == 70


def test_cases_are_due_once_their_time_passed_and_no_others_are_read(reviews):
    """A head start of the tier, a lease that ended, a decision that takes effect."""
    cases, early_job = many(reviews, 6), JobId("j" + "e" * 32)
    early = a_review(job_id=early_job, priority=9, decide_by=NOW + timedelta(hours=26))
    reviews.open(early, "token")
    leased = cases[4].claim(MODERATOR, now=NOW, lasts=LASTS)
    reviews.save(leased)
    claimed = cases[5].claim(MODERATOR, now=NOW, lasts=LASTS)
    reviews.save(claimed)
    pending = claimed.decide(MODERATOR, now=NOW, undo=timedelta(seconds=10))
    reviews.save(pending)

    def due(moment):
        return sorted(one.job_id for one in reviews.due(moment))

    assert due(NOW) == [early_job]
    assert due(NOW + timedelta(seconds=10)) == sorted([early_job, pending.job_id])
    assert due(NOW + LASTS) == sorted([early_job, pending.job_id, leased.job_id])
    later = [one.job_id for one in (*cases[:2], leased, pending, early)]
    assert due(NOW + timedelta(hours=2, minutes=1)) == sorted(later)


def test_the_nearest_cases_contain_the_next_to_expire(reviews):
    assert reviews.nearest() == []
    cases = many(reviews, 12)

    assert cases[0] in reviews.nearest()
    assert len(reviews.nearest()) <= 12


def test_a_second_opinion_has_one_place_in_the_list_and_another_in_the_work(reviews):
    first = a_review(job_id=OTHER_JOB, severity=Severity.CRITICAL)
    second = a_review(
        kind=ReviewKind.SECOND, shown=first.window, decide_by=NOW + timedelta(minutes=30)
    )
    reviews.open(first, "token-1")
    reviews.open(second, "token-2")

    assert in_order(reviews) == [first, second]
    assert in_order(reviews, blind=False) == [second, first]


def test_all_reviews_of_a_job_are_found_together(reviews):
    first, second = a_review(), a_review(kind=ReviewKind.SECOND)
    reviews.open(first, "token-1")
    reviews.open(second, "token-2")
    reviews.open(a_review(job_id=OTHER_JOB), "token-3")

    assert sorted(reviews.for_job(JOB), key=lambda review: review.kind) == [first, second]
    assert reviews.for_job(JobId("j" + "9" * 32)) == []


def test_an_appeal_that_expired_may_be_opened_again_and_no_other(reviews):
    appeal = a_review(kind=ReviewKind.APPEAL)
    reviews.open(appeal, None)
    reviews.open(appeal.model_copy(update={"excluded_moderators": ("x",)}), None)
    assert reviews.get(appeal.review_id) == appeal

    reviews.save(appeal.expire(NOW))
    reviews.open(appeal, None)

    assert reviews.get(appeal.review_id) == appeal
    assert in_order(reviews) == [appeal]


# --- the audit log and the counters --------------------------------------------------------------


def audit_event(action=AuditAction.CLAIMED, **fields):
    return AuditEvent(
        **{"at": NOW, "actor": MODERATOR, "action": action, "review_id": REVIEW, "job_id": JOB}
        | fields
    )


def test_an_action_and_its_audit_event_are_stored_in_one_write(tables):
    tables.reviews.open(a_review(), "token-1")
    claimed = a_review().claim(MODERATOR, now=NOW, lasts=timedelta(minutes=2))

    tables.reviews.save(claimed, audit_event())
    with pytest.raises(Conflict):
        tables.reviews.save(
            decided(a_review(), by="moderator-2"), audit_event(AuditAction.APPROVED)
        )

    assert tables.reviews.get(REVIEW) == claimed
    entries = tables.audit_log.for_review(REVIEW)
    assert [entry.action for entry in entries] == [AuditAction.OPENED, AuditAction.CLAIMED]
    assert whole(tables.audit_log) == entries
    assert intact(tables.audit_log) == 2


def test_a_case_lists_its_own_entries_and_the_audit_log_all(tables):
    tables.reviews.open(a_review(), "token-1")
    tables.reviews.open(a_review(job_id=OTHER_JOB), "token-2")

    assert [entry.job_id for entry in tables.audit_log.for_review(REVIEW)] == [JOB]
    assert {entry.job_id for entry in whole(tables.audit_log)} == {JOB, OTHER_JOB}
    assert intact(tables.audit_log) == 2


def test_a_chain_without_entries_has_its_number_as_head(tables):
    heads = tables.audit_log.heads()

    assert heads == [ChainHead.start(chain) for chain in range(CHAINS)]
    assert heads[17].hash == f"{17:064x}"
    assert intact(tables.audit_log) == 0


def test_all_events_about_a_job_are_in_one_chain_and_jobs_are_in_many(tables):
    for n in range(40):
        review = a_review(job_id=JobId(f"j{n:032x}"))
        tables.reviews.open(review, "token")
        tables.reviews.save(decided(review), about(review, AuditAction.APPROVED, NOW))
    staff = audit_event(AuditAction.STAFF_INVITED, review_id=None, job_id=None, actor="lead-1")
    tables.audit_log.append(staff)
    tables.audit_log.append(staff)

    chains = defaultdict(set)
    for entry in whole(tables.audit_log):
        chains[entry.job_id].add(entry.chain)
    assert all(len(of) == 1 for of in chains.values())
    assert len(set.union(*chains.values())) > 10
    assert intact(tables.audit_log) == 82


def test_the_audit_log_knows_which_heads_it_does_not_have(tables):
    for n in range(3):
        tables.reviews.open(a_review(job_id=JobId(f"j{n:032x}")), "token")
    heads = tables.audit_log.heads()
    other = next(head for head in heads if head.number)
    changed = other.model_copy(update={"hash": "f" * 64})
    later = other.model_copy(update={"number": 9})

    assert tables.audit_log.missing([*heads, changed, later]) == [changed, later]


def test_anchors_have_consecutive_numbers(tables):
    assert tables.audit_log.last_anchor() is None
    anchors = [SignedAnchor(number=n, jws=f"jws-{n}") for n in (1, 2, 3)]
    for anchor in anchors:
        tables.audit_log.add_anchor(anchor)
    with pytest.raises(Conflict):
        tables.audit_log.add_anchor(SignedAnchor(number=3, jws="another"))

    assert list(tables.audit_log.anchors()) == anchors
    assert list(tables.audit_log.anchors(after=2)) == anchors[2:]
    assert tables.audit_log.last_anchor() == anchors[-1]


def test_decisions_are_counted_by_day(tables):
    tables.reviews.open(a_review(), "token-1")
    tables.reviews.open(a_review(job_id=OTHER_JOB), "token-2")
    other = a_review(job_id=OTHER_JOB)
    tomorrow = NOW + timedelta(days=1)

    tables.reviews.save(
        decided(a_review()),
        audit_event(AuditAction.APPROVED),
        {ALL: {"approved": 1, "seconds": 30}, "moderator-1": {"handling": 7}},
    )
    tables.reviews.save(
        decided(other, Reason.POLICY_HATE),
        audit_event(AuditAction.REFUSED),
        {ALL: {"refused": 1, "seconds": 12}, "moderator-1": {"handling": 5}, "moderator-2": {}},
    )

    assert tables.desk_counters.counts([desk_day(NOW)]) == {
        ALL: {"approved": 1, "refused": 1, "seconds": 42},
        "moderator-1": {"handling": 12},
    }
    assert tables.desk_counters.counts([desk_day(tomorrow)]) == {}


def test_a_moderators_counts_may_be_of_another_day_than_the_desks(tables):
    tables.reviews.open(a_review(), "token-1")
    tomorrow = desk_day(NOW + timedelta(days=1))

    tables.reviews.save(
        decided(a_review()),
        audit_event(AuditAction.APPROVED),
        {ALL: {"approved": 1}, MODERATOR: {"handling": 7}},
        {MODERATOR: tomorrow},
    )

    assert tables.desk_counters.counts([desk_day(NOW)]) == {ALL: {"approved": 1}}
    assert tables.desk_counters.counts([tomorrow]) == {MODERATOR: {"handling": 7}}


@pytest.mark.parametrize(
    ("zone", "at"),
    [
        ("Pacific/Kiritimati", NOW.replace(hour=11)),  # UTC+14: it is tomorrow
        ("Pacific/Pago_Pago", NOW.replace(hour=1)),  # UTC-11: it is yesterday
    ],
)
def test_the_exposure_of_every_day_that_goes_on_is_found(tables, zone, at):
    today = UserZone(name=zone, fixed_at=NOW).today(at)
    assert today.day != desk_day(at)
    revealed = audit_event(AuditAction.REVEALED, at=at)
    tables.desk_counters.expose(revealed, today=today, points=3, budget=9)

    assert tables.desk_counters.exposures(at)[MODERATOR].used == 3
    assert tables.desk_counters.exposures(today.ends_at) == {}


def test_totals_are_of_the_desk_over_more_days_than_one_request_reads(tables):
    days = [NOW - timedelta(days=n) for n in range(250)]
    for n, day in enumerate(days[::100]):
        job_id = JobId(f"j{n:032x}")
        tables.reviews.open(a_review(job_id=job_id), "token")
        counts = {ALL: {"approved": 1}, MODERATOR: {"approved": 1}}
        tables.reviews.save(
            decided(a_review(job_id=job_id)),
            audit_event(AuditAction.COMPLETED, at=day, review_id=review_of(job_id), job_id=job_id),
            counts,
        )

    assert tables.desk_counters.totals(map(desk_day, days)) == {"approved": 3}
    assert tables.desk_counters.totals([]) == {}


def test_decided_cases_are_found_by_day_the_latest_first(reviews):
    for n in range(30):
        review = a_review(job_id=JobId(f"j{n + 16:032x}"))
        reviews.open(review, "token")
        reviews.save(decided(review, at=NOW + timedelta(minutes=n)))
    late = a_review(job_id=OTHER_JOB)
    reviews.open(late, "token")
    reviews.save(late.expire(NOW))

    everything = list(reviews.closed(desk_day(NOW)))

    assert [int(one.review.job_id[1:], 16) for one in everything] == list(range(45, 15, -1))
    assert list(reviews.closed(desk_day(NOW), after=everything[9].place)) == everything[10:]
    assert list(reviews.closed(desk_day(NOW - timedelta(days=1)))) == []


def test_a_chain_is_read_from_a_number_on(tables):
    for _ in range(4):
        tables.audit_log.append(audit_event())
    (chain,) = {entry.chain for entry in whole(tables.audit_log)}

    assert [entry.number for entry in tables.audit_log.entries(chain, after=2)] == [3, 4]
    assert list(tables.audit_log.entries(chain, after=4)) == []


def test_each_picture_is_counted_until_the_budget_is_used_up(tables):
    reveal = audit_event(AuditAction.REVEALED, details={"photo_id": "p01"})

    seen = [
        tables.desk_counters.expose(reveal, today=DAY, points=1, budget=2).used for _ in range(2)
    ]
    with pytest.raises(OverQuota):
        tables.desk_counters.expose(reveal, today=DAY, points=1, budget=2)

    assert seen == [1, 2]
    assert len(whole(tables.audit_log)) == 2


def test_a_picture_may_cost_several_points(tables):
    reveal = audit_event(AuditAction.REVEALED, details={"photo_id": "p01"})
    seen = [
        tables.desk_counters.expose(reveal, today=DAY, points=5, budget=7).used for _ in range(2)
    ]

    assert seen == [5, 10], "the last one may go beyond the budget"
    with pytest.raises(OverQuota):
        tables.desk_counters.expose(reveal, today=DAY, points=1, budget=7)


def test_the_photos_that_a_moderator_revealed_are_known(tables):
    for photo in ("p01", "p02", "p01"):
        reveal = audit_event(AuditAction.REVEALED, details={"photo_id": photo})
        tables.desk_counters.expose(reveal, today=DAY, points=1, budget=9)

    assert tables.desk_counters.revealed(REVIEW, MODERATOR) == {"p01", "p02"}
    assert tables.desk_counters.revealed(REVIEW, "moderator-2") == frozenset()


def test_an_exposure_request_is_stored_once_until_a_lead_grants_it(tables):
    expose(tables, audit_event(AuditAction.REVEALED), points=1, budget=1)
    tables.desk_counters.ask(audit_event(AuditAction.EXPOSURE_ASKED), today=DAY)
    tables.desk_counters.ask(audit_event(AuditAction.EXPOSURE_ASKED), today=DAY)
    assert tables.desk_counters.exposures(NOW) == {
        MODERATOR: Exposure(used=1, asked=True, ends_at=DAY.ends_at)
    }

    granted = audit_event(AuditAction.EXPOSURE_GRANTED, actor="lead-1", review_id=None, job_id=None)
    assert tables.desk_counters.grant(granted, MODERATOR, 5, today=DAY) == Exposure(
        used=1, extra=5, ends_at=DAY.ends_at
    )

    assert (
        tables.desk_counters.expose(
            audit_event(AuditAction.REVEALED), today=DAY, points=1, budget=1
        ).used
        == 2
    )
    assert sorted(entry.action for entry in whole(tables.audit_log)) == [
        AuditAction.EXPOSURE_ASKED,
        AuditAction.EXPOSURE_GRANTED,
        AuditAction.REVEALED,
        AuditAction.REVEALED,
    ]
    intact(tables.audit_log)


def test_concurrent_actions_get_consecutive_audit_entries(tables):
    def reveal(n):
        tables.desk_counters.expose(
            audit_event(AuditAction.REVEALED, actor=f"moderator-{n}"),
            today=DAY,
            points=1,
            budget=9,
        )

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(reveal, range(8)))

    assert intact(tables.audit_log) == 8
    assert len(tables.desk_counters.exposures(NOW)) == 8


# --- appeals --------------------------------------------------------------------------------------


def test_an_appeal_is_stored_once_and_changes_one_version_at_a_time(tables):
    appeal = Appeal(job_id=JOB, opened_at=NOW, photos=(AppealedPhoto(photo_id="p01"),))
    assert tables.appeals.get(JOB) is None

    tables.appeals.save(appeal)
    tables.appeals.save(appeal)
    with pytest.raises(Conflict):
        tables.appeals.save(appeal.model_copy(update={"opened_at": NOW + timedelta(1)}))
    tables.appeals.save(appeal.recognised("p01", "exact"))
    with pytest.raises(Conflict):
        tables.appeals.save(appeal.recognised("p01", "similar"))

    assert tables.appeals.get(JOB).photos == (AppealedPhoto(photo_id="p01", match="exact"),)


def test_a_decided_review_leaves_the_queue(reviews):
    reviews.open(a_review(), "token-1")
    reviews.open(a_review(job_id=OTHER_JOB), "token-2")

    reviews.save(decided(a_review(), Reason.POLICY_VIOLENCE))

    assert [review.job_id for review in in_order(reviews)] == [OTHER_JOB]
    assert reviews.get(REVIEW).refused[0].reason is Reason.POLICY_VIOLENCE
    assert reviews.task_token(REVIEW) == "token-1"


def test_only_the_first_of_two_moderators_decides(reviews):
    reviews.open(a_review(), "token-1")
    seen = reviews.get(REVIEW)
    approved = decided(seen)
    refused = decided(seen, Reason.POLICY_NUDITY, by="moderator-2")

    reviews.save(approved)
    with pytest.raises(Conflict):
        reviews.save(refused)

    assert reviews.get(REVIEW) == approved


def test_storing_the_same_decision_again_is_idempotent(reviews):
    reviews.open(a_review(), "token-1")
    approved = decided(a_review())

    reviews.save(approved)
    reviews.save(approved)

    assert reviews.get(REVIEW) == approved
