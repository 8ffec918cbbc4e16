"""Every way a job can end, on the laptop cloud: no leftovers, the right quota, a reason."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from likeness import receipts
from likeness.domain.deletion.receipt import EVERYWHERE, PUBLISHED
from likeness_client.errors import ApiError
from tests.stack.moody_container import FAILS, HANGS
from tests.stack.people import Person, genuine_receipt, reached, until

SUBMITS = 200


@pytest.fixture(scope="module")
def running(moody):
    return moody


@pytest.fixture
def drawing(backend, selfies):
    """Submits photos of a person, and waits until their avatars are being drawn."""

    def begin(person, avatars):
        job_id = person.hands_in(*selfies[:3], avatars=avatars)
        backend.submit_job(job_id)
        until(lambda: backend.get_job(job_id)["state"] == "generating")
        return job_id

    return begin


@pytest.fixture
def capacity(running):
    """Sets the instances that SageMaker has; afterwards there are enough again."""
    file = running.project.folders.capacity

    def has(**numbers):
        whole = file.with_suffix(".new")  # SageMaker may read at any moment
        whole.write_text(json.dumps(numbers))
        whole.replace(file)

    yield has
    file.unlink(missing_ok=True)


def training_jobs(ops, job_id):
    """Whether GPU work of the job runs."""
    return set(tries(ops, job_id).values())


def tries(ops, job_id):
    """The status of each training job of the job, by its name."""
    listed = ops("sagemaker").list_training_jobs(NameContains=job_id)["TrainingJobSummaries"]
    return {one["TrainingJobName"]: one["TrainingJobStatus"] for one in listed}


def ended(job, backend, person, objects, *, state, code, spent=0):
    """The job has its reason, no leftovers, the right quota and a genuine receipt."""
    assert job["state"] == state
    genuine_receipt(backend, job["job_id"])
    job = backend.get_job(job["job_id"])
    assert job["deletion"] == "deleted"
    assert (job["reason"] or {}).get("code") == code
    assert objects(job["job_id"]) == []
    assert job["photos_deleted_at"]
    assert backend.get_quota(person.user_id)["used"] == spent


def test_a_container_that_fails(backend, person, selfies, objects):
    job_id = person.hands_in(*selfies[:3], avatars=FAILS)
    backend.submit_job(job_id)

    job = person.sees_end(job_id)
    ended(job, backend, person, objects, state="failed", code="SYSTEM.UNAVAILABLE")
    assert job["failure"] == "gpu"
    (entry,) = job["quota"]["entries"]
    assert (entry["state"], entry["reason"]) == ("returned", "SYSTEM.UNAVAILABLE")


def test_a_container_that_is_stopped(drawing, backend, person, objects, ops):
    job_id = drawing(person, HANGS)
    until(lambda: training_jobs(ops, job_id) == {"InProgress"})

    ops("sagemaker").stop_training_job(TrainingJobName=f"likeness-{job_id}-a1-t1")

    job = person.sees_end(job_id)
    ended(job, backend, person, objects, state="failed", code="SYSTEM.UNAVAILABLE")


def test_a_job_waits_for_an_instance_and_continues_under_another_name(
    backend, person, selfies, ops, capacity
):
    job_id = person.hands_in(*selfies[:3], avatars=2)
    capacity(out_of_stock=["ml.c7i.xlarge"])
    backend.submit_job(job_id)
    until(lambda: training_jobs(ops, job_id) == {"Failed"})
    assert backend.get_job(job_id)["state"] == "generating"

    capacity()

    assert person.sees_end(job_id)["state"] == "completed"
    states = tries(ops, job_id)
    assert states.pop(f"likeness-{job_id}-a1-t1") == "Failed"
    assert "Completed" in states.values()


def test_a_job_waits_until_the_quota_of_instances_has_room(
    backend, person, selfies, ops, capacity, running
):
    job_id = person.hands_in(*selfies[:3], avatars=2)
    capacity(per_instance_type=0)
    backend.submit_job(job_id)
    arn = running.outputs["StateMachine"].replace(":stateMachine:", ":execution:")
    until(lambda: reached(ops, f"{arn}:{job_id}", "StartTraining"))

    capacity()

    assert person.sees_end(job_id)["state"] == "completed"
    assert tries(ops, job_id) == {f"likeness-{job_id}-a1-t1": "Completed"}


def test_a_job_that_waits_for_an_instance_can_be_cancelled(
    backend, person, selfies, objects, ops, capacity
):
    job_id = person.hands_in(*selfies[:3], avatars=2)
    capacity(out_of_stock=["ml.c7i.xlarge"])
    backend.submit_job(job_id)
    until(lambda: training_jobs(ops, job_id) == {"Failed"})

    backend.delete_job(job_id)

    job = person.sees_end(job_id)
    ended(job, backend, person, objects, state="cancelled", code="SYSTEM.CANCELLED")


def test_a_container_that_hangs_until_its_pipeline_is_stopped(
    drawing, backend, person, objects, ops, running
):
    """A pipeline that exceeds its own time limit is stopped in the same way."""
    job_id = drawing(person, HANGS)
    arn = running.outputs["StateMachine"].replace(":stateMachine:", ":execution:")

    ops("stepfunctions").stop_execution(executionArn=f"{arn}:{job_id}")

    job = person.sees_end(job_id)
    ended(job, backend, person, objects, state="failed", code="SYSTEM.UNAVAILABLE")
    assert "InProgress" not in training_jobs(ops, job_id)


def test_a_user_who_cancels_while_avatars_are_drawn(drawing, backend, person, objects, ops):
    job_id = drawing(person, HANGS)
    until(lambda: training_jobs(ops, job_id) == {"InProgress"})

    assert backend.delete_job(job_id)["state"] == "cancelling"

    job = person.sees_end(job_id)
    ended(job, backend, person, objects, state="cancelled", code="SYSTEM.CANCELLED")
    assert job["avatars"] == []
    assert "InProgress" not in training_jobs(ops, job_id)
    assert backend.delete_job(job_id)["state"] == "cancelled"


def test_a_user_who_cancels_before_anything_was_submitted(backend, person, objects, selfies):
    job_id = person.hands_in(*selfies[:3])

    backend.delete_job(job_id)

    job = person.sees_end(job_id)
    ended(job, backend, person, objects, state="cancelled", code="SYSTEM.CANCELLED")
    assert job["quota"]["entries"] == []


def test_a_job_that_is_not_submitted(backend, person, objects, ops, running, selfies):
    """Its timer is set to fire now instead of in an hour."""
    job_id = person.hands_in(*selfies[:3])
    scheduler = ops("scheduler")
    name = {"Name": f"{job_id}-NotSubmitted", "GroupName": running.outputs["Timers"]}
    timer = scheduler.get_schedule(**name)
    kept = {key: timer[key] for key in ("FlexibleTimeWindow", "Target", "ActionAfterCompletion")}
    now = datetime.now(UTC) - timedelta(seconds=1)

    scheduler.update_schedule(**name, **kept, ScheduleExpression=f"at({now:%Y-%m-%dT%H:%M:%S})")

    job = person.sees_end(job_id)
    ended(job, backend, person, objects, state="expired", code="SYSTEM.NOT_SUBMITTED")
    with pytest.raises(ApiError, match="expired"):
        backend.submit_job(job_id)


def test_the_timer_of_a_submitted_job_is_deleted_and_a_late_one_changes_nothing(
    drawing, backend, person, ops, running
):
    job_id = drawing(person, HANGS)
    with pytest.raises(ops("scheduler").exceptions.ResourceNotFoundException):
        ops("scheduler").get_schedule(
            Name=f"{job_id}-NotSubmitted", GroupName=running.outputs["Timers"]
        )

    late = ops("stepfunctions").start_execution(
        stateMachineArn=running.outputs["StateMachine"],
        name=f"end-{job_id}-NotSubmitted",
        input=json.dumps({"job_id": job_id, "failure": {"Error": "NotSubmitted"}}),
    )["executionArn"]

    until(lambda: ops("stepfunctions").describe_execution(executionArn=late)["status"] != "RUNNING")
    assert ops("stepfunctions").describe_execution(executionArn=late)["status"] == "SUCCEEDED"
    assert not reached(ops, late, "ProveDeletion")
    assert backend.get_job(job_id)["state"] == "generating"
    backend.delete_job(job_id)
    person.sees_end(job_id)


def test_keeping_some_avatars_deletes_the_others(drawing, backend, person, objects, selfies):
    job_id = person.hands_in(*selfies[:3], avatars=2)
    backend.submit_job(job_id)
    job = person.sees_end(job_id)
    assert job["state"] == "completed"
    assert [avatar["avatar_id"] for avatar in job["avatars"]] == ["a01", "a02"]

    kept = backend.keep_avatars(job_id, {"avatars": ["a02"]})

    assert kept["avatars_expire_at"] == job["avatars_expire_at"]
    shown = backend.get_job(job_id)
    assert [avatar["avatar_id"] for avatar in shown["avatars"]] == ["a02"]
    assert sorted({key.split("/")[2] for key in objects(job_id)}) == ["a02", "avatars.zip"]
    receipt = genuine_receipt(backend, job_id)
    assert {one["place"] for one in receipt["checked"]} == {*EVERYWHERE} - {*PUBLISHED}
    assert {one["object"] for one in receipt["objects"]} >= {
        *(f"uploads/p{n:02d}" for n in (1, 2, 3)),
        *(f"photos/p{n:02d}.jpg" for n in (1, 2, 3)),
        "work/r1/order/order.json",
        "work/r1/checkpoints/a01.png",
    }
    assert all(one["created_at"] <= one["deleted_at"] for one in receipt["objects"])
    assert backend.get_quota(person.user_id)["used"] == 1


def test_plus_follows_the_newest_decision_of_billing(backend, person):
    now = datetime.now(UTC)

    def say(days, effective):
        expires, at = now + timedelta(days=days), now + timedelta(seconds=effective)
        said = {
            "expires_at": expires.isoformat(),
            "source": "store",
            "effective_at": at.isoformat(),
        }
        return backend.set_plus(person.user_id, said)

    assert say(30, -20)["active"]
    assert backend.get_quota(person.user_id)["tier"] == "plus"
    assert not say(-1, -10)["active"]
    assert not say(30, -20)["active"]  # the first one again, late
    assert backend.get_quota(person.user_id)["tier"] == "lite"


def test_a_user_is_erased_while_a_job_runs(drawing, backend, person, objects, selfies):
    done = person.hands_in(*selfies[:3], avatars=2)
    backend.submit_job(done)
    person.sees_end(done)
    other = Person(backend)
    job_id = drawing(other, HANGS)
    erasures = [backend.request_erasure(person.user_id), backend.request_erasure(other.user_id)]

    for erasure in erasures:
        until(lambda e=erasure: backend.get_erasure(e["erasure_id"])["state"] == "done")
    for gone in (done, job_id):
        assert objects(gone) == []
        with pytest.raises(ApiError) as unknown:
            backend.get_job(gone)
        assert unknown.value.status == 404
    assert [backend.get_erasure(e["erasure_id"])["jobs"] for e in erasures] == [1, 1]
    for erasure in erasures:
        done_ = backend.get_erasure(erasure["erasure_id"])
        signed = receipts.verify(done_["receipt"], backend.get_keys())
        assert (signed["jobs"], signed["objects"]) == (1, done_["objects"])
    quota = backend.get_quota(person.user_id)
    assert (quota["used"], quota["entries"]) == (1, [])
    with pytest.raises(ApiError, match="next day"):
        backend.create_job(person.order())
    assert backend.get_quota(other.user_id)["used"] == 0


def test_of_two_hundred_concurrent_submits_one_job_starts(backend, person, selfies):
    jobs = [person.hands_in(*selfies[:3], avatars=2) for _ in range(4)]

    def submit(n):
        try:
            return backend.submit_job(jobs[n % len(jobs)])["job_id"], 202
        except ApiError as refused:
            return jobs[n % len(jobs)], refused.status

    with ThreadPoolExecutor(SUBMITS) as pool:
        answers = set(pool.map(submit, range(SUBMITS)))

    started = {job_id for job_id, status in answers if status == 202}
    assert len(started) == 1
    (winner,) = started
    assert {status for job_id, status in answers if job_id != winner} <= {429, 503}
    assert person.sees_end(winner)["state"] == "completed"
    assert backend.get_quota(person.user_id)["used"] == 1
    assert [backend.get_job(one)["state"] for one in jobs].count("open") == len(jobs) - 1
