"""Erasure of a user: the request, and after completion its receipt."""

import secrets
from enum import StrEnum
from typing import Self

from pydantic import AwareDatetime, Field

from likeness.domain.ids import ErasureId, ErasureIdField, UserIdField
from likeness.domain.record import Record

RETAINED = (
    "A keyed hash of the user id with the quota days of its jobs, for 400 days, so that an erasure "
    "does not reset the daily quota. What a legal hold preserves. Nothing else."
)


class ErasureState(StrEnum):
    RUNNING = "running"
    DONE = "done"


def new_erasure_id() -> ErasureId:
    return ErasureId(f"e{secrets.token_hex(16)}")


class Erasure(Record):
    """One erasure request. When done, it contains no user id."""

    erasure_id: ErasureIdField
    state: ErasureState = ErasureState.RUNNING
    user_id: UserIdField | None = Field(description="removed when done")
    requested_at: AwareDatetime
    finished_at: AwareDatetime | None = None
    jobs: int = Field(default=0, ge=0, description="number of deleted jobs")
    objects: int = Field(default=0, ge=0, description="number of objects deleted from the buckets")
    receipt: str | None = Field(default=None, description="JWS, compact serialisation")

    def count(self, *, jobs: int, objects: int) -> Self:
        return self.model_copy(update={"jobs": self.jobs + jobs, "objects": self.objects + objects})

    def finish(self, now: AwareDatetime) -> Self:
        return self.model_copy(
            update={"state": ErasureState.DONE, "user_id": None, "finished_at": now}
        )
