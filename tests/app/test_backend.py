"""The example app's backend over HTTP, with Likeness in memory."""

from __future__ import annotations

import json
import logging
import re

import pytest
import requests

from likeness_client import errors
from tests.app.likeness import API, AVATARS, SECRET, UPLOADS, FakeLikeness, served, webhook

BROWSER = {"Sec-Fetch-Site": "same-origin"}
ORDER = {
    "styles": ["comic"],
    "photos": [{"content_type": "image/jpeg"}] * 3,
    "time_zone": "Europe/Berlin",
}


class User:
    """A browser with a session."""

    def __init__(self, address: str, name: str | None = None) -> None:
        self.address, self.http = address, requests.Session()
        self.http.headers.update(BROWSER)
        if name:
            self.call("POST", "session", name=name)

    def send(self, method: str, path: str, **options):
        return self.http.request(method, f"{self.address}/api/{path}", timeout=10, **options)

    def call(self, method: str, path: str, status: int = 200, **body):
        options = {"json": body} if body else {}
        answer = self.send(method, path, headers={"Idempotency-Key": "key-1"}, **options)
        assert answer.status_code == status, answer.text
        return answer.json()

    def opens_job(self) -> str:
        return self.call("POST", "jobs", **ORDER)["job_id"]


@pytest.fixture
def likeness():
    return FakeLikeness()


@pytest.fixture
def address(likeness):
    with served(likeness) as found:
        yield found


@pytest.fixture
def ada(address):
    return User(address, "Ada")


JOB_ROUTES = [
    ("GET", "jobs/{}"),
    ("DELETE", "jobs/{}"),
    ("POST", "jobs/{}/photos"),
    ("DELETE", "jobs/{}/photos/p01"),
    ("POST", "jobs/{}/submit"),
    ("POST", "jobs/{}/keep"),
    ("POST", "jobs/{}/appeal"),
    ("GET", "jobs/{}/receipt"),
]
ROUTES = [
    *JOB_ROUTES,
    ("POST", "jobs"),
    ("PUT", "me/picture"),
    ("GET", "me/picture"),
    ("DELETE", "me"),
    ("PUT", "plus"),
    ("DELETE", "plus"),
    ("GET", "updates"),
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_without_a_session_nothing_is_done(address, likeness, method, path):
    answer = User(address).call(method, path.format("j1"), status=401)

    assert answer == {"error": "SignedOut"}
    assert likeness.calls == []


@pytest.mark.parametrize(("method", "path"), JOB_ROUTES)
def test_another_users_job_does_not_exist(address, likeness, ada, method, path):
    job_id = ada.opens_job()
    likeness.completes(job_id)
    before = json.dumps(likeness.jobs, default=str)

    User(address, "Eve").call(method, path.format(job_id), status=404, any="body")

    assert json.dumps(likeness.jobs, default=str) == before
    ada.call("GET", f"jobs/{job_id}")


def test_another_users_avatar_is_no_profile_picture(address, likeness, ada):
    job_id = ada.opens_job()
    likeness.completes(job_id)

    picture = {"job_id": job_id, "avatar_id": "a01"}
    User(address, "Eve").call("PUT", "me/picture", status=404, **picture)


def test_a_changed_cookie_is_no_session(address, ada):
    cookie = ada.http.cookies["session"]
    forged = cookie[:-2] + ("AA" if cookie[-2:] != "AA" else "BB")

    answer = requests.get(
        f"{address}/api/me/picture", cookies={"session": forged}, headers=BROWSER, timeout=10
    )
    assert answer.status_code == 401


def test_the_session_cookie_is_for_this_site_and_not_for_scripts(address):
    answer = User(address).send("POST", "session", json={"name": "Ada"})

    attributes = {one.strip().lower() for one in answer.headers["Set-Cookie"].split(";")[1:]}
    assert {"httponly", "samesite=strict"} <= attributes


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},  # another port of this machine
        {"Sec-Fetch-Site": None, "Origin": "http://elsewhere.example"},
    ],
)
def test_another_sites_page_changes_nothing(ada, likeness, headers):
    answer = ada.send("DELETE", "me", headers=headers)

    assert answer.status_code == 403
    assert likeness.erased == []


def test_an_old_browser_of_this_site_may(ada, address):
    headers = {"Sec-Fetch-Site": None, "Origin": address}

    assert ada.send("PUT", "plus", headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("body", "status"), [(b"[]", 400), (b"{", 400), (b'{"a": "%s"}' % (b"x" * 70_000), 413)]
)
def test_a_body_is_a_small_json_object(ada, body, status):
    answer = ada.send("POST", "jobs", data=body, headers={"Content-Type": "application/json"})

    assert (answer.status_code, answer.json()) == (status, {"error": "Invalid"})


def test_a_form_of_another_page_is_no_json(ada):
    answer = ada.send(
        "POST", "jobs", data=json.dumps(ORDER), headers={"Content-Type": "text/plain"}
    )

    assert answer.status_code == 400


def test_a_job_is_opened_with_consent_and_the_users_own_key(ada, likeness):
    job_id = ada.opens_job()

    (_, order, key) = likeness.calls[0]
    assert order["consent"]["version"] == "2026-11"
    assert key == f"{order['user_id']}:key-1"
    assert "Ada" not in json.dumps(order)
    assert ada.call("GET", "me")["jobs"][0]["job_id"] == job_id


def test_a_repeated_request_is_the_same_for_likeness(ada, likeness):
    """A response was lost. Another time of consent would make another request: KeyReused."""
    ada.opens_job()
    ada.opens_job()

    first, second = likeness.calls
    assert first == second


def test_without_a_key_each_request_has_its_own(ada, likeness):
    for _ in range(2):
        assert ada.send("POST", "jobs", json=ORDER).status_code == 200

    (_, _, first), (_, _, second) = likeness.calls
    assert first != second


def test_the_page_learns_the_kind_and_the_facts_of_an_error(ada, likeness):
    body = {
        "error": "OverQuota",
        "message": "for developers",
        "next_day_begins_at": "2026-12-01T00:00:00Z",
        "job_id": "j1",
    }
    likeness.fails = errors.OverQuota(429, body)

    answer = ada.call("POST", "jobs", status=429, **ORDER)

    assert answer == {name: value for name, value in body.items() if name != "message"}


@pytest.mark.parametrize(
    "failure",
    [
        errors.Forbidden(403, {"error": "Forbidden"}),  # our credentials, not the user
        errors.ApiError(500, {}),
        errors.NotReached("no response"),
    ],
)
def test_our_own_trouble_is_not_the_users(ada, likeness, failure):
    likeness.fails = failure

    answer = ada.call("POST", "jobs", status=503, **ORDER)

    assert answer == {"error": "Unavailable"}


def test_the_user_is_told_that_no_new_job_is_accepted(ada, likeness):
    likeness.fails = errors.NotAccepting(503, {"error": "NotAccepting"}, 900)

    assert ada.call("POST", "jobs", status=503, **ORDER) == {"error": "NotAccepting"}


def test_a_webhook_wakes_the_pages_of_its_user_only(address, ada, likeness):
    ada.opens_job()
    user_id = likeness.calls[0][1]["user_id"]
    streams = {}
    for name, user in (("Ada", ada), ("Eve", User(address, "Eve"))):
        streams[name] = user.send("GET", "updates", stream=True)
        assert streams[name].headers["Content-Type"].startswith("text/event-stream")

    body, headers = webhook("JobStateChanged", user_id)
    answer = requests.post(f"{address}/webhook", data=body, headers=headers, timeout=10)

    assert answer.status_code == 204
    assert next(streams["Ada"].iter_lines()) == b"data:"
    streams["Eve"].raw._fp.fp.raw._sock.settimeout(0.3)
    with pytest.raises(requests.exceptions.ConnectionError, match="timed out"):
        next(streams["Eve"].iter_lines())


@pytest.mark.parametrize("change", ["secret", "body", "headers"])
def test_a_webhook_that_likeness_did_not_sign_is_refused(address, change):
    other = "whsec_YW5vdGhlciBzZWNyZXQgb2Ygc29tZW9uZQ=="
    body, headers = webhook("JobStateChanged", "u-1", other if change == "secret" else SECRET)
    if change == "body":
        body = body.replace(b"u-1", b"u-2")
    if change == "headers":
        headers = {}

    answer = requests.post(f"{address}/webhook", data=body, headers=headers, timeout=10)

    assert answer.status_code == 400


def test_a_receipt_is_verified(ada, likeness):
    job_id = ada.opens_job()
    likeness.completes(job_id)
    assert len(ada.call("GET", f"jobs/{job_id}/receipt")["claims"]["objects"]) == 8

    genuine = likeness.get_receipt
    likeness.get_receipt = lambda _: genuine("j" + "f" * 32)  # of another job
    ada.call("GET", f"jobs/{job_id}/receipt", status=503)


def test_a_profile_picture_is_a_copy_and_goes_with_its_avatars(ada, likeness):
    job_id = ada.opens_job()
    likeness.completes(job_id)

    ada.call("PUT", "me/picture", job_id=job_id, avatar_id="a02")

    assert likeness.calls[-1] == ("download", f"{AVATARS}/comic.webp?n=1")
    assert ada.call("GET", "me")["picture"] == 1
    assert ada.send("GET", "me/picture").content == b"a picture"
    ada.call("DELETE", f"jobs/{job_id}")
    assert ada.call("GET", "me")["picture"] is None
    assert ada.send("GET", "me/picture").status_code == 404


def test_the_shop_tells_likeness_what_was_bought(ada, likeness):
    ada.call("PUT", "plus")
    assert likeness.plus

    ada.call("DELETE", "plus")
    assert not likeness.plus


def test_an_erased_user_sees_the_receipt_and_is_a_new_one_afterwards(address, ada, likeness):
    ada.opens_job()

    ada.call("DELETE", "me")

    assert ada.call("GET", "me") == {"name": None, "erasure": True}
    assert ada.call("GET", "erasure")["claims"]["objects"] == 31
    assert User(address, "Ada").call("GET", "me")["jobs"] == []
    User(address).call("GET", "erasure", status=404)


def test_a_failed_erasure_can_be_repeated(ada, likeness):
    def fails(_):
        raise errors.NotReached("no response")

    works, likeness.request_erasure = likeness.request_erasure, fails
    ada.call("DELETE", "me", status=503)
    likeness.request_erasure = works

    ada.call("DELETE", "me")

    assert len(likeness.erased) == 1


def test_the_page_loads_nothing_from_elsewhere(address):
    answer = requests.get(address, timeout=10)

    policy = {}
    for rule in answer.headers["Content-Security-Policy"].split(";"):
        name, *sources = rule.split()
        policy[name] = sources
    assert policy["default-src"] == policy["frame-ancestors"] == ["'none'"]
    assert policy["script-src"] == policy["style-src"] == ["'self'"]
    assert policy["connect-src"] == ["'self'", UPLOADS, AVATARS, API]
    assert "style=" not in answer.text
    assert re.findall(r"<script(?! type=\"module\" src=)", answer.text) == []


@pytest.mark.parametrize(
    ("path", "caching"), [("/", "no-cache"), ("/main.js", "no-cache"), ("/api/me", "no-store")]
)
def test_a_browser_stores_no_answer_of_the_api(address, path, caching):
    assert requests.get(address + path, timeout=10).headers["Cache-Control"] == caching


def test_nothing_is_logged(ada, likeness, caplog, capfd):
    with caplog.at_level(logging.DEBUG):
        job_id = ada.opens_job()
        likeness.completes(job_id)
        ada.call("PUT", "me/picture", job_id=job_id, avatar_id="a01")
        ada.call("GET", f"jobs/{'j' * 33}", status=404)
        ada.call("DELETE", "me")

    written = "\n".join(one.getMessage() for one in caplog.records if "urllib3" not in one.name)
    printed = "".join(capfd.readouterr())
    for secret in ("Ada", job_id, AVATARS, ada.http.cookies["session"]):
        assert secret not in written + printed
