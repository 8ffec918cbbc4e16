"""A celebrity match: a moderator decides."""

import io
import json
from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from types import SimpleNamespace

import boto3
import pytest
from PIL import Image

from laptop_cloud import places
from likeness import receipts
from likeness.adapters.dynamodb import keys
from likeness.adapters.review.audit_table import AuditLogTable
from likeness.domain.review import audit
from likeness.services.review.verify_audit import verify_audit
from likeness_client.errors import ApiError
from tests.clocks import jobs_left
from tests.stack.moderators import ReviewDesk, own_token, review_of, signed_in
from tests.stack.people import until


@pytest.fixture
def in_review(request, celebrity, person, backend, selfies):
    """A job that waits for a moderator, with two avatars or as many as the test asks for."""
    job_id = person.hands_in(*selfies[:3], avatars=getattr(request, "param", 2))
    backend.submit_job(job_id)
    until(lambda: backend.get_job(job_id)["state"] == "in_review")
    return job_id


@pytest.fixture
def desk(running, http):
    """The laptop's moderator, who is also a lead."""
    return ReviewDesk(running, http)


@pytest.fixture
def other(running, http, ops):
    """A second moderator, who is not a lead."""
    with signed_in(running, ops, "second-moderator", "moderators") as token:
        yield ReviewDesk(running, http, token)


def test_a_case_is_listed_claimed_revealed_and_approved(in_review, desk, person, http):
    review = review_of(in_review)
    status, queue = desk.call("GET", "/v1/reviews")
    assert status == 200
    assert [(r["review_id"], r["severity"]) for r in queue["reviews"]] == [(review, "medium")]

    status, case = desk.call("GET", f"/v1/reviews/{review}")
    assert status == 200
    assert {photo["photo_id"] for photo in case["photos"]} == {"p01", "p02", "p03"}
    assert case["photos"][0]["findings"][0]["reason"]["code"] == "RIGHTS.CELEBRITY"
    assert "A_Celebrity" not in json.dumps(case), "the name is not needed"
    assert person.user_id not in json.dumps(case)
    preview = Image.open(io.BytesIO(b64decode(case["photos"][0]["preview"].partition(",")[2])))
    assert (preview.format, preview.mode, max(preview.size)) == ("JPEG", "L", 192)

    assert desk.act(review, "reveal", {"photo_id": "p02"})[0] == 409, "not claimed yet"
    status, lease = desk.act(review, "claim")
    assert (status, lease["heartbeat_seconds"]) == (200, 30)
    assert desk.act(review, "heartbeat")[0] == 200
    status, shown = desk.act(review, "reveal", {"photo_id": "p02"})
    assert status == 200
    clear = http.request("GET", shown["url"])
    assert (clear.status, clear.headers["Cache-Control"]) == (200, "private, no-store")
    assert max(Image.open(io.BytesIO(clear.data)).size) > 192
    assert desk.decide(review)[0] == 200

    assert person.sees_end(in_review)["state"] == "completed"
    assert desk.call("GET", "/v1/reviews")[1]["reviews"] == []
    status, audit = desk.call("GET", f"/v1/reviews/{review}/audit")
    entries = [entry["action"] for entry in audit["entries"]]
    assert (status, entries) == (200, ["opened", "claimed", "revealed", "approved", "completed"])


def test_a_refused_job_ends_with_its_reasons_and_without_its_photos(
    in_review, desk, person, objects
):
    review = review_of(in_review)
    assert desk.act(review, "claim")[0] == 200
    assert desk.decide(review, "p02", reason="RIGHTS.NOT_SELF")[0] == 200

    job = person.sees_end(in_review)

    assert (job["state"], job["reason"]["code"]) == ("refused", "RIGHTS.NOT_SELF")
    assert [photo["state"] for photo in job["photos"]] == ["accepted", "refused", "accepted"]
    statement = job["statement"]
    assert statement["automated_decision"] is False
    (ground,) = statement["grounds"]
    assert (ground["photo_id"], ground["code"]) == ("p02", "RIGHTS.NOT_SELF")
    assert ground["dsa_category"].startswith("STATEMENT_CATEGORY_")
    assert set(statement["how_to_appeal"]) == {"en", "de"}
    assert objects(in_review) == []
    status, case = desk.call("GET", f"/v1/reviews/{review}")
    assert status == 200
    assert [photo["preview"] for photo in case["photos"]] == [None] * 3, "nothing is left"
    assert desk.decide(review)[0] == 409


def test_the_next_case_is_for_one_moderator_who_can_undo_the_decision(
    in_review, desk, other, backend, person, setting
):
    review = review_of(in_review)
    desks = [desk, other]
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda one: one.call("POST", "/v1/reviews/next", {}), desks))
    assert [status for status, _ in found] == [200, 200]
    (mine, theirs) = sorted(range(2), key=lambda n: found[n][1]["case"] is None)
    assert found[theirs][1]["case"] is None
    case = found[mine][1]["case"]
    assert case["review"]["review_id"] == review
    assert all(photo["preview"].startswith("data:image/jpeg") for photo in case["photos"])
    winner, loser = desks[mine], desks[theirs]

    with setting("DecideReviewFunction", LIKENESS_UNDO_SECONDS="60"):
        status, decided = winner.decide(review, "p01")
    assert (status, decided["state"]) == (200, "refused")
    assert winner.decide(review, "p01") == (200, decided), "the same response again"
    assert loser.act(review, "claim")[1]["error"] == "CaseTaken"
    assert winner.call("DELETE", f"/v1/reviews/{review}/decision")[0] == 200
    assert winner.act(review, "escalate", {"note": "Is this a toy?"})[0] == 200
    assert other.act(review, "claim")[0] == 403

    assert desk.act(review, "return")[0] in {403, 409}, "only another lead, with a lease"
    assert backend.get_job(in_review)["state"] == "in_review"
    backend.delete_job(in_review)
    assert person.sees_end(in_review)["state"] == "cancelled"


def test_a_lead_reads_every_figure_and_reverses_a_refusal(in_review, desk, other, person, backend):
    review = review_of(in_review)
    assert other.call("POST", "/v1/reviews/next", {})[1]["case"]["review"]["review_id"] == review
    status, grey = other.act(review, "reveal", {"photo_id": "p01", "level": "grey"})
    assert (status, grey["url"][:23]) == (200, "data:image/jpeg;base64,")
    assert other.act(review, "notes", {"text": "A second look, please."})[0] == 200
    assert other.decide(review, "p01")[0] == 200
    assert person.sees_end(in_review)["state"] == "refused"

    day = datetime.now(UTC).date().isoformat()
    for path in (
        "decided?state=refused",
        "decided?second=differed",
        f"transparency?first={day}&last={day}",
        "stats?days=2",
        "guidelines",
        "audit?after=0&limit=2000",
    ):
        status, shown = desk.call("GET", f"/v1/reviews/{path}")
        assert status == 200, (path, shown)
        assert other.call("GET", f"/v1/reviews/{path}")[0] == (
            200 if path in {"stats?days=2", "guidelines"} else 403
        )
    (decided, *_) = desk.call("GET", "/v1/reviews/decided")[1]["reviews"]
    assert (decided["review_id"], decided["looked"]) == (review, True)

    status, reversed_ = desk.act(review, "overturn", {"photos": []})
    assert (status, bool(reversed_.get("overturned_by"))) == (200, True)
    assert desk.act(review, "overturn", {"photos": []}) == (status, reversed_)
    assert backend.get_quota(person.user_id)["left"] >= 1


@pytest.mark.parametrize("in_review", [30], indirect=True)  # so that it is not drawn first
def test_a_lead_refuses_a_job_that_runs(in_review, desk, other, person, backend, objects):
    review = review_of(in_review)
    assert other.act(review, "claim")[0] == 200
    assert other.decide(review)[0] == 200
    until(lambda: backend.get_job(in_review)["state"] == "generating")

    refusal = {"photos": [{"photo_id": "p02", "reason": "RIGHTS.NOT_SELF"}]}
    status, shown = desk.act(review, "overturn", refusal)

    assert status == 200, shown
    job = person.sees_end(in_review)
    assert (job["state"], job["reason"]["code"]) == ("refused", "RIGHTS.NOT_SELF")
    until(lambda: objects(in_review) == [])


def test_of_two_concurrent_claims_one_succeeds(in_review, desk, other, person):
    review = review_of(in_review)
    desks = {"first": desk, "second": other}
    with ThreadPoolExecutor(2) as pool:
        statuses = list(pool.map(lambda one: one.act(review, "claim")[0], desks.values()))
    claims = dict(zip(desks, statuses, strict=True))

    assert sorted(claims.values()) == [200, 409]
    loser = next(desks[name] for name, status in claims.items() if status == 409)
    winner = next(desks[name] for name, status in claims.items() if status == 200)
    assert loser.act(review, "heartbeat")[0] == 409
    assert loser.decide(review)[0] == 409
    assert winner.act(review, "release")[0] == 200
    assert loser.act(review, "claim")[0] == 200
    assert loser.decide(review, "p01")[0] == 200
    assert winner.decide(review)[0] == 409
    assert person.sees_end(in_review)["state"] == "refused"


def test_an_expired_lease_is_lost(in_review, desk, other, person, ops, running):
    review = review_of(in_review)
    assert desk.act(review, "claim")[0] == 200
    assert other.act(review, "claim")[0] == 409

    _pass_time(ops, running, in_review, review)

    for act in ("heartbeat", "release"):
        assert desk.act(review, act)[0] == 409
    assert desk.act(review, "reveal", {"photo_id": "p01"})[0] == 409
    assert desk.decide(review)[0] == 409
    assert other.refuse(review)[0] == 200
    assert person.sees_end(in_review)["state"] == "refused"


def _pass_time(ops, running, job_id, review):
    """The lease as it is two minutes later, without waiting."""
    ops("dynamodb").update_item(
        TableName=running.outputs["Table"],
        Key={"pk": {"S": f"JOB#{job_id}"}, "sk": {"S": f"REVIEW#{review}"}},
        UpdateExpression="SET lease.#until = :past",
        ExpressionAttributeNames={"#until": "until"},
        ExpressionAttributeValues={":past": {"S": "2026-01-01T00:00:00Z"}},
    )


def test_a_moderator_cannot_decide_their_own_photos(in_review, desk, person, running, http, ops):
    review = review_of(in_review)
    own = signed_in(running, ops, "user-too", "moderators", app_user=person.user_id)
    with own as token:
        mine = ReviewDesk(running, http, token)
        assert mine.call("GET", "/v1/reviews")[1]["reviews"] == []
        assert mine.call("GET", f"/v1/reviews/{review}")[0] == 403
        assert mine.act(review, "claim")[0] == 403
        assert mine.decide(review)[0] == 403

    assert desk.refuse(review)[0] == 200
    assert person.sees_end(in_review)["state"] == "refused"


@pytest.mark.parametrize(
    "decision",
    [
        {"approve": False},
        {"approve": True, "photos": [{"photo_id": "p01", "reason": "POLICY.HATE"}]},
        {"approve": False, "photos": [{"photo_id": "p01", "reason": "SYSTEM.UNAVAILABLE"}]},
    ],
)
def test_an_inconsistent_decision_is_refused(in_review, desk, person, decision):
    review = review_of(in_review)
    assert desk.act(review, "claim")[0] == 200
    assert desk.act(review, "decision", decision)[0] == 400

    assert desk.decide(review, "p01")[0] == 200
    assert person.sees_end(in_review)["state"] == "refused"


def test_an_appeal_brings_the_same_photo_back_to_another_lead(
    in_review, desk, other, person, backend, selfies, running, http, ops, objects
):
    assert other.refuse(review_of(in_review), reason="POLICY.HATE")[0] == 200
    assert person.sees_end(in_review)["state"] == "refused"
    assert backend.get_quota(person.user_id)["left"] == 0

    until(lambda: backend.get_job(in_review)["deletion"] == "deleted")  # before that, 409
    opened = backend.appeal_job(in_review)
    (post,) = opened["uploads"]
    backend.upload(post, selfies[5])
    until(lambda: _appeal(backend, in_review)["photos"][0]["state"] == "another")
    until(lambda: objects(in_review) == [])  # what is not the photo is not kept
    (post,) = backend.appeal_job(in_review)["uploads"]
    backend.upload(post, selfies[0])
    until(lambda: _appeal(backend, in_review)["state"] == "in_review")

    appeal = "a" + in_review[1:]
    assert appeal not in [r["review_id"] for r in other.call("GET", "/v1/reviews")[1]["reviews"]]
    assert other.act(appeal, "claim")[0] == 403, "appeals are for leads"
    (listed,) = desk.call("GET", "/v1/reviews")[1]["reviews"]
    assert (listed["review_id"], listed["kind"]) == (appeal, "appeal")
    (photo,) = desk.call("GET", f"/v1/reviews/{appeal}")[1]["photos"]
    assert (photo["photo_id"], photo["match"]) == ("p01", "exact")
    assert desk.act(appeal, "claim")[0] == 200
    assert desk.act(appeal, "reveal", {"photo_id": "p01"})[0] == 200
    assert desk.decide(appeal)[0] == 200

    until(lambda: _appeal(backend, in_review)["state"] == "granted")
    granted = _appeal(backend, in_review)
    assert objects(in_review) == []
    reserved = next(
        e["at"] for e in backend.get_job(in_review)["timeline"] if e["state"] == "moderating"
    )
    quota = backend.get_quota(person.user_id)
    assert quota["left"] == jobs_left(quota, reserved=reserved, granted=granted["decided_at"])
    assert desk.call("GET", "/v1/reviews/stats")[1]["appeals"]["overturned"] >= 1
    with pytest.raises(ApiError) as again:
        backend.appeal_job(in_review)
    assert again.value.status == 409


def _appeal(backend, job_id):
    return backend.get_job(job_id)["statement"]["appeal"]


def test_the_audit_log_verifies_until_an_entry_is_changed(
    in_review, desk, person, running, ops, resource, backend
):
    assert desk.refuse(review_of(in_review))[0] == 200
    person.sees_end(in_review)
    table = table_of(running)
    audit_log = AuditLogTable(table)
    last = audit_log.for_review(review_of(in_review))[-1]
    done = ops("lambda").invoke(FunctionName=resource("AnchorAuditFunction"), Payload=b"{}")
    assert "FunctionError" not in done
    keys_ = backend.get_keys()
    heads, anchors = verify_audit(
        audit_log=audit_log, signed=lambda one: bool(receipts.verify(one.jws, keys_))
    )
    head = heads[last.chain]
    assert anchors[-1].content.heads[last.chain] == head

    with (
        changed(table, last, becomes="someone-else"),
        pytest.raises(audit.BrokenChain, match=f"entry {last.number} of chain"),
    ):
        audit.verify(audit_log.entries(last.chain), head)

    assert audit.verify(audit_log.entries(last.chain), head) == head


def table_of(running):
    ops = running.ops_credentials()
    session = boto3.Session(
        ops.access_key, ops.secret_key, ops.session_token, region_name=places.REGION
    )
    resource = session.resource("dynamodb", endpoint_url=running.endpoint)
    return resource.Table(running.outputs["Table"])


@contextmanager
def changed(table, entry, *, becomes):
    """Changes the actor of one entry, and restores it afterwards."""

    def write(actor):
        table.update_item(
            Key=keys.audit_entry(entry),
            UpdateExpression="SET actor = :actor",
            ExpressionAttributeValues={":actor": actor},
        )

    write(becomes)
    try:
        yield
    finally:
        write(entry.actor)


def test_a_second_moderator_decides_blind_and_the_stricter_one_stands(
    in_review, desk, other, person, setting
):
    review = review_of(in_review)
    (first,) = desk.call("GET", "/v1/reviews")[1]["reviews"]
    with setting("DecideReviewFunction", LIKENESS_SECOND_REVIEW_PERCENT="100"):
        assert other.act(review, "claim")[0] == 200
        assert other.decide(review)[0] == 200
    until(lambda: desk.call("GET", "/v1/reviews")[1]["reviews"])

    (again,) = desk.call("GET", "/v1/reviews")[1]["reviews"]
    assert again == first, "nothing shows that it was decided"
    assert other.act(review, "claim")[1]["error"] == "CaseDecided"
    assert other.call("GET", "/v1/reviews")[1]["reviews"] == []
    assert desk.refuse(review, reason="RIGHTS.CELEBRITY")[0] == 200

    job = person.sees_end(in_review)
    assert (job["state"], job["reason"]["code"]) == ("refused", "RIGHTS.CELEBRITY")
    assert desk.call("GET", "/v1/reviews/stats")[1]["second"]["pairs"] == 1
    assert other.call("GET", f"/v1/reviews/{review}")[1]["decision"]["approved"] is True


def test_the_review_policy_sends_clean_photos_to_a_human(person, backend, selfies, desk, setting):
    with setting("ModeratePhotosFunction", LIKENESS_REVIEW_POLICY="all"):
        job_id = person.hands_in(*selfies[:3], avatars=2)
        backend.submit_job(job_id)
        until(lambda: backend.get_job(job_id)["state"] == "in_review")

    review = review_of(job_id)
    (case,) = desk.call("GET", "/v1/reviews")[1]["reviews"]
    assert (case["review_id"], case["severity"], case["reasons"]) == (review, "low", [])
    assert desk.refuse(review, reason="SUBJECT.SEVERAL_FACES")[0] == 200
    job = person.sees_end(job_id)
    assert (job["state"], job["reason"]["code"]) == ("refused", "SUBJECT.SEVERAL_FACES")
    assert job["statement"] is None, "nothing was decided about the person"
    assert backend.get_quota(person.user_id)["left"] == 1, "it can be fixed: the day comes back"


@pytest.fixture
def setting(ops, resource):
    """`with setting("DecideReviewFunction", NAME="value"):` changes a function's environment.

    Callers use the alias, so that is a new version, to which the alias points.
    """

    @contextmanager
    def changed_environment(owner, **variables):
        name = {"FunctionName": resource(owner)}
        functions = ops("lambda")
        was = functions.get_function_configuration(**name)["Environment"]["Variables"]
        alias = functions.get_alias(**name, Name="live")

        def change(found):
            functions.update_function_configuration(**name, Environment={"Variables": found})

        def point(version):
            functions.update_alias(**name, Name="live", FunctionVersion=version)

        change(was | variables)
        point(functions.publish_version(**name)["Version"])
        try:
            yield
        finally:
            point(alias["FunctionVersion"])
            change(was)

    return changed_environment


def test_a_forged_token_is_refused(running, http, desk):
    header, payload, signature = own_token(running).split(".")
    forged = ReviewDesk(running, http, f"{header}.{payload}.{signature[::-1]}")
    unsigned = ReviewDesk(running, http, f"eyJhbGciOiJub25lIn0.{payload}.")

    assert forged.call("GET", "/v1/reviews")[0] == 401
    assert unsigned.call("GET", "/v1/reviews")[0] == 401
    assert desk.call("GET", "/v1/reviews")[0] == 200


def test_a_token_of_another_pool_is_refused(running, http, ops):
    cognito = ops("cognito-idp")
    pool = cognito.create_user_pool(PoolName="another")["UserPool"]["Id"]
    client = cognito.create_user_pool_client(
        UserPoolId=pool, ClientName="x", ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"]
    )["UserPoolClient"]["ClientId"]
    cognito.create_group(UserPoolId=pool, GroupName="moderators")
    elsewhere = SimpleNamespace(outputs={"ModeratorPoolId": pool, "ModeratorClientId": client})

    with signed_in(elsewhere, ops, "stranger", "moderators") as token:
        assert ReviewDesk(running, http, token).call("GET", "/v1/reviews")[0] == 401


def test_an_access_token_is_refused(running, http, ops):
    with signed_in(running, ops, "hasty", "moderators", token="AccessToken") as token:
        status, problem = ReviewDesk(running, http, token).call("GET", "/v1/reviews")

    assert status in {401, 403}
    assert status == 401 or "ID token" in problem["message"]


def test_a_user_of_the_pool_without_the_moderators_group_is_refused(running, http, ops):
    with signed_in(running, ops, "visitor") as token:
        status, problem = ReviewDesk(running, http, token).call("GET", "/v1/reviews")

    assert status == 403
    assert problem["error"] == "Forbidden"


def test_a_moderator_cannot_call_the_app_backends_routes(desk):
    assert desk.call("GET", "/v1/consents")[0] == 403


def test_the_app_backend_cannot_decide(in_review, desk, backend, person):
    path = f"/v1/reviews/{review_of(in_review)}/decision"
    with pytest.raises(ApiError) as refused:
        backend._api.call(dict, "POST", path, body={"approve": True})  # noqa: SLF001

    assert refused.value.status == 401
    assert desk.refuse(review_of(in_review))[0] == 200
    assert person.sees_end(in_review)["state"] == "refused"
