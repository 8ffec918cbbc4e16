"""The picture of ours that stands for the upload of a test job."""

import io

from PIL import Image

from likeness.adapters.photos import pictures
from likeness.domain.photos.picture import LIMITS
from tests.builders import digest


def test_any_bytes_give_a_photo_of_ours():
    found = pictures.placeholder(b"\0no picture")

    with Image.open(io.BytesIO(found.jpeg)) as picture:
        assert (picture.format, picture.size) == ("JPEG", (found.width, found.height))
    assert min(found.width, found.height) >= LIMITS.short_side
    assert pictures.blurred(found.jpeg)


def test_the_checksum_is_the_uploads_and_no_photos():
    one, other = pictures.placeholder(b"one"), pictures.placeholder(b"other")

    assert one == pictures.placeholder(b"one")
    assert one.sha256 != other.sha256
    assert one.jpeg == other.jpeg
    assert one.sha256 not in {digest(b"one"), digest(one.jpeg)}
