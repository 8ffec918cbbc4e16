"""Begin to erase a user: from now on nothing new can be begun for them."""

from likeness.api.app import ErasureView
from likeness.domain.account.erasure import Erasure, ErasureState, new_erasure_id
from likeness.domain.ids import UserId
from likeness.ports.account import Erasures
from likeness.ports.jobs import Workflow
from likeness.ports.runtime import Clock
from likeness.services.account.get_erasure import view


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
