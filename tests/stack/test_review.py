"""A look-alike of a celebrity: a moderator decides, and nobody else."""

import json
from contextlib import contextmanager

import pytest

from infra.local.demo.app_backend import Answered
from tests.stack.people import until


@pytest.fixture
def celebrity(gallery, selfies):
    """The person on the photos hangs in the gallery, as long as the test lasts."""
    portrait = gallery / "A_Celebrity.jpg"
    portrait.write_bytes(selfies[0])
    yield
    portrait.unlink()


@pytest.fixture
def in_review(celebrity, person, backend, selfies):
    job_id = person.hands_in(*selfies[:3], avatars=2)
    backend.submit(job_id)
    until(lambda: backend.job(job_id)["state"] == "in_review")
    return job_id


class Desk:
    """What a moderator's page calls."""

    def __init__(self, running, http, token):
        self._url, self._http, self._token = running.api_url, http, token

    def call(self, method, path, body=None):
        answer = self._http.request(
            method,
            self._url + path,
            body=json.dumps(body) if body else None,
            headers={"Authorization": self._token, "Content-Type": "application/json"},
        )
        return answer.status, json.loads(answer.data)

    def decide(self, job_id, **decision):
        return self.call("POST", f"/v1/reviews/{job_id}/decision", decision)


@pytest.fixture
def desk(running, http):
    return Desk(running, http, running.moderator().token)


def test_an_approved_job_goes_on_to_avatars(in_review, desk, person, http):
    status, queue = desk.call("GET", "/v1/reviews")
    assert (status, [r["review_id"] for r in queue["reviews"]]) == (200, [in_review])

    status, case = desk.call("GET", f"/v1/reviews/{in_review}")
    assert status == 200
    assert [photo["photo_id"] for photo in case["photos"]] == ["p01", "p02", "p03"]
    assert "RIGHTS.CELEBRITY" in case["photos"][0]["findings"][0]
    assert "A_Celebrity" not in json.dumps(case), "nobody needs the name"
    assert http.request("GET", case["photos"][0]["link"]).status == 200

    assert desk.decide(in_review, approve=True)[0] == 200

    assert person.sees_end(in_review)["state"] == "completed"
    assert desk.call("GET", "/v1/reviews")[1] == {"reviews": [], "next": None}


def test_a_refused_job_ends_with_its_reason_and_without_its_photos(
    in_review, desk, person, objects
):
    status, _ = desk.decide(in_review, approve=False, reason="RIGHTS.NOT_SELF")

    job = person.sees_end(in_review)
    assert status == 200
    assert job["state"] == "refused"
    assert job["reason"]["code"] == "RIGHTS.NOT_SELF"
    assert objects(in_review) == []
    status, case = desk.call("GET", f"/v1/reviews/{in_review}")
    assert (status, case["photos"]) == (200, []), "there is nothing left to look at"
    assert desk.decide(in_review, approve=True)[0] == 409


@pytest.mark.parametrize(
    "decision", [{"approve": False}, {"approve": True, "reason": "POLICY.HATE"}]
)
def test_a_decision_must_be_one_thing(in_review, desk, person, decision):
    assert desk.decide(in_review, **decision)[0] == 400

    assert desk.decide(in_review, approve=False, reason="POLICY.HATE")[0] == 200
    assert person.sees_end(in_review)["state"] == "refused"


def test_a_forged_token_is_refused(running, http, desk):
    header, payload, signature = running.moderator().token.split(".")
    forged = Desk(running, http, f"{header}.{payload}.{signature[::-1]}")
    unsigned = Desk(running, http, f"eyJhbGciOiJub25lIn0.{payload}.")

    assert forged.call("GET", "/v1/reviews")[0] == 401
    assert unsigned.call("GET", "/v1/reviews")[0] == 401
    assert desk.call("GET", "/v1/reviews")[0] == 200


@contextmanager
def signed_in(running, root, name):
    """Somebody of the pool who is in no group."""
    pool, client = running.outputs["ModeratorPoolId"], running.outputs["ModeratorClientId"]
    password = "Long-enough-4-this-pool"
    cognito = root("cognito-idp")
    cognito.admin_create_user(
        UserPoolId=pool, Username=name, TemporaryPassword=password, MessageAction="SUPPRESS"
    )
    cognito.admin_set_user_password(
        UserPoolId=pool, Username=name, Password=password, Permanent=True
    )
    answer = cognito.initiate_auth(
        ClientId=client,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": name, "PASSWORD": password},
    )
    yield answer["AuthenticationResult"]["IdToken"]
    cognito.admin_delete_user(UserPoolId=pool, Username=name)


def test_somebody_of_the_pool_who_is_no_moderator_is_refused(running, http, ops):
    with signed_in(running, ops, "visitor") as token:
        status, problem = Desk(running, http, token).call("GET", "/v1/reviews")

    assert status == 403
    assert problem["error"] == "Forbidden"


def test_a_moderator_cannot_call_the_app_backends_routes(desk):
    assert desk.call("GET", "/v1/styles")[0] == 403


def test_the_app_backend_cannot_decide(in_review, desk, backend, person):
    with pytest.raises(Answered) as refused:
        backend._call("POST", f"/v1/reviews/{in_review}/decision", {"approve": True})

    assert refused.value.status == 401
    assert desk.decide(in_review, approve=False, reason="POLICY.HATE")[0] == 200
    assert person.sees_end(in_review)["state"] == "refused"
