"""An attempt on the endpoint: started once, finished once, and deleted if unwanted."""

import json

import pytest

from likeness.adapters.generation import endpoint_tar
from likeness.adapters.policy_files import load_retention
from likeness.contracts.generation import InferenceEnded
from likeness.contracts.jobs import JobError
from likeness.domain.deletion.receipt import WORK
from likeness.domain.errors import CapacityTimeout, Conflict, NotFound, Unavailable
from likeness.domain.generation.run import RunState
from likeness.domain.jobs.job import JobState
from likeness.entrypoints.sns import read
from likeness.services.generation.finish_inference import finish_inference
from likeness.services.generation.prepare_generation import prepare_generation
from likeness.services.generation.start_inference import start_inference
from likeness.services.generation.unpack_avatars import unpack_avatars
from tests.builders import JOB, OTHER_JOB, a_png, a_result, a_verdict, photos
from tests.world import World

FAILURE = f"work/failures/{JOB}-error.out"
REQUEST = f"work/{JOB}/r1/endpoint/request.tar"
RESPONSE = f"work/{JOB}/r1/endpoint/response.tar"
FIRST, SECOND = (f"likeness-{JOB}-a1-t{tries}" for tries in (1, 2))
DEADLINE = load_retention().deadline


@pytest.fixture
def world():
    """A job whose first attempt is ordered."""
    found = World()
    found.has(JobState.MODERATING, with_photos=photos(verdict=a_verdict()))
    prepare_generation(
        JOB,
        1,
        jobs=found.jobs,
        reviews=found.reviews,
        holds=found.holds,
        work=found.work,
        readiness=found.readiness,
        clock=found.clock,
    )
    return found


def start(world, token="t1"):  # noqa: S107 - a task token
    world.workflow.waiting_tokens.add(token)
    start_inference(
        JOB,
        1,
        token,
        jobs=world.jobs,
        runs=world.runs,
        work=world.work,
        files=world.files,
        endpoint=world.endpoint,
        readiness=world.readiness,
    )


def finish(world, *, error=None, job_id=JOB, tries=1):
    return finish_inference(
        InferenceEnded(job_id=job_id, attempt=1, tries=tries, error=error),
        jobs=world.jobs,
        runs=world.runs,
        work=world.work,
        workflow=world.workflow,
        readiness=world.readiness,
    )


def unpack(world):
    return unpack_avatars(
        JOB,
        1,
        jobs=world.jobs,
        runs=world.runs,
        work=world.work,
        files=world.files,
    )


def answers(world, *numbers):
    """The files that SageMaker writes before it notifies."""
    result = a_result(*numbers)
    files = {f"a{n:02d}.png": a_png(n) for n in numbers}
    files["result.json"] = result.model_dump_json().encode()
    world.avatar_objects.put(RESPONSE, endpoint_tar.pack(files))


def stop(world):
    world.runs.save(world.runs.get(JOB, 1).stop())


def at(world, key):
    return key in world.avatar_objects.listing()


# --- start ---------------------------------------------------------------------------------------


def test_the_endpoint_is_invoked_and_the_task_token_stored(world):
    start(world)

    run = world.runs.get(JOB, 1)
    assert world.endpoint.asked == [FIRST]
    assert at(world, REQUEST)
    assert (run.state, run.task_token) == (RunState.RUNNING, "t1")
    assert run.failure_uri == f"s3://avatars/{FAILURE}"


def test_a_replayed_step_stores_its_newer_token_without_a_second_inference(world):
    start(world)
    start(world, "t2")
    finish(world)

    assert world.endpoint.asked == [FIRST]
    assert world.workflow.answers == {"t2": {"job_id": JOB, "attempt": 1}}


def test_a_step_that_failed_before_the_endpoint_accepted_is_retried(world):
    world.endpoint.down = True
    with pytest.raises(Unavailable):
        start(world)

    world.endpoint.down = False
    start(world, "t2")

    assert world.endpoint.asked == [FIRST]
    assert world.runs.get(JOB, 1).task_token == "t2"


def test_after_a_failure_the_endpoint_is_invoked_again(world):
    start(world)
    finish(world, error=JobError.GENERATION_FAILED)
    start(world, "t2")

    assert world.endpoint.asked == [FIRST, SECOND]
    assert world.runs.get(JOB, 1).state is RunState.RUNNING


def test_while_no_instance_takes_the_request_it_is_sent_again_until_it_is_too_late(world):
    start(world)
    finish(world, error=JobError.NO_CAPACITY)
    assert world.workflow.failures == {"t1": JobError.NO_CAPACITY}

    world.clock.advance(DEADLINE)

    with pytest.raises(CapacityTimeout):
        start(world, "t2")
    assert world.endpoint.asked == [FIRST]


def test_the_end_of_an_earlier_try_changes_nothing(world):
    start(world)
    finish(world, error=JobError.GENERATION_FAILED)
    start(world, "t2")
    before = world.runs.get(JOB, 1)

    assert not finish(world, error=JobError.GENERATION_FAILED, tries=1)

    assert world.runs.get(JOB, 1) == before
    assert finish(world, tries=2)


def test_an_ended_job_starts_no_inference(world):
    world.jobs.save(world.job.move(JobState.CANCELLING, world.clock.now()))

    with pytest.raises(Conflict):
        start(world)

    assert world.endpoint.asked == []
    assert not at(world, REQUEST)


def test_a_failure_that_arrives_before_the_step_ends_is_stored(world):
    world.endpoint.before_return = lambda: finish(world, error=JobError.GENERATION_FAILED)

    start(world)

    run = world.runs.get(JOB, 1)
    assert run.state is RunState.FAILED
    assert run.failure_uri
    assert world.workflow.failures == {"t1": JobError.GENERATION_FAILED}


def test_an_attempt_stopped_during_the_invocation_leaves_no_copy(world):
    world.endpoint.before_return = lambda: (stop(world), world.files.delete(JOB, WORK))

    with pytest.raises(Conflict):
        start(world)

    assert world.avatar_objects.listing() == []
    assert world.runs.get(JOB, 1).failure_uri, "what still arrives can be found"


def test_an_attempt_stopped_while_packing_is_not_sent(world, monkeypatch):
    pack = world.work.pack

    def pack_and_stop(job_id, attempt):
        stop(world)
        world.files.delete(job_id, WORK)
        world.work.bucket.put(f"work/{JOB}/r1/order/order.json", world.order)
        pack(job_id, attempt)

    world.order = world.avatar_objects.get(f"work/{JOB}/r1/order/order.json", "order")
    monkeypatch.setattr(world.work, "pack", pack_and_stop)

    with pytest.raises(Conflict):
        start(world)

    assert world.endpoint.asked == []
    assert world.avatar_objects.listing() == []


# --- the end -------------------------------------------------------------------------------------


def test_the_result_continues_the_pipeline(world):
    start(world)
    answers(world, 1, 2)

    assert finish(world)

    assert world.workflow.answers == {"t1": {"job_id": JOB, "attempt": 1}}
    assert at(world, RESPONSE), "the next step takes it apart"


def test_a_repeated_notification_is_idempotent(world):
    start(world)
    answers(world, 1)
    finish(world)

    assert not finish(world)
    assert at(world, RESPONSE)


def test_a_failure_fails_the_task_and_its_file_is_deleted(world):
    start(world)
    world.avatar_objects.put(FAILURE, b"{}")

    assert finish(world, error=JobError.GENERATION_FAILED)

    assert world.workflow.failures == {"t1": JobError.GENERATION_FAILED}
    assert not at(world, FAILURE)


def test_the_result_of_a_stopped_attempt_is_deleted(world):
    start(world)
    stop(world)
    answers(world, 1)

    assert not finish(world)

    assert not at(world, RESPONSE)
    assert world.workflow.answers == {}


def test_the_failure_file_of_a_stopped_attempt_is_deleted(world):
    start(world)
    stop(world)
    world.avatar_objects.put(FAILURE, b"{}")

    assert not finish(world, error=JobError.GENERATION_FAILED)

    assert not at(world, FAILURE)
    assert world.runs.get(JOB, 1).stopped


@pytest.mark.parametrize(
    "state", [JobState.FINISHING, JobState.CANCELLING, JobState.FAILED, JobState.EXPIRED]
)
def test_a_result_that_arrives_too_late_is_deleted(world, state):
    start(world)
    world.jobs.save(world.job.move(state, world.clock.now()))
    answers(world, 1)

    assert not finish(world)

    assert not at(world, RESPONSE)
    assert world.workflow.answers == {}


def test_a_result_for_a_deleted_job_is_deleted(world):
    world.avatar_objects.put(f"work/{OTHER_JOB}/r1/endpoint/response.tar", b"avatars")

    assert not finish(world, job_id=OTHER_JOB)

    assert not at(world, f"work/{OTHER_JOB}/r1/endpoint/response.tar")


# --- unpacking -----------------------------------------------------------------------------------


def test_the_archive_becomes_avatars(world):
    start(world)
    answers(world, 1, 2)

    assert unpack(world).avatars == 2

    assert world.work.result(JOB, 1) == a_result(1, 2)
    assert at(world, f"work/{JOB}/r1/checkpoints/a02.png")


def test_unpacking_again_without_the_archive_returns_the_same(world):
    start(world)
    answers(world, 1, 2)

    assert unpack(world) == unpack(world)


def test_a_result_without_an_archive_is_an_error(world):
    start(world)

    with pytest.raises(NotFound):
        unpack(world)


def test_an_attempt_stopped_while_unpacking_leaves_nothing(world):
    start(world)
    answers(world, 1)
    stop(world)

    with pytest.raises(Conflict):
        unpack(world)

    assert world.avatar_objects.listing() == []


# --- SageMaker's notification --------------------------------------------------------------------


def message(**fields):
    name = f"likeness-{JOB}-a2-t11"
    return json.dumps({"inferenceId": name, "invocationStatus": "Completed"} | fields)


def test_a_notification_names_job_attempt_and_try():
    assert read(message()) == InferenceEnded(job_id=JOB, attempt=2, tries=11)


@pytest.mark.parametrize(
    ("status", "reason", "error"),
    [
        ("Failed", "ClientError: Received server error (500)", JobError.GENERATION_FAILED),
        (None, None, JobError.GENERATION_FAILED),
        ("Expired", None, JobError.NO_CAPACITY),
        ("Failed", "Request expired in the queue.", JobError.NO_CAPACITY),
    ],
)
def test_any_status_other_than_completed_is_a_failure(status, reason, error):
    ended = read(message(invocationStatus=status, failureReason=reason))

    assert ended is not None
    assert ended.error is error


@pytest.mark.parametrize(
    "name",
    [
        "",
        "likeness-x-a1-t1",
        f"likeness-{JOB}-a3-t1",
        f"x{JOB}-a1-t1",
        f"likeness-{JOB}-a1-t0",
        None,
    ],
)
def test_an_unknown_inference_is_ignored(name):
    assert read(message(inferenceId=name)) is None
