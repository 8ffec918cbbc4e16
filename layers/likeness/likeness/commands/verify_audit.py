"""Verify the review desk's audit log: each chain from its first entry to its last, and the anchors.

python -m likeness.commands.verify_audit --table likeness-prod --jwks https://<api>/v1/keys
    [--noted EXPORT] [--export FILE]

--jwks: the keys that verify the anchors' signatures. --export writes the verified log as JSON
Lines: the entries, the anchors, and the heads of all chains. Store it elsewhere: with --noted, a
later run detects that entries of it were removed.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from likeness.adapters.review.audit_table import AuditLogTable
from likeness.commands.table import add_table, table
from likeness.domain.review.audit import BrokenChain, ChainHead, SignedAnchor, gaps
from likeness.receipts import NotGenuine, fetch, verify
from likeness.services.review.verify_audit import verify_audit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from likeness.ports.review import AuditLog


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="verify_audit",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--jwks", required=True, metavar="URL|FILE", type=fetch)
    parser.add_argument("--noted", type=heads, default=(), help="file that --export wrote")
    parser.add_argument("--export", type=Path, help="file to write the verified log to")
    add_table(parser)
    options = parser.parse_args()
    audit_log = AuditLogTable(table(options.table))
    try:
        ends, anchors = verify_audit(
            audit_log=audit_log,
            signed=lambda anchor: is_signed(anchor, options.jwks),
            noted=options.noted,
        )
    except BrokenChain as broken:
        sys.exit(f"The audit log is broken: {broken}")
    if options.export:
        export(audit_log, ends, anchors, options.export)
    for begin, end in gaps(anchors, datetime.now(UTC), since=first(audit_log, ends)):
        sys.stdout.write(f"No anchor was written from {begin:%F %R} to {end:%F %R} UTC.\n")
    number = sum(head.number for head in ends)
    sys.stdout.write(f"The audit log is intact: {number} entries, {len(anchors)} anchors.\n")


def first(audit_log: AuditLog, ends: Sequence[ChainHead]) -> datetime | None:
    """Return the time of the first entry; None if there is none."""
    firsts = (next(iter(audit_log.entries(head.chain))) for head in ends if head.number)
    return min((entry.at for entry in firsts), default=None)


def is_signed(anchor: SignedAnchor, jwks: dict[str, Any]) -> bool:
    try:
        verify(anchor.jws, jwks)
    except NotGenuine:
        return False
    return True


def export(
    audit_log: AuditLog, ends: Sequence[ChainHead], anchors: Sequence[SignedAnchor], file: Path
) -> None:
    """Write the entries up to `ends`, one a line, then the anchors, and `ends` as the last line."""
    with file.open("w") as out:
        for head in ends:
            for entry in audit_log.entries(head.chain):
                if entry.number <= head.number:
                    out.write(f"{entry.model_dump_json()}\n")
        for anchor in anchors:
            out.write(f"{json.dumps({'anchor': anchor.model_dump()})}\n")
        out.write(f"{json.dumps({'heads': [head.model_dump() for head in ends]})}\n")


def heads(file: str) -> list[ChainHead]:
    """Read the last line of an exported log."""
    last = Path(file).read_text().splitlines()[-1]
    return [ChainHead(**head) for head in json.loads(last)["heads"]]


if __name__ == "__main__":
    main()
