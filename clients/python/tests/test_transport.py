"""Signatures, retries, and errors by kind."""

import logging
from urllib.parse import parse_qsl, urlsplit

import pytest
import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from likeness_client import Credentials, Likeness, errors

CHECKING = {"error": "PhotosBeingChecked", "message": "photos are being checked"}
SUBMITTED = {"job_id": "j1", "state": "moderating"}


def test_a_signature_covers_path_query_body_and_headers(client, http, monkeypatch):
    http.will_return(200, {"jobs": [], "next": None})

    client.list_jobs("a+b@c", cursor="x y")

    (sent,) = http.requests
    split = urlsplit(sent.url)
    assert split.path == "/v1/users/a%2Bb%40c/jobs"
    assert parse_qsl(split.query) == [("cursor", "x y")]
    again = AWSRequest("GET", sent.url, headers={"User-Agent": sent.headers["User-Agent"]})
    for name in ("Accept", "X-Amz-Date", "X-Amz-Security-Token"):
        again.headers[name] = sent.headers[name]
    again.context["timestamp"] = sent.headers["X-Amz-Date"]
    auth = SigV4Auth(Credentials("id", "secret", "token"), "execute-api", "eu-central-1")
    expected = auth.signature(auth.string_to_sign(again, auth.canonical_request(again)), again)
    assert sent.headers["Authorization"].endswith(f"Signature={expected}")
    assert "/a%252Bb%2540c/" in auth.canonical_request(again)  # encoded twice, as for execute-api


@pytest.mark.parametrize("user_id", [".", ".."])
def test_a_path_cannot_be_left(user_id, client):
    with pytest.raises(ValueError, match="path"):
        client.get_quota(user_id)


def test_submit_is_repeated_with_its_key_as_long_as_the_api_says(client, http, waits):
    for _ in range(3):
        http.will_return(409, CHECKING, Retry_After="3")
    http.will_return(202, SUBMITTED)

    assert client.submit_job("j1") == SUBMITTED

    assert waits == [3, 3, 3]
    assert len({one.headers["Idempotency-Key"] for one in http.requests}) == 1
    assert len(http.requests) == 4


def test_a_key_of_the_callers_is_sent(client, http):
    http.will_return(202, SUBMITTED)

    client.submit_job("j1", idempotency_key="k-1")

    assert http.requests[0].headers["Idempotency-Key"] == "k-1"


@pytest.mark.parametrize(
    "fault",
    [
        (500, {"message": "Internal Server Error"}),
        (503, {"message": "Service Unavailable"}),
        (503, {"error": "Unavailable", "message": "try again"}),
        (429, {"message": "Too Many Requests"}),
        (502, b"<html>a proxy</html>"),
        urllib3.exceptions.ProtocolError("lost"),
        urllib3.exceptions.ReadTimeoutError(None, "/", "slow"),
    ],
)
def test_a_fault_that_passes_is_waited_for(fault, client, http, waits):
    if isinstance(fault, Exception):
        http.responses.append(fault)
    else:
        http.will_return(*fault)
    http.will_return(200, {"keys": []})

    assert client.get_keys() == {"keys": []}
    assert 0.25 <= waits[0] <= 0.5


def test_waits_double_and_end_with_the_patience(client, http, waits):
    for _ in range(50):
        http.will_return(503, {"error": "Unavailable", "message": "try again"})

    with pytest.raises(errors.Unavailable):
        client.get_keys()

    assert 40 < sum(waits) <= 60
    assert all(
        limit / 2 <= wait <= limit for wait, limit in zip(waits, (0.5, 1, 2, 4, 8, 8), strict=False)
    )


def test_a_wait_longer_than_the_patience_is_not_begun(client, http, waits):
    http.will_return(429, {"error": "OverQuota", "message": "tomorrow"}, Retry_After="40000")

    with pytest.raises(errors.OverQuota) as raised:
        client.submit_job("j1")

    assert raised.value.retry_after_s == 40000
    assert waits == []


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, {"error": "Invalid", "message": "avatars: at most 30", "field": "/avatars"}),
        (403, {"message": "Forbidden"}),
        (404, {"error": "NotFound", "message": "there is no job"}),
        (409, {"error": "JobEnded", "message": "cancelled"}),
        (429, {"error": "OverQuota", "message": "tomorrow"}),
    ],
)
def test_other_errors_are_raised_at_once(status, body, client, http, waits):
    http.will_return(status, body)

    with pytest.raises(errors.ApiError, match=body["message"]) as raised:
        client.get_job("j1")

    error = raised.value
    assert waits == []
    assert (error.status, error.kind, error.body) == (status, body.get("error"), body)
    assert type(error).__name__ == body.get("error", "ApiError")


def test_a_kind_of_a_later_api_is_an_api_error(client, http):
    http.will_return(409, {"error": "NotYetInvented", "message": "no"})

    with pytest.raises(errors.ApiError) as raised:
        client.get_job("j1")

    assert type(raised.value) is errors.ApiError
    assert raised.value.kind == "NotYetInvented"


def test_without_credentials_the_client_says_so(monkeypatch):
    monkeypatch.setattr("botocore.session.Session.get_credentials", lambda _: None)

    with pytest.raises(errors.NoCredentials):
        Likeness("http://api", "eu-central-1")


def test_nothing_is_logged(client, http, caplog):
    """urllib3 itself logs requests at the level DEBUG."""
    caplog.set_level(logging.DEBUG, logger="likeness_client")
    http.responses.append(urllib3.exceptions.ProtocolError("https://bucket/?X-Amz-Signature=1"))
    http.will_return(403)

    with pytest.raises(errors.DownloadFailed) as raised:
        client.download("https://bucket/?X-Amz-Signature=1")

    assert "X-Amz" not in f"{raised.value!r} {caplog.text}"
