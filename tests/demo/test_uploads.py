"""The demo uploads several photos at the same time."""

from pathlib import Path
from unittest.mock import MagicMock

import pytest

from demo import job
from likeness_client.errors import NotReached

PHOTOS = tuple(sorted(job.OWN_PHOTOS.glob("*.jpg"))[:3])
ORDER = job.Order(photos=PHOTOS, styles=("oil",), count=1, out=Path("out"), user="me")


@pytest.fixture
def backend():
    found = MagicMock()
    found.create_job.return_value = {"job_id": "j1", "uploads": ["first", "second", "third"]}
    return found


def test_each_photo_has_its_own_upload(backend):
    job._create(ORDER, backend)

    sent = {call.args for call in backend.upload.call_args_list}
    assert sent == {
        (post, photo.read_bytes())
        for post, photo in zip(("first", "second", "third"), PHOTOS, strict=True)
    }


def test_an_upload_that_fails_ends_the_demo(backend):
    def upload(post, _):
        if post == "second":
            raise NotReached("no network")

    backend.upload.side_effect = upload

    with pytest.raises(NotReached):
        job._create(ORDER, backend)


def test_a_photo_without_an_upload_ends_the_demo(backend):
    backend.create_job.return_value["uploads"].pop()

    with pytest.raises(ValueError, match="argument 2 is longer"):
        job._create(ORDER, backend)
