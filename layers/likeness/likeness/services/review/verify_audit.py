"""Verify the whole audit log: each chain, and the anchors over all of them."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from likeness.domain.review.audit import (
    BrokenChain,
    ChainHead,
    SignedAnchor,
    verify,
    verify_anchors,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from likeness.ports.review import AuditLog


def verify_audit(
    *,
    audit_log: AuditLog,
    signed: Callable[[SignedAnchor], bool],
    noted: Iterable[ChainHead] = (),
) -> tuple[list[ChainHead], list[SignedAnchor]]:
    """Return the heads and the anchors. Raises BrokenChain if an entry or an anchor was changed,
    removed or inserted.

    Anchors and heads are read first: entries that are appended during the check are not checked.
    `signed`: whether the signature is valid. `noted`: heads that were stored outside of the table.
    """
    anchors = list(audit_log.anchors())
    heads = audit_log.heads()
    verify_anchors(anchors)
    for anchor in anchors:
        if not signed(anchor):
            raise BrokenChain(f"the signature of anchor {anchor.number} is not valid")
    known = [*noted, *chain.from_iterable(anchor.content.heads for anchor in anchors)]
    for head in heads:
        entries = (entry for entry in audit_log.entries(head.chain) if entry.number <= head.number)
        verify(entries, head, noted=(one for one in known if one.chain == head.chain))
    return heads, anchors
