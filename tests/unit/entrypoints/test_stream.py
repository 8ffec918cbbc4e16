"""Records of the table's DynamoDB stream."""

import logging
from datetime import timedelta
from typing import Any

import pytest
from boto3.dynamodb.types import TypeSerializer

from likeness.adapters.dynamodb import keys
from likeness.adapters.dynamodb.items import fields
from likeness.adapters.jobs.jobs_table import job_item
from likeness.domain.account.erasure import Erasure, ErasureState
from likeness.domain.deletion.receipt import Deletion, DeletionState
from likeness.domain.ids import ErasureId, UserId
from likeness.domain.jobs.job import Job, JobState
from likeness.domain.photos.photo import Photo, PhotoProblem, PhotoState
from likeness.domain.reasons import Reason
from likeness.entrypoints.dynamodb_stream import on_changes, read
from likeness.events import Event, Owner, StreamRecord
from tests.builders import JOB, NOW, USER, Context, a_job, a_photo

END = JobState.REFUSED
OWNER = Owner(user_id=UserId("user-7"), metadata={"order": "9"}, test=True)
ERASURE = ErasureId("e" + "1".zfill(32))


def record(new: Job | None, old: Job | None = None, **edited: Any) -> dict[str, Any]:
    """A record of a write of a job; `edited` overrides attributes of the new image."""
    return of_items(
        job_item(new) | edited if new else None,
        job_item(old) if old else None,
    )


def of_items(new: dict[str, Any] | None, old: dict[str, Any] | None = None) -> dict[str, Any]:
    images = {}
    if new:
        images["NewImage"] = image(new)
    if old:
        images["OldImage"] = image(old)
    change = {"SequenceNumber": "7", "ApproximateCreationDateTime": NOW.timestamp(), **images}
    return {"eventName": "MODIFY" if old else "INSERT", "dynamodb": change}


def image(item: dict[str, Any]) -> dict[str, Any]:
    serialize = TypeSerializer().serialize
    return {name: serialize(value) for name, value in item.items()}


def photo_item(photo: Photo) -> dict[str, Any]:
    return keys.photo(photo.job_id, photo.photo_id) | fields(photo)


def the_event(found: list[StreamRecord]) -> Any:
    (change,) = found
    assert change.event, change.fault
    return change.event


def owned(found: list[StreamRecord]) -> Event:
    """The event of a draft."""
    (change,) = found
    assert change.draft, change.fault
    return change.draft.of(OWNER)


# --- a job's state --------------------------------------------------------------------------------


def test_a_new_job_has_no_previous_state_and_names_its_user():
    event = the_event(read(record(a_job(metadata={"order": "7"}))))

    assert event.model_dump(mode="json") == {
        "schema_version": 1,
        "event_id": f"{JOB}-1",
        "at": a_job().created_at.isoformat().replace("+00:00", "Z"),
        "user_id": USER,
        "metadata": {"order": "7"},
        "test": False,
        "job_id": JOB,
        "version": 1,
        "state": "open",
        "previous": None,
        "reason": None,
        "photos_left_out": 0,
        "avatars_expire_at": None,
    }


@pytest.mark.parametrize("state", list(JobState))
def test_every_state_becomes_an_event(state):
    old = a_job()
    new = a_job().change(state=state) if state is JobState.OPEN else a_job(state)

    found = read(record(new, old))

    assert (not found) == (state is JobState.OPEN)
    if found:
        event = the_event(found)
        assert (event.state, event.previous) == (state, JobState.OPEN)


def test_an_end_has_its_reason_and_time():
    old = a_job(JobState.MODERATING)
    new = old.move(END, NOW, reason=Reason.POLICY_NUDITY)

    event = the_event(read(record(new, old)))

    assert (event.reason, event.at) == (Reason.POLICY_NUDITY, NOW)
    assert event.event_id == f"{JOB}-{new.version}"


def test_a_completed_job_says_when_its_avatars_expire():
    old = a_job(JobState.FINISHING)
    until = NOW + timedelta(days=30)

    event = the_event(read(record(old.move(JobState.COMPLETED, NOW, avatars_expire_at=until), old)))

    assert event.avatars_expire_at == until


def test_the_event_after_moderation_counts_the_photos_that_were_left_out():
    old = a_job(JobState.MODERATING, photos_left_out=2)

    event = the_event(read(record(old.move(JobState.GENERATING, NOW), old)))

    assert (event.state, event.photos_left_out) == (JobState.GENERATING, 2)


def test_a_test_job_says_so():
    assert the_event(read(record(a_job(), test={"end": "completed"}))).test is True


def test_a_job_of_an_older_release_has_no_metadata():
    new = job_item(a_job())
    new.pop("metadata")

    assert the_event(read(of_items(new))).metadata == {}


def test_reading_a_change_is_deterministic():
    old = a_job()
    change = record(old.move(JobState.EXPIRED, NOW), old)

    assert read(change) == read(change)


def test_a_job_without_a_timeline_gets_the_time_of_the_record():
    assert the_event(read(record(a_job(), timeline=[]))).at == NOW


def test_a_change_without_a_new_state_is_no_event():
    old = a_job(JobState.GENERATING)

    assert read(record(old.change(attempt=2), old)) == []


def test_a_deleted_job_is_no_event():
    """It expired or its user was erased; its last state was published."""
    assert read(record(None, a_job())) == []


def test_avatars_that_were_deleted_are_an_event_once():
    old = a_job(JobState.COMPLETED)
    deleted = {"avatars_deleted_at": NOW.isoformat()}

    event = owned(read(record(old.change(), old, **deleted)))

    assert (event.type, event.event_id) == ("AvatarsDeleted", f"{JOB}-avatars-deleted")
    assert event.at == NOW
    again = of_items(job_item(old.change()) | deleted, job_item(old) | deleted)
    assert read(again) == []


# --- photos, progress, deletion -------------------------------------------------------------------

DUPLICATE = PhotoProblem(reason=Reason.SUBJECT_DUPLICATE)
CHECKING = a_photo(state=PhotoState.CHECKING)
ACCEPTED = a_photo()


@pytest.mark.parametrize(
    ("old", "new", "reason", "at"),
    [
        (CHECKING, ACCEPTED, None, ACCEPTED.inspected_at),
        (CHECKING, CHECKING.refused(DUPLICATE, NOW), "SUBJECT.DUPLICATE", NOW),
        (ACCEPTED, ACCEPTED.refused(DUPLICATE, NOW - timedelta(1)), "SUBJECT.DUPLICATE", NOW),
        (
            ACCEPTED,
            ACCEPTED.model_copy(
                update={
                    "state": PhotoState.LEFT_OUT,
                    "problem": DUPLICATE,
                    "left_out_at": NOW - timedelta(minutes=1),
                }
            ),
            "SUBJECT.DUPLICATE",
            NOW - timedelta(minutes=1),
        ),
    ],
)
def test_a_verdict_is_an_event_of_the_jobs_owner(old, new, reason, at):
    event: Any = owned(read(of_items(photo_item(new), photo_item(old))))

    assert event.type == "PhotoChecked"
    assert event.event_id == f"{JOB}-p01-{new.state}"
    assert (event.job_id, event.photo_id, event.state) == (JOB, "p01", new.state)
    assert (event.reason, event.at) == (reason, at)
    assert Owner.model_validate(event, from_attributes=True) == OWNER


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (a_photo(state=PhotoState.AWAITED), CHECKING),
        (CHECKING, CHECKING.awaited()),
        (ACCEPTED, ACCEPTED.model_copy(update={"sha256": None})),
    ],
)
def test_a_photo_without_a_new_verdict_is_no_event(old, new):
    assert read(of_items(photo_item(new), photo_item(old))) == []


def test_progress_is_an_event():
    item = keys.progress(JOB) | {"job_id": JOB, "done": 6, "total": 30}

    event: Any = owned(read(of_items(item)))

    assert (event.type, event.event_id) == ("JobProgressed", f"{JOB}-drawn-6")
    assert (event.done, event.total, event.at) == (6, 30, NOW)


def deletion(state: DeletionState, receipt: str | None = None) -> dict[str, Any]:
    return keys.deletion(JOB) | fields(Deletion(job_id=JOB, state=state, receipt=receipt))


def test_two_receipts_within_a_second_are_two_events():
    """The stream's time has whole seconds, and a receiver drops an event whose id it knows."""
    first, second = (deletion(DeletionState.DELETED, receipt) for receipt in ("a.b.c", "a.b.d"))

    ids = [
        owned(read(of_items(new, old))).event_id
        for new, old in ((first, None), (second, first), (first, None))
    ]

    assert ids[0] != ids[1]
    assert ids[0] == ids[2], "read again"


def test_a_verified_deletion_is_an_event_once():
    pending, done = deletion(DeletionState.PENDING), deletion(DeletionState.DELETED, "a.b.c")

    event = owned(read(of_items(done, pending)))

    assert (event.type, event.job_id) == ("PhotosDeleted", JOB)
    assert "a.b.c" not in event.model_dump_json()
    assert read(of_items(done, done)) == []
    assert read(of_items(pending)) == []
    after_appeal = deletion(DeletionState.DELETED, "d.e.f")
    assert owned(read(of_items(after_appeal, done))).type == "PhotosDeleted"


def test_an_erasure_is_an_event_with_the_user_of_the_image_before():
    running = Erasure(erasure_id=ERASURE, user_id=USER, requested_at=NOW, jobs=2, objects=31)
    items = [keys.erasure(ERASURE) | fields(one) for one in (running, running.finish(NOW))]

    event = the_event(read(of_items(items[1], items[0])))

    assert (event.type, event.event_id) == ("UserErased", f"{ERASURE}-done")
    assert (event.user_id, event.jobs, event.objects, event.at) == (USER, 2, 31, NOW)
    assert items[1]["state"] == ErasureState.DONE
    assert read(of_items(items[0])) == []
    assert read(of_items(items[1], items[1])) == []


# --- faults ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("edited", "fault"),
    [
        ({"state": "daydreaming"}, "state: Input should be"),
        ({"version": 0}, "version: Input should be greater"),
        ({"job_id": f"{USER} was here"}, "job_id: String should match"),
        ({"timeline": [{"state": "open"}]}, "missing: 'at'"),
        ({"version": "many"}, "ValueError"),
        ({"sk": "NEWS"}, "missing: 'NEWS'"),
    ],
)
def test_an_unreadable_record_names_the_fault_and_repeats_no_value(edited, fault):
    (change,) = read(record(a_job(), **edited))

    assert change.event is None
    assert fault in str(change.fault)
    assert USER not in str(change.fault)
    assert "daydreaming" not in str(change.fault)


def test_a_fault_of_a_photo_is_found_without_its_owner():
    item = photo_item(ACCEPTED) | {"photo_id": "the best one"}

    (change,) = read(of_items(item, photo_item(CHECKING)))

    assert "photo_id: String should match" in str(change.fault)
    assert "the best one" not in str(change.fault)


def test_lambda_retries_from_the_failed_record():
    @on_changes
    def handler(changes):
        assert [change.sequence for change in changes] == ["7"]
        return "7"

    event = {"Records": [record(a_job()), record(a_job().change(attempt=1), a_job())]}

    assert handler(event, Context()) == {"batchItemFailures": [{"itemIdentifier": "7"}]}


def test_a_batch_without_failures_reports_none():
    @on_changes
    def handler(changes):
        return None

    assert handler({"Records": [record(a_job())]}, Context()) == {"batchItemFailures": []}


def test_the_log_names_no_user(caplog):
    @on_changes
    def handler(changes):
        return None

    with caplog.at_level(logging.INFO):
        handler({"Records": [record(a_job(metadata={"order": "secret-7"}))]}, Context())

    logged = str([vars(one) for one in caplog.records])
    assert "done" in logged
    assert USER not in logged
    assert "secret-7" not in logged
