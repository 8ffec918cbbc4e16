"""Routes: requests, responses, and the shape of errors."""

import base64
import json
import logging
from http import HTTPStatus
from typing import Any

import pytest
from pydantic import AwareDatetime

from likeness.api.app import AddPhoto, Message, Page, Submitted
from likeness.api.review import Decide
from likeness.domain import errors
from likeness.domain.errors import LikenessError
from likeness.domain.jobs.job import JobState
from likeness.domain.reasons import Reason
from likeness.domain.review.case import Moderator
from likeness.entrypoints.auth import moderator
from likeness.entrypoints.http import STATUS, Picture, Repeats, route
from tests.builders import JOB, Context


def call(
    handler: Any,
    path: str,
    *,
    body: str | None = None,
    claims: dict[str, str] | None = None,
    query: dict[str, str] | None = None,
) -> tuple[int, dict[str, Any]]:
    operation = handler.operation
    names = [part[1:-1] for part in operation.path.split("/") if part.startswith("{")]
    event = {
        "version": "2.0",
        "routeKey": f"{operation.method} {operation.path}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"content-type": "application/json"},
        "pathParameters": dict.fromkeys(names, path.split("/")[3] if names else ""),
        "requestContext": {
            "http": {"method": operation.method, "path": path},
            "stage": "$default",
            **({"authorizer": {"jwt": {"claims": claims, "scopes": None}}} if claims else {}),
        },
        **({"queryStringParameters": query} if query else {}),
        "body": body,
        "isBase64Encoded": False,
    }
    answer = handler(event, Context())
    return answer["statusCode"], json.loads(answer["body"])


def raising(error: Exception) -> Any:
    @route("POST", "/v1/jobs/{job_id}/submit", gives=Submitted)
    def handler(job_id: str) -> Submitted:
        raise error

    return handler


def submitting() -> Any:
    @route("POST", "/v1/jobs/{job_id}/submit", gives=Submitted, status=HTTPStatus.ACCEPTED)
    def handler(job_id: str) -> Submitted:
        return Submitted(job_id=job_id, state=JobState.MODERATING)

    return handler


def test_the_response_is_the_message_with_the_routes_status():
    status, body = call(submitting(), f"/v1/jobs/{JOB}/submit")

    assert status == HTTPStatus.ACCEPTED
    assert body == {"job_id": JOB, "state": "moderating"}


@pytest.mark.parametrize("kind", sorted(STATUS, key=lambda kind: kind.__name__))
def test_every_error_response_has_the_same_shape(kind):
    status, body = call(raising(kind("what is wrong")), f"/v1/jobs/{JOB}/submit")

    assert status == STATUS[kind]
    assert body == {"error": kind.__name__, "message": "what is wrong"}


def test_every_error_class_has_a_status():
    def tree(kind: type[LikenessError]) -> set[type[LikenessError]]:
        return {kind}.union(*(tree(child) for child in kind.__subclasses__()))

    for kind in tree(LikenessError) - {LikenessError}:
        assert any(parent in STATUS for parent in kind.__mro__), kind


def test_an_error_may_carry_a_reason_code():
    error = errors.Conflict("too late", reason=Reason.SYSTEM_REVIEW_EXPIRED)

    _, body = call(raising(error), f"/v1/jobs/{JOB}/submit")

    assert body["reason"] == "SYSTEM.REVIEW_EXPIRED"


def test_an_unexpected_error_reveals_nothing_to_the_caller(caplog):
    with caplog.at_level(logging.CRITICAL):
        status, body = call(raising(RuntimeError("table likeness-prod")), f"/v1/jobs/{JOB}/submit")

    assert status == HTTPStatus.INTERNAL_SERVER_ERROR
    assert body["error"] == "Internal"
    assert "likeness-prod" not in json.dumps(body)


@pytest.mark.parametrize("job_id", ["j1", "../../etc", "J" + "0" * 32, "%00"])
def test_a_malformed_id_is_not_found_before_the_use_case_runs(job_id):
    status, _ = call(submitting(), f"/v1/jobs/{job_id}/submit")

    assert status == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize("user_id", ["a b", "x" * 129, "", "käthe", "a/b", ".", ".."])
def test_a_malformed_user_id_is_refused_before_the_use_case_runs(user_id):
    @route("GET", "/v1/users/{user_id}/quota", gives=Submitted)
    def handler(user_id: str) -> Submitted:
        raise AssertionError(user_id)

    event = {"pathParameters": {"user_id": user_id}, "requestContext": {}}
    answer = handler(event, Context())

    assert answer["statusCode"] == HTTPStatus.BAD_REQUEST
    assert "user_id" in answer["body"]


def paging() -> Any:
    @route("GET", "/v1/things", query=Page, gives=Page)
    def handler(query: Page) -> Page:
        return query

    return handler


def test_a_query_is_read_and_has_defaults():
    assert call(paging(), "/v1/things")[1] == {"limit": 50, "cursor": None}
    asked = {"limit": "7", "cursor": "abc"}
    assert call(paging(), "/v1/things", query=asked)[1] == {"limit": 7, "cursor": "abc"}


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "101"}, "limit"),
        ({"limit": "1,2"}, "limit"),
        ({"limit": ""}, "limit"),
        ({"cursor": ""}, "cursor"),
        ({"cursor": "x" * 513}, "cursor"),
        ({"page": "2"}, "page"),
    ],
)
def test_an_invalid_query_names_the_wrong_parameter(query, named):
    status, problem = call(paging(), "/v1/things", query=query)

    assert status == HTTPStatus.BAD_REQUEST
    assert named in problem["message"]


def adding() -> Any:
    @route("POST", "/v1/photos", takes=AddPhoto, gives=Submitted)
    def handler(request: AddPhoto) -> Submitted:
        return Submitted(job_id=JOB, state=JobState.OPEN)

    return handler


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ('{"content_type": "image/tiff"}', "content_type"),
        ("{}", "content_type"),
        (None, "content_type"),
        ('{"content_type": "image/png", "user_nmae": "x"}', "user_nmae"),
        ("not json", "body"),
        ("[]", "body"),
    ],
)
def test_an_invalid_body_names_the_wrong_field(body, named):
    status, problem = call(adding(), "/v1/photos", body=body)

    assert status == HTTPStatus.BAD_REQUEST
    assert problem["error"] == "Invalid"
    assert named in problem["message"]


@pytest.mark.parametrize("approve", ['"yes"', "1", '"true"', "null", "[true]"])
def test_a_boolean_must_be_a_json_boolean(approve):
    @route("POST", "/v1/decision", takes=Decide, gives=Submitted)
    def handler(request: Decide) -> Submitted:
        raise AssertionError(request)

    status, problem = call(handler, "/v1/decision", body=f'{{"approve": {approve}}}')

    assert status == HTTPStatus.BAD_REQUEST
    assert "approve" in problem["message"]


@pytest.mark.parametrize("moment", ["1795388745", "1.5", '"2026-11-22T12:00:00"'])
def test_a_time_is_a_string_with_its_zone(moment):
    @route("POST", "/v1/consent", takes=Consenting, gives=Submitted)
    def handler(request: Consenting) -> Submitted:
        raise AssertionError(request)

    status, problem = call(handler, "/v1/consent", body=f'{{"accepted_at": {moment}}}')

    assert status == HTTPStatus.BAD_REQUEST
    assert "accepted_at" in problem["message"]


class Consenting(Message):
    accepted_at: AwareDatetime


def test_an_error_response_does_not_repeat_the_body():
    _, problem = call(adding(), "/v1/photos", body='{"content_type": "Jane Doe"}')

    assert "Jane Doe" not in json.dumps(problem)


def reviewing() -> Any:
    @route("GET", "/v1/reviews", gives=Submitted, moderators=True)
    def handler(moderator: Moderator) -> Submitted:
        assert moderator.id == "subject-1"
        return Submitted(job_id=JOB, state=JobState.OPEN)

    return handler


@pytest.mark.parametrize(
    "groups", ["[moderators]", "[moderation-leads]", "[users moderators]", "moderators"]
)
def test_a_moderator_is_known_by_group_and_subject(groups):
    claims = {"sub": "subject-1", "token_use": "id", "cognito:groups": groups}

    status, _ = call(reviewing(), "/v1/reviews", claims=claims)

    assert status == HTTPStatus.OK


@pytest.mark.parametrize(
    "claims",
    [
        None,
        {"sub": "subject-1", "token_use": "id"},
        {"sub": "subject-1", "token_use": "id", "cognito:groups": "[users]"},
        {"sub": "subject-1", "token_use": "id", "cognito:groups": "[not-moderators]"},
        {"token_use": "id", "cognito:groups": "[moderators]"},
        {"sub": "subject-1", "token_use": "access", "cognito:groups": "[moderators]"},
        {"sub": "subject-1", "cognito:groups": "[moderators]"},
    ],
)
def test_a_caller_without_the_moderators_group_is_refused(claims):
    status, problem = call(reviewing(), "/v1/reviews", claims=claims)

    assert status == HTTPStatus.FORBIDDEN
    assert problem["error"] == "Forbidden"


@pytest.mark.parametrize(
    ("groups", "lead"), [("[moderators]", False), ("[moderators moderation-leads]", True)]
)
def test_a_token_has_the_lead_group_and_the_app_user(groups, lead):
    claims = {"sub": "s", "token_use": "id", "cognito:groups": groups}
    event = {"requestContext": {"authorizer": {"jwt": {"claims": claims}}}}

    assert moderator(event) == Moderator(id="s", lead=lead)
    claims["custom:app_user_id"] = "user-1"
    assert moderator(event).app_user_id == "user-1"


def test_a_picture_response_is_base64_encoded():
    @route("GET", "/v1/picture", gives=Picture)
    def handler() -> Picture:
        return Picture(b"RIFF", "image/webp")

    event = {
        "version": "2.0",
        "rawPath": "/v1/picture",
        "requestContext": {"http": {"method": "GET", "path": "/v1/picture"}, "stage": "$default"},
        "headers": {},
    }
    answer = handler(event, Context())

    assert answer["isBase64Encoded"] is True
    assert answer["headers"]["Content-Type"] == "image/webp"


@route("POST", "/v1/verify", takes=Picture, gives=Submitted, repeats=Repeats.DONE_AGAIN)
def verify(request: Picture) -> Submitted:
    """Takes a picture."""
    assert request == Picture(b"\x89PNG", "image/png")
    return Submitted(job_id=JOB, state=JobState.MODERATING)


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("image/png", b"\x89PNG", 200),
        ("Image/PNG; charset=binary", b"\x89PNG", 200),
        ("image/gif", b"\x89PNG", 400),
        ("application/json", b"\x89PNG", 400),
        ("", b"\x89PNG", 400),
        ("image/png", b"", 400),
    ],
)
def test_a_picture_request_is_read_from_body_and_content_type(content_type, body, status):
    event = {
        "requestContext": {"authorizer": {"iam": {"userArn": "arn:aws:iam::1:role/app"}}},
        "headers": {"content-type": content_type},
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }

    answer = verify(event, Context())

    assert answer["statusCode"] == status
    if status == 400:
        assert json.loads(answer["body"])["error"] == "Invalid"
