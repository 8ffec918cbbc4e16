"""Test jobs on the laptop cloud: any bytes in, the planned end out; no day, no GPU."""

import io
from datetime import date, timedelta

import pytest
from PIL import Image

from likeness_client.errors import OverQuota
from tests.stack.moderators import ReviewDesk, review_of
from tests.stack.people import genuine_receipt, until

NO_PICTURES = [f"these bytes are no picture: {n}".encode() for n in (1, 2, 3)]
DOUBTFUL = [{"photo_id": "p01", "outcome": "doubtful", "reason": "POLICY.SUGGESTIVE"}]


@pytest.fixture
def plays(person, backend):
    """Submits a test job with that plan, and waits until it has ended."""

    def play(plan, *photos, **order):
        job_id = person.hands_in(*(photos or NO_PICTURES), test=plan, **order)
        backend.submit_job(job_id)
        return person.sees_end(job_id)

    return play


def planned(outcome, reason):
    return {"photos": [{"photo_id": "p02", "outcome": outcome, "reason": reason}]}


@pytest.mark.parametrize(
    ("plan", "state", "code", "failure"),
    [
        (planned("left_out", "POLICY.SUGGESTIVE"), "completed", None, None),
        (planned("refused", "POLICY.NUDITY"), "refused", "POLICY.NUDITY", None),
        (
            {"photos": DOUBTFUL, "review": {"decision": "approve", "after_s": 1}},
            *("completed", None, None),
        ),
        (
            {"photos": DOUBTFUL, "review": {"decision": "refuse", "after_s": 1}},
            *("refused", "POLICY.SUGGESTIVE", None),
        ),
        (
            {"photos": DOUBTFUL, "review": {"decision": "expire", "after_s": 1}},
            *("expired", "SYSTEM.REVIEW_EXPIRED", None),
        ),
        ({"failure": "capacity"}, "failed", "SYSTEM.UNAVAILABLE", "capacity"),
        ({"failure": "moderation"}, "failed", "SYSTEM.UNAVAILABLE", "moderation"),
        ({"avatars": 0}, "failed", "SYSTEM.TOO_FEW_AVATARS", "gpu"),
        ({"avatars": 1}, "completed", "SYSTEM.TOO_FEW_AVATARS", None),
        ({"drawing_s": 2}, "completed", None, None),
    ],
)
def test_a_job_ends_as_its_plan_says(plays, backend, person, plan, state, code, failure):
    job = plays(plan)

    assert (job["test"], job["state"], job["failure"]) == (True, state, failure)
    assert (job["reason"] or {}).get("code") == code
    genuine_receipt(backend, job["job_id"])
    assert backend.get_quota(person.user_id)["used"] == 0


def test_avatars_of_a_test_are_marked_unsigned_pictures_in_every_size(plays, backend):
    job = plays({})

    sizes = set()
    for avatar in job["avatars"]:
        for url, side in (
            (avatar["png"], 1024),
            *((url, int(side)) for side, url in avatar["webp"].items()),
        ):
            content = backend.download(url)
            with Image.open(io.BytesIO(content)) as picture:
                assert picture.size == (side, side)
            sizes.add(side)
    assert sizes == {1024, 512, 256}
    assert len({backend.download(avatar["png"]) for avatar in job["avatars"]}) == 4
    seen = backend.verify_picture(backend.download(job["avatars"][0]["png"]), "image/png")
    assert (seen["ours"], seen["credentials"]) == (False, "none")

    kept = backend.keep_avatars(job["job_id"], {"avatars": [job["avatars"][0]["avatar_id"]]})
    assert len(kept["avatars"]) == len(backend.get_job(job["job_id"])["avatars"]) == 1


def test_a_refused_photo_is_replaced(person, backend):
    plan = {"photos": [{"photo_id": "p02", "outcome": "unusable", "reason": "QUALITY.BLURRY"}]}
    job_id = person.hands_in(*NO_PICTURES, test=plan)
    refused = backend.get_job(job_id)["photos"][1]
    assert (refused["state"], refused["problem"]["code"]) == ("refused", "QUALITY.BLURRY")
    assert refused["box"]

    backend.upload(backend.add_photo(job_id, {"content_type": "image/jpeg"}), b"another photo")

    until(lambda: backend.get_job(job_id)["photos"][3]["state"] == "accepted")
    backend.submit_job(job_id)
    assert person.sees_end(job_id)["state"] == "completed"


def test_a_second_job_of_a_test_day_is_over_quota_and_the_next_day_works(plays, backend, person):
    day = date(2031, 5, 1)
    first = plays({"day": day.isoformat()})
    assert (first["quota"]["day"], first["quota"]["left"]) == ("2031-05-01", 0)
    assert backend.get_quota(person.user_id, test_day=day.isoformat()) == first["quota"]

    with pytest.raises(OverQuota) as error:
        plays({"day": day.isoformat()})

    assert error.value.body["job_id"] == first["job_id"]
    tomorrow = (day + timedelta(days=1)).isoformat()
    assert plays({"day": tomorrow})["state"] == "completed"
    assert backend.get_quota(person.user_id)["used"] == 0


def test_a_moderator_sees_a_placeholder_and_decides(person, backend, running, http):
    desk = ReviewDesk(running, http)
    job_id = person.hands_in(*NO_PICTURES, test={"photos": DOUBTFUL})
    backend.submit_job(job_id)
    until(lambda: backend.get_job(job_id)["state"] == "in_review")
    review = review_of(job_id)
    status, case = desk.call("GET", f"/v1/reviews/{review}")
    assert (status, case["photos"][0]["photo_id"]) == (200, "p01")
    assert case["photos"][0]["preview"].startswith("data:image/jpeg")

    assert desk.act(review, "claim")[0] == 200
    assert desk.decide(review)[0] == 200

    assert person.sees_end(job_id)["state"] == "completed"


def test_a_test_that_is_not_submitted_in_its_time_expires(person, backend):
    job_id = person.hands_in(*NO_PICTURES, test={"submit_within_s": 5})

    job = person.sees_end(job_id)

    assert (job["state"], job["reason"]["code"]) == ("expired", "SYSTEM.NOT_SUBMITTED")


def test_a_planned_failure_is_no_failed_execution(plays, running, ops):
    job = plays({"failure": "gpu"})
    arn = running.outputs["StateMachine"].replace(":stateMachine:", ":execution:")

    def status():
        described = ops("stepfunctions").describe_execution(executionArn=f"{arn}:{job['job_id']}")
        return described["status"]

    until(lambda: status() != "RUNNING")
    assert status() == "SUCCEEDED"
