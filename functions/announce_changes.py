"""On each change of a job's item: a change of its state becomes one event on the bus."""

from collections.abc import Sequence

from likeness.bootstrap import stream
from likeness.entrypoints.stream import on_changes
from likeness.events import StreamRecord


@on_changes
def handler(changes: Sequence[StreamRecord]) -> str | None:
    return stream.announce_changes(changes)
