"""What a user takes back, and what anyone may read, on the deployed template."""

from __future__ import annotations

import io
import json
import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from PIL import Image, ImageOps

from laptop_cloud import places
from likeness import receipts
from likeness.domain.deletion.receipt import EVERYWHERE
from tests.stack.people import Person, genuine_receipt, until

if TYPE_CHECKING:
    from collections.abc import Callable

    import urllib3

    from laptop_cloud.cloud import Cloud

ANSWER = tuple[int, dict[str, Any]]


@pytest.fixture(scope="module")
def call(running: Cloud, http: urllib3.PoolManager) -> Callable[..., ANSWER]:
    """`call("DELETE", path)`: the status and the body of a signed call."""

    def answer(
        method: str, path: str, body: Any = None, content_type: str = "application/json"
    ) -> ANSWER:
        content = body if isinstance(body, bytes) else json.dumps(body).encode() if body else b""
        url = f"{running.api_url}{path}"
        headers = {"Content-Type": content_type}
        request = AWSRequest(method=method, url=url, data=content, headers=headers)
        role = running.app_credentials()
        signing = Credentials(role.access_key, role.secret_key, role.session_token)
        SigV4Auth(signing, "execute-api", places.REGION).add_auth(request)
        response = http.request(method, url, body=content, headers=dict(request.headers))
        return response.status, response.json()

    return answer


def submit(call: Callable[..., ANSWER], job_id: str) -> None:
    for _ in range(60):
        status, body = call("POST", f"/v1/jobs/{job_id}/submit")
        if body.get("error") != "PhotosBeingChecked":
            break
        time.sleep(1)
    assert status == 202, body


def mirrored(png: bytes) -> bytes:
    out = io.BytesIO()
    with Image.open(io.BytesIO(png)) as picture:
        ImageOps.mirror(picture.convert("RGB")).save(out, "JPEG", quality=85)
    return out.getvalue()


def test_a_completed_jobs_avatars_are_deleted_with_a_receipt(
    backend, person, selfies, call, http, objects
):
    job_id = person.hands_in(*selfies[:3], avatars=2)
    submit(call, job_id)
    job = person.sees_end(job_id)
    assert job["state"] == "completed", job["reason"]
    (png,) = [http.request("GET", one["png"]).data for one in job["avatars"][:1]]
    path = f"/v1/users/{person.user_id}/jobs?state=completed"
    (listed,) = call("GET", path)[1]["jobs"]
    assert listed["avatars_shown"] == len(job["avatars"])
    with Image.open(io.BytesIO(http.request("GET", listed["thumbnail"]).data)) as thumbnail:
        assert (thumbnail.format, thumbnail.size) == ("WEBP", (256, 256))
    assert call("GET", path.replace("completed", "failed"))[1]["jobs"] == []
    shown = call("POST", "/v1/verify", mirrored(png), "image/jpeg")[1]
    assert (shown["ours"], shown["by"], shown["revoked"]) == (True, "watermark", False)

    assert call("DELETE", f"/v1/jobs/{job_id}") == (
        202,
        {"job_id": job_id, "state": "completed"},
    )

    job = call("GET", f"/v1/jobs/{job_id}")[1]
    assert (job["state"], job["avatars"], job["archive"]) == ("completed", [], None)
    until(lambda: call("GET", f"/v1/jobs/{job_id}")[1]["avatars_deleted_at"] is not None)
    assert objects(job_id) == []
    receipt = genuine_receipt(backend, job_id)
    assert {one["place"] for one in receipt["checked"]} == {*EVERYWHERE}
    names = {one["object"] for one in receipt["objects"]}
    assert names >= {"uploads/p01", "photos/p01.jpg", "avatars/a01/1024.png", "avatars/avatars.zip"}
    assert "does not return the day" in receipt["retained"]
    verified = call("POST", "/v1/verify", png, "image/png")[1]
    assert (verified["ours"], verified["revoked"]) == (True, True)
    (listed,) = call("GET", path)[1]["jobs"]
    assert (listed["avatars_shown"], listed["thumbnail"]) == (0, None)
    assert call("GET", f"/v1/users/{person.user_id}/quota")[1]["used"] == 1
    assert call("POST", f"/v1/jobs/{job_id}/keep", {"avatars": ["a01"]})[0] == 404
    assert call("DELETE", f"/v1/jobs/{job_id}")[0] == 202


def test_a_photo_is_taken_back_before_the_job_is_submitted(person, selfies, call, objects):
    job_id = person.hands_in(*selfies[:4])
    photo = f"/v1/jobs/{job_id}/photos/p02"

    assert call("DELETE", photo) == call("DELETE", photo)

    status, job = call("GET", f"/v1/jobs/{job_id}")
    assert status == 200
    assert [one["state"] for one in job["photos"]] == ["accepted", "deleted", *["accepted"] * 2]
    assert not [key for key in objects(job_id) if "p02" in key]
    assert call("DELETE", f"/v1/jobs/{job_id}/photos/p09")[0] == 404
    submit(call, job_id)
    assert call("DELETE", photo.replace("p02", "p01"))[0] == 409
    assert call("DELETE", f"/v1/jobs/{job_id}")[1]["state"] == "cancelling"


def test_an_erasure_counts_what_the_cancellation_deleted_and_outlives_late_billing(
    backend, selfies, call
):
    erased = Person(backend, user_id=f"user-{uuid.uuid4().hex[:8]}")
    erased.hands_in(*selfies[:4])
    now = datetime.now(UTC)

    def bill(effective_at: datetime) -> ANSWER:
        expires_at = (now + timedelta(days=30)).isoformat()
        said = {"expires_at": expires_at, "source": "store"}
        path = f"/v1/users/{erased.user_id}/plus"
        return call("PUT", path, said | {"effective_at": effective_at.isoformat()})

    assert bill(now + timedelta(hours=1))[0] == 400
    assert bill(now)[1]["active"]
    erasure_id = call("DELETE", f"/v1/users/{erased.user_id}")[1]["erasure_id"]
    until(lambda: call("GET", f"/v1/erasures/{erasure_id}")[1]["state"] == "done")

    done = call("GET", f"/v1/erasures/{erasure_id}")[1]
    signed = receipts.verify(done["receipt"], call("GET", "/v1/keys")[1])
    uploads, photos = 4, 4
    assert (signed["jobs"], signed["objects"]) == (1, uploads + photos)
    late = bill(now)[1]
    assert (late["active"], late["erased"]) == (False, True)
    quota = call("GET", f"/v1/users/{erased.user_id}/quota")[1]
    assert (quota["tier"], quota["plus_expires_at"]) == ("lite", None)


def test_the_catalogue_and_its_pictures_are_public_and_cached(running, http):
    styles = http.request("GET", f"{running.api_url}/v1/styles?limit=2")
    assert styles.headers["Cache-Control"] == "public, max-age=300"
    for style in styles.json()["styles"]:
        for path, side in ((style["preview"], 512), (style["thumbnail"], 256)):
            url = f"{running.api_url}{path}"
            picture = http.request("GET", url)
            with Image.open(io.BytesIO(picture.data)) as preview:
                assert (preview.format, preview.size) == ("WEBP", (side, side))
            assert picture.headers["Cache-Control"] == "public, max-age=86400"
            known = {"If-None-Match": picture.headers["ETag"]}
            again = http.request("GET", url, headers=known)
            assert (again.status, again.data) == (304, b"")
    assert http.request("GET", f"{running.api_url}/v1/styles/comic/preview?size=9").status == 400
    assert http.request("GET", f"{running.api_url}/v1/jobs/j{'0' * 32}").status == 403
