"""Tell the world of each change of a job's state, in the order of the table's stream."""

from collections.abc import Iterator, Sequence

from likeness.domain.errors import Unavailable
from likeness.events import StreamRecord
from likeness.ports.jobs import EventBus, EventDeadLetters

AT_ONCE = 10  # entries that PutEvents takes


def announce_changes(
    changes: Sequence[StreamRecord], *, bus: EventBus, dead_letters: EventDeadLetters
) -> str | None:
    """Announce what can be; answers where the stream must be read again, or None.

    Nothing after a change that was not taken is sent, but for what went out in the same call, and
    no call has two changes of one job: so a job's events leave in order. What nobody can read is
    set aside and holds up nothing: it would not be readable the next time either.
    """
    for wave in _waves(changes):
        events = {change.sequence: change.event for change in wave if change.event}
        try:
            for change in wave:
                if change.event is None:
                    dead_letters.keep(change)
            refused = bus.publish(list(events.values())) if events else []
        except Unavailable:
            return wave[0].sequence
        if refused:
            return next(sequence for sequence, event in events.items() if event in refused)
    return None


def _waves(changes: Sequence[StreamRecord]) -> Iterator[list[StreamRecord]]:
    """Neighbours that may go out in one call. What cannot be read goes alone."""
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
