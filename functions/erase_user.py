"""EraseUser: end a user's jobs, delete every picture and every record."""

from likeness.bootstrap import pipeline
from likeness.contracts import EraseUserResult, ErasureRef
from likeness.entrypoints.step import step


@step(ErasureRef)
def handler(message: ErasureRef) -> EraseUserResult:
    """Tried again until nothing is left."""
    return pipeline.erase_user(message.erasure_id)
