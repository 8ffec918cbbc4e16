"""Verify the hash chain of the review desk's audit log, from its first entry to its last.

python -m likeness.commands.verify_audit --table likeness-prod [--noted NUMBER:HASH]

Prints the chain head. Store it elsewhere: with --noted, a later run detects that the audit log was
truncated and rewritten.
"""

from __future__ import annotations

import argparse
import sys

from likeness.adapters.review.audit_table import AuditLogTable
from likeness.commands.table import add_table, table
from likeness.domain.review.audit import BrokenChain, ChainHead
from likeness.services.review.verify_audit import verify_audit


def main() -> None:
    parser = argparse.ArgumentParser(prog="verify_audit", description=__doc__)
    parser.add_argument("--noted", type=head, help="a chain head that an earlier run printed")
    add_table(parser)
    arguments = parser.parse_args()
    try:
        end = verify_audit(audit_log=AuditLogTable(table(arguments.table)), noted=arguments.noted)
    except BrokenChain as broken:
        sys.exit(f"The audit log is broken: {broken}")
    sys.stdout.write(f"The audit log is intact. Chain head: {end.number}:{end.hash}\n")


def head(text: str) -> ChainHead:
    number, _, digest = text.partition(":")
    return ChainHead(number=int(number), hash=digest)


if __name__ == "__main__":
    main()
