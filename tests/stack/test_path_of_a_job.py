"""From photos to avatars, as an app backend drives it."""

import io
import json
import zipfile

import pytest
from PIL import Image

from infra.local.demo.app_backend import Answered
from tests.stack.people import Person, until


@pytest.fixture(scope="module")
def finished(backend, selfies):
    """One job that went all the way, and who it belongs to."""
    person = Person(backend)
    job_id = person.hands_in(*selfies[:3])
    backend.submit(job_id)
    return person, person.sees_end(job_id)


def test_the_avatars_are_there(finished, backend):
    _, job = finished

    assert job["state"] == "completed"
    assert 2 <= len(job["avatars"]) <= 4
    for avatar in job["avatars"]:
        picture = Image.open(io.BytesIO(backend.download(avatar["png"])))
        assert (picture.format, picture.size, picture.info) == ("PNG", (1024, 1024), {})
        for side, link in avatar["webp"].items():
            small = Image.open(io.BytesIO(backend.download(link)))
            assert (small.format, small.size) == ("WEBP", (int(side), int(side)))


def test_the_archive_holds_them_all(finished, backend):
    _, job = finished

    names = zipfile.ZipFile(io.BytesIO(backend.download(job["archive"]))).namelist()

    assert len(names) == len(job["avatars"])


def test_the_photos_and_all_that_was_made_of_them_are_gone(finished, objects):
    _, job = finished

    assert job["photos_deleted_at"]
    assert objects(job["job_id"])
    assert all(key.startswith("avatars/") for key in objects(job["job_id"]))


def test_the_timeline_tells_each_state_once(finished):
    _, job = finished

    states = [moment["state"] for moment in job["timeline"]]
    assert states == ["open", "moderating", "generating", "finishing", "completed"]


def test_the_day_is_spent_and_a_second_job_that_day_is_refused(finished, backend):
    person, _ = finished

    quota = backend.quota(person.user_id)
    with pytest.raises(Answered) as refused:
        backend.create_job(person.order())

    assert (quota["used"], quota["left"]) == (1, 0)
    assert refused.value.status == 429
    assert refused.value.problem["error"] == "OverQuota"
    assert quota["next_day_begins_at"][:16] in refused.value.problem["message"]


def test_a_submit_that_is_repeated_changes_nothing(finished, backend, ops, running):
    _, job = finished

    with pytest.raises(Answered) as refused:
        backend.submit(job["job_id"])

    assert refused.value.status == 409
    machine = running.outputs["StateMachine"]
    executions = ops("stepfunctions").list_executions(stateMachineArn=machine)["executions"]
    assert sum(one["name"] == job["job_id"] for one in executions) == 1


def test_neither_history_nor_logs_name_the_user(finished, ops, running):
    person, job = finished
    arn = running.outputs["StateMachine"].replace(":stateMachine:", ":execution:")

    history = ops("stepfunctions").get_execution_history(
        executionArn=f"{arn}:{job['job_id']}", maxResults=1000
    )["events"]
    lines = [
        event["message"]
        for group in ops("logs").describe_log_groups()["logGroups"]
        for event in ops("logs").filter_log_events(logGroupName=group["logGroupName"])["events"]
    ]

    assert history
    assert lines
    for text in (json.dumps(history, default=str), *lines):
        assert person.user_id not in text
        assert "X-Amz-Signature" not in text


def test_a_refused_photo_is_explained_and_can_be_replaced(person, backend, selfies, wall):
    job_id = person.hands_in(selfies[0], selfies[1], wall)

    third = backend.job(job_id)["photos"][2]
    assert third["state"] == "refused"
    assert third["problem"]["code"] == "SUBJECT.NO_FACE"
    assert third["problem"]["fix_and_retry"] is True
    assert set(third["problem"]["hint"]) == {"en", "de"}
    with pytest.raises(Answered, match="2 photos were accepted"):
        backend.submit(job_id)

    form = backend.add_photo(job_id, "image/jpeg")
    backend.upload(form, selfies[2])
    until(lambda: backend.job(job_id)["photos"][-1]["state"] == "accepted")

    assert backend.submit(job_id)["state"] == "moderating"
    assert person.sees_end(job_id)["state"] == "completed"


def test_the_same_photo_twice_is_named(person, backend, selfies):
    job_id = person.hands_in(selfies[0], selfies[0], selfies[1])

    states = [(p["state"], (p["problem"] or {}).get("code")) for p in backend.job(job_id)["photos"]]

    assert sorted(states, key=str) == [
        ("accepted", None),
        ("accepted", None),
        ("refused", "SUBJECT.DUPLICATE"),
    ]


def test_a_form_takes_only_what_it_was_given_for(person, backend, selfies):
    created = backend.create_job(person.order())
    form = created["uploads"][0]

    other_type = form | {"fields": form["fields"] | {"Content-Type": "text/html"}}
    with pytest.raises(Answered) as refused:
        backend.upload(other_type, selfies[0])
    assert refused.value.status == 403

    other_key = form["fields"]["key"][:-2] + "99"
    with pytest.raises(Answered) as refused:
        backend.upload(form | {"fields": form["fields"] | {"key": other_key}}, selfies[0])
    assert refused.value.status == 403

    with pytest.raises(Answered) as refused:
        backend.upload(form, b"")
    assert refused.value.status == 400


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"photos": [{"content_type": "image/jpeg"}] * 2}, "photos"),
        ({"photos": [{"content_type": "image/jpeg"}] * 11}, "photos"),
        ({"photos": [{"content_type": "image/gif"}] * 3}, "content_type"),
        ({"styles": []}, "styles"),
        ({"styles": ["comic"] * 2}, "styles"),
        ({"styles": ["unheard-of"]}, "unheard-of"),
        ({"avatars": 31}, "avatars"),
        ({"avatars": 0}, "avatars"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"consent": None}, "consent"),
        ({"consent": {"version": "1999", "accepted_at": "2026-01-01T00:00:00Z"}}, "1999"),
        ({"user_id": ""}, "user_id"),
    ],
)
def test_an_order_out_of_bounds_is_refused_by_name(person, backend, wrong, named):
    with pytest.raises(Answered) as refused:
        backend.create_job(person.order(**wrong))

    assert refused.value.status == 400
    assert named in refused.value.problem["message"]


def test_a_job_that_does_not_exist_is_not_found(backend):
    with pytest.raises(Answered) as refused:
        backend.job("j" + "0" * 32)

    assert refused.value.status == 404


def test_every_style_of_the_catalogue_has_its_preview(backend):
    styles = backend.styles()

    assert len(styles) >= 16
    for style in styles:
        assert set(style["name"]) == set(style["description"]) == {"en", "de"}
        preview = Image.open(io.BytesIO(backend.preview(style["preview"])))
        assert preview.format == "WEBP"
