"""Erasing a user: everything is deleted, and a crash at any point can be resumed."""

import pytest

from likeness.adapters.dynamodb import keys
from likeness.domain.account.erasure import RETAINED
from likeness.domain.deletion.receipt import EVERYWHERE
from likeness.domain.errors import NotDeleted, NotFound, Unavailable
from likeness.domain.jobs.job import JobState
from likeness.domain.provenance.credentials import WatermarkRecord
from likeness.services.account.erase_user import erase_user
from likeness.services.account.get_erasure import get_erasure
from likeness.services.account.request_erasure import request_erasure
from likeness.services.jobs.cancellation import cancel
from tests.builders import JOB, NOW, OTHER_JOB, TODAY, USER, USER_HASH, an_avatar, photos, plus


def ask(world):
    return request_erasure(
        USER, erasures=world.erasures, workflow=world.workflow, clock=world.clock
    )


def erase(world, erasure_id):
    return erase_user(
        erasure_id,
        erasures=world.erasures,
        jobs=world.jobs,
        users=world.users,
        deletion=world.deletion,
        watermarks=world.watermarks,
        keyed_hash=world.keyed_hash,
        signer=world.signer,
        issuer="likeness/test",
        policy="2026-11-22",
        clock=world.clock,
        cancel=lambda job: cancel(
            job,
            jobs=world.jobs,
            workflow=world.workflow,
            timers=world.timers,
            clock=world.clock,
        ),
    )


def two_jobs(world, state=JobState.FAILED):
    """One completed job with an avatar, and one in that state with photos."""
    world.has(JobState.COMPLETED, with_avatars=[an_avatar()])
    world.avatar_objects.put(f"avatars/{JOB}/a01/1024.png", b"avatar")
    world.has(state, job_id=OTHER_JOB, with_photos=photos(3, job_id=OTHER_JOB))


def test_erasing_deletes_everything_of_a_user_except_counted_days(world):
    two_jobs(world)
    asked = ask(world)

    done = erase(world, asked.erasure_id)

    uploads, stored = 3 + 3, 3 + 1 + 3
    assert (done.jobs, done.objects) == (2, uploads + stored)
    assert world.jobs.jobs == {}
    assert world.photo_objects.listing() == world.avatar_objects.listing() == []
    assert world.users.profiles == {}
    assert world.ledger.entries(USER, TODAY) == []
    assert world.ledger.used(USER_HASH, TODAY) == 2


def test_the_erasure_receipt_names_no_user(world):
    two_jobs(world)
    asked = ask(world)
    erase(world, asked.erasure_id)

    receipt = get_erasure(asked.erasure_id, erasures=world.erasures)

    assert (receipt.state, receipt.jobs, receipt.finished_at) == ("done", 2, NOW)
    assert USER not in receipt.model_dump_json()
    assert world.erasures.get(asked.erasure_id).user_id is None


def test_the_receipt_says_how_long_the_table_has_what_is_left():
    """The quota days under a hash, and the delivery of UserErased, whose body names the user."""
    assert f"for {keys.LEDGER_TTL.days} days" in RETAINED
    assert f"For {keys.DELIVERY_TTL.days} days" in RETAINED


def test_a_job_that_runs_is_cancelled_and_waited_for(world):
    two_jobs(world, JobState.GENERATING)
    asked = ask(world)

    with pytest.raises(Unavailable, match="1 jobs"):
        erase(world, asked.erasure_id)

    assert world.jobs.get(OTHER_JOB).state is JobState.CANCELLING
    assert world.workflow.endings == [(OTHER_JOB, "Cancelled")]
    assert USER in world.users.profiles

    world.jobs.save(world.jobs.get(OTHER_JOB).move(JobState.CANCELLED, NOW))
    assert erase(world, asked.erasure_id).jobs == 2


def test_a_job_record_is_not_deleted_before_its_pictures(world):
    two_jobs(world)
    asked = ask(world)
    world.avatar_objects.locked = True

    with pytest.raises(NotDeleted):
        erase(world, asked.erasure_id)

    assert JOB in world.jobs.jobs
    world.avatar_objects.locked = False
    assert erase(world, asked.erasure_id).jobs == 2


def test_photos_that_a_cancellation_deleted_first_are_counted(world):
    world.has(JobState.OPEN, with_photos=photos(4))
    asked = ask(world)
    with pytest.raises(Unavailable):
        erase(world, asked.erasure_id)
    world.deletion.delete(JOB, EVERYWHERE)  # FailJob, in its own execution
    world.jobs.save(world.job.move(JobState.CANCELLED, NOW))

    uploads, stored = 4, 4
    assert erase(world, asked.erasure_id).objects == uploads + stored


def test_a_job_that_the_index_still_lists_is_counted_once(world, monkeypatch):
    two_jobs(world, JobState.GENERATING)
    asked = ask(world)
    listed = world.jobs.for_user(USER)
    with pytest.raises(Unavailable):
        erase(world, asked.erasure_id)
    world.jobs.save(world.jobs.get(OTHER_JOB).move(JobState.CANCELLED, NOW))
    late = [*listed[:1], world.jobs.get(OTHER_JOB)]
    monkeypatch.setattr(world.jobs, "for_user", lambda _: late)

    assert erase(world, asked.erasure_id).jobs == 2


def test_the_watermarks_of_an_erased_users_avatars_are_revoked(world):
    two_jobs(world)
    avatar = an_avatar()
    world.watermarks.add(
        WatermarkRecord(
            **avatar.model_dump(include={"watermark", "job_id", "avatar_id", "style", "engine"}),
            made_at=NOW,
        )
    )

    erase(world, ask(world).erasure_id)

    assert world.watermarks.find([avatar.watermark]).revoked


def test_the_erasure_is_remembered_under_the_users_hash(world):
    erase(world, ask(world).erasure_id)

    late = plus(effective_at=NOW)
    assert world.users.entitle(USER, late, user_hash=USER_HASH, now=NOW) is None


@pytest.mark.parametrize(
    "step", ["jobs.delete", "users.remember_erasure", "users.delete", "erasures.save"]
)
def test_an_interrupted_erasure_is_finished_and_counts_each_job_once(world, monkeypatch, step):
    two_jobs(world)
    asked = ask(world)
    port, call = step.split(".")

    def lose(*_):
        raise Unavailable("no answer")

    monkeypatch.setattr(getattr(world, port), call, lose)
    with pytest.raises(Unavailable):
        erase(world, asked.erasure_id)
    monkeypatch.undo()

    erase(world, asked.erasure_id)

    assert world.jobs.jobs == world.users.profiles == {}
    done = get_erasure(asked.erasure_id, erasures=world.erasures)
    assert (done.state, done.jobs, done.objects) == ("done", 2, 6 + 7)


def test_requesting_an_erasure_is_idempotent(world):
    first = ask(world)

    assert ask(world) == first

    assert world.workflow.erasures == [first.erasure_id]


def test_erasing_again_after_the_end_changes_nothing(world):
    two_jobs(world)
    asked = ask(world)
    done = erase(world, asked.erasure_id)

    assert erase(world, asked.erasure_id) == done


def test_an_unknown_user_can_be_erased(world):
    world.users.delete(USER)

    assert erase(world, ask(world).erasure_id).jobs == 0


def test_an_unknown_erasure_is_not_found(world):
    with pytest.raises(NotFound):
        get_erasure("e" + "0" * 32, erasures=world.erasures)
