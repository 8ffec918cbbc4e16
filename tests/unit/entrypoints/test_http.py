"""HTTP routes: requests, responses, and one shape for all errors."""

import base64
import json
import logging
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, get_args

import pytest
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ValidationError
from pydantic.fields import FieldInfo

from docs import openapi
from likeness.api.jobs import CreateJob, JobStateView
from likeness.api.message import Message, PageQuery
from likeness.api.photos import AddPhoto
from likeness.api.review import DecideReview
from likeness.domain import errors
from likeness.domain.errors import LikenessError
from likeness.domain.ids import USER_ID
from likeness.domain.jobs.job import JobState
from likeness.domain.moment import Moment, read_text
from likeness.domain.reasons import Reason
from likeness.domain.review.case import Moderator
from likeness.domain.review.staff import StaffMember
from likeness.entrypoints.auth import moderator
from likeness.entrypoints.http import STATUS, OnRepeat, Picture, route, routes
from tests.builders import JOB, NOW, Context, an_order
from tests.fakes.staff import FakeStaff, a_member


def call(
    handler: Any,
    path: str,
    *,
    body: str | None = None,
    claims: dict[str, str] | None = None,
    query: dict[str, str] | None = None,
    content_type: str = "application/json",
) -> tuple[int, dict[str, Any]]:
    operation = handler.operation
    names = [part[1:-1] for part in operation.path.split("/") if part.startswith("{")]
    event = {
        "version": "2.0",
        "routeKey": f"{operation.method} {operation.path}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"content-type": content_type},
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
    response = handler(event, Context())
    return response["statusCode"], json.loads(response["body"])


def raising(error: Exception) -> Any:
    @route("POST", "/v1/jobs/{job_id}/submit", gives=JobStateView)
    def handler(job_id: str) -> JobStateView:
        raise error

    return handler


def submitting() -> Any:
    @route("POST", "/v1/jobs/{job_id}/submit", gives=JobStateView, status=HTTPStatus.ACCEPTED)
    def handler(job_id: str) -> JobStateView:
        return JobStateView(job_id=job_id, state=JobState.MODERATING)

    return handler


def test_the_response_is_the_model_with_the_status_of_the_route():
    status, body = call(submitting(), f"/v1/jobs/{JOB}/submit")

    assert status == HTTPStatus.ACCEPTED
    assert body == {"job_id": JOB, "state": "moderating"}


@pytest.mark.parametrize("kind", sorted(STATUS, key=lambda kind: kind.__name__))
def test_all_errors_have_one_shape(kind):
    status, body = call(raising(kind("what is wrong")), f"/v1/jobs/{JOB}/submit")

    assert status == STATUS[kind]
    assert body == {"error": kind.__name__, "message": "what is wrong"}


def test_a_class_that_is_no_kind_has_the_kind_of_its_ancestor():
    status, body = call(raising(errors.NotDeleted("a photo")), f"/v1/jobs/{JOB}/submit")

    assert (status, body["error"]) == (HTTPStatus.SERVICE_UNAVAILABLE, "Unavailable")


def test_over_quota_names_the_job_and_the_next_day():
    error = errors.OverQuota(
        "used",
        reason=Reason.QUOTA_DAY_USED,
        job_id=JOB,
        next_day_begins_at=NOW + timedelta(seconds=90, microseconds=1),
        now=NOW,
    )
    event = {"pathParameters": {"job_id": JOB}, "headers": {}}

    response = raising(error)(event, Context())

    assert response["statusCode"] == HTTPStatus.TOO_MANY_REQUESTS
    assert response["headers"]["Retry-After"] == "91"
    assert json.loads(response["body"]) == {
        "error": "OverQuota",
        "message": "used",
        "reason": "QUOTA.DAY_USED",
        "job_id": JOB,
        "next_day_begins_at": "2026-11-22T12:01:30.000001Z",
    }


def test_too_many_open_jobs_are_named():
    _, body = call(raising(errors.TooManyOpenJobs("5", job_ids=(JOB,))), f"/v1/jobs/{JOB}/submit")

    assert (body["error"], body["job_ids"]) == ("TooManyOpenJobs", [JOB])


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (errors.PhotosBeingChecked("p01"), "1"),
        (errors.ConcurrentChange("again"), "1"),
        (errors.InProgress("again"), "1"),
        (errors.PhotosNotDeletedYet("soon"), "5"),
        (errors.JobEnded("too late"), None),
    ],
)
def test_an_error_that_ends_by_itself_says_when_to_try_again(error, seconds):
    event = {"pathParameters": {"job_id": JOB}, "headers": {}}

    response = raising(error)(event, Context())

    assert response["statusCode"] == HTTPStatus.CONFLICT
    assert json.loads(response["body"])["error"] == type(error).__name__
    assert response["headers"].get("Retry-After") == seconds


def test_every_error_class_has_a_status():
    def tree(kind: type[LikenessError]) -> set[type[LikenessError]]:
        return {kind}.union(*(tree(child) for child in kind.__subclasses__()))

    for kind in tree(LikenessError) - {LikenessError}:
        assert any(parent in STATUS for parent in kind.__mro__), kind


def test_an_error_may_carry_a_reason_code():
    error = errors.Conflict("too late", reason=Reason.SYSTEM_REVIEW_EXPIRED)

    _, body = call(raising(error), f"/v1/jobs/{JOB}/submit")

    assert body["reason"] == "SYSTEM.REVIEW_EXPIRED"


def test_a_stored_record_that_is_not_valid_is_a_fault_of_ours():
    def broken() -> None:
        JobStateView.model_validate({"job_id": "Jane Doe"})

    @route("GET", "/v1/jobs/{job_id}", gives=JobStateView)
    def handler(job_id: str) -> JobStateView:
        broken()
        raise AssertionError

    status, body = call(handler, f"/v1/jobs/{JOB}")

    assert (status, body["error"]) == (HTTPStatus.INTERNAL_SERVER_ERROR, "Internal")


def test_the_error_of_a_record_which_is_logged_names_no_value():
    with pytest.raises(ValidationError, match="job_id") as refused:
        JobStateView.model_validate({"job_id": "Jane Doe", "state": "open"})

    assert "Jane" not in str(refused.value)


def test_an_unexpected_error_discloses_nothing(caplog):
    with caplog.at_level(logging.CRITICAL):
        status, body = call(raising(RuntimeError("table likeness-prod")), f"/v1/jobs/{JOB}/submit")

    assert status == HTTPStatus.INTERNAL_SERVER_ERROR
    assert body["error"] == "Internal"
    assert "likeness-prod" not in json.dumps(body)


@pytest.mark.parametrize("job_id", ["j1", "../../etc", "J" + "0" * 32, "%00"])
def test_a_malformed_id_is_not_found_and_does_not_reach_the_use_case(job_id):
    status, _ = call(submitting(), f"/v1/jobs/{job_id}/submit")

    assert status == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize(
    "user_id", ["a b", "a%2Bb", "a#b", "x" * 129, "", "käthe", "a/b", ".", ".."]
)
def test_a_malformed_user_id_is_refused_and_does_not_reach_the_use_case(user_id):
    @route("GET", "/v1/users/{user_id}/quota", gives=JobStateView)
    def handler(user_id: str) -> JobStateView:
        raise AssertionError(user_id)

    event = {"pathParameters": {"user_id": user_id}, "requestContext": {}}
    response = handler(event, Context())

    assert response["statusCode"] == HTTPStatus.BAD_REQUEST
    assert "user_id" in response["body"]


@pytest.mark.parametrize(
    "user_id",
    [
        "user+tag@example.com",
        "bXkgdXNlcg==",
        "a-b_c",
        "auth0|507f1f77bcf86cd799439011",
        "01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "8e03978e-40d5-43dd-bc93-6894a57f9324",
        "~a:b=c",
        "x" * 128,
    ],
)
def test_the_user_ids_of_common_systems_are_accepted(user_id):
    @route("GET", "/v1/users/{user_id}/quota", gives=JobStateView)
    def handler(user_id: str) -> JobStateView:
        return JobStateView(job_id=JOB, state=JobState.OPEN)

    event = {"pathParameters": {"user_id": user_id}, "requestContext": {}}
    assert handler(event, Context())["statusCode"] == HTTPStatus.OK
    assert an_order(user_id=user_id).user_id == user_id


def paging() -> Any:
    @route("GET", "/v1/things", query=PageQuery, gives=PageQuery)
    def handler(query: PageQuery) -> PageQuery:
        return query

    return handler


def test_a_query_is_parsed_and_has_defaults():
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
        ({"limit": "+1"}, "limit"),
        ({"limit": " 1"}, "limit"),
        ({"limit": "1_0"}, "limit"),
        ({"limit": "01"}, "limit"),
        ({"limit": "1.0"}, "limit"),
        ({"cursor": ""}, "cursor"),
        ({"cursor": "x" * 513}, "cursor"),
        ({"page": "2"}, "page"),
    ],
)
def test_an_invalid_query_names_the_parameter(query, named):
    status, problem = call(paging(), "/v1/things", query=query)

    assert status == HTTPStatus.BAD_REQUEST
    assert problem["field"] == f"/query/{named}"
    assert named in problem["message"]


def test_an_operation_without_a_query_takes_none():
    status, problem = call(submitting(), f"/v1/jobs/{JOB}/submit", query={"dry_run": "true"})

    assert (status, problem["field"]) == (HTTPStatus.BAD_REQUEST, "/query/dry_run")


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded"])
def test_only_json_is_accepted_as_json(content_type):
    body = '{"content_type": "image/png"}'

    status, problem = call(adding(), "/v1/photos", body=body, content_type=content_type)

    assert status == HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    assert problem["error"] == "UnsupportedMediaType"


def test_json_may_name_its_charset():
    body, kind = '{"content_type": "image/png"}', "Application/JSON; charset=utf-8"

    assert call(adding(), "/v1/photos", body=body, content_type=kind)[0] == HTTPStatus.OK


def adding() -> Any:
    @route("POST", "/v1/photos", takes=AddPhoto, gives=JobStateView)
    def handler(request: AddPhoto) -> JobStateView:
        return JobStateView(job_id=JOB, state=JobState.OPEN)

    return handler


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ('{"content_type": "image/tiff"}', "content_type"),
        ("{}", "content_type"),
        (None, "content_type"),
        ('{"content_type": "image/png", "user_nmae": "x"}', "user_nmae"),
        ("not json", ""),
        ("[]", ""),
        ("\ufeff{}", ""),
    ],
)
def test_an_invalid_body_names_the_field(body, named):
    status, problem = call(adding(), "/v1/photos", body=body)

    assert status == HTTPStatus.BAD_REQUEST
    assert problem["error"] == "Invalid"
    assert problem["field"] == f"/body/{named}".rstrip("/")
    assert named in problem["message"]


def ordering() -> Any:
    @route("POST", "/v1/orders", takes=CreateJob, gives=JobStateView)
    def handler(request: CreateJob) -> JobStateView:
        raise AssertionError(request)

    return handler


@pytest.mark.parametrize(
    ("change", "faults"),
    [
        ({"styles": []}, {"/body/styles": "must have at least 1 item"}),
        ({"styles": ["comic"] * 6}, {"/body/styles": "must have at most 5 items"}),
        ({"styles": "comic"}, {"/body/styles": "must be an array"}),
        ({"styles": ["Comic!"]}, {"/body/styles/0": "must match ^[a-z][a-z0-9-]{1,31}$"}),
        ({"styles": [7]}, {"/body/styles/0": "must be a string"}),
        ({"avatars": 31}, {"/body/avatars": "must be at most 30"}),
        ({"avatars": 0}, {"/body/avatars": "must be at least 1"}),
        ({"avatars": 1.5}, {"/body/avatars": "must be an integer"}),
        ({"avatars": "4"}, {"/body/avatars": "must be an integer"}),
        ({"time_zone": ""}, {"/body/time_zone": "must have at least 1 character"}),
        ({"consent": 1}, {"/body/consent": "must be an object"}),
        ({"consent": {"version": "1"}}, {"/body/consent/accepted_at": "is required"}),
        ({"a/b~c": 1}, {"/body/a~1b~0c": "is not known"}),
        ({"metadata": {"k": 1}}, {"/body/metadata/k": "must be a string"}),
        (
            {"avatars": None, "user_id": "a b"},
            {
                "/body/user_id": f"must match {USER_ID.pattern}",
                "/body/avatars": "must be an integer",
            },
        ),
        (
            {"photos": [{"content_type": "image/gif"}] * 3},
            {
                f"/body/photos/{n}/content_type": "must be one of "
                "'image/jpeg', 'image/png', 'image/webp', 'image/heic' or 'image/heif'"
                for n in range(3)
            },
        ),
    ],
    ids=str,
)
def test_each_fault_of_a_body_is_said_in_terms_of_the_api(change, faults):
    body = json.loads(an_order().model_dump_json()) | change

    status, problem = call(ordering(), "/v1/orders", body=json.dumps(body))

    assert status == HTTPStatus.BAD_REQUEST
    found = problem.get("faults") or [
        {"field": problem["field"], "message": problem["message"].partition(" ")[2]}
    ]
    assert {fault["field"]: fault["message"] for fault in found} == faults
    assert problem["field"] == next(iter(faults))
    assert all(f"{field} {said}" in problem["message"] for field, said in faults.items())


@pytest.mark.parametrize("approve", ['"yes"', "1", '"true"', "null", "[true]"])
def test_only_true_is_accepted_as_true(approve):
    @route("POST", "/v1/decision", takes=DecideReview, gives=JobStateView)
    def handler(request: DecideReview) -> JobStateView:
        raise AssertionError(request)

    status, problem = call(handler, "/v1/decision", body=f'{{"approve": {approve}}}')

    assert status == HTTPStatus.BAD_REQUEST
    assert "approve" in problem["message"]


@pytest.mark.parametrize(
    "time",
    [
        "1795388745",
        "1.5",
        "null",
        '"1795388745"',
        '"1795388745000"',
        '"-1"',
        '"2026-11-22"',
        '"2026-11-22T12:00Z"',
        '"2026-11-22T12:00:00"',
        '"2026-11-22 12:00:00Z"',
        '"2026-11-22T12:00:00+0100"',
        '"2026-13-22T12:00:00Z"',
        '"0001-01-01T00:00:00Z"',
        '"1999-12-31T23:59:59Z"',
        '"9999-12-31T23:59:59Z"',
    ],
)
def test_a_time_is_a_string_with_a_zone(time):
    @route("POST", "/v1/consent", takes=Consenting, gives=JobStateView)
    def handler(request: Consenting) -> JobStateView:
        raise AssertionError(request)

    status, problem = call(handler, "/v1/consent", body=f'{{"accepted_at": {time}}}')

    assert status == HTTPStatus.BAD_REQUEST
    assert problem["field"] == "/body/accepted_at"
    assert re.search("RFC 3339|must be at least|must be less than", problem["message"])


class Consenting(Message):
    accepted_at: Moment


@pytest.mark.parametrize(
    "time", ["2026-11-22T12:00:00Z", "2026-11-22t13:00:00+01:00", "2026-11-22T12:00:00.000z"]
)
def test_a_time_is_any_rfc_3339_text(time):
    found = Consenting.model_validate_json(json.dumps({"accepted_at": time}), strict=True)

    assert found.accepted_at == NOW


def test_every_time_in_a_request_is_a_moment():
    """A plain datetime also reads Unix times as text."""

    def times(model: type[BaseModel]) -> Iterator[FieldInfo]:
        for field in model.model_fields.values():
            for kind in {field.annotation, *get_args(field.annotation)}:
                if kind in {datetime, AwareDatetime}:
                    yield field
                elif isinstance(kind, type) and issubclass(kind, BaseModel):
                    yield from times(kind)

    operations = [handler.operation for handler in openapi.handlers()]
    asked = {one.takes for one in operations} | {one.query for one in operations}
    asked -= {None, Picture}
    found = [field for model in asked for field in times(model)]
    assert len(found) >= 4
    assert [field for field in found if BeforeValidator(read_text) not in field.metadata] == []


def test_an_invalid_body_is_not_repeated_in_the_response():
    _, problem = call(adding(), "/v1/photos", body='{"content_type": "Jane Doe"}')

    assert "Jane Doe" not in json.dumps(problem)


def reviewing(*members: StaffMember) -> Any:
    @route("GET", "/v1/reviews", gives=JobStateView, moderators=lambda: FakeStaff(*members))
    def handler(moderator: Moderator) -> JobStateView:
        assert moderator.id == "subject-1"
        return JobStateView(job_id=JOB, state=JobState.OPEN)

    return handler


TOKEN = {"sub": "subject-1", "token_use": "id", "cognito:username": "ann"}


@pytest.mark.parametrize(
    "groups", [["moderators"], ["moderation-leads"], ["users", "moderators"]], ids=str
)
def test_a_moderator_is_identified_by_the_accounts_groups_and_subject(groups):
    member = a_member("ann", "subject-1", *groups)

    status, _ = call(reviewing(member), "/v1/reviews", claims=TOKEN)

    assert status == HTTPStatus.OK


@pytest.mark.parametrize(
    "claims",
    [
        None,
        TOKEN | {"token_use": "access"},
        {name: value for name, value in TOKEN.items() if name != "sub"},
        {name: value for name, value in TOKEN.items() if name != "token_use"},
        {name: value for name, value in TOKEN.items() if name != "cognito:username"},
    ],
)
def test_another_token_is_refused(claims):
    member = a_member("ann", "subject-1", "moderators")

    status, problem = call(reviewing(member), "/v1/reviews", claims=claims)

    assert status == HTTPStatus.FORBIDDEN
    assert problem["error"] == "Forbidden"


@pytest.mark.parametrize("groups", [[], ["users"], ["not-moderators"]], ids=str)
def test_a_user_in_no_group_of_the_desk_is_refused_although_the_token_names_one(groups):
    claims = TOKEN | {"cognito:groups": "[moderators]"}

    status, problem = call(
        reviewing(a_member("ann", "subject-1", *groups)), "/v1/reviews", claims=claims
    )

    assert (status, problem["error"]) == (HTTPStatus.FORBIDDEN, "Forbidden")


@pytest.mark.parametrize(
    "members",
    [
        (),
        (a_member("ann", "subject-1", "moderators", enabled=False),),
        (a_member("ann", "subject-2", "moderators"),),
    ],
    ids=["deleted", "disabled", "another account of that name"],
)
def test_a_removed_moderator_is_refused_at_once(members):
    status, problem = call(reviewing(*members), "/v1/reviews", claims=TOKEN)

    assert (status, problem["error"]) == (HTTPStatus.FORBIDDEN, "AccessRevoked")


@pytest.mark.parametrize(
    ("groups", "lead"), [(["moderators"], False), (["moderation-leads"], True)]
)
def test_the_account_says_who_is_a_lead_and_which_app_user(groups, lead):
    event = {"requestContext": {"authorizer": {"jwt": {"claims": TOKEN}}}}
    member = a_member("ann", "subject-1", *groups, app_user_id="user-1")

    assert moderator(event, FakeStaff(member)) == Moderator(
        id="subject-1", lead=lead, app_user_id="user-1"
    )


def test_a_picture_is_returned_as_bytes():
    @route("GET", "/v1/picture", gives=Picture, media_type="image/webp")
    def handler() -> bytes:
        return b"RIFF"

    event = {
        "version": "2.0",
        "rawPath": "/v1/picture",
        "requestContext": {"http": {"method": "GET", "path": "/v1/picture"}, "stage": "$default"},
        "headers": {},
    }
    response = handler(event, Context())

    assert response["isBase64Encoded"] is True
    assert base64.b64decode(response["body"]) == b"RIFF"
    assert response["headers"]["Content-Type"] == "image/webp"


def shown(
    content: bytes = b"picture", *, public: bool = True, known: str | None = None
) -> dict[str, Any]:
    @route("GET", "/v1/picture", gives=Picture, media_type="image/webp", public=public)
    def handler() -> bytes:
        return content

    headers = {} if known is None else {"if-none-match": known}
    response: dict[str, Any] = handler({"headers": headers}, Context())
    return response


def test_a_public_picture_is_cached_and_has_a_strong_etag_of_its_bytes():
    first, same, other = shown(), shown(), shown(b"another")

    assert first["headers"]["Cache-Control"].startswith("public, max-age=")
    assert first["headers"]["ETag"] == same["headers"]["ETag"] != other["headers"]["ETag"]
    assert first["headers"]["ETag"].startswith('"')


def test_a_caller_who_has_the_picture_gets_no_bytes():
    etag = shown()["headers"]["ETag"]

    for known in (etag, f'"other", {etag}', f"W/{etag}", "*"):
        response = shown(known=known)
        assert (response["statusCode"], response["body"]) == (HTTPStatus.NOT_MODIFIED, "")
        assert response["headers"]["ETag"] == etag
        assert response["headers"]["Cache-Control"].startswith("public")
    assert shown(known='"other"')["statusCode"] == HTTPStatus.OK


def test_a_picture_that_needs_a_signature_is_cached_by_no_one_else():
    assert shown(public=False)["headers"]["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize(("public", "cached"), [(True, "public, max-age=300"), (False, "no-store")])
def test_only_a_public_response_may_be_cached(public, cached):
    @route("GET", "/v1/styles", gives=JobStateView, public=public)
    def handler() -> JobStateView:
        return JobStateView(job_id=JOB, state=JobState.OPEN)

    assert handler({}, Context())["headers"]["Cache-Control"] == cached


def test_a_caller_who_has_a_public_list_gets_no_body():
    @route("GET", "/v1/styles", gives=JobStateView, public=True)
    def handler() -> JobStateView:
        return JobStateView(job_id=JOB, state=JobState.OPEN)

    etag = handler({}, Context())["headers"]["ETag"]
    again = handler({"headers": {"if-none-match": etag}}, Context())

    assert (again["statusCode"], again["body"]) == (HTTPStatus.NOT_MODIFIED, "")
    assert again["headers"]["Cache-Control"] == "public, max-age=300"


class Polled(JobStateView):
    poll_after_s: int | None


@pytest.mark.parametrize(("seconds", "header"), [(10, "10"), (None, None)])
def test_a_response_says_when_it_is_worth_reading_again(seconds, header):
    @route("GET", "/v1/jobs/{job_id}", gives=Polled)
    def handler(job_id: str) -> Polled:
        return Polled(job_id=job_id, state=JobState.OPEN, poll_after_s=seconds)

    response = handler({"pathParameters": {"job_id": JOB}}, Context())

    assert response["headers"].get("Retry-After") == header


@route("POST", "/v1/verify", takes=Picture, gives=JobStateView, on_repeat=OnRepeat.RUN_AGAIN)
def verify(request: Picture) -> JobStateView:
    """Accepts a picture."""
    assert request == Picture(b"\x89PNG", "image/png")
    return JobStateView(job_id=JOB, state=JobState.MODERATING)


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("image/png", b"\x89PNG", 200),
        ("Image/PNG; charset=binary", b"\x89PNG", 200),
        ("image/gif", b"\x89PNG", 415),
        ("application/json", b"\x89PNG", 415),
        ("", b"\x89PNG", 415),
        ("image/png", b"", 400),
    ],
)
def test_a_picture_is_accepted_as_the_body_by_its_content_type(content_type, body, status):
    event = {
        "requestContext": {"authorizer": {"iam": {"userArn": "arn:aws:iam::1:role/app"}}},
        "headers": {"content-type": content_type},
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }

    response = verify(event, Context())

    assert response["statusCode"] == status
    if status >= 400:
        kind = {400: "Invalid", 415: "UnsupportedMediaType"}[status]
        assert json.loads(response["body"])["error"] == kind


def test_a_picture_may_be_sent_as_bytes_of_no_type():
    @route("POST", "/v1/verify", takes=Picture, gives=JobStateView, on_repeat=OnRepeat.RUN_AGAIN)
    def handler(request: Picture) -> JobStateView:
        assert request.content == b"\x89PNG"
        return JobStateView(job_id=JOB, state=JobState.MODERATING)

    event = {
        "headers": {"content-type": "application/octet-stream"},
        "body": base64.b64encode(b"\x89PNG").decode(),
        "isBase64Encoded": True,
    }

    assert handler(event, Context())["statusCode"] == HTTPStatus.OK


def grouped() -> Any:
    @route("GET", "/v1/jobs/{job_id}", gives=JobStateView)
    def get_job_handler(job_id: str) -> JobStateView:
        return JobStateView(job_id=job_id, state=JobState.OPEN)

    @route("GET", "/v1/jobs/{job_id}/receipt", gives=JobStateView)
    def get_receipt_handler(job_id: str) -> JobStateView:
        return JobStateView(job_id=job_id, state=JobState.CANCELLED)

    return routes(get_job_handler, get_receipt_handler)


@pytest.mark.parametrize(
    ("key", "state"),
    [("GET /v1/jobs/{job_id}", "open"), ("GET /v1/jobs/{job_id}/receipt", "cancelled")],
)
def test_one_function_serves_several_routes(key, state):
    event = {"routeKey": key, "pathParameters": {"job_id": JOB}, "requestContext": {}}

    response = grouped()(event, Context())

    assert json.loads(response["body"]) == {"job_id": JOB, "state": state}


def test_an_unknown_route_is_an_error_of_the_template():
    with pytest.raises(KeyError, match="DELETE /v1/jobs"):
        grouped()({"routeKey": "DELETE /v1/jobs/{job_id}"}, Context())


def test_an_operation_of_a_group_has_the_name_of_its_use_case():
    assert [one.operation.name for one in grouped().handlers] == ["get_job", "get_receipt"]
