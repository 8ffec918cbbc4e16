"""What follows from changes in the table, with its adapters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.bootstrap import adapters
from likeness.services import announce_changes as _announce_changes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from likeness.events import Change


def announce_changes(changes: Sequence[Change]) -> str | None:
    return _announce_changes.announce_changes(
        changes, bus=adapters.event_bus(), unannounced=adapters.unannounced()
    )
