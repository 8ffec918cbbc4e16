"""The other lane: an endpoint that keeps the model loaded, with the painter as its model."""

from __future__ import annotations

import pytest
import urllib3

from infra.local import cloud, places, processes
from infra.local.demo.app_backend import AppBackend
from infra.local.places import Places
from infra.local.project import likeness
from tests.stack.people import Person, genuine_receipt, until


@pytest.fixture(scope="module")
def hosted(tmp_path_factory):
    """A cloud of its own, deployed with that lane."""
    where = Places(
        state=tmp_path_factory.mktemp("hosted") / "state",
        build=places.ROOT / ".aws-sam" / "stack-tests-endpoint",
    )
    try:
        yield cloud.up(
            likeness(lane="async-endpoint"),
            port=processes.free_port(),
            where=where,
            wait_scale=0.05,
        )
    finally:
        cloud.down(where=where)


@pytest.fixture(scope="module")
def hosted_ops(hosted):
    return hosted.act_as(hosted.ops_credentials())


@pytest.fixture
def visitor(hosted):
    http = urllib3.PoolManager(timeout=60, retries=False)
    return Person(AppBackend(hosted.api_url, places.REGION, hosted.app_credentials(), http))


@pytest.fixture
def keys(hosted, hosted_ops):
    """Every key of both buckets."""

    def listing():
        found = []
        for name in ("PhotosBucket", "AvatarsBucket"):
            pages = hosted_ops("s3").get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=hosted.outputs[name]):
                found += [one["Key"] for one in page.get("Contents", ())]
        return found

    return listing


def test_a_job_goes_all_the_way_and_leaves_nothing_but_avatars(visitor, selfies, keys, hosted_ops):
    job_id = visitor.hands_in(*selfies[:3])
    visitor.backend.submit(job_id)

    job = visitor.sees_end(job_id)

    assert job["state"] == "completed"
    assert 2 <= len(job["avatars"]) <= 4
    assert keys()
    assert all(key.startswith(f"avatars/{job_id}/") for key in keys() if job_id in key)
    assert not [key for key in keys() if key.startswith("work/")]
    assert hosted_ops("sagemaker").list_training_jobs()["TrainingJobSummaries"] == []


def test_an_inference_that_fails_ends_the_job_returns_the_day_and_leaves_nothing(
    visitor, selfies, keys, hosted, hosted_ops
):
    job_id = visitor.hands_in(*selfies[:3])
    # Another photo of the same person: moderation takes it, the container knows it by its sum.
    hosted_ops("s3").put_object(
        Bucket=hosted.outputs["PhotosBucket"], Key=f"photos/{job_id}/p01.jpg", Body=selfies[5]
    )
    visitor.backend.submit(job_id)

    job = visitor.sees_end(job_id)

    assert job["state"] == "failed"
    assert job["reason"]["code"] == "SYSTEM.UNAVAILABLE"
    assert job["quota"]["left"] == 1
    assert not [key for key in keys() if job_id in key or key.startswith("work/")]


def test_a_user_who_cancels_while_the_endpoint_draws_gets_nothing_and_leaves_nothing(
    visitor, hosted, selfies, keys
):
    """The endpoint cannot be stopped: what it draws arrives late, and is deleted then."""
    job_id = visitor.hands_in(*selfies[:3])
    visitor.backend.submit(job_id)
    until(lambda: f"work/{job_id}/r1/endpoint/request.tar" in keys())

    visitor.backend.cancel(job_id)

    job = visitor.sees_end(job_id)
    assert (job["state"], job["avatars"], job["quota"]["left"]) == ("cancelled", [], 1)
    # The queue is worked through in order: when the next one is served, this one has been drawn.
    after = Person(visitor.backend)
    next_job = after.hands_in(*selfies[3:6])
    after.backend.submit(next_job)
    assert after.sees_end(next_job)["state"] == "completed"
    until(lambda: not [key for key in keys() if job_id in key])
    genuine_receipt(visitor.backend, job_id)
