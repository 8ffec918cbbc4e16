"""Publish each change that is an event, in the order of the table's stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.domain.errors import NotFound, Unavailable
from likeness.events import Draft, Event, JobEvent, JobStateChanged, Owner, StreamRecord
from likeness.services.jobs.job_metrics import count_change
from likeness.services.webhooks.delivery_record import new_delivery

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from likeness.domain.ids import JobId
    from likeness.domain.jobs.job import Job
    from likeness.domain.webhooks.webhook import Webhook
    from likeness.ports.jobs import EventBus, EventDeadLetters, Jobs
    from likeness.ports.runtime import Clock, Metrics
    from likeness.ports.webhooks import Deliveries, DeliveryQueue, Webhooks

AT_ONCE = 10  # entries that PutEvents takes
# Bytes: a request has 256 KB at most ("Calculating PutEvents event entry size"), a job's metadata
# may have 40.
MAX_BYTES = 200_000


def announce_changes(
    changes: Sequence[StreamRecord],
    *,
    jobs: Jobs,
    bus: EventBus,
    dead_letters: EventDeadLetters,
    webhooks: Webhooks,
    deliveries: Deliveries,
    queue: DeliveryQueue,
    metrics: Metrics,
    clock: Clock,
) -> str | None:
    """Publish the changes. Returns the sequence number from which to read again, or None.

    Publishing stops at the first refused change, and no call contains two changes of one subject,
    so a job's events are published in order. A change that cannot be read goes to the dead-letter
    queue and does not block the stream: a retry would not help. Deliveries to webhooks are stored
    before the bus gets the event: storing them again has no effect, and publishing has.
    """
    if not changes:
        return None
    try:
        owned, stored = _owned(changes, jobs)
        receivers = webhooks.every() if any(change.event for change in owned) else []
    except Unavailable:
        return changes[0].sequence
    for wave in _waves(owned):
        events = [(change.sequence, change.event) for change in wave if change.event]
        try:
            for change in wave:
                if change.fault:
                    dead_letters.put(change)
            _deliver(events, receivers, deliveries=deliveries, queue=queue, clock=clock)
            refused = bus.publish([event for _, event in events]) if events else []
        except Unavailable:
            return wave[0].sequence
        for sequence, event in events:
            if event in refused:
                return sequence
            if isinstance(event, JobStateChanged) and (job := stored.get(event.job_id)):
                count_change(event, job, metrics)
    return None


def _owned(
    changes: Sequence[StreamRecord], jobs: Jobs
) -> tuple[list[StreamRecord], dict[JobId, Job | None]]:
    """The changes with complete events, and the jobs that they are about.

    Those of a job that was erased are left out, whenever the stream is read: no event follows
    UserErased, and no delivery is stored where the erasure has deleted them.
    """
    stored: dict[JobId, Job | None] = {}
    found = []
    for change in changes:
        about = change.draft or change.event
        if not isinstance(about, Draft | JobEvent):
            found.append(change)
            continue
        if about.job_id not in stored:
            stored[about.job_id] = _job(about.job_id, jobs)
        if job := stored[about.job_id]:
            event = about.of(Owner.of(job)) if isinstance(about, Draft) else about
            found.append(StreamRecord(sequence=change.sequence, event=event))
    return found, stored


def _job(job_id: JobId, jobs: Jobs) -> Job | None:
    try:
        return jobs.get(job_id)
    except NotFound:
        return None


def _deliver(
    events: Sequence[tuple[str, Event]],
    receivers: Sequence[Webhook],
    *,
    deliveries: Deliveries,
    queue: DeliveryQueue,
    clock: Clock,
) -> None:
    for webhook in receivers:
        chains = []
        for sequence, event in events:
            if webhook.wants(event.type):
                delivery = new_delivery(webhook.webhook_id, event, order=sequence, now=clock.now())
                about = event.job_id if isinstance(event, JobEvent) else None
                deliveries.add(delivery, job_id=about)
                chains.append(delivery.chain)
        queue.put(chains)


def _waves(changes: Sequence[StreamRecord]) -> Iterator[list[StreamRecord]]:
    """Split the changes into calls. A change that cannot be read is alone."""
    wave: list[StreamRecord] = []
    for change in changes:
        if wave and not _fits(change, wave):
            yield wave
            wave = []
        wave.append(change)
    if wave:
        yield wave


def _fits(change: StreamRecord, wave: Sequence[StreamRecord]) -> bool:
    events = [one.event for one in (*wave, change) if one.event]
    subjects = {event.subject for event in events}
    return (
        len(events) == len(subjects) == len(wave) + 1 <= AT_ONCE
        and sum(len(event.model_dump_json().encode()) for event in events) <= MAX_BYTES
    )
