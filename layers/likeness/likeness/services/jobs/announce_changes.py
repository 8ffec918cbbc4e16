"""Publish each change of a job's state as an event, in the order of the table's stream."""

from collections.abc import Iterator, Sequence

from likeness.domain.errors import Unavailable
from likeness.events import StreamRecord
from likeness.ports.jobs import EventBus, EventDeadLetters

AT_ONCE = 10  # entries that PutEvents takes


def announce_changes(
    changes: Sequence[StreamRecord], *, bus: EventBus, dead_letters: EventDeadLetters
) -> str | None:
    """Publish the changes. Returns the sequence number from which to read again, or None.

    Publishing stops at the first refused change, and no call contains two changes of one job, so
    a job's events are published in order. A change that cannot be read goes to the dead-letter
    queue and does not block the stream: a retry would not help.
    """
    for wave in _waves(changes):
        events = {change.sequence: change.event for change in wave if change.event}
        try:
            for change in wave:
                if change.event is None:
                    dead_letters.put(change)
            refused = bus.publish(list(events.values())) if events else []
        except Unavailable:
            return wave[0].sequence
        if refused:
            return next(sequence for sequence, event in events.items() if event in refused)
    return None


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
    jobs = {one.event.job_id if one.event else None for one in wave}
    return (
        len(wave) < AT_ONCE and change.event is not None and not jobs & {None, change.event.job_id}
    )
