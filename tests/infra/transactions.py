"""What each DynamoDB transaction does, and which functions run it, found in the code.

`tests/integration` checks each transaction that an adapter sends against this table, and
`test_permissions.py` the permissions of each function that can run it.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.infra.documents import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

LAYER = ROOT / "layers" / "likeness"


class Transaction(NamedTuple):
    actions: frozenset[str]
    prefixes: frozenset[str]
    calls: frozenset[str]  # of ports by use cases, `reviews.save/3` with three arguments


def _one(actions: str, prefixes: str, calls: str) -> Transaction:
    return Transaction(*(frozenset(text.split()) for text in (actions, prefixes, calls)))


TRANSACTIONS = {
    "create a job": _one("PutItem UpdateItem", "JOB#* USER#*", "jobs.create"),
    "reserve or settle a day": _one(
        "PutItem UpdateItem", "JOB#* USER#* DAY#*", "ledger.reserve ledger.settle"
    ),
    "grant a day": _one("PutItem UpdateItem", "USER#* DAY#*", "ledger.grant"),
    "entitle a user": _one("ConditionCheckItem UpdateItem", "ERASED#* USER#*", "users.entitle"),
    "begin an erasure": _one("PutItem UpdateItem", "USER#* ERASURE#*", "erasures.begin"),
    "delete a photo": _one("PutItem", "JOB#*", "jobs.delete_photo"),
    "store the planned set of a test": _one("PutItem", "JOB#*", "jobs.save_moderated/3"),
    "store a moderated set and count it": _one(
        "PutItem UpdateItem", "JOB#* DESK#* CHAIN#*", "jobs.save_moderated/5"
    ),
    "open or lease a review": _one("PutItem", "JOB#* CHAIN#*", "reviews.open reviews.save/2"),
    "close a review and count it": _one(
        "PutItem UpdateItem", "JOB#* DESK#* CHAIN#*", "reviews.save/3 reviews.save/4"
    ),
    "store a hold": _one("PutItem", "HOLD#* BLOCK#* CHAIN#*", "holds.save"),
    "store a delivery": _one("ConditionCheckItem PutItem", "JOB#*", "deliveries.add/2"),
    "create a webhook": _one("PutItem", "WEBHOOKS", "webhooks.create"),
    "change the switches": _one("PutItem", "SWITCHES CHAIN#*", "operating_state.change"),
    "append an audit event": _one("PutItem", "CHAIN#*", "audit_log.append"),
    "count an exposure": _one("PutItem UpdateItem", "JOB#* DESK#* CHAIN#*", "desk_counters.expose"),
    "ask for exposure or grant it": _one(
        "PutItem UpdateItem", "DESK#* CHAIN#*", "desk_counters.ask desk_counters.grant"
    ),
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


def functions(transaction: Transaction) -> set[str]:
    """The functions whose use cases, or what these import, make a call of the transaction."""
    return {
        f"{path.stem.title().replace('_', '')}Function"
        for path in (ROOT / "functions").glob("*.py")
        if transaction.calls & {call for one in _services(path) for call in _calls(one)}
    }


def transacting_methods() -> set[str]:
    """The methods of adapters that write a transaction, by port: `ledger.settle`."""
    return {
        f"{re.sub(r'(?<!^)(?=[A-Z])', '_', one.name.removesuffix('Table')).lower()}.{method.name}"
        for path in (LAYER / "likeness" / "adapters").rglob("*_table.py")
        for one in _tree(path).body
        if isinstance(one, ast.ClassDef)
        for method in one.body
        if isinstance(method, ast.FunctionDef)
        and any(
            isinstance(call, ast.Call)
            and isinstance(call.func, ast.Name)
            and call.func.id in {"write_all", "append"}
            for call in ast.walk(method)
        )
    }


def _services(path: Path) -> set[Path]:
    """The modules of use cases that a module imports, and all that these import."""
    found: set[Path] = set()
    waiting = [path]
    while waiting:
        new = set(_imports(waiting.pop())) - found
        found |= new
        waiting += new
    return found


def _imports(path: Path) -> Iterator[Path]:
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("likeness.services"):
            module = LAYER.joinpath(*str(node.module).split("."))
            candidates = [module.with_suffix(".py"), *(module / f"{a.name}.py" for a in node.names)]
            yield from (one for one in candidates if one.exists())


def _calls(path: Path) -> Iterator[str]:
    """Calls such as `ledger.settle(...)` or `self.ledger.settle(...)`, with and without arity."""
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            of = node.func.value
            port = of.id if isinstance(of, ast.Name) else getattr(of, "attr", "")
            yield f"{port}.{node.func.attr}"
            yield f"{port}.{node.func.attr}/{len(node.args) + len(node.keywords)}"


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())
