"""Results of the steps on photos."""

from pydantic import Field

from likeness.contracts import JobRef
from likeness.domain.verdict import Outcome


class ModeratePhotosResult(JobRef):
    outcome: Outcome


class DeletePhotosResult(JobRef):
    objects: int = Field(ge=0, description="number of deleted objects")
