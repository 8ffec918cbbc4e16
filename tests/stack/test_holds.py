"""A moderator holds a job; a lead confirms or returns it. The app learns nothing."""

import pytest
from botocore.exceptions import ClientError

from laptop_cloud import places
from likeness_client import errors
from tests.stack.moderators import ReviewDesk, review_of, signed_in
from tests.stack.people import genuine_receipt, until


@pytest.fixture
def held(celebrity, person, backend, selfies, desk):
    """A job in review that a moderator holds for its first photo."""
    job_id = person.hands_in(*selfies[:3], avatars=2)
    backend.submit_job(job_id)
    until(lambda: backend.get_job(job_id)["state"] == "in_review")
    assert desk.act(review_of(job_id), "claim")[0] == 200
    status, view = desk.act(review_of(job_id), "hold", {"photos": ["p01"]})
    assert (status, view.get("state", view)) == (200, "held")
    return job_id


@pytest.fixture
def desk(running, http, ops):
    """A moderator who is not a lead."""
    with signed_in(running, ops, "holding-moderator", "moderators") as token:
        yield ReviewDesk(running, http, token)


@pytest.fixture
def lead(running, http):
    return ReviewDesk(running, http)


@pytest.fixture
def copies(ops):
    """Keys of the hold bucket that belong to a job."""
    bucket = f"likeness-local-hold-{places.ACCOUNT}-{places.REGION}"

    def listed(job_id):
        found = ops("s3").list_objects_v2(Bucket=bucket, Prefix=f"{job_id}/")
        return [(bucket, one["Key"]) for one in found.get("Contents", ())]

    return listed


def of_holds(lead, job_id, action="", body=None):
    method = "POST" if action in {"decision", "reported", "unblock"} else "GET"
    path = f"/v1/reviews/holds/{job_id}" + (f"/{action}" if action else "")
    return lead.call(method, path, body)


def test_a_confirmed_hold_preserves_the_photos_and_ends_the_job_without_a_word(
    held, lead, desk, person, backend, copies, ops, objects
):
    assert len(copies(held)) == 3, "all photos of the job"
    shown = backend.get_job(held)
    assert (shown["state"], shown["reason"]) == ("in_review", None)
    assert desk.call("GET", "/v1/reviews/holds")[0] == 403, "leads alone"
    with pytest.raises(errors.UserBlocked):
        backend.create_job(person.order())

    assert held in {one["job_id"] for one in lead.call("GET", "/v1/reviews/holds")[1]["holds"]}
    status, hold = of_holds(lead, held, "decision", {"confirm": True})
    assert (status, hold["state"]) == (200, "confirmed")

    job = person.sees_end(held)
    assert (job["state"], job["reason"]["code"], job["statement"]) == (
        "refused",
        "SYSTEM.CLOSED",
        None,
    )
    with pytest.raises(errors.NotContestable):
        backend.appeal_job(held)
    until(lambda: objects(held) == [])
    status, report = of_holds(lead, held, "report")
    assert status == 200
    assert {one["bucket_key"] for one in report["files"]} == {key for _, key in copies(held)}
    assert report["user"]["user_id"] == person.user_id
    for bucket, key in copies(held):
        kept = ops("s3").get_object_legal_hold(Bucket=bucket, Key=key)
        assert kept["LegalHold"]["Status"] == "ON"
        with pytest.raises(ClientError) as unreadable:
            ops("s3").get_object(Bucket=bucket, Key=key)
        assert unreadable.value.response["Error"]["Code"] == "AccessDenied"
    assert of_holds(lead, held, "unblock")[0] == 200
    assert backend.create_job(person.order())["job_id"]


def test_a_returned_hold_deletes_the_copies_and_the_job_goes_on(
    held, lead, desk, person, backend, copies
):
    status, hold = of_holds(lead, held, "decision", {"confirm": False})
    assert (status, hold["state"]) == (200, "returned")
    assert copies(held) == []

    assert desk.act(review_of(held), "claim")[0] == 200
    assert desk.decide(review_of(held))[0] == 200
    assert person.sees_end(held)["state"] == "completed"
    genuine_receipt(backend, held)
