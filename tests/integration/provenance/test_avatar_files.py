"""The files that users get: only pixels, in every size, the same each time."""

import io
import zipfile

import pytest
from PIL import Image

from likeness.adapters.provenance.avatar_bucket import AvatarBucket
from likeness.adapters.provenance.xmp import PNG_KEYWORD, packet
from likeness.domain.errors import Invalid
from likeness.domain.provenance.credentials import SOURCE_TYPES
from tests.builders import JOB, a_png, an_avatar, digest, unsigned

SECRETS = (
    (b"tEXt", b"Comment\0drawn for user-1"),
    (b"eXIf", b"MM\0*GPS"),
    (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<x/>"),
    (b"tIME", b"\x07\xea\x0b\x16\x0c\0\0"),
)


@pytest.fixture
def avatar_store(s3):
    return AvatarBucket(s3, "avatars")


@pytest.fixture
def read(s3):
    def get(name: str) -> bytes:
        return s3.get_object(Bucket="avatars", Key=f"avatars/{JOB}/{name}")["Body"].read()

    return get


def drawn(s3, png: bytes, n: int = 1):
    s3.put_object(Bucket="avatars", Key=f"drawn/{JOB}/a{n:02d}.png", Body=png)
    return an_avatar(n, sha256=digest(png))


def test_only_pixels_are_published(s3, avatar_store, read):
    avatar = drawn(s3, a_png(9, extra=SECRETS))

    avatar_store.publish([avatar], sign=unsigned)

    label = (b"iTXt", PNG_KEYWORD + bytes(5) + packet(SOURCE_TYPES["painter"]))
    assert read("a01/1024.png") == a_png(9, extra=(label,))
    for name in ("a01/1024.png", "a01/512.webp", "a01/256.webp", "avatars.zip"):
        for _, secret in SECRETS:
            assert secret not in read(name)


@pytest.mark.parametrize("side", [512, 256])
def test_the_smaller_sizes_show_the_same_picture(s3, avatar_store, read, side):
    avatar_store.publish([drawn(s3, a_png(200))], sign=unsigned)

    with Image.open(io.BytesIO(read(f"a01/{side}.webp"))) as webp:
        assert (webp.format, webp.size, webp.mode) == ("WEBP", (side, side), "RGB")
        assert not set(webp.info) & {"exif", "icc_profile"}
        assert webp.info["xmp"] == packet(SOURCE_TYPES["painter"])
        middle = webp.getpixel((side // 2, side // 2))
    assert all(
        abs(a - b) <= 3 for a, b in zip(middle, (200, 80, 160), strict=True)
    )  # WebP is lossy


def test_every_file_has_its_content_type(s3, avatar_store):
    avatar_store.publish([drawn(s3, a_png(1))], sign=unsigned)

    types = {
        name: s3.head_object(Bucket="avatars", Key=f"avatars/{JOB}/{name}")["ContentType"]
        for name in ("a01/1024.png", "a01/512.webp", "avatars.zip")
    }
    assert list(types.values()) == ["image/png", "image/webp", "application/zip"]


def test_the_archive_is_uncompressed_without_times_or_paths(s3, avatar_store, read):
    avatar_store.publish([drawn(s3, a_png(1)), drawn(s3, a_png(2), n=2)], sign=unsigned)

    with zipfile.ZipFile(io.BytesIO(read("avatars.zip"))) as archive:
        assert archive.testzip() is None
        for entry in archive.infolist():
            assert entry.compress_type == zipfile.ZIP_STORED
            assert entry.date_time == (1980, 1, 1, 0, 0, 0)
            assert (entry.comment, entry.extra) == (b"", b"")


@pytest.mark.parametrize(
    "wrong",
    [b"<script>", a_png(1, side=512), a_png(1)[:-20], a_png(1) + b"PK\x03\x04"],
    ids=["no picture", "another size", "cut off", "an archive behind it"],
)
def test_a_file_that_is_not_an_avatar_is_not_published_even_if_its_checksum_matches(
    s3, avatar_store, wrong
):
    avatar = drawn(s3, wrong)

    with pytest.raises(Invalid):
        avatar_store.publish([avatar], sign=unsigned)

    assert "Contents" not in s3.list_objects_v2(Bucket="avatars", Prefix="avatars/")


def test_every_file_is_signed_last(s3, avatar_store, read):
    """Every stored file is exactly what the signer returned, in the archive too."""
    avatar_store.publish(
        [drawn(s3, a_png(1))], sign=lambda _, picture, kind: picture + b"signed as " + kind.encode()
    )

    assert read("a01/1024.png").endswith(b"signed as image/png")
    for side in (512, 256):
        assert read(f"a01/{side}.webp").endswith(b"signed as image/webp")
    with zipfile.ZipFile(io.BytesIO(read("avatars.zip"))) as archive:
        assert archive.read("01-comic.png") == read("a01/1024.png")


def test_placeholders_have_the_sizes_of_avatars_and_differ(avatar_store, read):
    avatar_store.publish_placeholders([an_avatar(1), an_avatar(2), an_avatar(3, style="oil")])

    for name, side in (("1024.png", 1024), ("512.webp", 512), ("256.webp", 256)):
        files = [read(f"a0{n}/{name}") for n in (1, 2, 3)]
        for file in files:
            with Image.open(io.BytesIO(file)) as picture:
                assert picture.size == (side, side)
        assert len(set(files)) == 3, "an app can tell them apart"


def test_a_placeholder_is_marked_across_its_width(avatar_store, read):
    avatar_store.publish_placeholders([an_avatar(1)])

    with Image.open(io.BytesIO(read("a01/1024.png"))) as picture:
        band = picture.convert("L").crop((0, 740, 1024, 990))
    shades = band.histogram()
    assert sum(shades[:8]) > 0.6 * sum(shades), "a black band"
    assert sum(shades[-8:]) > 0.05 * sum(shades), "with white letters"
