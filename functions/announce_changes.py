"""DynamoDB stream: publishes each change that is an event, on the bus and to webhooks."""

from collections.abc import Sequence

from likeness import bootstrap
from likeness.entrypoints.dynamodb_stream import on_changes
from likeness.events import StreamRecord
from likeness.services.jobs.announce_changes import announce_changes


@on_changes
def handler(changes: Sequence[StreamRecord]) -> str | None:
    return announce_changes(
        changes,
        jobs=bootstrap.jobs(),
        bus=bootstrap.event_bus(),
        dead_letters=bootstrap.dead_letters(),
        webhooks=bootstrap.webhooks(),
        deliveries=bootstrap.deliveries(),
        queue=bootstrap.delivery_queue(),
        metrics=bootstrap.metrics(),
        clock=bootstrap.CLOCK,
    )
