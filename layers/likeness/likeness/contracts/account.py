"""Messages of an erasure."""

from pydantic import Field

from likeness.contracts import Contract
from likeness.domain.ids import ErasureIdField


class ErasureRef(Contract):
    erasure_id: ErasureIdField


class EraseUserResult(ErasureRef):
    jobs: int = Field(ge=0)
    objects: int = Field(ge=0)
