"""Does the audit log of the review desk hold, from its first entry to its last?

python -m likeness.commands.verify_audit --table likeness-prod [--noted NUMBER:HASH]

Prints where the audit log ends. Note that somewhere else: given back with --noted, it shows later that
nobody cut the audit log short and wrote it anew.
"""

from __future__ import annotations

import argparse
import sys

from likeness.adapters.review.audit_table import AuditTable
from likeness.commands.table import add_table, table
from likeness.domain.review.audit import BrokenChain, ChainHead
from likeness.services.review.verify_audit import verify_audit


def main() -> None:
    parser = argparse.ArgumentParser(prog="verify_audit", description=__doc__)
    parser.add_argument("--noted", type=head, help="an end of the audit log, as printed before")
    add_table(parser)
    asked = parser.parse_args()
    try:
        end = verify_audit(audit_log=AuditTable(table(asked.table)), noted=asked.noted)
    except BrokenChain as broken:
        sys.exit(f"The audit trail is broken: {broken}")
    sys.stdout.write(f"The audit trail holds: {end.number}:{end.hash}\n")


def head(text: str) -> ChainHead:
    number, _, digest = text.partition(":")
    return ChainHead(number=int(number), hash=digest)


if __name__ == "__main__":
    main()
