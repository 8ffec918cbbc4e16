"""The laptop cloud enforces IAM: for callers, and for functions."""

import json

import pytest

from infra.laptop.client import app_client
from laptop_cloud import identities, places
from likeness_client.errors import ApiError


def test_an_unsigned_call_is_refused(running, http):
    answer = http.request("GET", f"{running.api_url}/v1/users/u/quota")

    assert answer.status == 403


def test_a_role_that_may_not_call_the_api_is_refused(running, ops):
    iam = ops("iam")
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{places.ACCOUNT}:root"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    iam.create_role(RoleName="stranger", AssumeRolePolicyDocument=json.dumps(trust))
    stranger = app_client(running, identities.assume(running.root(), "stranger"))

    with pytest.raises(ApiError) as refused:
        stranger.get_quota("u")

    assert refused.value.status == 403


def test_the_app_backend_cannot_call_the_moderators_routes(backend):
    with pytest.raises(ApiError) as refused:
        backend._api.send("GET", "/v1/reviews", headers={})  # noqa: SLF001 - it has no such call of its own

    assert refused.value.status == 401


TAKEN = [
    ("PrepareGenerationFunction", "WriteOrder"),
    ("PublishAvatarsFunction", "WriteAvatars"),
    ("ModerateAvatarsFunction", "StoreApproved"),
]


@pytest.mark.parametrize(("owner", "sid"), TAKEN)
def test_a_missing_permission_fails_the_job_and_returns_the_day(
    owner, sid, person, backend, selfies, ops, objects, without_permission
):
    job_id = person.hands_in(*selfies[:3], avatars=2)

    with without_permission(owner, sid):
        backend.submit_job(job_id)
        job = person.sees_end(job_id)

    assert job["state"] == "failed"
    assert job["reason"]["code"] == "SYSTEM.UNAVAILABLE"
    assert job["quota"]["left"] == 1
    assert objects(job_id) == []
