"""Messages of ProveDeletion."""

from pydantic import Field

from likeness.contracts import JobRef


class ProveDeletionInput(JobRef):
    """Input of ProveDeletion. `overdue`: invoked by the job's schedule at its deadline."""

    overdue: bool = False


class ProveDeletionResult(JobRef):
    objects: int = Field(ge=0, description="number of deleted objects")
