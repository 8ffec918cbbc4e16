"""What a browser lets the app's web page do: the preflights of the buckets and of the API."""

from __future__ import annotations

import pytest

from infra.laptop.project import WEB_ORIGIN

ELSEWHERE = "http://elsewhere.example"
ALLOWS = "Access-Control-Allow-Origin"


@pytest.fixture
def preflight(http):
    """Asks as a browser does before a request that a form could not make."""

    def ask(url, method, *, origin=WEB_ORIGIN, headers=""):
        asked = {"Origin": origin, "Access-Control-Request-Method": method}
        if headers:
            asked["Access-Control-Request-Headers"] = headers
        return http.request("OPTIONS", url, headers=asked)

    return ask


def allowed(answer, method):
    methods = answer.headers.get("Access-Control-Allow-Methods", "").split(",")
    return answer.headers.get(ALLOWS) == WEB_ORIGIN and method in [one.strip() for one in methods]


def test_the_page_uploads_a_photo_and_reads_the_answer(person, http, preflight, selfies):
    form = person.backend.create_job(person.order())["uploads"][0]

    asked = preflight(form["url"], "POST")
    assert asked.status == 200
    assert allowed(asked, "POST")
    assert asked.headers["Access-Control-Max-Age"] == "3600"

    sent = {**form["fields"], "file": ("photo.jpg", selfies[0], "image/jpeg")}
    answer = http.request("POST", form["url"], fields=sent, headers={"Origin": WEB_ORIGIN})
    assert answer.status == 204
    assert answer.headers[ALLOWS] == WEB_ORIGIN


@pytest.mark.parametrize(("bucket", "method"), [("PhotosBucket", "POST"), ("AvatarsBucket", "GET")])
def test_a_bucket_allows_one_method_and_no_header(running, preflight, bucket, method):
    url = f"{running.endpoint}/{running.outputs[bucket]}/key"

    assert allowed(preflight(url, method), method)
    assert preflight(url, method, headers="x-amz-acl").status == 403
    for other in {"GET", "POST", "PUT", "DELETE"} - {method}:
        assert preflight(url, other).status == 403


@pytest.mark.parametrize(("bucket", "method"), [("PhotosBucket", "POST"), ("AvatarsBucket", "GET")])
def test_another_pages_origin_is_refused(running, http, preflight, bucket, method):
    url = f"{running.endpoint}/{running.outputs[bucket]}/key"

    refused = preflight(url, method, origin=ELSEWHERE)
    assert refused.status == 403
    assert ALLOWS not in refused.headers
    assert ALLOWS not in http.request("GET", url, headers={"Origin": ELSEWHERE}).headers


def test_the_page_reads_the_public_keys(running, http, preflight):
    url = f"{running.api_url}/v1/keys"

    assert allowed(preflight(url, "GET"), "GET")
    answer = http.request("GET", url, headers={"Origin": WEB_ORIGIN})
    assert (answer.status, answer.headers[ALLOWS]) == (200, WEB_ORIGIN)


def test_no_page_sends_the_api_a_token(running, preflight):
    """A browser sends a header only if the answer names it."""
    answer = preflight(f"{running.api_url}/v1/reviews", "GET", headers="authorization")

    assert "authorization" not in answer.headers.get("Access-Control-Allow-Headers", "").lower()


def test_another_page_reads_nothing_of_the_api(running, http, preflight):
    url = f"{running.api_url}/v1/keys"

    assert ALLOWS not in preflight(url, "GET", origin=ELSEWHERE).headers
    assert ALLOWS not in http.request("GET", url, headers={"Origin": ELSEWHERE}).headers
