"""Changes are announced in order, on the bus and to webhooks, and none blocks the others."""

from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, strategies as st

from likeness.domain.ids import JobId
from likeness.domain.webhooks.delivery import Chain, DeliveryState
from likeness.domain.webhooks.webhook import DisabledReason, EventType
from likeness.events import Draft, StreamRecord
from likeness.services.jobs.announce_changes import AT_ONCE, announce_changes
from tests.builders import (
    JOB,
    NOW,
    OTHER_JOB,
    OTHER_WEBHOOK,
    USER,
    WEBHOOK,
    a_change,
    a_job,
    a_webhook,
)
from tests.fakes import (
    FakeClock,
    FakeDeliveries,
    FakeDeliveryQueue,
    FakeEventBus,
    FakeEventDeadLetters,
    FakeJobs,
    FakeMetrics,
    FakeWebhooks,
)

UNREADABLE = StreamRecord(sequence="x", fault="missing: 'version'")


@dataclass
class Announcer:
    bus: FakeEventBus = field(default_factory=FakeEventBus)
    dead_letters: FakeEventDeadLetters = field(default_factory=FakeEventDeadLetters)
    jobs: FakeJobs = field(default_factory=FakeJobs)
    webhooks: FakeWebhooks = field(default_factory=FakeWebhooks)
    deliveries: FakeDeliveries = field(default_factory=FakeDeliveries)
    queue: FakeDeliveryQueue = field(default_factory=FakeDeliveryQueue)
    metrics: FakeMetrics = field(default_factory=FakeMetrics)
    erased: frozenset[JobId] = frozenset()  # any other job that changed is there

    def __call__(self, *changes: StreamRecord) -> str | None:
        changed = {change.event.subject for change in changes if change.event}
        for job_id in changed - self.erased - self.jobs.jobs.keys():
            self.jobs.create(a_job(job_id=job_id), [])
        ports = {name: port for name, port in vars(self).items() if name != "erased"}
        return announce_changes(changes, **ports, clock=FakeClock())

    def ids(self, webhook_id: Any = WEBHOOK, subject: str = JOB) -> list[str]:
        chain = Chain(webhook_id=webhook_id, subject=subject)
        return [one.event_id for one in self.deliveries.of(chain)]


def jobs(count: int) -> list[JobId]:
    return [JobId(f"j{n:032x}") for n in range(count)]


def announce(
    *changes: StreamRecord, bus: FakeEventBus, dead_letters: FakeEventDeadLetters | None = None
) -> str | None:
    return Announcer(bus, dead_letters or FakeEventDeadLetters())(*changes)


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
        [f"{JOB}-1", f"{OTHER_JOB}-1"],
        [f"{JOB}-2"],
    ]


def test_the_stream_is_read_again_from_the_first_refused_change():
    bus = FakeEventBus()
    bus.refuses = lambda event: event.job_id == OTHER_JOB
    changes = [a_change("1", JOB, 1), a_change("2", OTHER_JOB, 1), a_change("3", JOB, 2)]

    assert announce(*changes, bus=bus) == "2"

    assert [event.event_id for event in bus.events] == [f"{JOB}-1"], "nothing after it is sent"


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
        moods_of.setdefault(event.event_id, refuses(event))
        return moods_of[event.event_id]

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
        versions = [int(one.partition("-")[2]) for one in first if one.startswith(job)]
        assert versions == sorted(versions)


# --- drafts: events that lack their owner ---------------------------------------------------------


def a_verdict(sequence: str, job_id: JobId = JOB) -> StreamRecord:
    facts = {
        "event_id": f"{job_id}-p01-accepted",
        "at": NOW,
        "photo_id": "p01",
        "state": "accepted",
    }
    draft = Draft(job_id=job_id, type=EventType.PHOTO_CHECKED, facts=facts)
    return StreamRecord(sequence=sequence, draft=draft)


def test_an_event_of_a_photo_gets_the_jobs_user_and_metadata():
    announcer = Announcer()
    announcer.jobs.create(a_job(metadata={"order": "7"}), [])

    assert announcer(a_verdict("1")) is None

    (event,) = announcer.bus.events
    assert event.type is EventType.PHOTO_CHECKED
    assert (event.user_id, event.metadata, event.test) == (USER, {"order": "7"}, False)


def test_an_event_of_a_job_that_was_erased_is_not_published():
    announcer = Announcer()
    announcer.jobs.create(a_job(job_id=OTHER_JOB), [])

    assert announcer(a_verdict("1"), a_verdict("2", OTHER_JOB)) is None

    assert [event.job_id for event in announcer.bus.events] == [OTHER_JOB]


def test_a_change_of_a_job_that_was_erased_is_neither_published_nor_stored_for_a_webhook():
    """The stream may be read hours later, and UserErased is the last event about a user."""
    announcer = Announcer(webhooks=FakeWebhooks(a_webhook()), erased=frozenset({JOB}))

    assert announcer(a_change("1"), a_change("2", OTHER_JOB)) is None

    assert [event.job_id for event in announcer.bus.events] == [OTHER_JOB]
    assert announcer.ids() == []


def test_a_verdict_stays_behind_the_change_before_it():
    announcer = Announcer()
    announcer.jobs.create(a_job(), [])

    announcer(a_change("1"), a_verdict("2"), a_change("3", version=2))

    assert [len(call) for call in announcer.bus.calls] == [1, 1, 1]
    assert [event.type for event in announcer.bus.events] == [
        EventType.JOB_STATE_CHANGED,
        EventType.PHOTO_CHECKED,
        EventType.JOB_STATE_CHANGED,
    ]


def test_large_metadata_makes_smaller_calls():
    """PutEvents takes 256 KB in all."""
    bus = FakeEventBus()
    metadata = {f"key-{n}": "\N{GRINNING FACE}" * 500 for n in range(20)}
    changes = [a_change(str(n), job, metadata=metadata) for n, job in enumerate(jobs(9))]

    assert announce(*changes, bus=bus) is None

    sizes = [sum(len(one.model_dump_json().encode()) for one in call) for call in bus.calls]
    assert max(sizes) < 256_000
    assert [len(call) for call in bus.calls] == [4, 4, 1]


# --- webhooks -------------------------------------------------------------------------------------


def test_each_webhook_gets_the_events_that_it_asked_for():
    announcer = Announcer(
        webhooks=FakeWebhooks(
            a_webhook(), a_webhook(OTHER_WEBHOOK, events=(EventType.PHOTO_CHECKED,))
        )
    )
    announcer.jobs.create(a_job(), [])

    announcer(a_change("1"), a_verdict("2"))

    assert announcer.ids() == [f"{JOB}-1", f"{JOB}-p01-accepted"]
    assert announcer.ids(OTHER_WEBHOOK) == [f"{JOB}-p01-accepted"]
    assert [chain.webhook_id for chain, _ in announcer.queue.messages] == [
        WEBHOOK,
        WEBHOOK,
        OTHER_WEBHOOK,
    ]


def test_a_disabled_webhook_gets_nothing():
    announcer = Announcer(webhooks=FakeWebhooks(a_webhook(disabled=DisabledReason.GONE)))

    announcer(a_change("1"))

    assert not announcer.deliveries.deliveries
    assert len(announcer.bus.events) == 1


def test_deliveries_are_in_the_order_of_the_stream_not_of_their_ids():
    announcer = Announcer(webhooks=FakeWebhooks(a_webhook()))

    announcer(a_change("99", version=9), a_change("100", version=10))

    assert announcer.ids() == [f"{JOB}-9", f"{JOB}-10"]


def test_a_change_that_is_read_again_is_delivered_once_more_only_if_it_was_not():
    """The bus refused it, so Lambda reads it again: what a webhook has stays delivered."""
    announcer = Announcer(webhooks=FakeWebhooks(a_webhook()))
    announcer.bus.refuses = lambda _: True
    assert announcer(a_change("1")) == "1"
    (stored,) = announcer.deliveries.deliveries.values()
    announcer.deliveries.save(
        stored.model_copy(update={"state": DeliveryState.DELIVERED}), seen=stored
    )
    announcer.bus.refuses = lambda _: False

    assert announcer(a_change("1")) is None

    (left,) = announcer.deliveries.deliveries.values()
    assert left.state is DeliveryState.DELIVERED


def test_the_bus_gets_nothing_while_the_queue_is_down():
    """Then Lambda reads the change again, and the bus gets it once."""
    announcer = Announcer(webhooks=FakeWebhooks(a_webhook()))
    announcer.queue.down = True

    assert announcer(a_change("1"), a_change("2", OTHER_JOB)) == "1"

    assert not announcer.bus.events


def test_the_stream_is_read_again_while_the_webhooks_cannot_be_read():
    announcer = Announcer()
    announcer.webhooks.down = True

    assert announcer(UNREADABLE, a_change("2")) == UNREADABLE.sequence
    assert not announcer.dead_letters.letters
