"""DynamoDB stream: publishes each change of a job's state on the event bus."""

from collections.abc import Sequence

from likeness import bootstrap
from likeness.entrypoints.dynamodb_stream import on_changes
from likeness.events import StreamRecord
from likeness.services.jobs.announce_changes import announce_changes


@on_changes
def handler(changes: Sequence[StreamRecord]) -> str | None:
    return announce_changes(
        changes, bus=bootstrap.event_bus(), dead_letters=bootstrap.dead_letters()
    )
