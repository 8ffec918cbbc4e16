"""Erasing a user: what was asked, and what is left to show for it."""

import secrets
from enum import StrEnum
from typing import Self

from pydantic import AwareDatetime, Field

from likeness.domain.ids import ErasureId, ErasureIdField, UserIdField
from likeness.domain.record import Record


class ErasureState(StrEnum):
    RUNNING = "running"
    DONE = "done"


def new_erasure_id() -> ErasureId:
    return ErasureId(f"e{secrets.token_hex(16)}")


class Erasure(Record):
    """One erasure. Once done it names nobody: it is the receipt."""

    erasure_id: ErasureIdField
    state: ErasureState = ErasureState.RUNNING
    user_id: UserIdField | None = Field(description="until it is done")
    requested_at: AwareDatetime
    finished_at: AwareDatetime | None = None
    jobs: int = Field(default=0, ge=0, description="forgotten")
    objects: int = Field(default=0, ge=0, description="deleted from the buckets")
    receipt: str | None = Field(default=None, description="JWS, compact serialisation")

    def count(self, *, jobs: int, objects: int) -> Self:
        """The erasure with more done."""
        return self.model_copy(update={"jobs": self.jobs + jobs, "objects": self.objects + objects})

    def finish(self, now: AwareDatetime) -> Self:
        return self.model_copy(
            update={"state": ErasureState.DONE, "user_id": None, "finished_at": now}
        )
