"""From photos to avatars, as an app backend drives it."""

import base64
import io
import json
import uuid
import zipfile
from contextlib import contextmanager, suppress

import pytest
from PIL import Image

from infra.capacity import counting
from laptop_cloud import places
from likeness_client.errors import ApiError, UploadRefused
from tests.stack.people import Person, genuine_receipt, until

NAME = "jane.doe"
BUCKETS = ("PhotosBucket", "AvatarsBucket")


def with_exif(photo):
    """The photo with EXIF as a phone writes it: name and place."""
    exif = Image.Exif()
    exif[0x013B] = NAME  # the artist
    exif.get_ifd(0x8825)[1] = "N"  # GPS
    out = io.BytesIO()
    Image.open(io.BytesIO(photo)).save(out, "JPEG", exif=exif, quality=95)
    return out.getvalue()


@contextmanager
def heard_events(ops):
    """Receives every event of every bus; yields a function that returns them."""
    sqs, events = ops("sqs"), ops("events")
    queue = sqs.create_queue(QueueName=f"hears-{uuid.uuid4().hex[:8]}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"][
        "QueueArn"
    ]
    allow = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
    buses = [bus["Name"] for bus in events.list_event_buses()["EventBuses"]]
    rule = f"hears-{uuid.uuid4().hex[:8]}"
    pattern = json.dumps({"account": [places.ACCOUNT]})
    for bus in buses:
        events.put_rule(Name=rule, EventBusName=bus, EventPattern=pattern)
        events.put_targets(Rule=rule, EventBusName=bus, Targets=[{"Id": "hears", "Arn": arn}])
    try:
        yield lambda: bodies(sqs, queue)
    finally:
        for bus in buses:
            events.remove_targets(Rule=rule, EventBusName=bus, Ids=["hears"])
            events.delete_rule(Name=rule, EventBusName=bus)
        sqs.delete_queue(QueueUrl=queue)


def without_owner(text):
    """An event of ours without its user and metadata."""
    event = json.loads(text)
    if event["source"] == "likeness":
        assert NAME in event["detail"].pop("user_id")
        event["detail"].pop("metadata")
    return json.dumps(event)


def bodies(sqs, queue):
    found = []
    while got := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
        for message in got:
            found.append(message["Body"])
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    return found


def logs(ops):
    """Every line of every log group, including the container's."""
    client = ops("logs")
    for group in client.describe_log_groups()["logGroups"]:
        pages = client.get_paginator("filter_log_events")
        for page in pages.paginate(logGroupName=group["logGroupName"]):
            yield from (event["message"] for event in page["events"])


def histories(ops):
    """Names, inputs, outputs and histories of every execution of every state machine."""
    client = ops("stepfunctions")
    for machine in client.list_state_machines()["stateMachines"]:
        arn = machine["stateMachineArn"]
        pages = client.get_paginator("list_executions").paginate(stateMachineArn=arn)
        for execution in (one for page in pages for one in page["executions"]):
            arn = execution["executionArn"]
            yield json.dumps(client.describe_execution(executionArn=arn), default=str)
            history = client.get_execution_history(executionArn=arn, maxResults=1000)
            yield json.dumps(history["events"], default=str)


def dead_letters(ops):
    """The bodies of messages in the stack's queues, not in those of tests; they stay there."""
    client = ops("sqs")
    for queue in client.list_queues().get("QueueUrls", []):
        if "hears" in queue:
            continue
        got = client.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, VisibilityTimeout=0)
        yield from (json.dumps(message) for message in got.get("Messages", []))


def schedules(ops, running):
    client, group = ops("scheduler"), {"GroupName": running.outputs["Timers"]}
    for one in client.list_schedules(**group)["Schedules"]:
        with suppress(client.exceptions.ResourceNotFoundException):  # deleted since
            yield json.dumps(client.get_schedule(Name=one["Name"], **group), default=str)


def every_key(ops, bucket):
    pages = ops("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket)
    yield from (one["Key"] for page in pages for one in page.get("Contents", ()))


@pytest.fixture(scope="module")
def finished(backend, selfies):
    """One completed job, and its user."""
    person = Person(backend)
    job_id = person.hands_in(*selfies[:3])
    backend.submit_job(job_id)
    return person, person.sees_end(job_id)


def test_the_avatars_are_there(finished, backend):
    _, job = finished

    assert job["state"] == "completed"
    assert 2 <= len(job["avatars"]) <= 4
    for avatar in job["avatars"]:
        picture = Image.open(io.BytesIO(backend.download(avatar["png"])))
        assert (picture.format, picture.size) == ("PNG", (1024, 1024))
        assert set(picture.info) <= {"xmp", "XML:com.adobe.xmp"}  # the source type only
        for side, url in avatar["webp"].items():
            small = Image.open(io.BytesIO(backend.download(url)))
            assert (small.format, small.size) == ("WEBP", (int(side), int(side)))


def test_the_archive_contains_all_avatars(finished, backend):
    _, job = finished

    names = zipfile.ZipFile(io.BytesIO(backend.download(job["archive"]))).namelist()

    assert len(names) == len(job["avatars"])


def test_the_photos_and_all_working_files_are_deleted(finished, objects):
    _, job = finished

    assert job["photos_deleted_at"]
    assert objects(job["job_id"])
    assert all(key.startswith("avatars/") for key in objects(job["job_id"]))


def test_the_timeline_has_each_state_once(finished):
    _, job = finished

    states = [moment["state"] for moment in job["timeline"]]
    assert states == ["open", "moderating", "generating", "finishing", "completed"]


def test_the_day_is_spent_and_a_second_job_that_day_is_refused(finished, backend):
    person, _ = finished

    quota = backend.get_quota(person.user_id)
    with pytest.raises(ApiError) as refused:
        backend.create_job(person.order())

    assert (quota["used"], quota["left"]) == (1, 0)
    assert refused.value.status == 429
    assert refused.value.body["error"] == "OverQuota"
    assert quota["next_day_begins_at"][:16] in refused.value.body["message"]


def test_the_calls_of_a_job_are_those_of_the_capacity_model(finished, running):
    """If this fails after a change of what a job calls: infra.capacity.counting --write."""
    _, job = finished

    said = list(counting.compare(running, job["job_id"], photos=3, avatars=len(job["avatars"])))

    assert said == []


def test_a_repeated_submit_changes_nothing(finished, backend, ops, running):
    _, job = finished

    with pytest.raises(ApiError) as refused:
        backend.submit_job(job["job_id"])

    assert refused.value.status == 409
    machine = running.outputs["StateMachine"]
    executions = ops("stepfunctions").list_executions(stateMachineArn=machine)["executions"]
    assert sum(one["name"] == job["job_id"] for one in executions) == 1


@pytest.fixture(scope="module")
def searched(running, ops, backend, selfies):
    """Every log line, event, history and message of a completed and of a cancelled job.

    Their photos have a name and a place in their EXIF, and the jobs' metadata has the name. Events
    are searched without the two fields that are there to say whom they are about.
    """
    with heard_events(ops) as events:
        person = Person(backend, user_id=f"{NAME}.{uuid.uuid4().hex[:6]}@example.com")
        photos = [with_exif(selfie) for selfie in selfies[:3]]
        job_id = person.hands_in(*photos, avatars=2, metadata={"name": NAME})
        backend.submit_job(job_id)
        job = person.sees_end(job_id)
        backend.download(job["avatars"][0]["png"])
        cancelled = Person(backend, user_id=f"{NAME}|{uuid.uuid4().hex[:6]}")
        other = cancelled.hands_in(*photos, metadata={"name": NAME})
        backend.delete_job(other)
        for one in (job_id, other):
            genuine_receipt(backend, one)
        texts = [*logs(ops), *histories(ops), *dead_letters(ops), *schedules(ops, running)]
        texts += [key for bucket in BUCKETS for key in every_key(ops, running.outputs[bucket])]
        texts += map(without_owner, events())
        return texts, [person.user_id, cancelled.user_id], photos


def test_every_searched_place_mentions_the_run(searched):
    """Otherwise the next tests would search nothing."""
    texts, _, _ = searched

    for said in ('"message":"done"', "TaskStateEntered", '"detail-type"', "Deadline", "avatars/"):
        assert any(said in text for text in texts), said


def test_no_searched_place_names_a_person(searched):
    texts, users, _ = searched

    for text in texts:
        assert NAME not in text
        assert not [user for user in users if user in text]


def test_no_searched_place_contains_a_picture_or_opens_one(searched):
    """Presigned URLs and POSTs, EXIF, and the bytes of a picture, raw or in base64."""
    texts, _, photos = searched
    pieces = [photo[at : at + 48] for photo in photos for at in (0, len(photo) // 2)]
    encoded = [base64.b64encode(piece).decode()[4:-4] for piece in pieces]

    for text in texts:
        for sign in ("X-Amz-Signature", "x-amz-signature", "Exif", "JFIF", "/9j/", "iVBORw0KGgo"):
            assert sign not in text, sign
        assert not [piece for piece in encoded if piece in text]
        assert not [piece for piece in pieces if piece.decode("latin-1") in text]


def test_a_refused_photo_is_explained_and_can_be_replaced(person, backend, selfies, wall):
    job_id = person.hands_in(selfies[0], selfies[1], wall)

    third = backend.get_job(job_id)["photos"][2]
    assert third["state"] == "refused"
    assert third["problem"]["code"] == "SUBJECT.NO_FACE"
    assert third["problem"]["fix_and_retry"] is True
    assert set(third["problem"]["hint"]) == {"en", "de"}
    with pytest.raises(ApiError, match="2 photos were accepted"):
        backend.submit_job(job_id)

    post = backend.add_photo(job_id, {"content_type": "image/jpeg"})
    backend.upload(post, selfies[2])
    until(lambda: backend.get_job(job_id)["photos"][-1]["state"] == "accepted")

    assert backend.submit_job(job_id)["state"] == "moderating"
    assert person.sees_end(job_id)["state"] == "completed"


def test_a_duplicate_photo_names_its_original(person, backend, selfies):
    job_id = person.hands_in(selfies[0], selfies[0], selfies[1])

    photos = backend.get_job(job_id)["photos"]
    states = [(photo["state"], (photo["problem"] or {}).get("code")) for photo in photos]

    assert sorted(states, key=str) == [
        ("accepted", None),
        ("accepted", None),
        ("refused", "SUBJECT.DUPLICATE"),
    ]


def test_a_presigned_post_accepts_only_its_type_and_size(person, backend, selfies):
    created = backend.create_job(person.order())
    post = created["uploads"][0]

    other_type = post | {"fields": post["fields"] | {"Content-Type": "text/html"}}
    with pytest.raises(UploadRefused) as refused:
        backend.upload(other_type, selfies[0])
    assert refused.value.status == 403

    other_key = post["fields"]["key"][:-2] + "99"
    with pytest.raises(UploadRefused) as refused:
        backend.upload(post | {"fields": post["fields"] | {"key": other_key}}, selfies[0])
    assert refused.value.status == 403

    with pytest.raises(UploadRefused) as refused:
        backend.upload(post, b"")
    assert refused.value.status == 400


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"photos": []}, "photos"),
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
def test_an_invalid_order_names_the_wrong_field(person, backend, wrong, named):
    with pytest.raises(ApiError) as refused:
        backend.create_job(person.order(**wrong))

    assert refused.value.status == 400
    assert named in refused.value.body["message"]


def test_a_job_that_does_not_exist_is_not_found(backend):
    with pytest.raises(ApiError) as refused:
        backend.get_job("j" + "0" * 32)

    assert refused.value.status == 404


def test_every_style_of_the_catalogue_has_its_preview(backend):
    styles = list(backend.all_styles())

    assert len(styles) >= 16
    for style in styles:
        assert set(style["name"]) == set(style["description"]) == {"en", "de"}
        preview = Image.open(io.BytesIO(backend.preview_style(style["style"])))
        assert preview.format == "WEBP"
