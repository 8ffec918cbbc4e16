"""The state of an erasure, and its receipt once it is done."""

from likeness.api.app import ErasureView
from likeness.domain.ids import ErasureId
from likeness.ports.account import Erasures
from likeness.presenters.account import erasure_view


def get_erasure(erasure_id: ErasureId, *, erasures: Erasures) -> ErasureView:
    return erasure_view(erasures.get(erasure_id))
