"""A deletion is proven, or it is pending with an alarm and retried."""

from datetime import timedelta
from functools import partial

import pytest

from likeness.adapters.policy_files import load_retention
from likeness.contracts.jobs import JobError
from likeness.domain.account.quota import QuotaState
from likeness.domain.deletion.receipt import EVERYWHERE, Deletion, DeletionState
from likeness.domain.errors import Conflict, NotDeleted, Unavailable
from likeness.domain.jobs.job import ENDED, JobState
from likeness.services.deletion import prove_deletion as service
from likeness.services.jobs import fail_job as ending
from tests.alarms import goes_off
from tests.builders import JOB, NOW, TODAY, USER, a_photo, a_review

RULES = load_retention()
RUNNING = [state for state in JobState if state not in ENDED]
BAD_ENDS = sorted(ENDED - {JobState.COMPLETED})


def prove(world, *, overdue=False):
    fail = partial(
        ending.fail_job,
        error=JobError.DEADLINE,
        jobs=world.jobs,
        reviews=world.reviews,
        ledger=world.ledger,
        generator=world.generator,
        keyed_hash=world.keyed_hash,
        deletion=world.deletion,
        clock=world.clock,
    )
    return service.prove_deletion(
        JOB,
        overdue=overdue,
        jobs=world.jobs,
        appeals=world.appeals,
        deletion=world.deletion,
        receipts=world.receipts,
        workflow=world.workflow,
        deadlines=world.deadlines,
        clock=world.clock,
        rules=RULES,
        end=fail,
    )


def everywhere(world):
    """An object of the job in every place."""
    world.photos.upload(JOB, "p04", b"bytes")
    world.draws(1, 2)
    world.avatar_objects.put(f"drawn/{JOB}/a01.png", b"avatar")
    world.avatar_objects.put(f"avatars/{JOB}/a01/1024.png", b"avatar")
    world.deadlines.set(JOB, when=world.job.created_at + RULES.deadline)


def left(world):
    return world.photo_objects.listing() + world.avatar_objects.listing()


def state(world):
    deletion = world.deletions.get(JOB)
    return deletion and deletion.state


# --- the deadline --------------------------------------------------------------------------------


@pytest.mark.parametrize("at", RUNNING)
def test_the_deadline_ends_a_job_in_any_state(world, at):
    world.has(at)
    everywhere(world)
    if at is JobState.IN_REVIEW:
        world.reviews.open(a_review(), "token")
    world.workflow.running.add(JOB)
    world.clock.set(world.job.created_at + RULES.deadline)

    prove(world, overdue=True)

    assert world.job.ended
    assert left(world) == []
    assert state(world) is DeletionState.DELETED
    assert not world.workflow.running
    assert world.deadlines.at == {}
    assert [e.state for e in world.ledger.entries(USER, TODAY)] in ([], [QuotaState.RETURNED])


@pytest.mark.parametrize("at", BAD_ENDS)
def test_leftovers_of_an_ended_job_are_deleted_at_the_deadline(world, at):
    """For example from a container that wrote late, or an upload after the end."""
    world.has(at)
    everywhere(world)

    prove(world, overdue=True)

    assert left(world) == []
    assert {one.object for one in world.signer.signed[-1].objects} >= {"uploads/p04"}


def test_a_completed_job_keeps_its_avatars(world):
    world.has(JobState.COMPLETED)
    everywhere(world)

    prove(world, overdue=True)

    assert left(world) == [f"avatars/{JOB}/a01/1024.png"]
    (receipt,) = world.signer.signed
    assert {one.place for one in receipt.checked} == set(EVERYWHERE) - {"avatars"}


def test_photos_are_deleted_even_if_the_container_cannot_be_stopped(world):
    world.has(JobState.GENERATING)
    everywhere(world)
    world.generator.running.add((JOB, 1))
    world.generator.stopping = True

    with pytest.raises(Unavailable):
        prove(world, overdue=True)

    assert world.photo_objects.listing() == []
    assert state(world) is DeletionState.PENDING
    world.generator.stopping = False
    prove(world, overdue=True)
    assert left(world) == []
    assert "photos/p01.jpg" in {one.object for one in world.signer.signed[-1].objects}


def test_a_job_whose_photos_cannot_be_deleted_still_ends_at_its_deadline(world):
    world.has(JobState.GENERATING)
    everywhere(world)
    locked(world)

    with pytest.raises(NotDeleted):
        prove(world, overdue=True)

    assert world.job.state is JobState.FAILED
    assert world.day is QuotaState.RETURNED
    assert state(world) is DeletionState.PENDING


def test_leftovers_of_an_erased_job_are_deleted_without_a_record(world):
    """The job's user was erased."""
    world.photos.upload(JOB, "p01", b"late")
    world.deadlines.set(JOB, when=NOW)

    assert prove(world, overdue=True).objects == 1

    assert left(world) == []
    assert world.deletions.objects(JOB) == []
    assert (state(world), world.signer.signed, world.deadlines.at) == (None, [], {})


# --- in the pipeline -----------------------------------------------------------------------------


@pytest.mark.parametrize("at", RUNNING)
def test_photos_in_use_are_not_deleted_before_the_deadline(world, at):
    world.has(at)
    before = left(world)

    with pytest.raises(Conflict):
        prove(world)

    assert left(world) == before
    assert not world.job.ended
    assert state(world) is None
    assert not world.metrics.counted
    assert world.deadlines.at == {}


def test_a_receipt_lists_each_object_by_keyed_hash_with_its_times(world):
    read = a_photo(1, uploaded_at=NOW - timedelta(minutes=8))
    world.has(JobState.FAILED, with_photos=[read])
    world.clock.advance(timedelta(minutes=1))

    prove(world)

    (receipt,) = world.signer.signed
    upload, photo = receipt.objects
    assert (upload.object, photo.object) == ("uploads/p01", "photos/p01.jpg")
    assert (upload.created_at, upload.deleted_at) == (read.uploaded_at, read.inspected_at)
    assert (photo.created_at, photo.deleted_at) == (NOW, NOW + timedelta(minutes=1))
    assert len({upload.keyed_hash, photo.keyed_hash}) == 2
    assert (receipt.issuer, receipt.policy) == ("likeness/test", RULES.version)
    assert USER not in receipt.model_dump_json()


@pytest.mark.parametrize(("hours", "late"), [(23, False), (23.5, True)])
def test_a_photo_that_lived_for_almost_a_day_rings(world, hours, late):
    world.has(JobState.FAILED)
    everywhere(world)
    world.clock.advance(timedelta(hours=hours))

    prove(world)

    assert world.metrics.measured == {"PhotoSeconds": [hours * 3600]}
    assert goes_off("objective-photos", world.metrics) is late


def test_the_deadline_verifies_again_after_a_proven_deletion(world):
    """After a deletion is proven, the schedule still fires and finds later objects."""
    world.has(JobState.FAILED)
    everywhere(world)
    due = world.deadlines.at[JOB]
    prove(world)
    assert world.deadlines.at[JOB] == due
    world.photos.upload(JOB, "p05", b"late")
    world.clock.set(due)

    prove(world, overdue=True)

    assert left(world) == []
    assert len(world.signer.signed) == 2
    assert world.deadlines.at == {}


def test_proving_twice_signs_one_receipt(world):
    world.has(JobState.FAILED)
    everywhere(world)

    prove(world)
    first = world.deletions.get(JOB)
    prove(world)

    assert world.deletions.get(JOB) == first
    assert len(world.signer.signed) == 1


# --- what fails ----------------------------------------------------------------------------------


def locked(world):
    world.photo_objects.locked = True


def blind(world):
    world.leftovers.blind = True


def key_off(world):
    world.signer.off = True


@pytest.mark.parametrize("fault", [locked, blind, key_off])
def test_any_failure_is_pending_with_an_alarm_and_retried_in_minutes(world, fault):
    world.has(JobState.FAILED)
    everywhere(world)
    fault(world)

    for attempt in range(1, 4):  # a quarter of an hour
        with pytest.raises(Unavailable):
            prove(world, overdue=attempt > 1)
        assert state(world) is DeletionState.PENDING
        assert world.metrics.counted["DeletionPending"] == attempt
        assert goes_off("deletion-pending", world.metrics)
        assert world.deadlines.at[JOB] == world.clock.now() + timedelta(minutes=5)
        assert world.job.photos_deleted_at is None
        world.clock.set(world.deadlines.at[JOB])

    world.photo_objects.locked = world.leftovers.blind = world.signer.off = False
    prove(world, overdue=True)
    assert state(world) is DeletionState.DELETED
    assert left(world) == []
    assert world.job.photos_deleted_at
    assert world.deadlines.at[JOB] == world.job.created_at + RULES.deadline


def test_a_deletion_is_verified_by_an_independent_listing(world, monkeypatch):
    world.has(JobState.FAILED)
    monkeypatch.setattr(world.files, "delete", lambda *_, **__: 3)

    with pytest.raises(NotDeleted):
        prove(world)

    assert state(world) is DeletionState.PENDING
    assert world.signer.signed == []


def test_the_alarm_metric_is_sent_even_if_the_table_write_fails(world, monkeypatch):
    world.has(JobState.FAILED)
    locked(world)

    def lose(*_, **__):
        raise Unavailable("no answer")

    monkeypatch.setattr(world.deletions, "save", lose)
    monkeypatch.setattr(world.deadlines, "move", lose)

    with pytest.raises(NotDeleted):
        prove(world)

    assert world.metrics.counted["DeletionPending"] == 1


def test_an_older_receipt_is_hidden_when_a_deletion_is_pending_again(world):
    """An object arrived late and cannot be deleted."""
    world.has(JobState.FAILED)
    prove(world)
    world.photos.upload(JOB, "p05", b"late")
    locked(world)

    with pytest.raises(NotDeleted):
        prove(world, overdue=True)

    assert state(world) is DeletionState.PENDING


# --- legal hold ----------------------------------------------------------------------------------


def test_a_legal_hold_is_shown_as_held_without_detail(world):
    world.has(JobState.FAILED)
    everywhere(world)
    world.deletions.save(Deletion(job_id=JOB, state=DeletionState.HELD))
    before = left(world)

    prove(world)

    assert left(world) == before
    (receipt,) = world.signer.signed
    assert receipt.state is DeletionState.HELD
    assert (receipt.objects, receipt.checked) == ((), ())
    assert world.job.photos_deleted_at is None
    assert world.deletions.get(JOB).receipt


def test_an_upload_that_outlived_its_inspection_is_in_the_receipt_once(world):
    """A hold forbade its deletion, or it failed: it was read, and deleted with the job."""
    etag = world.photos.upload(JOB, "p01", b"bytes")
    world.has(JobState.FAILED, with_photos=[a_photo(1, etag=etag, inspected_at=NOW)])

    prove(world)

    receipt = world.signer.signed[-1]
    assert [one.object for one in receipt.objects].count("uploads/p01") == 1
