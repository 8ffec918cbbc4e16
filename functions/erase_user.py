"""Step EraseUser: ends a user's jobs, deletes every picture and every record."""

from likeness import bootstrap
from likeness.adapters import policy_files
from likeness.contracts import EraseUserResult, ErasureRef
from likeness.entrypoints.step import step
from likeness.services.account.erase_user import erase_user


@step(ErasureRef)
def handler(message: ErasureRef) -> EraseUserResult:
    """Retried until nothing is left."""
    return erase_user(
        message.erasure_id,
        erasures=bootstrap.erasures(),
        jobs=bootstrap.jobs(),
        users=bootstrap.users(),
        photos=bootstrap.photos(),
        work=bootstrap.work(),
        avatar_store=bootstrap.avatar_store(),
        deletions=bootstrap.deletions(),
        signer=bootstrap.signer(),
        issuer=bootstrap.settings().receipt_issuer,
        policy=policy_files.load_retention().version,
        workflow=bootstrap.workflow(),
        clock=bootstrap.CLOCK,
    )
