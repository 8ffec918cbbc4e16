"""docs/openapi.json against the deployed template: no 5xx, and no answer outside its schema.

Schemathesis generates requests from the document: valid ones with existing ids, valid ones with
unknown ids, and invalid ones. The app backend's are signed, the moderators' have a real token.
"""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import requests
import schemathesis
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import HealthCheck, Phase, given, settings
from requests.auth import AuthBase
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from infra.laptop.project import ROOT
from laptop_cloud import places
from tests.stack.moderators import own_token
from tests.stack.people import ENDED, Person, until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from requests import PreparedRequest
    from schemathesis import APIOperation, Case

DOCUMENT = json.loads((ROOT / "docs" / "openapi.json").read_text())


def by_name(document: dict[str, Any]) -> dict[str, APIOperation]:
    """Schemathesis' view of the document; `call` adds the caller to every request."""
    without = deepcopy(document)
    del without["components"]["securitySchemes"]
    for path in without["paths"].values():
        for described in path.values():
            del described["security"]
    found = schemathesis.openapi.from_dict(without).get_all_operations()
    operations = [one.ok() for one in found]
    return {one.definition.raw["operationId"]: one for one in operations}


OPERATIONS = by_name(DOCUMENT)
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@schemathesis.check
def the_kind_of_error_is_declared(ctx: Any, response: Any, case: Case) -> None:
    """An error is one that the operation names for this status, unless API Gateway sent it."""
    found = json.loads(response.content).get("error") if response.status_code >= 400 else None
    described = DOCUMENT["paths"][case.operation.path][case.operation.method.lower()]
    declared = described["x-error-kinds"].get(str(response.status_code), [])
    assert found is None or found in declared, f"{response.status_code} {found}"


CHECKS.append(the_kind_of_error_is_declared)
EXAMPLES = 20  # of each kind, for each operation
# Operations that a generated request with existing ids can bring to success, and must.
REACHED = {
    "add_photo",
    "add_note",
    "claim_next",
    "delete_job",
    "delete_photo",
    "change_webhook",
    "claim_review",
    "create_job",
    "create_webhook",
    "delete_webhook",
    "get_consents",
    "get_erasure",
    "get_job",
    "get_keys",
    "get_quota",
    "get_webhook",
    "grant_exposure",
    "export_audit",
    "list_anchors",
    "list_decided",
    "read_guidelines",
    "list_deliveries",
    "list_holds",
    "list_jobs",
    "invite_staff",
    "list_reviews",
    "read_staff",
    "list_styles",
    "list_webhooks",
    "preview_style",
    "read_audit",
    "read_review",
    "replay_deliveries",
    "request_erasure",
    "review_stats",
    "rotate_secret",
    "send_test_event",
    "set_plus",
}
# Operations that it cannot, and why. tests/infra/test_operations.py checks that none is forgotten.
UNREACHED = {
    "change_staff": "needs an account of the pool",
    "delete_staff": "needs an account of the pool",
    "reset_authenticator": "needs an account of the pool",
    "appeal_job": "needs a refused job",
    "decide_review": "needs reason codes for the findings of this case",
    "decide_hold": "needs a hold",
    "export_report": "needs a confirmed hold",
    "hold_review": "needs a lease of the caller",
    "lift_block": "needs a confirmed hold",
    "read_hold": "needs a hold",
    "report_hold": "needs a confirmed hold",
    "get_receipt": "needs a job whose photos are deleted",
    "heartbeat_review": "needs a lease of the caller",
    "keep_avatars": "needs a finished job",
    "release_review": "needs a lease of the caller",
    "overturn_review": "needs a decided case of another moderator",
    "return_review": "needs an escalated case",
    "reveal_photo": "needs a lease of the caller",
    "escalate_review": "needs a lease of the caller",
    "skip_review": "needs a lease of the caller",
    "transparency_report": "needs two days in order",
    "undo_decision": "needs a pending decision of the caller",
    "submit_job": "needs accepted photos",
    "verify_picture": "needs a picture that can be decoded",
}


class Signed(AuthBase):
    """Signs requests as the app backend does."""

    def __init__(self, credentials: Any) -> None:
        self._signing = Credentials(
            credentials.access_key, credentials.secret_key, credentials.session_token
        )

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        signed = AWSRequest(method=request.method, url=request.url, data=request.body)
        SigV4Auth(self._signing, "execute-api", places.REGION).add_auth(signed)
        request.headers.update(dict(signed.headers.items()))
        return request


class Bearer(AuthBase):
    """The laptop's moderator, whose token is valid for less time than these tests may take."""

    def __init__(self, running: Any) -> None:
        self._running = running

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers["Authorization"] = f"Bearer {own_token(self._running)}"
        return request


@pytest.fixture(scope="module")
def signers(running) -> dict[str, AuthBase]:
    return {
        "app_backend": Signed(running.app_credentials()),
        "moderator": Bearer(running),
    }


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


@pytest.fixture(scope="module")
def review_id(backend, gallery, selfies) -> Iterator[str]:
    """A job that waits for a moderator: the person on its photos is in the celebrity gallery.

    Afterwards it ends: no case is left to tests of the review queue.
    """
    portrait = gallery / "A_Celebrity.jpg"
    portrait.write_bytes(selfies[0])
    job_id = Person(backend).hands_in(*selfies[:3], avatars=2)
    backend.submit_job(job_id)
    until(lambda: backend.get_job(job_id)["state"] == "in_review")
    yield job_id
    portrait.unlink()
    backend.delete_job(job_id)
    until(lambda: backend.get_job(job_id)["state"] in ENDED)


@pytest.fixture(scope="module")
def colleague(running) -> Iterator[str]:
    """The id of another moderator."""
    pool = running.act_as(running.ops_credentials())("cognito-idp")
    account = {"UserPoolId": running.outputs["ModeratorPoolId"], "Username": "a-colleague"}
    made = pool.admin_create_user(**account, MessageAction="SUPPRESS")["User"]
    pool.admin_add_user_to_group(**account, GroupName="moderators")
    yield next(one["Value"] for one in made["Attributes"] if one["Name"] == "sub")
    pool.admin_delete_user(**account)


@pytest.fixture
def there(backend, review_id, colleague) -> Iterator[dict[str, Any]]:
    """Existing values, by the name of a parameter or of a body's field."""
    person = Person(backend)
    webhook = {"url": "http://127.0.0.1:9/likeness", "events": []}  # no server listens there
    yield {
        "webhook_id": backend.create_webhook(webhook)["webhook_id"],
        "url": webhook["url"],
        "photo_id": "p01",
        "since": (datetime.now(UTC) - timedelta(hours=1)).isoformat(),
        "job_id": backend.create_job(person.order())["job_id"],
        "user_id": person.user_id,
        "review_id": f"r{review_id[1:]}",
        "erasure_id": backend.request_erasure(Person(backend).user_id)["erasure_id"],
        "username": "ann",
        "moderator": colleague,
        "style": "comic",
        "styles": ["comic", "oil"],
        "avatars": 4,
        "time_zone": "Europe/Berlin",
        "consent": {"version": "2026-11", "accepted_at": "2026-11-22T12:00:00Z"},
        "effective_at": datetime.now(UTC).isoformat(),
        "expires_at": (datetime.now(UTC) + timedelta(days=30)).isoformat(),
        "approve": True,
        "reason": None,
    }
    for one in backend.list_webhooks()["webhooks"]:
        backend.delete_webhook(one["webhook_id"])


def call(case: Case, running: Any, session: requests.Session, signers: Any) -> requests.Response:
    described = DOCUMENT["paths"][case.operation.path][case.operation.method]
    schemes = [scheme for one in described["security"] for scheme in one]
    auth = signers[schemes[0]] if schemes else None  # none: a public operation
    return case.call(base_url=running.api_url, session=session, auth=auth, allow_redirects=False)


def requests_of(name: str, mode: GenerationMode) -> Any:
    return given(case=OPERATIONS[name].as_strategy(generation_mode=mode))


def bounded(test: Any) -> Any:
    return settings(
        max_examples=EXAMPLES,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )(test)


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_a_valid_request_for_an_existing_resource(name, there, running, session, signers):
    statuses = set()

    @bounded
    @requests_of(name, GenerationMode.POSITIVE)
    def ask(case: Case) -> None:
        for parameter in case.path_parameters or {}:
            case.path_parameters[parameter] = there[parameter]
        if isinstance(case.body, dict):
            known = there.keys() - {"user_id"}  # creating a job needs no existing id
            case.body |= {field: there[field] for field in case.body.keys() & known}
        case.query.pop("cursor", None)  # a generated picture is never ours
        answer = call(case, running, session, signers)
        case.validate_response(answer, checks=CHECKS)
        statuses.add(answer.status_code)

    ask()

    if name in REACHED:
        assert min(statuses) < 300, statuses


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_a_valid_request_for_any_resource(name, running, session, signers):
    @bounded
    @requests_of(name, GenerationMode.POSITIVE)
    def ask(case: Case) -> None:
        case.validate_response(call(case, running, session, signers), checks=CHECKS)

    ask()


@pytest.mark.parametrize(
    "name", sorted(name for name, one in OPERATIONS.items() if one.body or one.query or one.headers)
)
def test_an_invalid_request(name, there, running, session, signers):
    @bounded
    @requests_of(name, GenerationMode.NEGATIVE)
    def ask(case: Case) -> None:
        answer = call(case, running, session, signers)
        case.validate_response(answer, checks=[*CHECKS, negative_data_rejection])

    ask()
