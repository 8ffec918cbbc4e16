"""Upload, download, pages and waiting."""

from email import message_from_bytes

import pytest

from likeness_client import errors

POST = {
    "photo_id": "p01",
    "url": "https://bucket.example/",
    "fields": {"key": "uploads/j1/p01", "Content-Type": "image/png", "policy": "..."},
    "max_bytes": 100,
    "expires_at": "2026-11-22T12:00:00Z",
}


def job(state="open", photos=(), done=None, poll_after_s=None):
    progress = None if done is None else {"done": done, "total": 4, "estimate": None}
    return {
        "job_id": "j1",
        "state": state,
        "photos": [{"photo_id": f"p{n}", "state": one} for n, one in enumerate(photos)],
        "progress": progress,
        "deletion": None,
        "poll_after_s": poll_after_s,
    }


def test_an_upload_is_a_form_with_the_file_last_and_is_not_signed(client, http):
    http.will_return(204)

    client.upload(POST, b"\x89PNG\r\n")

    (sent,) = http.requests
    assert (sent.method, sent.url) == ("POST", POST["url"])
    assert "Authorization" not in sent.headers
    head = f"Content-Type: {sent.headers['Content-Type']}\r\n\r\n".encode()
    parts = message_from_bytes(head + sent.body).get_payload()
    names = [part.get_param("name", header="content-disposition") for part in parts]
    assert names == [*POST["fields"], "file"]
    assert parts[-1].get_payload(decode=True) == b"\x89PNG\r\n"
    assert parts[-1].get_content_type() == "image/png"


def test_a_refused_upload_has_the_code_of_s3(client, http):
    http.will_return(400, b"<Error><Code>EntityTooLarge</Code><Message>m</Message></Error>")

    with pytest.raises(errors.UploadRefused) as raised:
        client.upload(POST, b"x")

    assert (raised.value.status, raised.value.code) == (400, "EntityTooLarge")


def test_an_upload_is_repeated_when_s3_is_busy(client, http, waits):
    http.will_return(503, b"<Error><Code>SlowDown</Code></Error>")
    http.will_return(204)

    client.upload(POST, b"x")

    assert len(waits) == 1


def test_a_download_is_the_bytes_and_is_not_signed(client, http):
    http.will_return(200, b"picture")

    assert client.download("https://bucket.example/a") == b"picture"
    assert "Authorization" not in http.requests[0].headers


@pytest.mark.parametrize(("listing", "item"), [("all_jobs", "jobs"), ("all_styles", "styles")])
def test_every_page_is_read(listing, item, client, http):
    http.will_return(200, {item: [1, 2], "next": "c1"})
    http.will_return(200, {item: [3], "next": None})

    arguments = ["u"] if listing == "all_jobs" else []
    assert list(getattr(client, listing)(*arguments)) == [1, 2, 3]
    assert "cursor=c1" in http.requests[1].url


def test_a_watched_job_is_yielded_at_each_change(client, http, waits):
    stages = [
        *[job("generating", done=0, poll_after_s=10)] * 2,
        job("generating", done=0, poll_after_s=3),
        job("generating", done=1, poll_after_s=2),
        job("completed"),
    ]
    for one in stages:
        http.will_return(200, one)

    assert list(client.watch_job("j1")) == [stages[0], stages[3], stages[4]]
    assert waits == [10, 10, 3, 2], "when the API says"


def test_an_older_api_that_does_not_say_when_is_polled_every_five_seconds(client, http, waits):
    older = job("in_review")
    del older["poll_after_s"]
    for one in [older] * 3 + [job("refused")]:
        http.will_return(200, one)

    assert client.wait_for_job("j1")["state"] == "refused"
    assert waits == [5, 5, 5]


def test_a_job_that_begins_to_wait_has_changed(client, http, waits):
    waiting = job("generating", done=0, poll_after_s=60)
    waiting["progress"]["waiting_for"] = "capacity"
    for one in [job("generating", done=0, poll_after_s=10), waiting, job("failed")]:
        http.will_return(200, one)

    assert len(list(client.watch_job("j1"))) == 3


def test_a_webhook_wakes_the_poll(client, http):
    paused = []
    http.will_return(200, job("generating", poll_after_s=10))
    http.will_return(200, job("completed"))

    assert len(list(client.watch_job("j1", pause=paused.append))) == 2
    assert paused == [10]


def test_a_job_without_a_change_times_out(client, http, waits):
    for _ in range(20):
        http.will_return(200, job("in_review"))

    with pytest.raises(errors.TimedOut) as raised:
        client.wait_for_job("j1", timeout_s=30)

    assert raised.value.job["state"] == "in_review"
    assert 20 < sum(waits) <= 30


def test_photos_are_decided_when_none_is_awaited_or_checked(client, http, waits):
    http.will_return(200, job(photos=("awaited", "checking")))
    http.will_return(200, job(photos=("accepted", "checking")))
    http.will_return(200, job(photos=("accepted", "refused")))

    decided = client.wait_for_photos("j1")

    assert [one["state"] for one in decided["photos"]] == ["accepted", "refused"]


def test_a_receipt_is_read_once_the_deletion_is_verified(client, http, waits):
    for deletion in (None, "pending", "deleted"):
        http.will_return(200, job("completed") | {"deletion": deletion})
    http.will_return(200, {"receipt": "a.b.c"})

    assert client.wait_for_receipt("j1") == {"receipt": "a.b.c"}
    assert http.requests[-1].url.endswith("/v1/jobs/j1/receipt")
    assert len(waits) == 2


def test_photos_of_an_expired_job_are_not_waited_for(client, http):
    http.will_return(200, job("expired", photos=("awaited",)))

    assert client.wait_for_photos("j1")["state"] == "expired"
