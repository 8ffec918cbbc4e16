"""Erasure of a user: the request, and after completion its receipt."""

import secrets
from enum import StrEnum
from typing import Self

from pydantic import AwareDatetime, Field

from likeness.domain.ids import ErasureId, ErasureIdField, JobId, JobIdField, UserIdField
from likeness.domain.record import Record

RETAINED = (
    "A keyed hash of the user id with the quota days of its jobs and the time of the erasure, for "
    "400 days, so that an erasure does not reset the daily quota and a late message of billing "
    "does not create the user again. For 14 days, what tells the app's webhooks that this user was "
    "erased. What a legal hold preserves. Nothing else."
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
    objects: int = Field(
        default=0, ge=0, description="number of objects of these jobs that were deleted, ever"
    )
    counted: frozenset[JobIdField] = Field(
        default=frozenset(), description="the jobs in both numbers; removed when done"
    )
    receipt: str | None = Field(default=None, description="JWS, compact serialisation")

    def count(self, job_id: JobId, *, objects: int) -> Self:
        """Returns the erasure with that job, which a step that was interrupted may count again."""
        if job_id in self.counted:
            return self
        more = {"jobs": self.jobs + 1, "objects": self.objects + objects}
        return self.model_copy(update=more | {"counted": self.counted | {job_id}})

    def finish(self, now: AwareDatetime) -> Self:
        return self.model_copy(
            update={
                "state": ErasureState.DONE,
                "user_id": None,
                "finished_at": now,
                "counted": frozenset(),
            }
        )
