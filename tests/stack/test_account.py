"""What a user takes back, and what anyone may read, on the deployed template."""

import io
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from PIL import Image, ImageOps

from laptop_cloud import places
from likeness import receipts
from likeness.adapters.clock import SystemClock
from likeness.adapters.jobs.operating_state_table import OperatingStateTable
from likeness.domain.deletion.receipt import EVERYWHERE
from likeness.domain.jobs.operating_state import Stop
from likeness.services.jobs.switch import switch as switch_all
from likeness_client import errors
from tests.stack.people import genuine_receipt, until


def opened(content: bytes) -> tuple[str | None, tuple[int, int]]:
    with Image.open(io.BytesIO(content)) as picture:
        return picture.format, picture.size


def mirrored(png: bytes) -> bytes:
    out = io.BytesIO()
    with Image.open(io.BytesIO(png)) as picture:
        ImageOps.mirror(picture.convert("RGB")).save(out, "JPEG", quality=85)
    return out.getvalue()


def test_a_completed_jobs_avatars_are_deleted_with_a_receipt(backend, person, selfies, objects):
    job_id = person.hands_in(*selfies[:3], avatars=2)
    backend.submit_job(job_id)
    job = person.sees_end(job_id)
    assert job["state"] == "completed", job["reason"]
    png = backend.download(job["avatars"][0]["png"])
    (listed,) = backend.list_jobs(person.user_id, state="completed")["jobs"]
    assert listed["avatars_shown"] == len(job["avatars"])
    assert opened(backend.download(listed["thumbnail"])) == ("WEBP", (256, 256))
    assert backend.list_jobs(person.user_id, state="failed")["jobs"] == []
    found = backend.verify_picture(mirrored(png), "image/jpeg")
    assert (found["ours"], found["by"], found["revoked"]) == (True, "watermark", False)

    assert backend.delete_job(job_id) == {"job_id": job_id, "state": "completed"}

    job = backend.get_job(job_id)
    assert (job["state"], job["avatars"], job["archive"]) == ("completed", [], None)
    until(lambda: backend.get_job(job_id)["avatars_deleted_at"] is not None)
    assert objects(job_id) == []
    receipt = genuine_receipt(backend, job_id)
    assert {one["place"] for one in receipt["checked"]} == {*EVERYWHERE}
    names = {one["object"] for one in receipt["objects"]}
    assert names >= {"uploads/p01", "photos/p01.jpg", "avatars/a01/1024.png", "avatars/avatars.zip"}
    assert "does not return the day" in receipt["retained"]
    found = backend.verify_picture(png, "image/png")
    assert (found["ours"], found["revoked"]) == (True, True)
    (listed,) = backend.list_jobs(person.user_id)["jobs"]
    assert (listed["avatars_shown"], listed["thumbnail"]) == (0, None)
    assert backend.get_quota(person.user_id)["used"] == 1
    with pytest.raises(errors.NotFound, match="deleted"):
        backend.keep_avatars(job_id, {"avatars": ["a01"]})
    assert backend.delete_job(job_id)["state"] == "completed"


def test_a_photo_is_taken_back_before_the_job_is_submitted(backend, person, selfies, objects):
    job_id = person.hands_in(*selfies[:4])

    assert backend.delete_photo(job_id, "p02") == backend.delete_photo(job_id, "p02")

    states = [photo["state"] for photo in backend.get_job(job_id)["photos"]]
    assert states == ["accepted", "deleted", "accepted", "accepted"]
    assert not [key for key in objects(job_id) if "p02" in key]
    with pytest.raises(errors.NotFound):
        backend.delete_photo(job_id, "p09")
    backend.submit_job(job_id)
    with pytest.raises(errors.AlreadySubmitted):
        backend.delete_photo(job_id, "p01")
    assert backend.delete_job(job_id)["state"] == "cancelling"


def test_an_erasure_counts_what_the_cancellation_deleted_and_outlives_late_billing(
    backend, person, selfies
):
    person.hands_in(*selfies[:4])
    now = datetime.now(UTC)

    def bill(effective_at):
        decision = {"expires_at": (now + timedelta(days=30)).isoformat(), "source": "store"}
        return backend.set_plus(
            person.user_id, {**decision, "effective_at": effective_at.isoformat()}
        )

    with pytest.raises(errors.Invalid, match="future"):
        bill(now + timedelta(hours=1))
    assert bill(now)["active"]
    erasure_id = backend.request_erasure(person.user_id)["erasure_id"]
    until(lambda: backend.get_erasure(erasure_id)["state"] == "done")

    signed = receipts.verify(backend.get_erasure(erasure_id)["receipt"], backend.get_keys())
    uploads, photos = 4, 4
    assert (signed["jobs"], signed["objects"]) == (1, uploads + photos)
    late = bill(now)
    assert (late["active"], late["erased"]) == (False, True)
    quota = backend.get_quota(person.user_id)
    assert (quota["tier"], quota["plus_expires_at"]) == ("lite", None)


def test_the_catalogue_and_its_pictures_are_public_and_cached(running, http):
    def read(path, **headers):
        return http.request("GET", f"{running.api_url}{path}", headers=headers)

    styles = read("/v1/styles?limit=2")
    assert styles.headers["Cache-Control"] == "public, max-age=300"
    for style in styles.json()["styles"]:
        for path, side in ((style["preview"], 512), (style["thumbnail"], 256)):
            picture = read(path)
            assert opened(picture.data) == ("WEBP", (side, side))
            assert picture.headers["Cache-Control"] == "public, max-age=86400"
            again = read(path, **{"If-None-Match": picture.headers["ETag"]})
            assert (again.status, again.data) == (304, b"")
    assert read("/v1/styles/comic/preview?size=9").status == 400
    assert read(f"/v1/jobs/j{'0' * 32}").status == 403


@pytest.fixture
def switch(running):
    """Changes what operators switch, and switches everything on again."""
    operator = running.ops_credentials()
    table = boto3.resource(
        "dynamodb",
        endpoint_url=running.endpoint,
        region_name=places.REGION,
        aws_access_key_id=operator.access_key,
        aws_secret_access_key=operator.secret_key,
        aws_session_token=operator.session_token,
    ).Table(running.outputs["Table"])
    state = OperatingStateTable(table)

    def change(**fields):
        switch_all(lambda _: fields, by="test", why="a test", state=state, clock=SystemClock())

    yield change
    change(stop=None, styles_off=())


def test_operators_stop_new_jobs_and_a_style_at_once(backend, person, switch):
    waiting = backend.create_job(person.order())["job_id"]

    switch(stop=Stop(retry_after_s=600), styles_off=("mosaic",))

    order = person.order()
    for refused in (lambda: backend.create_job(order), lambda: backend.submit_job(waiting)):
        with pytest.raises(errors.NotAccepting) as raised:
            refused()
        assert (raised.value.status, raised.value.retry_after_s) == (503, 600)
    assert "mosaic" not in {one["style"] for one in backend.all_styles()}
    assert backend.delete_job(waiting)["state"] in {"cancelling", "cancelled"}

    switch(stop=None)

    with pytest.raises(errors.UnknownStyle):
        backend.create_job(person.order(styles=["mosaic"]))
    assert backend.create_job(person.order())["avatars"] == 4
