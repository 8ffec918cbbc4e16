"""The backend async-endpoint, which keeps the model loaded; its model is the painter.

On this cloud every decision of a moderator gets a second opinion.
"""

from dataclasses import replace

import pytest

from infra.capacity.counting import PATTERN, compare
from infra.laptop.project import ROOT, likeness
from laptop_cloud import cloud, processes
from laptop_cloud.places import Folders
from tests.stack.moderators import ReviewDesk, review_of, signed_in
from tests.stack.people import ENDED, Person, genuine_receipt, reached, until


@pytest.fixture(scope="module")
def running(tmp_path_factory, gallery):
    """Another cloud, deployed with that backend."""
    folders = Folders(
        state=tmp_path_factory.mktemp("hosted") / "state",
        build=ROOT / ".aws-sam" / "stack-tests-endpoint",
    )
    project = likeness(backend="async-endpoint", folders=folders, gallery=gallery)
    parameters = {**project.parameters, "SecondReviewPercent": "100"}
    project = replace(project, parameters=parameters)
    try:
        yield cloud.up(project, port=processes.free_port(), wait_scale=0.05, calls=PATTERN)
    finally:
        cloud.down(project)


@pytest.fixture
def first(running, http):
    """The laptop's own moderator."""
    return ReviewDesk(running, http)


@pytest.fixture
def second(running, http, ops):
    with signed_in(running, ops, "second-moderator", "moderators") as token:
        yield ReviewDesk(running, http, token)


@pytest.fixture
def execution(running):
    machine = running.outputs["StateMachine"].replace(":stateMachine:", ":execution:")
    return lambda job_id: f"{machine}:{job_id}"


@pytest.fixture
def stop(ops, execution):
    return lambda job_id: ops("stepfunctions").stop_execution(executionArn=execution(job_id))


def asked(job_id):
    """The key of the endpoint's request."""
    return f"work/{job_id}/r1/endpoint/request.tar"


def test_a_job_completes_and_leaves_only_avatars(running, person, backend, selfies, objects, ops):
    job_id = person.hands_in(*selfies[:3])
    backend.submit_job(job_id)

    job = person.sees_end(job_id)

    assert job["state"] == "completed"
    assert 2 <= len(job["avatars"]) <= 4
    assert objects(job_id)
    assert all(key.startswith(f"avatars/{job_id}/") for key in objects(job_id))
    assert ops("sagemaker").list_training_jobs()["TrainingJobSummaries"] == []
    sizes = {"photos": 3, "avatars": len(job["avatars"]), "backend": "async-endpoint"}
    assert list(compare(running, job_id, **sizes)) == []


def test_a_failed_inference_ends_the_job_returns_the_day_and_leaves_nothing(
    person, backend, selfies, objects, running, ops
):
    job_id = person.hands_in(*selfies[:3])
    # The same picture in another file: moderation accepts it, the container sees another SHA-256.
    photo = {"Bucket": running.outputs["PhotosBucket"], "Key": f"photos/{job_id}/p01.jpg"}
    inspected = ops("s3").get_object(**photo)["Body"].read()
    ops("s3").put_object(**photo, Body=inspected + b"changed")
    backend.submit_job(job_id)

    job = person.sees_end(job_id)

    assert job["state"] == "failed"
    assert job["reason"]["code"] == "SYSTEM.UNAVAILABLE"
    assert job["quota"]["left"] == 1
    assert objects(job_id) == []


def test_a_user_who_cancels_while_the_endpoint_draws_gets_nothing_and_leaves_nothing(
    person, backend, selfies, objects
):
    """The endpoint cannot be stopped: its result arrives late and is deleted then."""
    job_id = person.hands_in(*selfies[:3])
    backend.submit_job(job_id)
    until(lambda: asked(job_id) in objects(job_id))

    backend.delete_job(job_id)

    job = person.sees_end(job_id)
    assert (job["state"], job["avatars"], job["quota"]["left"]) == ("cancelled", [], 1)
    # One job draws at a time: when the next one is done, this one has been drawn.
    after = Person(backend)
    next_job = after.hands_in(*selfies[3:6])
    backend.submit_job(next_job)
    assert after.sees_end(next_job)["state"] == "completed"
    until(lambda: objects(job_id) == [])
    genuine_receipt(backend, job_id)


def test_the_deadline_holds_with_the_state_machine_stopped_while_the_endpoint_draws(
    person, backend, selfies, objects, stop, fire, unheard
):
    job_id = person.hands_in(*selfies[:3])
    backend.submit_job(job_id)
    until(lambda: asked(job_id) in objects(job_id))

    stop(job_id)
    assert backend.get_job(job_id)["state"] not in ENDED
    fire(job_id)

    genuine_receipt(backend, job_id)
    assert person.sees_end(job_id)["state"] == "failed"
    until(lambda: objects(job_id) == [])
    assert backend.get_quota(person.user_id)["used"] == 0


def test_the_deadline_holds_with_the_state_machine_stopped_before_the_archive_is_unpacked(
    person, backend, selfies, objects, stop, fire, unheard, throttled, ops, execution
):
    job_id = person.hands_in(*selfies[:3], avatars=2)
    with throttled("UnpackAvatars"):
        backend.submit_job(job_id)
        until(lambda: reached(ops, execution(job_id), "UnpackAvatars"))
        stop(job_id)

    fire(job_id)

    genuine_receipt(backend, job_id)
    assert person.sees_end(job_id)["state"] == "failed"
    assert objects(job_id) == []


def test_the_deadline_holds_with_the_state_machine_stopped_before_a_second_opinion(
    person, backend, selfies, objects, stop, fire, unheard, celebrity, first, ops, execution
):
    job_id = person.hands_in(*selfies[:3], avatars=2)
    backend.submit_job(job_id)
    until(lambda: backend.get_job(job_id)["state"] == "in_review")
    assert first.act(review_of(job_id), "claim")[0] == 200
    assert first.decide(review_of(job_id))[0] == 200
    until(lambda: reached(ops, execution(job_id), "RequestSecondReview"))

    stop(job_id)
    assert backend.get_job(job_id)["state"] == "in_review"
    fire(job_id)

    genuine_receipt(backend, job_id)
    assert person.sees_end(job_id)["state"] == "expired"
    assert objects(job_id) == []
    assert backend.get_quota(person.user_id)["used"] == 0


@pytest.mark.parametrize(("refused", "state"), [((), "completed"), (("p01",), "refused")])
def test_a_second_moderator_decides_blind_and_the_stricter_decision_stands(
    refused, state, person, backend, selfies, celebrity, first, second
):
    job_id = person.hands_in(*selfies[:3], avatars=2)
    backend.submit_job(job_id)
    until(lambda: backend.get_job(job_id)["state"] == "in_review")
    before = first.call("GET", "/v1/reviews/stats")[1]["second"]["pairs"]
    assert first.act(review_of(job_id), "claim")[0] == 200
    assert first.decide(review_of(job_id))[0] == 200
    waiting = []
    until(lambda: waiting.extend(of_job(second, job_id)) or waiting)
    case = waiting[0]["review_id"]

    assert of_job(first, job_id) == [], "a moderator gives no second opinion on their own decision"
    assert backend.get_job(job_id)["state"] == "in_review", "the first decision does not count yet"
    assert second.act(case, "claim")[0] == 200
    assert second.decide(case, *refused)[0] == 200

    assert person.sees_end(job_id)["state"] == state
    second_opinions = first.call("GET", "/v1/reviews/stats")[1]["second"]
    assert second_opinions["pairs"] == before + 1


def of_job(desk, job_id):
    queue = desk.call("GET", "/v1/reviews")[1]["reviews"]
    return [review for review in queue if review["job_id"] == job_id]
