"""Begin to erase a user: from now on nothing new can be begun for them."""

from likeness.api import ErasureView
from likeness.domain.erasure import Erasure, ErasureState, new_erasure_id
from likeness.domain.ids import UserId
from likeness.ports import Clock, Erasures, Workflow
from likeness.services.get_erasure import view


def request_erasure(
    user_id: UserId, *, erasures: Erasures, workflow: Workflow, clock: Clock
) -> ErasureView:
    """Asked for again while it runs, it is the same erasure. A user nobody knows is erased too."""
    erasure = erasures.begin(
        Erasure(erasure_id=new_erasure_id(), user_id=user_id, requested_at=clock.now())
    )
    if erasure.state is ErasureState.RUNNING:
        workflow.erase(erasure.erasure_id)
    return view(erasure)
