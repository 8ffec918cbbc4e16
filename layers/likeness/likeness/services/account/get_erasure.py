"""An erasure: how far it is, and its receipt once it is done."""

from likeness.api.app import ErasureView
from likeness.domain.account.erasure import Erasure
from likeness.domain.ids import ErasureId
from likeness.ports.account import Erasures

STAYS = (
    "A keyed hash of the user's id with the calendar days that jobs took, for 400 days, so that "
    "erasing gives no second try a day. What the law orders to be kept. Nothing else."
)


def get_erasure(erasure_id: ErasureId, *, erasures: Erasures) -> ErasureView:
    return view(erasures.get(erasure_id))


def view(erasure: Erasure) -> ErasureView:
    return ErasureView(**erasure.model_dump(exclude={"user_id"}), stays=STAYS)
