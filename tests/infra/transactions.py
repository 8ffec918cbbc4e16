"""Actions and key prefixes of each DynamoDB transaction, and the functions that run it.

`tests/integration` checks each transaction that an adapter sends against this table, and
`test_permissions.py` the permissions of each function.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable


class Transaction(NamedTuple):
    actions: frozenset[str]
    prefixes: frozenset[str]
    functions: frozenset[str]


def _one(actions: str, prefixes: str, functions: str) -> Transaction:
    return Transaction(
        frozenset(actions.split()),
        frozenset(prefixes.split()),
        frozenset(f"{name}Function" for name in functions.split()),
    )


TRANSACTIONS = {
    "create a job": _one("PutItem ConditionCheckItem", "JOB#* USER#*", "CreateJob"),
    "reserve or settle a day": _one(
        "PutItem UpdateItem", "JOB#* USER#* DAY#*", "SubmitJob SettleJob FailJob ProveDeletion"
    ),
    "grant a day": _one("PutItem UpdateItem", "USER#* DAY#*", "DecideReview"),
    "begin an erasure": _one("PutItem UpdateItem", "USER#* ERASURE#*", "RequestErasure"),
    "open, lease or expire a review": _one(
        "PutItem",
        "JOB#* AUDIT",
        "RequestReview RequestSecondReview MatchAppeal ReviewLeases ExpireReviews",
    ),
    "close a review and count it": _one(
        "PutItem UpdateItem", "JOB#* DESK#* AUDIT", "DecideReview FailJob ProveDeletion"
    ),
    "count an exposure": _one("PutItem UpdateItem", "DESK#* AUDIT", "RevealPhoto GrantExposure"),
}


def unlisted(items: Iterable[dict[str, Any]]) -> str:
    """What a transaction of an adapter does, if TRANSACTIONS has no row for it; else empty."""
    actions, prefixes = set(), set()
    for item in items:
        ((member, write),) = item.items()
        actions.add("ConditionCheckItem" if member == "ConditionCheck" else f"{member}Item")
        kind, of, _ = (write.get("Item") or write["Key"])["pk"].partition("#")
        prefixes.add(f"{kind}#*" if of else kind)
    if any(actions <= row.actions and prefixes <= row.prefixes for row in TRANSACTIONS.values()):
        return ""
    return f"{sorted(actions)} on {sorted(prefixes)}"
