"""Known cases: blind, harmless to real ones, and scored for leads."""

import json
import random
import re
from datetime import timedelta

import pytest

from likeness.adapters.policy_files import load_photo_rules
from likeness.api.holds import HoldReview
from likeness.api.review import (
    AddNote,
    ClaimNext,
    DecidedQuery,
    DecideReview,
    EscalateReview,
    OverturnReview,
    QueueQuery,
    RevealPhoto,
    SkipReview,
    StatsQuery,
    TransparencyQuery,
)
from likeness.domain.account.age import AgeMethod
from likeness.domain.errors import DetectorBusy, Forbidden, Invalid, NotFound, NotReversible
from likeness.domain.jobs.job import JobState
from likeness.domain.reasons import Reason
from likeness.domain.review.audit import AuditAction
from likeness.domain.review.case import URGENT, RefusedPhoto, job_of, review_of
from likeness.domain.review.kinds import ReviewState
from likeness.domain.review.known_case import LOST_AFTER, SEEN_FOR, read_manifest
from likeness.domain.verdict import Label, Outcome
from likeness.services.review.add_note import add_note
from likeness.services.review.claim_next import claim_next
from likeness.services.review.claim_review import claim_review
from likeness.services.review.complete_decision import complete_decision
from likeness.services.review.decide_review import decide_review
from likeness.services.review.escalate_review import escalate_review
from likeness.services.review.expire_reviews import expire_reviews
from likeness.services.review.heartbeat_review import heartbeat_review
from likeness.services.review.hold_review import hold_review
from likeness.services.review.known_case_mixer import SETTLED, KnownCaseMixer
from likeness.services.review.list_decided import list_decided
from likeness.services.review.list_reviews import list_reviews
from likeness.services.review.overturn_review import overturn_review
from likeness.services.review.read_audit import read_audit
from likeness.services.review.read_review import read_review
from likeness.services.review.release_review import release_review
from likeness.services.review.request_review import request_review
from likeness.services.review.return_review import return_review
from likeness.services.review.reveal_photo import reveal_photo
from likeness.services.review.review_stats import review_stats
from likeness.services.review.skip_review import skip_review
from likeness.services.review.transparency_report import transparency_report
from likeness.services.review.undo_decision import undo_decision
from tests.builders import (
    NOW,
    a_face,
    a_job,
    a_moderator,
    a_photo,
    a_policy,
    a_verdict,
    an_assurance,
    tiers,
)
from tests.fakes import FakeKnownPictures
from tests.world import World

ME, OTHER = a_moderator(), a_moderator("moderator-2")
LEAD = a_moderator("lead-1", lead=True)
LEASE, DAY = timedelta(minutes=2), timedelta(hours=12)
WEAPON = Label(name="Weapons", parent="Violence", confidence=61.5)
VIOLENT = RefusedPhoto(photo_id="p01", reason=Reason.POLICY_VIOLENCE)
YES, NO = DecideReview(approve=True), DecideReview(approve=False, photos=(VIOLENT,))


class Always(random.Random):
    """Each decided case is followed by a known one."""

    def random(self) -> float:
        return 0.0

    def getrandbits(self, k: int, /) -> int:  # else `randint` is made of `random`
        return super().getrandbits(k)


@pytest.fixture
def mixed(world):
    return prepared(world)


def prepared(world):
    """A world whose pictures raise a doubt, and whose operator has one set of pictures."""
    world.detector.seen_labels["p01"] = [WEAPON]
    world.source = FakeKnownPictures({"toy": [("toy/1.jpg", "POLICY.VIOLENCE"), ("2.jpg", None)]})
    world.known_cases.next_window(world.clock.now() - SETTLED)
    return world


def mixer(world, **fields):
    fields = {"source": world.source, "percent": 5, "sampled": False, "chance": Always(1)} | fields
    return KnownCaseMixer(
        known_cases=world.known_cases,
        reviews=world.reviews,
        desk_counters=world.desk_counters,
        audit_log=world.audit_log,
        pending=world.pending,
        photos=world.photos,
        detector=world.detector,
        pictures=world.pictures,
        case_reader=world.case_reader,
        policy=a_policy(),
        rules=load_photo_rules(),
        decide_within=DAY,
        clock=world.clock,
        **fields,
    )


def completes(world, review_id):
    return complete_decision(
        review_id,
        reviews=world.reviews,
        known_cases=world.known_cases,
        effect=world.decision_effect,
    )


DOUBTFUL = a_verdict(Outcome.DOUBTFUL, Reason.POLICY_VIOLENCE)


def has_real(world, n=1, verdicts=(DOUBTFUL, DOUBTFUL)):
    """A job whose photos moderation sent to the desk."""
    job = a_job(JobState.MODERATING, job_id=f"j{n:032x}", user_id=f"user-{n}")
    photos = [
        a_photo(k, job_id=job.job_id, verdict=verdict, face=a_face().box)
        for k, verdict in enumerate(verdicts, start=1)
    ]
    world.jobs.create(job, photos)
    for photo in photos:
        world.photos.store(job.job_id, photo.photo_id, b"jpeg")
    request_review(
        job.job_id,
        f"token-{n}",
        jobs=world.jobs,
        reviews=world.reviews,
        holds=world.holds,
        clock=world.clock,
        policy=a_policy(),
        tiers=tiers(),
        decide_within=DAY,
    )
    return review_of(job.job_id)


def claim(world, review, moderator=ME):
    return claim_review(
        review, moderator=moderator, reviews=world.reviews, clock=world.clock, lease=LEASE
    )


def decide(world, review, decision=YES, moderator=ME, undo=timedelta(0)):
    return decide_review(
        review,
        decision,
        moderator=moderator,
        reviews=world.reviews,
        pending=world.pending,
        clock=world.clock,
        escalate=a_policy().escalate,
        undo=undo,
        second_percent=0,
    )


def decides(world, review, decision=YES, moderator=ME):
    claim(world, review, moderator)
    world.clock.advance(timedelta(seconds=30))
    decide(world, review, decision, moderator)
    completes(world, review)


def left(world, review):
    """The photos of the case that are still there."""
    job_id = world.reviews.get(review).job_id
    return [key for key in world.photo_objects.listing() if job_id in key]


def has_known(world, n=1, moderator=ME, **fields):
    """A known case that is open: it was prepared after a real one was decided."""
    decides(world, has_real(world, n), moderator=moderator)
    world.clock.advance(SETTLED + timedelta(seconds=1))
    mixer(world, **fields).mix()
    review_id, _ = world.pending.scheduled[-1]
    completes(world, review_id)
    return review_id


def following(world, moderator=ME):
    return claim_next(
        ClaimNext(),
        moderator=moderator,
        reviews=world.reviews,
        desk_counters=world.desk_counters,
        case=world.case_reader,
        clock=world.clock,
        lease=LEASE,
        budget=100,
    )


def listed(world, moderator=ME):
    return list_reviews(
        QueueQuery(),
        moderator=moderator,
        reviews=world.reviews,
        desk_counters=world.desk_counters,
        clock=world.clock,
        budget=100,
    ).reviews


def stats(world, moderator=LEAD):
    return review_stats(
        StatsQuery(days=2),
        moderator=moderator,
        reviews=world.reviews,
        desk_counters=world.desk_counters,
        clock=world.clock,
        budget=100,
    )


def read(world, review, moderator=ME):
    return read_review(
        review,
        moderator=moderator,
        reviews=world.reviews,
        case=world.case_reader,
        clock=world.clock,
    )


def reveal(world, review, level="clear", moderator=ME):
    return reveal_photo(
        review,
        RevealPhoto(photo_id="p01", level=level),
        moderator=moderator,
        reviews=world.reviews,
        desk_counters=world.desk_counters,
        photos=world.photos,
        previews=world.pictures,
        policy=a_policy(),
        clock=world.clock,
        budget=100,
    )


def audit(world, review, moderator=ME):
    return read_audit(
        review,
        moderator=moderator,
        reviews=world.reviews,
        audit_log=world.audit_log,
        clock=world.clock,
    )


# --- blind ----------------------------------------------------------------------------------------


def blank(message) -> str:
    """A response without what differs between any two cases: ids, hashes, places in the log."""
    text = json.dumps(message, default=lambda one: one.model_dump(mode="json"), sort_keys=True)
    text = re.sub(r"[jr][0-9a-f]{32}", "<id>", text)
    text = re.sub(r'"(number|chain)": \d+', r'"\1": 0', text)
    return re.sub(r"\b[0-9a-f]{64}\b", "<hash>", text)


def worked(world, review) -> list[str]:
    """All that a moderator sees of a case, by every route, from the queue to its end."""
    common = {"moderator": ME, "reviews": world.reviews, "clock": world.clock}
    leased = common | {"lease": LEASE}
    seen = [
        stats(world, ME),
        listed(world),
        following(world),
        read(world, review),
        heartbeat_review(review, **leased),
        reveal(world, review, "soft"),
        reveal(world, review, "grey"),
        reveal(world, review),
        add_note(review, AddNote(text="a toy?"), **common),
        audit(world, review),
        skip_review(review, SkipReview(reason="unsure"), **common),
        claim(world, review),
        release_review(review, **common),
        claim(world, review),
        decide(world, review, NO, undo=timedelta(seconds=10)),
        listed(world, OTHER),
        undo_decision(review, **leased),
        decide(world, review, NO, undo=timedelta(seconds=10)),
    ]
    world.clock.advance(timedelta(seconds=10))
    completes(world, review)
    seen += [read(world, review), audit(world, review), listed(world), stats(world, ME)]
    return [blank(one) for one in seen]


def test_a_known_case_cannot_be_told_from_a_real_one_by_any_response(mixed):
    """Two desks with the same history. One has a known case, the other a real one with the same
    pictures; both are worked alike, and every response and figure is the same."""
    other = prepared(World())
    known = has_known(mixed)
    photos = mixed.known_cases.get(mixed.reviews.get(known).job_id).photos

    decides(other, has_real(other))
    other.clock.advance(SETTLED + timedelta(seconds=1))
    real = has_real(other, 7, verdicts=[photo.verdict for photo in photos])
    for photo in photos:
        jpeg = mixed.photos.read(photo.job_id, photo.photo_id)
        other.photos.store(other.reviews.get(real).job_id, photo.photo_id, jpeg)

    assert worked(mixed, known) == worked(other, real)


def test_context_and_age_assurance_are_a_real_cases(mixed):
    real = has_real(mixed, 1)
    checked = an_assurance().at(NOW)
    assured = DOUBTFUL.evidence.model_copy(update={"age_assurance": checked})
    for photo in mixed.jobs.photos(mixed.reviews.get(real).job_id):
        judged = DOUBTFUL.model_copy(update={"evidence": assured})
        mixed.jobs.save_photo(photo.model_copy(update={"verdict": judged}), seen=photo)
    refused = a_job(JobState.REFUSED, job_id=f"j{99:032x}", user_id="user-1")
    mixed.jobs.create(refused.model_copy(update={"reason": Reason.POLICY_NUDITY}), [])
    decides(mixed, real)
    mixed.clock.advance(SETTLED + timedelta(seconds=1))
    mixer(mixed).mix()
    known = mixed.pending.scheduled[-1][0]
    completes(mixed, known)

    shown = read(mixed, known)

    assert shown.context.jobs == 1
    assert shown.context.refused == {Reason.POLICY_NUDITY: 1}
    assert shown.age_assurance.method is AgeMethod.PHOTO_ID


def test_a_known_case_is_opened_at_a_moment_of_its_own(mixed):
    delays = set()
    for n in range(1, 6):
        moderator = a_moderator(f"moderator-{n}")
        known = has_known(mixed, n, moderator=moderator, chance=Always(n))
        delays.add(mixed.pending.scheduled[-1][1])
        decides(mixed, known, moderator=moderator)
        mixer(mixed, source=None).mix()
    assert len(delays) > 1
    assert all(timedelta(0) <= delay <= timedelta(minutes=15) for delay in delays)


def test_no_moderator_gets_the_same_pictures_twice(mixed):
    known = has_known(mixed)
    decides(mixed, known, NO)
    decides(mixed, has_real(mixed, 2))
    mixed.clock.advance(SETTLED + timedelta(seconds=1))
    assert mixer(mixed).mix() == 1, "it is scored, and no other is prepared for this moderator"
    again = has_known(mixed, 3, moderator=OTHER)
    assert mixed.reviews.get(again).excluded_moderators == (ME.id,)
    assert not listed(mixed)
    with pytest.raises(Forbidden):
        read(mixed, again)
    assert following(mixed, OTHER).case.review.review_id == again


def test_pictures_return_after_three_months(mixed):
    decides(mixed, has_known(mixed), NO)
    mixer(mixed).mix()
    mixed.clock.advance(SEEN_FOR + timedelta(days=1))
    mixed.known_cases.next_window(mixed.clock.now() - SETTLED)
    assert has_known(mixed, 2)


# --- real cases first -----------------------------------------------------------------------------


def test_no_known_case_is_open_while_a_real_one_is_urgent(mixed):
    known = has_known(mixed)
    has_real(mixed, 2)
    mixed.clock.advance(DAY - URGENT + timedelta(seconds=1))
    mixed.reviews._reviews[known] = mixed.reviews.get(known).model_copy(
        update={"decide_by": mixed.clock.now() + DAY}
    )
    assert following(mixed).case.review.review_id != known, "the urgent one comes first"
    assert mixer(mixed).mix() == 1
    assert mixed.reviews.get(known).state is ReviewState.EXPIRED


def test_no_known_case_is_open_while_the_forecast_is_bad(mixed):
    known = has_known(mixed)
    for n in range(2, 40):  # one case was decided in two days
        has_real(mixed, n)
    assert mixer(mixed).mix() == 1
    assert mixed.reviews.get(known).state is ReviewState.EXPIRED
    assert stats(mixed).known.differed == 0, "no one is measured by it"


def test_a_case_that_a_moderator_works_is_not_withdrawn(mixed):
    known = has_known(mixed)
    claim(mixed, known)
    for n in range(2, 40):
        has_real(mixed, n)
    assert mixer(mixed).mix() == 0
    decide(mixed, known)


def test_a_known_case_is_never_urgent(mixed):
    known = has_known(mixed)
    mixed.clock.advance(DAY - URGENT)
    assert not listed(mixed)
    assert following(mixed).case is None
    mixed.clock.advance(URGENT)
    expire_reviews(
        reviews=mixed.reviews,
        appeals=mixed.appeal_closing,
        effect=mixed.decision_effect,
        metrics=mixed.metrics,
        clock=mixed.clock,
    )
    assert mixed.reviews.get(known).state is ReviewState.EXPIRED
    assert mixed.metrics.counted["ReviewsMissed"] == 0, "no user waited"
    assert mixer(mixed).mix() == 1
    assert not left(mixed, known)


def test_the_share_is_the_one_that_was_asked_for(mixed):
    mixed.source = FakeKnownPictures({f"set-{n}": [("1.jpg", None)] for n in range(200)})
    chance = random.Random(7)
    for n in range(1, 401):
        decides(mixed, has_real(mixed, n), moderator=a_moderator(f"moderator-{n}"))
        mixed.clock.advance(timedelta(minutes=3))
        mixer(mixed, percent=10, chance=chance).mix()
    found = [mixed.known_cases.get(job_of(review)) for review, _ in mixed.pending.scheduled]
    known = sum(one is not None for one in found)
    assert 0.07 < known / (400 + known) < 0.13


def test_nothing_happens_until_the_operator_turns_it_on(mixed):
    decides(mixed, has_real(mixed))
    mixed.clock.advance(SETTLED + timedelta(seconds=1))
    assert mixer(mixed, source=None).mix() == 0
    assert not mixed.known_cases.uses()


# --- no job ---------------------------------------------------------------------------------------


def test_a_decision_touches_no_job_and_deletes_the_pictures(mixed):
    known = has_known(mixed)
    before = dict(mixed.workflow.answers), list(mixed.workflow.endings)
    decides(mixed, known, NO)
    mixer(mixed).mix()
    assert (mixed.workflow.answers, mixed.workflow.endings) == before
    assert not left(mixed, known)
    assert read(mixed, known).decision.yours, "the moderator still finds their decision"


def test_a_moderator_may_hold_one(mixed):
    known = has_known(mixed)
    claim(mixed, known)
    shown = hold_review(
        known,
        HoldReview(photos=("p01",)),
        moderator=ME,
        reviews=mixed.reviews,
        holding=mixed.holding,
        clock=mixed.clock,
    )
    assert shown.state is ReviewState.HELD
    assert mixed.holding.active(mixed.reviews.get(known).job_id) is None
    with pytest.raises(Forbidden):
        read(mixed, known)
    mixer(mixed).mix()
    [mine] = [one for one in stats(mixed).moderators if one.moderator == ME.id]
    assert (mine.known.agreed, mine.known.differed) == (0, 1)


def test_a_hold_that_is_sent_again_gets_the_same_response(mixed):
    """As of a real case (test_holds.py): another one would show that it is known."""
    known = has_known(mixed)
    claim(mixed, known)
    common = {"reviews": mixed.reviews, "holding": mixed.holding, "clock": mixed.clock}
    request = HoldReview(photos=("p01",))
    first = hold_review(known, request, moderator=ME, **common)

    assert hold_review(known, request, moderator=ME, **common) == first
    with pytest.raises(Forbidden):
        hold_review(known, request, moderator=OTHER, **common)


def test_a_lead_may_return_an_escalated_one(mixed):
    known = has_known(mixed)
    claim(mixed, known)
    common = {"reviews": mixed.reviews, "clock": mixed.clock}
    escalate_review(known, EscalateReview(note="a toy?"), moderator=ME, **common)
    assert not listed(mixed)
    claim(mixed, known, LEAD)
    return_review(known, moderator=LEAD, **common)
    assert [one.review_id for one in listed(mixed)] == [known]


def test_a_lead_cannot_reverse_one(mixed):
    known = has_known(mixed)
    decides(mixed, known)
    with pytest.raises(NotReversible):
        overturn_review(
            known,
            OverturnReview(photos=(VIOLENT,)),
            moderator=LEAD,
            jobs=mixed.jobs,
            reviews=mixed.reviews,
            appeals=mixed.appeal_closing,
            workflow=mixed.workflow,
            holding=mixed.holding,
            escalate=a_policy().escalate,
            clock=mixed.clock,
        )


# --- scores ---------------------------------------------------------------------------------------


def test_leads_see_agreement_by_moderator_and_by_reason(mixed):
    decides(mixed, has_known(mixed), NO)
    mixer(mixed).mix()
    known = has_known(mixed, 2, moderator=OTHER)
    decides(mixed, known, YES, OTHER)
    mixer(mixed).mix()
    mixer(mixed).mix()  # once only

    shown = stats(mixed)
    assert (shown.known.agreed, shown.known.differed) == (1, 1)
    violence = shown.known.by_reason[Reason.POLICY_VIOLENCE]
    assert (violence.agreed, violence.differed) == (1, 1)
    by_name = {one.moderator: one.known for one in shown.moderators}
    assert (by_name[ME.id].agreed, by_name[OTHER.id].differed) == (1, 1)
    assert "known" not in by_name
    assert stats(mixed, ME).known is None

    [missed] = list_decided(
        DecidedQuery(kind="known", second="differed"),
        moderator=LEAD,
        reviews=mixed.reviews,
        clock=mixed.clock,
    ).reviews
    assert missed.answer == (VIOLENT,)
    scored = [e for e in mixed.audit_log.written if e.action is AuditAction.KNOWN_SCORED]
    assert [e.details["result"] for e in scored] == ["agreed", "differed"]
    assert all(e.action is not AuditAction.KNOWN_SCORED for e in audit(mixed, known, OTHER).entries)


def test_a_refusal_that_the_answer_does_not_have_differs_by_its_own_reason(mixed):
    mixed.source = FakeKnownPictures({"toy": [("1.jpg", None), ("2.jpg", None)]})
    decides(mixed, has_known(mixed), NO)
    mixer(mixed).mix()
    shown = stats(mixed).known
    assert (shown.agreed, shown.differed) == (0, 1)
    assert shown.by_reason[Reason.POLICY_VIOLENCE].differed == 1


def test_the_transparency_report_has_none_of_it(mixed):
    def report():
        return transparency_report(
            TransparencyQuery(first="2026-01-01", last="2026-12-31"),
            moderator=LEAD,
            desk_counters=mixed.desk_counters,
            reasons={},
        )

    known = has_known(mixed)
    before = report()
    decides(mixed, known, NO)
    mixer(mixed).mix()
    assert report() == before


# --- the operator's pictures ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("manifest", "says"),
    [
        ("{", "manifest.json is not JSON"),
        ('{"cases": []}', r"cases: .*at least 1 item"),
        ('{"cases": [{"name": "a", "photos": [{"file": "../x.jpg"}]}]}', r"photos\[0\].file"),
        ('{"cases": [{"name": "a", "photos": [{"file": "/x.jpg"}]}]}', r"photos\[0\].file"),
        ('{"cases": [{"name": "a", "photos": []}]}', r"cases\[0\].photos"),
        (
            '{"cases": [{"name": "a", "photos": [{"file": "x.jpg", "refuse": "FILE.TYPE"}]}]}',
            "not a reason code that moderators may use",
        ),
        (
            '{"cases": [{"name": "a", "photos": [{"file": "x.jpg", "refuse": "POLICY.NUDITY"},'
            '{"file": "y.jpg", "refuse": "MINOR.AGE_DOUBT"}]}]}',
            "may be illegal to own",
        ),
        (
            '{"cases": [{"name": "a", "photos": [{"file": "x.jpg"}, {"file": "x.jpg"}]}]}',
            "a file is named twice",
        ),
        (
            '{"cases": [{"name": "a", "photos": [{"file": "x.jpg"}]},'
            '{"name": "a", "photos": [{"file": "y.jpg"}]}]}',
            "two cases have this name",
        ),
    ],
)
def test_a_manifest_that_cannot_be_used_names_its_faults(manifest, says):
    with pytest.raises(Invalid, match=says):
        read_manifest(manifest.encode())


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda world: world.source.files.pop("toy/1.jpg"), "no toy/1.jpg"),
        (lambda world: world.pictures.refused.add(b"toy/1.jpg"), "FILE.TYPE"),
        (lambda world: world.detector.seen_faces.update(p01=[]), "SUBJECT.NO_FACE"),
        (lambda world: world.detector.seen_labels.update(p01=[]), "moderation finds it clean"),
        (
            lambda world: world.detector.seen_labels.update(
                p01=[Label(name="Explicit", confidence=99)]
            ),
            "moderation finds it refused",
        ),
    ],
)
def test_a_set_that_would_stand_out_is_refused_and_leaves_no_picture(mixed, spoil, says):
    spoil(mixed)
    decides(mixed, has_real(mixed))
    mixed.clock.advance(SETTLED + timedelta(seconds=1))
    with pytest.raises(Invalid, match=says):
        mixer(mixed).mix()
    assert not [key for key in mixed.photo_objects.listing() if "j0000000" not in key]


@pytest.mark.parametrize("died", [DetectorBusy("throttled"), MemoryError()])
def test_a_call_that_dies_leaves_no_picture(mixed, died):
    """The second picture is stored before the detector looks at it."""
    looked = mixed.detector.faces

    def faces(job_id, photo_id):
        if photo_id == "p02":
            raise died
        return looked(job_id, photo_id)

    decides(mixed, has_real(mixed))
    mixed.clock.advance(SETTLED + timedelta(seconds=1))
    mixed.detector.faces = faces
    with pytest.raises(type(died)):
        mixer(mixed).mix()
    mixed.clock.advance(LOST_AFTER)
    mixer(mixed, source=None).mix()
    assert not [key for key in mixed.photo_objects.listing() if "j0000000" not in key]
    assert not [use for use in mixed.known_cases.uses().values() if use.job_id]


def test_who_saw_a_set_is_stored_for_three_months(mixed):
    decides(mixed, has_known(mixed), NO)
    mixer(mixed).mix()
    mixed.clock.advance(SEEN_FOR + timedelta(days=1))
    mixed.known_cases.next_window(mixed.clock.now() - SETTLED)
    decides(mixed, has_known(mixed, 2, moderator=OTHER), moderator=OTHER)
    mixer(mixed).mix()
    assert set(mixed.known_cases.uses()["toy"].seen) == {OTHER.id}


def test_clean_pictures_are_used_where_clean_jobs_are_reviewed(mixed):
    mixed.detector.seen_labels.clear()
    assert has_known(mixed, sampled=True)


def test_a_message_that_was_lost_leaves_nothing(mixed):
    decides(mixed, has_real(mixed))
    mixed.clock.advance(SETTLED + timedelta(seconds=1))
    mixer(mixed).mix()
    known = mixed.pending.scheduled[-1][0]
    assert mixer(mixed, source=None).mix() == 0
    mixed.clock.advance(timedelta(hours=2))
    assert mixer(mixed, source=None).mix() == 1
    completes(mixed, known)
    with pytest.raises(NotFound):
        mixed.reviews.get(known)
