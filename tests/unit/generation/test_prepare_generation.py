"""The order for the container: which photos, which avatars, from which seeds."""

import pytest

from likeness.domain.errors import Conflict
from likeness.domain.generation.avatar import AvatarState
from likeness.domain.jobs.job import JobState
from likeness.domain.photos.photo import PhotoState
from likeness.domain.reasons import Reason
from likeness.domain.review.kinds import ReviewKind, ReviewState
from likeness.domain.verdict import Outcome
from likeness.services.generation.prepare_generation import may_be_used, orders, prepare_generation
from tests.builders import (
    JOB,
    NOW,
    a_job,
    a_photo,
    a_review,
    a_verdict,
    an_avatar,
    decided,
    photos,
)

CLEAN = a_verdict()
DOUBTFUL = a_verdict(Outcome.DOUBTFUL, Reason.POLICY_VIOLENCE)
REFUSED = a_verdict(Outcome.REFUSED, Reason.POLICY_NUDITY)


def prepare(world, attempt=1, **deployed):
    return prepare_generation(
        JOB,
        attempt,
        jobs=world.jobs,
        reviews=world.reviews,
        holds=world.holds,
        work=world.work,
        readiness=world.readiness,
        clock=world.clock,
        **deployed,
    )


def moderated(world, *verdicts, state=JobState.MODERATING, **fields):
    there = [a_photo(n, verdict=verdict) for n, verdict in enumerate(verdicts, start=1)]
    return world.has(state, with_photos=there, **fields)


def reviewed(world, state, review=None):
    review = review or a_review()
    world.reviews.open(review, "token")
    reasons = () if state is ReviewState.APPROVED else (Reason.POLICY_VIOLENCE,)
    world.reviews.save(decided(review, *reasons))


def test_clean_photos_are_ordered(world):
    moderated(world, CLEAN, CLEAN, CLEAN)

    prepared = prepare(world)

    (order,) = world.work.orders
    assert [(p.photo_id, p.sha256, p.face) for p in order.photos] == [
        (photo.photo_id, photo.sha256, photo.face) for photo in photos()
    ]
    assert (order.job_id, order.attempt) == (prepared.job_id, prepared.attempt) == (JOB, 1)
    assert (world.job.state, world.job.attempt) == (JobState.GENERATING, 1)


def test_the_order_has_the_photos_weights(world):
    there = [
        a_photo(n, verdict=CLEAN, weight=weight) for n, weight in enumerate((0.7, 1.0, 0.4, 0.0), 1)
    ]
    world.has(JobState.MODERATING, with_photos=there)

    prepare(world)

    (order,) = world.work.orders
    assert [photo.weight for photo in order.photos] == [0.7, 1.0, 0.4, 0.0]


def test_styles_are_ordered_in_turn_and_every_avatar_once(world):
    moderated(world, CLEAN)

    prepare(world)

    (order,) = world.work.orders
    assert [avatar.avatar_id for avatar in order.avatars] == ["a01", "a02", "a03", "a04"]
    assert [avatar.style for avatar in order.avatars] == ["comic", "oil", "comic", "oil"]


def test_seeds_are_deterministic_and_differ_between_avatars_and_attempts():
    job = a_job(avatars=30)
    seeds = [order.seed for attempt in (1, 2) for order in orders(job, attempt)]

    assert len(set(seeds)) == 60
    assert seeds == [order.seed for attempt in (1, 2) for order in orders(job, attempt)]
    assert {order.seed for order in orders(a_job(seed=8, avatars=30), 1)}.isdisjoint(seeds)
    assert all(0 <= seed < 2**63 for seed in seeds)


@pytest.mark.parametrize(
    ("photo", "by_hand", "drawn"),
    [
        (a_photo(verdict=CLEAN), False, True),
        (a_photo(verdict=CLEAN), True, True),
        (a_photo(verdict=DOUBTFUL), False, False),
        (a_photo(verdict=DOUBTFUL), True, True),
        (a_photo(verdict=REFUSED), False, False),
        (a_photo(verdict=REFUSED), True, False),
        (a_photo(), True, False),
        (a_photo(verdict=CLEAN, sha256=None), True, False),
        (a_photo(verdict=CLEAN, face=None), True, False),
        (a_photo(state=PhotoState.REFUSED, verdict=CLEAN), True, False),
        (a_photo(state=PhotoState.AWAITED), True, False),
        (a_photo(state=PhotoState.LEFT_OUT, verdict=CLEAN), True, False),
    ],
)
def test_only_a_photo_that_was_let_through_may_be_used(photo, by_hand, drawn):
    assert may_be_used(photo, by_hand) is drawn


def test_a_photo_added_after_moderation_is_not_ordered(world):
    moderated(world, CLEAN, None, CLEAN)

    prepare(world)

    assert [photo.photo_id for photo in world.work.orders[0].photos] == ["p01", "p03"]


def test_doubtful_photos_need_an_approved_review(world):
    moderated(world, CLEAN, DOUBTFUL, state=JobState.IN_REVIEW)
    reviewed(world, ReviewState.APPROVED)

    prepare(world)

    assert [photo.photo_id for photo in world.work.orders[0].photos] == ["p01", "p02"]


def test_doubtful_photos_without_a_review_are_not_ordered(world):
    moderated(world, CLEAN, DOUBTFUL)

    prepare(world)

    assert [photo.photo_id for photo in world.work.orders[0].photos] == ["p01"]


def test_photos_that_a_moderator_refused_are_not_ordered(world):
    moderated(world, DOUBTFUL, state=JobState.IN_REVIEW)
    reviewed(world, ReviewState.REFUSED)

    with pytest.raises(Conflict, match="no photo"):
        prepare(world)

    assert world.work.orders == []
    assert world.job.state is JobState.IN_REVIEW


def test_a_replayed_step_orders_the_same(world):
    moderated(world, CLEAN)

    assert prepare(world) == prepare(world)

    first, second = world.work.orders
    assert first == second
    assert world.job.version == 3


def test_the_second_attempt_orders_refused_avatars_with_other_seeds(world):
    moderated(world, CLEAN)
    prepare(world)
    world.jobs.save(world.job.move(JobState.FINISHING, NOW))
    world.jobs.save_avatars(
        [an_avatar(1), an_avatar(2, AvatarState.REFUSED), an_avatar(3), an_avatar(4)]
    )

    prepare(world, attempt=2)

    first, second = world.work.orders
    assert [avatar.avatar_id for avatar in second.avatars] == ["a02"]
    assert second.avatars[0].seed != first.avatars[1].seed
    assert second.avatars[0].style == first.avatars[1].style
    assert world.job.attempt == 2


def test_avatars_that_the_container_left_out_are_not_ordered_again(world):
    """They were near-duplicates, or not like the user: they would be again."""
    moderated(world, CLEAN)
    prepare(world)
    world.jobs.save(world.job.move(JobState.FINISHING, NOW))
    world.jobs.save_avatars([an_avatar(1), an_avatar(2, AvatarState.REFUSED)])

    prepare(world, attempt=2)

    assert [avatar.avatar_id for avatar in world.work.orders[1].avatars] == ["a02"]


def test_the_first_attempt_orders_everything_when_replayed_late(world):
    moderated(world, CLEAN)
    prepare(world)
    world.jobs.save_avatars([an_avatar(1), an_avatar(2, AvatarState.REFUSED)])

    prepare(world)

    assert world.work.orders[0] == world.work.orders[1]


@pytest.mark.parametrize("state", [JobState.OPEN, JobState.COMPLETED, JobState.CANCELLED])
def test_only_a_running_job_is_prepared(world, state):
    moderated(world, CLEAN, state=state)

    with pytest.raises(Conflict):
        prepare(world)

    assert world.work.orders == []


def test_a_photo_that_the_second_moderator_refused_is_not_ordered(world):
    moderated(world, CLEAN, DOUBTFUL, CLEAN, state=JobState.IN_REVIEW)
    reviewed(world, ReviewState.APPROVED)
    reviewed(world, ReviewState.REFUSED, a_review(kind=ReviewKind.SECOND))

    prepare(world)

    assert [photo.photo_id for photo in world.work.orders[0].photos] == ["p01", "p03"]
