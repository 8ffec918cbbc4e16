"""An upload whose event was lost is sent to the function again, in the shape of S3's event."""

import json

import pytest

from likeness.adapters.photos.inspections import LambdaInspections
from likeness.domain.errors import Unavailable
from likeness.entrypoints.s3_events import read
from likeness.ports.photos import Upload
from tests.builders import JOB, NOW
from tests.integration.aws_answers import answer, fail

UPLOAD = Upload(photo_id="p04", etag="5d41402abc4b2a76b9719d911017c592", uploaded_at=NOW)


@pytest.fixture
def client(session):
    return session.client("lambda")


def test_the_function_can_read_the_event(client):
    sent = []
    client.meta.events.register(
        "before-call.lambda.Invoke", lambda params, **_: sent.append(params) or answer(202, {})
    )

    LambdaInspections(client, "inspect-photo").request(JOB, UPLOAD)

    (invocation,) = sent
    assert "/functions/inspect-photo/" in invocation["url_path"]
    assert invocation["headers"]["X-Amz-Invocation-Type"] == "Event"  # an asynchronous invocation
    upload = read(json.loads(invocation["body"]))
    assert (upload.job_id, upload.photo_id, upload.etag) == (JOB, "p04", UPLOAD.etag)
    assert upload.at == NOW


def test_a_function_that_cannot_be_invoked_is_unavailable(client):
    fail(client, "Invoke", "TooManyRequestsException", times=9)

    with pytest.raises(Unavailable):
        LambdaInspections(client, "inspect-photo").request(JOB, UPLOAD)
