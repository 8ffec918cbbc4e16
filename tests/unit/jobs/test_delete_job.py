"""DELETE of a job: cancels a running one, deletes the avatars of a completed one."""

from datetime import timedelta

import pytest

from likeness.adapters.policy_files import load_retention
from likeness.api.avatars import KeepAvatars
from likeness.contracts.jobs import JobError
from likeness.contracts.sweep import RangeSweep
from likeness.domain.account.quota import QuotaState
from likeness.domain.deletion.receipt import EVERYWHERE, PHOTOS, Deletion, DeletionState
from likeness.domain.errors import ConcurrentChange, Conflict, NotDeleted, NotFound, Unavailable
from likeness.domain.generation.avatar import AvatarState
from likeness.domain.jobs.job import ENDED, JobState
from likeness.domain.provenance.credentials import WatermarkRecord
from likeness.domain.review.appeal import Appeal, AppealedPhoto
from likeness.ports.deletion import BucketObject
from likeness.services.deletion.prove_deletion import prove_deletion
from likeness.services.deletion.sweep_range import sweep_range
from likeness.services.jobs.delete_job import delete_job
from likeness.services.jobs.fail_job import fail_job
from likeness.services.provenance.keep_avatars import keep_avatars
from tests.builders import JOB, NOW, an_avatar

RULES = load_retention()
RUNNING = sorted(set(JobState) - ENDED)


def delete(world):
    return delete_job(
        JOB,
        jobs=world.jobs,
        deletions=world.deletions,
        watermarks=world.watermarks,
        workflow=world.workflow,
        timers=world.timers,
        deadlines=world.deadlines,
        clock=world.clock,
        retry=RULES.retry,
    )


@pytest.mark.parametrize("state", RUNNING)
def test_a_job_is_stopped_and_another_execution_ends_it(world, state):
    world.has(state)
    world.workflow.start(JOB)

    assert delete(world).state is world.job.state is JobState.CANCELLING

    assert not world.workflow.running
    assert world.workflow.endings == [(JOB, JobError.CANCELLED)]


@pytest.mark.parametrize("down", [False, True])
def test_the_timer_of_a_cancelled_job_is_deleted_if_possible(world, down):
    world.has()
    world.timers.end_at(JOB, JobError.NOT_SUBMITTED, when=NOW)
    world.timers.down = down

    assert delete(world).state is JobState.CANCELLING

    assert bool(world.timers.set) is down


def test_no_step_continues_a_cancelled_job(world):
    world.has(JobState.FINISHING)

    delete(world)

    for state in set(JobState) - {JobState.CANCELLED}:
        with pytest.raises(Conflict):
            world.job.move(state, NOW)


def test_cancelling_is_idempotent(world):
    world.has(JobState.GENERATING)

    assert delete(world) == delete(world)

    assert world.workflow.endings == [(JOB, JobError.CANCELLED)]


def test_cancelling_a_cancelled_job_returns_its_state(world):
    world.has(JobState.CANCELLED)

    assert delete(world).state is JobState.CANCELLED

    assert world.workflow.endings == []


@pytest.mark.parametrize("state", sorted(ENDED - {JobState.COMPLETED}))
def test_a_job_that_ended_without_avatars_returns_its_state(world, state):
    job = world.has(state)

    assert delete(world).state is state

    assert world.job == job
    assert world.workflow.endings == []


def test_a_job_that_its_pipeline_changes_at_the_same_time_is_cancelled(world, monkeypatch):
    job = world.has(JobState.GENERATING)
    changed = iter([job, world.job])

    def get(job_id):
        seen = next(changed, None)
        if seen is job:
            world.jobs.save(job.move(JobState.FINISHING, NOW))
        return world.jobs.jobs[job_id] if seen is not job else job

    monkeypatch.setattr(world.jobs, "get", get)

    assert delete(world).state is JobState.CANCELLING


def test_a_job_that_completes_at_the_same_time_loses_its_avatars(world, monkeypatch):
    running = world.has(JobState.FINISHING)
    world.jobs.save(running.move(JobState.COMPLETED, NOW))
    stale = iter([running])
    monkeypatch.setattr(world.jobs, "get", lambda _: next(stale, None) or world.jobs.jobs[JOB])

    assert delete(world).state is JobState.COMPLETED

    assert world.jobs.jobs[JOB].avatars_deletion_asked_at == NOW


def test_a_job_that_is_changed_at_every_try_is_a_conflict(world, monkeypatch):
    world.has(JobState.GENERATING)

    def lose(_):
        raise Conflict("changed")

    monkeypatch.setattr(world.jobs, "save", lose)

    with pytest.raises(ConcurrentChange):
        delete(world)


@pytest.mark.parametrize("call", ["stop", "end"])
def test_a_lost_call_is_repeated(world, monkeypatch, call):
    world.has(JobState.GENERATING)

    def lose(*_):
        raise Unavailable("no answer")

    monkeypatch.setattr(world.workflow, call, lose)
    with pytest.raises(Unavailable):
        delete(world)
    monkeypatch.undo()

    delete(world)

    assert world.workflow.endings == [(JOB, JobError.CANCELLED)]


def test_an_unknown_job_is_not_found(world):
    with pytest.raises(NotFound):
        delete(world)


# --- a completed job ------------------------------------------------------------------------------


@pytest.fixture
def completed(world):
    """Two published avatars with their files and watermarks; the photos are gone."""
    there = [an_avatar(n, AvatarState.PUBLISHED) for n in (1, 2)]
    world.has(JobState.COMPLETED, with_avatars=there, photos_deleted_at=NOW, cover="a01")
    world.ledger.settle(world.job.change(), QuotaState.SPENT, now=NOW)
    world.deletion.delete(JOB, PHOTOS)
    world.receipts.issue(JOB, world.jobs.photos(JOB), PHOTOS, NOW)
    for avatar in there:
        world.avatar_objects.put(f"avatars/{JOB}/{avatar.avatar_id}/1024.png", b"png")
        world.watermarks.add(
            WatermarkRecord(
                watermark=avatar.watermark,
                job_id=JOB,
                avatar_id=avatar.avatar_id,
                style=avatar.style,
                engine=avatar.engine,
                made_at=NOW,
            )
        )
    world.avatar_objects.put(f"avatars/{JOB}/avatars.zip", b"zip")
    return world


def prove(world, **more):
    """What the execution of `workflow.end` leads to."""
    return prove_deletion(
        JOB,
        jobs=world.jobs,
        appeals=world.appeals,
        deletion=world.deletion,
        receipts=world.receipts,
        workflow=world.workflow,
        deadlines=world.deadlines,
        clock=world.clock,
        rules=RULES,
        end=lambda _: None,
        **{"overdue": False} | more,
    )


def keep(world, *names):
    return keep_avatars(
        JOB,
        KeepAvatars(avatars=names),
        jobs=world.jobs,
        avatar_store=world.avatar_store,
        deletion=world.deletion,
        watermarks=world.watermarks,
        clock=world.clock,
    )


def test_avatars_are_hidden_revoked_and_pending_from_the_request_on(completed):
    world = completed
    before = world.deletions.get(JOB).receipt

    assert delete(world).state is JobState.COMPLETED

    assert not world.job.shows_avatars(NOW)
    assert world.job.avatars_deleted_at is None
    assert all(record.revoked for record in world.watermarks.records.values())
    assert world.deletions.get(JOB).state is DeletionState.PENDING
    assert world.deletions.get(JOB).receipt == before
    assert world.workflow.endings == [(JOB, JobError.DELETED)]
    assert world.deadlines.at == {JOB: NOW + RULES.retry}


def test_the_execution_of_a_completed_job_ends_nothing(completed):
    delete(completed)

    result = fail_job(
        JOB,
        JobError.DELETED,
        jobs=completed.jobs,
        reviews=completed.reviews,
        ledger=completed.ledger,
        generator=completed.generator,
        keyed_hash=completed.keyed_hash,
        deletion=completed.deletion,
        clock=completed.clock,
    )

    assert (result.state, result.late) == (JobState.COMPLETED, False)


def test_every_file_is_deleted_and_the_receipt_names_photos_and_avatars(completed):
    world = completed
    delete(world)
    world.clock.advance(timedelta(seconds=3))

    assert prove(world).objects == 3

    assert world.avatar_objects.listing() == []
    assert world.job.avatars_deleted_at == NOW + timedelta(seconds=3)
    assert world.job.photos_deleted_at == NOW
    assert world.deletions.get(JOB).state is DeletionState.DELETED
    receipt = world.signer.signed[-1]
    assert {one.place for one in receipt.checked} == set(EVERYWHERE)
    names = {one.object for one in receipt.objects}
    assert names >= {"uploads/p01", "photos/p01.jpg", "avatars/a01/1024.png", "avatars/avatars.zip"}
    assert "does not return the day" in receipt.retained
    assert world.day is QuotaState.SPENT


def test_deleting_the_avatars_again_changes_nothing(completed):
    world = completed
    delete(world)
    prove(world)
    before = (world.job, world.deletions.get(JOB), list(world.workflow.endings))

    assert delete(world).state is JobState.COMPLETED

    assert (world.job, world.deletions.get(JOB), world.workflow.endings) == before


def test_a_request_that_lost_its_execution_is_repeated(completed, monkeypatch):
    world = completed

    def lose(*_):
        raise Unavailable("no answer")

    monkeypatch.setattr(world.workflow, "end", lose)
    with pytest.raises(Unavailable):
        delete(world)
    monkeypatch.undo()
    asked = world.job

    delete(world)

    assert world.job == asked
    assert world.workflow.endings == [(JOB, JobError.DELETED)]


def test_a_request_that_is_repeated_later_sets_its_schedule_in_the_future(completed, monkeypatch):
    """EventBridge Scheduler refuses a StartDate that is more than five minutes ago."""
    world = completed

    def lose(*_, **__):
        raise Unavailable("no answer")

    monkeypatch.setattr(world.deadlines, "set", lose)
    with pytest.raises(Unavailable):
        delete(world)
    monkeypatch.undo()
    world.clock.advance(timedelta(hours=1))

    delete(world)

    assert world.deadlines.at == {JOB: NOW + timedelta(hours=1) + RULES.retry}


def test_a_request_that_is_repeated_after_the_receipt_does_not_make_it_pending(
    completed, monkeypatch
):
    world = completed
    delete(world)
    save = world.jobs.save

    def late(job):
        delete(world)  # the receipt is signed, and the job does not say so yet
        save(job)

    monkeypatch.setattr(world.jobs, "save", late)
    prove(world)

    assert world.deletions.get(JOB).state is DeletionState.DELETED
    assert world.job.avatars_deleted_at == NOW


def test_a_file_that_cannot_be_deleted_leaves_it_pending_and_the_schedule_repeats(completed):
    world = completed
    delete(world)
    world.avatar_objects.locked = True

    with pytest.raises(NotDeleted):
        prove(world)

    assert world.job.avatars_deleted_at is None
    assert world.deletions.get(JOB).state is DeletionState.PENDING
    assert world.deadlines.at == {JOB: NOW + RULES.retry}

    world.avatar_objects.locked = False
    prove(world, overdue=True)
    assert world.job.avatars_deleted_at == NOW


def test_under_a_legal_hold_avatars_are_hidden_and_stay(completed):
    world = completed
    world.deletions.save(Deletion(job_id=JOB, state=DeletionState.HELD))

    delete(world)
    prove(world)

    assert not world.job.shows_avatars(NOW)
    assert len(world.avatar_objects.listing()) == 3
    assert world.deletions.get(JOB).state is DeletionState.HELD
    assert world.signer.signed[-1].state is DeletionState.HELD


def test_the_files_of_an_appeal_that_is_not_decided_stay(completed):
    world = completed
    world.appeals.save(Appeal(job_id=JOB, opened_at=NOW, photos=[AppealedPhoto(photo_id="p01")]))
    world.photo_objects.put(f"appeals/{JOB}/p01", b"again")
    delete(world)

    prove(world)

    assert world.photo_objects.listing() == [f"appeals/{JOB}/p01"]
    assert world.avatar_objects.listing() == []
    assert {one.place for one in world.signer.signed[-1].checked} == set(EVERYWHERE) - set(PHOTOS)


def test_expired_avatars_can_be_deleted_too(completed):
    world = completed
    world.jobs.save(world.job.change(avatars_expire_at=NOW))

    delete(world)
    prove(world)

    assert world.job.avatars_deleted_at == NOW


# --- a completed job: at the same time ------------------------------------------------------------


def test_after_a_deletion_no_avatar_can_be_kept(completed):
    delete(completed)

    with pytest.raises(NotFound, match="deleted"):
        keep(completed, "a01")


def test_a_zip_that_was_written_while_the_avatars_were_deleted_is_deleted(completed, monkeypatch):
    world = completed
    pack = world.avatar_store.keep

    def slow(kept, others):
        delete(world)
        pack(kept, others)
        prove(world)
        pack_again()

    def pack_again():
        world.avatar_objects.put(f"avatars/{JOB}/avatars.zip", b"late")

    monkeypatch.setattr(world.avatar_store, "keep", slow)

    with pytest.raises(NotFound, match="deleted"):
        keep(world, "a01")

    assert world.avatar_objects.listing() == []


def test_a_zip_that_was_written_while_the_user_was_erased_is_deleted(completed, monkeypatch):
    world = completed

    def slow(*_):
        world.files.delete(JOB, EVERYWHERE)
        world.jobs.delete(JOB)
        world.avatar_objects.put(f"avatars/{JOB}/avatars.zip", b"late")

    monkeypatch.setattr(world.avatar_store, "keep", slow)

    with pytest.raises(NotFound):
        keep(world, "a01")

    assert world.avatar_objects.listing() == []


def test_avatars_of_a_job_that_is_erased_at_the_same_time_are_not_found(completed, monkeypatch):
    world = completed
    save = world.jobs.save

    def late(job):
        world.jobs.delete(JOB)
        save(job)

    monkeypatch.setattr(world.jobs, "save", late)

    with pytest.raises(NotFound):
        delete(world)

    assert world.workflow.endings == []


def test_the_receipt_of_the_pipeline_does_not_replace_that_of_the_avatars(completed, monkeypatch):
    """ProveDeletion read the job before the user asked, and signs after the avatars are gone."""
    world = completed
    world.deletions.stored.clear()
    sign = world.signer.sign
    calls = []

    def slow(receipt):
        calls.append(receipt)
        if len(calls) == 1:
            delete(world)
            prove(world)
        return sign(receipt)

    monkeypatch.setattr(world.signer, "sign", slow)

    prove(world)

    assert {one.place for one in world.signer.signed[-1].checked} == set(EVERYWHERE)
    assert world.deletions.get(JOB).state is DeletionState.DELETED


def test_the_daily_sweep_deletes_what_is_left_of_deleted_avatars(completed):
    world = completed
    delete(world)
    late = BucketObject(
        bucket="avatars", key=f"avatars/{JOB}/avatars.zip", created_at=NOW - timedelta(days=1)
    )
    world.buckets.stored = [late]

    sweep_range(
        RangeSweep(bucket="avatars", after="", up_to=None),
        buckets=world.buckets,
        jobs=world.swept_jobs,
        metrics=world.metrics,
        clock=world.clock,
        rules=RULES,
    )

    assert world.buckets.stored == []
