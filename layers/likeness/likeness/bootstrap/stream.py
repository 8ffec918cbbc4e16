"""What follows from changes in the table, with its adapters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.bootstrap import adapters
from likeness.services.jobs import announce_changes as _announce_changes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from likeness.events import StreamRecord


def announce_changes(changes: Sequence[StreamRecord]) -> str | None:
    return _announce_changes.announce_changes(
        changes, bus=adapters.event_bus(), dead_letters=adapters.dead_letters()
    )
