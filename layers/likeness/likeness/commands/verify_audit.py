"""Verify the hash chain of the review desk's audit log, from its first entry to its last.

python -m likeness.commands.verify_audit --table likeness-prod [--noted NUMBER:HASH] [--export FILE]

Prints the chain head. Store it elsewhere: with --noted, a later run detects that the audit log was
truncated and rewritten. --export writes the verified log as JSON Lines; the last line is the head.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from likeness.adapters.review.audit_table import AuditLogTable
from likeness.commands.table import add_table, table
from likeness.domain.review.audit import BrokenChain, ChainHead
from likeness.services.review.verify_audit import verify_audit

if TYPE_CHECKING:
    from likeness.ports.review import AuditLog


def main() -> None:
    parser = argparse.ArgumentParser(prog="verify_audit", description=__doc__)
    parser.add_argument("--noted", type=head, help="a chain head that an earlier run printed")
    parser.add_argument("--export", type=Path, help="file to write the verified log to")
    add_table(parser)
    arguments = parser.parse_args()
    audit_log = AuditLogTable(table(arguments.table))
    try:
        end = verify_audit(audit_log=audit_log, noted=arguments.noted)
    except BrokenChain as broken:
        sys.exit(f"The audit log is broken: {broken}")
    if arguments.export:
        export(audit_log, end, arguments.export)
    sys.stdout.write(f"The audit log is intact. Chain head: {end.number}:{end.hash}\n")


def export(audit_log: AuditLog, end: ChainHead, file: Path) -> None:
    """Write the entries up to `end`, one a line, and `end` as the last line."""
    with file.open("w") as out:
        for entry in audit_log.entries():
            if entry.number <= end.number:
                out.write(f"{entry.model_dump_json()}\n")
        out.write(f"{json.dumps({'head': end.model_dump()})}\n")


def head(text: str) -> ChainHead:
    number, _, digest = text.partition(":")
    return ChainHead(number=int(number), hash=digest)


if __name__ == "__main__":
    main()
