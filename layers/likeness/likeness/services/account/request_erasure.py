"""Begin the erasure of a user: from now on the user can start nothing new."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.domain.account.erasure import Erasure, ErasureState, new_erasure_id
from likeness.presenters.account import erasure_view

if TYPE_CHECKING:
    from likeness.api.account import ErasureView
    from likeness.domain.ids import UserId
    from likeness.ports.account import Erasures
    from likeness.ports.jobs import Workflow
    from likeness.ports.runtime import Clock


def request_erasure(
    user_id: UserId, *, erasures: Erasures, workflow: Workflow, clock: Clock
) -> ErasureView:
    """Returns the running erasure if there is one. An unknown user is erased too."""
    erasure = erasures.begin(
        Erasure(erasure_id=new_erasure_id(), user_id=user_id, requested_at=clock.now())
    )
    if erasure.state is ErasureState.RUNNING:
        workflow.erase(erasure.erasure_id)
    return erasure_view(erasure)
