"""Messages between processes: input and output of each step, and the container's files.

Used by the Lambdas on Python 3.13 and by the container on 3.11. Step messages contain only ids,
counts and outcomes: Step Functions stores its execution history for 90 days.
"""

from pydantic import Field

from likeness.domain.ids import JobIdField
from likeness.domain.record import Record


class Contract(Record):
    """A message between two processes."""


class JobRef(Contract):
    job_id: JobIdField


class AttemptRef(JobRef):
    attempt: int = Field(ge=1, le=2)
