"""Each change of a job's state is announced in order, and none blocks the others."""

from hypothesis import given, strategies as st

from likeness.domain.ids import JobId
from likeness.events import StreamRecord
from likeness.services.jobs.announce_changes import AT_ONCE, announce_changes
from tests.builders import JOB, OTHER_JOB, a_change
from tests.fakes import FakeEventBus, FakeEventDeadLetters

UNREADABLE = StreamRecord(sequence="x", fault="missing: 'version'")


def jobs(count: int) -> list[JobId]:
    return [JobId(f"j{n:032x}") for n in range(count)]


def announce(
    *changes: StreamRecord, bus: FakeEventBus, dead_letters: FakeEventDeadLetters | None = None
) -> str | None:
    return announce_changes(changes, bus=bus, dead_letters=dead_letters or FakeEventDeadLetters())


def test_changes_of_many_jobs_are_sent_in_full_batches():
    bus = FakeEventBus()
    changes = [a_change(str(n), job) for n, job in enumerate(jobs(23))]

    assert announce(*changes, bus=bus) is None

    assert [len(call) for call in bus.calls] == [AT_ONCE, AT_ONCE, 3]
    assert bus.events == [change.event for change in changes]


def test_no_call_has_two_changes_of_one_job():
    """The bus may accept the second and refuse the first."""
    bus = FakeEventBus()

    announce(a_change("1", JOB, 1), a_change("2", OTHER_JOB, 1), a_change("3", JOB, 2), bus=bus)

    assert [[event.event_id for event in call] for call in bus.calls] == [
        [f"{JOB}.1", f"{OTHER_JOB}.1"],
        [f"{JOB}.2"],
    ]


def test_the_stream_is_read_again_from_the_first_refused_change():
    bus = FakeEventBus()
    bus.refuses = lambda event: event.job_id == OTHER_JOB
    changes = [a_change("1", JOB, 1), a_change("2", OTHER_JOB, 1), a_change("3", JOB, 2)]

    assert announce(*changes, bus=bus) == "2"

    assert [event.event_id for event in bus.events] == [f"{JOB}.1"], "nothing after it is sent"


def test_changes_are_sent_again_after_the_bus_was_unavailable():
    bus = FakeEventBus()
    bus.down_after = 1
    changes = [a_change(str(n), job) for n, job in enumerate(jobs(12))]

    assert announce(*changes, bus=bus) == "10"


def test_an_unreadable_record_goes_to_the_dead_letters_and_blocks_nothing():
    bus, dead_letters = FakeEventBus(), FakeEventDeadLetters()

    answer = announce(
        a_change("1"), UNREADABLE, a_change("2", OTHER_JOB), bus=bus, dead_letters=dead_letters
    )

    assert answer is None
    assert dead_letters.letters == [UNREADABLE]
    assert len(bus.events) == 2


def test_a_record_is_not_skipped_if_the_dead_letter_queue_fails():
    bus, dead_letters = FakeEventBus(), FakeEventDeadLetters()
    dead_letters.down = True

    answer = announce(a_change("1"), UNREADABLE, a_change("2"), bus=bus, dead_letters=dead_letters)

    assert answer == UNREADABLE.sequence
    assert len(bus.events) == 1


@given(
    order=st.lists(st.integers(0, 4), max_size=40),
    refusals=st.lists(st.booleans(), max_size=40),
)
def test_however_often_the_bus_refuses_every_change_is_sent_in_order(order, refusals):
    """Like Lambda: the batch is repeated from the returned sequence number."""
    made = [0] * 5
    left = []
    for n, which in enumerate(order):
        made[which] += 1
        left.append(a_change(str(n), jobs(5)[which], made[which]))
    wanted = {change.event.event_id for change in left if change.event}
    bus, moods = FakeEventBus(), iter(refusals)
    bus.refuses = lambda event: next(moods, False) if event not in bus.events else False
    refuses = bus.refuses

    def once(event):
        moods_of.setdefault(event, refuses(event))
        return moods_of[event]

    while left:
        moods_of: dict = {}
        bus.refuses = once
        again = announce(*left, bus=bus)
        if again is None:
            break
        left = left[[change.sequence for change in left].index(again) :]

    first = list(dict.fromkeys(event.event_id for event in bus.events))
    assert set(first) == wanted
    for job in jobs(5):
        versions = [int(one.partition(".")[2]) for one in first if one.startswith(job)]
        assert versions == sorted(versions)
