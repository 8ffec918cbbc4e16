"""Plus decisions of billing: late, repeated, and in any order."""

from datetime import timedelta
from itertools import permutations

import pytest
from pydantic import ValidationError

from likeness.api.app import SetPlus
from likeness.services.account.set_plus import set_plus
from tests.builders import NOW, USER

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
    return set_plus(USER, request, users=world.users, clock=world.clock)


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
