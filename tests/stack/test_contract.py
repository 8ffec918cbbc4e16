"""What the contract of the API promises, at the deployed API: ids in paths, bounds, media types."""

from __future__ import annotations

import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
import requests

from likeness.domain.account.user import MAX_OPEN_JOBS
from tests.stack.test_openapi import Signed

if TYPE_CHECKING:
    from collections.abc import Callable

    Call = Callable[..., requests.Response]


@pytest.fixture(scope="module")
def call(running) -> Call:
    """A signed call with a JSON body."""

    def send(method: str, path: str, body: Any = None, **headers: str) -> requests.Response:
        return requests.request(
            method,
            f"{running.api_url}{path}",
            data=None if body is None else json.dumps(body),
            headers={"Content-Type": "application/json"} | headers,
            auth=Signed(running.app_credentials()),
            timeout=60,
        )

    return send


def order(user_id: str, **fields: Any) -> dict[str, Any]:
    return {
        "user_id": user_id,
        "styles": ["comic"],
        "photos": [{"content_type": "image/jpeg"}],
        "avatars": 1,
        "time_zone": "Europe/Berlin",
        "consent": {"version": "2026-11", "accepted_at": datetime.now(UTC).isoformat()},
    } | fields


@pytest.mark.parametrize("user_id", ["user+tag@example.com", "auth0|5f=~:a.b_c-d", "YWJjZA=="])
def test_a_user_id_in_a_path_is_the_one_in_the_body(call, user_id):
    user_id += uuid.uuid4().hex[:8]
    metadata = {"order": "2026-1187", "name": "Käthe 🙂", "empty": ""}
    created = call("POST", "/v1/jobs", order(user_id, metadata=metadata))
    assert created.status_code == 201, created.text

    def listed() -> list[dict[str, Any]]:
        page = call("GET", f"/v1/users/{quote(user_id, safe='')}/jobs")
        assert page.status_code == 200, page.text
        found: list[dict[str, Any]] = page.json()["jobs"]
        return found

    (job,) = listed()
    assert (job["user_id"], job["metadata"]) == (user_id, metadata)
    shown = call("GET", f"/v1/jobs/{created.json()['job_id']}").json()
    assert (shown["user_id"], shown["metadata"]) == (user_id, metadata)


@pytest.mark.parametrize("user_id", ["a%2Fb", "a%20b", "a%25b", "a%23b"])
def test_a_user_id_that_a_path_may_change_is_refused(call, user_id):
    assert call("GET", f"/v1/users/{user_id}/quota").status_code in {400, 404}


def test_concurrent_requests_open_no_more_jobs_than_a_user_may_have(call):
    user_id = uuid.uuid4().hex
    with ThreadPoolExecutor(MAX_OPEN_JOBS + 3) as pool:
        answers = list(
            pool.map(lambda _: call("POST", "/v1/jobs", order(user_id)), range(MAX_OPEN_JOBS + 3))
        )

    opened = {one.json()["job_id"] for one in answers if one.status_code == 201}
    refused = [one.json() for one in answers if one.status_code != 201]
    assert len(opened) == MAX_OPEN_JOBS
    assert {one["error"] for one in refused} == {"TooManyOpenJobs"}
    assert all(set(one["job_ids"]) <= opened for one in refused)

    assert call("DELETE", f"/v1/jobs/{opened.pop()}").ok
    assert call("POST", "/v1/jobs", order(user_id)).status_code == 201


def test_what_the_document_does_not_name_is_refused(call):
    user_id = uuid.uuid4().hex
    job_id = call("POST", "/v1/jobs", order(user_id)).json()["job_id"]

    query = call("GET", f"/v1/jobs/{job_id}?x=1")
    text = call("POST", "/v1/jobs", order(user_id), **{"Content-Type": "text/plain"})
    number = call("GET", f"/v1/users/{user_id}/jobs?limit=%2B1")

    assert (query.status_code, query.json()["field"]) == (400, "/query/x")
    assert (text.status_code, text.json()["error"]) == (415, "UnsupportedMediaType")
    assert (number.status_code, number.json()["field"]) == (400, "/query/limit")


def test_the_consents_in_force_are_those_that_a_job_may_name(call):
    versions = [one["version"] for one in call("GET", "/v1/consents").json()["consents"]]
    user_id = uuid.uuid4().hex

    def create(version: str, accepted_at: str) -> requests.Response:
        consent = {"version": version, "accepted_at": accepted_at}
        return call("POST", "/v1/jobs", order(user_id, consent=consent))

    now = datetime.now(UTC).isoformat()
    assert create(versions[0], now).status_code == 201
    assert create("2001-01", now).json()["error"] == "ConsentNotInForce"
    assert create(versions[0], "2026-10-31T23:59:59Z").json()["field"].endswith("accepted_at")
    assert create(versions[0], "1795972997").status_code == 400
