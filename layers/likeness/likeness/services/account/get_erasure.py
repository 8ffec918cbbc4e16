"""The state of an erasure, and its receipt once it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.presenters.account import erasure_view

if TYPE_CHECKING:
    from likeness.api.account import ErasureView
    from likeness.domain.ids import ErasureId
    from likeness.ports.account import Erasures


def get_erasure(erasure_id: ErasureId, *, erasures: Erasures) -> ErasureView:
    return erasure_view(erasures.get(erasure_id))
