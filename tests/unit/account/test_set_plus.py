"""Plus decisions of billing: late, repeated, and in any order."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from pydantic import ValidationError

from likeness.api.account import SetPlus
from likeness.domain.errors import Invalid
from likeness.domain.jobs.catalogue import tier_of
from likeness.services.account.set_plus import set_plus
from tests.builders import NOW, USER, plus, tiers

BOUGHT = SetPlus(
    expires_at=NOW + timedelta(days=30), source="store", effective_at=NOW - timedelta(days=3)
)
ENDED = SetPlus(
    expires_at=NOW - timedelta(days=2), source="store", effective_at=NOW - timedelta(days=2)
)
RENEWED = SetPlus(
    expires_at=NOW + timedelta(days=60), source="store", effective_at=NOW - timedelta(days=1)
)


def tell(world, request):
    return set_plus(
        USER, request, users=world.users, keyed_hash=world.keyed_hash, clock=world.clock
    )


def test_the_decision_of_billing_is_stored(world):
    stands = tell(world, BOUGHT)

    assert (stands.active, stands.expires_at, stands.source) == (True, BOUGHT.expires_at, "store")


def test_expired_plus_is_not_active(world):
    assert not tell(world, ENDED).active


@pytest.mark.parametrize("order", list(permutations([BOUGHT, ENDED, RENEWED])))
def test_the_newest_decision_is_kept_in_any_order(world, order):
    for message in (*order, *order):
        view = tell(world, message)

    assert view.expires_at == RENEWED.expires_at
    assert world.users.profile(USER).plus.effective_at == RENEWED.effective_at


@pytest.mark.parametrize("minutes", [6, 60, 366 * 24 * 60])
def test_a_decision_of_the_future_is_refused_and_does_not_shut_out_the_refund(world, minutes):
    tell(world, BOUGHT)
    future = {"effective_at": NOW + timedelta(minutes=minutes)}

    with pytest.raises(Invalid, match="effective_at is in the future"):
        tell(world, BOUGHT.model_copy(update=future))

    assert not tell(world, ENDED).active


def test_a_decision_within_the_difference_of_two_clocks_is_active(world):
    ahead = BOUGHT.model_copy(update={"effective_at": NOW + timedelta(minutes=5)})

    assert tell(world, ahead).active


def test_a_stored_decision_of_the_future_is_not_active_and_loses_against_a_refund(world):
    future = plus(effective_at=datetime(8999, 1, 1, tzinfo=UTC))
    world.users.change(USER, plus=future)
    assert tier_of(future, tiers(), NOW).tier == "lite"

    refund = tell(world, ENDED)

    assert (refund.active, refund.effective_at) == (False, ENDED.effective_at)


def test_a_late_message_does_not_bring_back_an_erased_user(world):
    world.users.remember_erasure(world.keyed_hash.user(USER), NOW)
    world.users.delete(USER)

    late = tell(world, RENEWED)

    assert (late.active, late.erased) == (False, True)
    assert world.users.profiles == {}


def test_a_decision_after_the_erasure_is_of_a_user_who_uses_the_id_again(world):
    world.users.remember_erasure(world.keyed_hash.user(USER), NOW - timedelta(days=2))
    world.users.delete(USER)

    again = tell(world, RENEWED)

    assert (again.active, again.erased) == (True, False)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_of_two_decisions_with_the_same_time_the_longer_lasting_is_kept(world, order):
    both = [BOUGHT, BOUGHT.model_copy(update={"expires_at": NOW + timedelta(days=90)})]
    for n in order:
        view = tell(world, both[n])

    assert view.expires_at == NOW + timedelta(days=90)


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
@pytest.mark.parametrize("field", ["expires_at", "effective_at"])
def test_a_time_that_other_zones_cannot_represent_is_refused(field, moment):
    with pytest.raises(ValidationError, match=field):
        SetPlus.model_validate(BOUGHT.model_dump() | {field: moment})
