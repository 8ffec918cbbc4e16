"""What Rekognition refuses, as boto3 reports it."""

import base64
import io
import json
import struct
import urllib.error
import urllib.request
import zlib
from typing import Any

import numpy as np
import pytest
from botocore.exceptions import ClientError
from PIL import Image as Pillow

from laptop_cloud.rekognition.errors import Refused
from laptop_cloud.rekognition.images import WORKING_SIDE, read_image
from laptop_cloud.rekognition.server import MAX_BODY, Server
from support import pictures


def refusal(call: Any, **request: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**request)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def as_gif() -> bytes:
    return pictures.encode(pictures.blank(100, 100), "GIF")


def png_that_claims(width: int, height: int) -> bytes:
    """A PNG whose header claims pixels that it does not have."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(79, 200), (200, 79), (10_001, 100)])
def test_a_side_out_of_bounds_is_refused_with_its_size(
    rekognition: Any, size: tuple[int, int]
) -> None:
    picture = pictures.encode(pictures.blank(*size))

    code, message = refusal(rekognition.detect_faces, Image={"Bytes": picture})

    assert code == "InvalidParameterException"
    assert f"not {size[0]} x {size[1]}" in message


@pytest.mark.parametrize("size", [(80, 80), (10_000, 80), (80, 10_000), (10_000, 320)])
def test_the_bounds_themselves_are_allowed(rekognition: Any, size: tuple[int, int]) -> None:
    picture = pictures.encode(pictures.blank(*size))

    assert rekognition.detect_faces(Image={"Bytes": picture})["FaceDetails"] == []


def test_a_bomb_is_refused_before_a_pixel_is_read(rekognition: Any) -> None:
    code, message = refusal(
        rekognition.detect_faces, Image={"Bytes": png_that_claims(60_000, 60_000)}
    )

    assert code == "InvalidParameterException"
    assert "must be 80 to 10000 pixels" in message


@pytest.mark.parametrize(
    "content",
    [
        as_gif(),
        b"no picture at all",
        pictures.encode(pictures.noise(200, 200))[:4000],
        pictures.encode(pictures.noise(200, 200), "JPEG")[:4000],
        png_that_claims(200, 200),
    ],
    ids=["gif", "text", "cut png", "cut jpeg", "png without pixels"],
)
def test_only_whole_png_and_jpeg_are_pictures(rekognition: Any, content: bytes) -> None:
    code, _ = refusal(rekognition.detect_moderation_labels, Image={"Bytes": content})

    assert code == "InvalidImageFormatException"


def test_bytes_end_at_five_mebibytes(rekognition: Any) -> None:
    fits = pictures.encode(pictures.blank(100, 100))
    padded = fits + b"\0" * (5 * 1024 * 1024 - len(fits))

    assert rekognition.detect_faces(Image={"Bytes": padded})["FaceDetails"] == []
    code, _ = refusal(rekognition.detect_faces, Image={"Bytes": padded + b"\0"})
    assert code == "ImageTooLargeException"


def test_an_object_that_was_not_read_is_refused(rekognition: Any) -> None:
    code, message = refusal(
        rekognition.detect_faces, Image={"S3Object": {"Bucket": "photos", "Name": "j1/p01.jpg"}}
    )

    assert code == "InvalidS3ObjectException"
    assert message.startswith("Unable to get object metadata from S3.")


def test_an_object_may_have_fifteen_mebibytes() -> None:
    fits = pictures.encode(pictures.blank(100, 100))
    padded = fits + b"\0" * (15 * 1024 * 1024 - len(fits))

    def request(content: bytes) -> dict[str, Any]:
        return {"Image": {"Bytes": base64.b64encode(content).decode(), "S3Object": {}}}

    assert read_image(request(padded), "Image").shape == (100, 100, 3)
    with pytest.raises(Refused, match="15728640 are the limit"):
        read_image(request(padded + b"\0"), "Image")


def test_numbers_and_names_out_of_bounds_are_named(rekognition: Any) -> None:
    picture = {"Bytes": pictures.encode(pictures.blank(100, 100))}

    code, message = refusal(rekognition.detect_faces, Image=picture, Attributes=["AURA"])
    assert code == "ValidationException"
    assert "Value 'AURA' at 'attributes'" in message
    code, message = refusal(
        rekognition.compare_faces,
        SourceImage=picture,
        TargetImage=picture,
        SimilarityThreshold=101,
    )
    assert code == "ValidationException"
    assert "less than or equal to 100" in message


def test_an_unknown_operation_is_named(rekognition: Any) -> None:
    code, message = refusal(rekognition.list_collections)

    assert code == "UnknownOperationException"
    assert "ListCollections" in message


@pytest.mark.parametrize(
    ("body", "target", "code"),
    [
        (b"{", "RekognitionService.DetectFaces", "SerializationException"),
        (b"[]", "RekognitionService.DetectFaces", "SerializationException"),
        (b"{}", "RekognitionService.DetectFaces", "ValidationException"),
        (b'{"Image": {}}', "RekognitionService.DetectFaces", "InvalidParameterException"),
        (b'{"Image": {"Bytes": "?"}}', "RekognitionService.DetectFaces", "SerializationException"),
        (b"{}", "SageMaker.CreateTrainingJob", "UnknownOperationException"),
    ],
)
def test_an_invalid_body_is_refused(server: Server, body: bytes, target: str, code: str) -> None:
    status, answer = post(server, body, {"X-Amz-Target": target})

    assert (status, answer["__type"]) == (400, code)


def test_a_body_larger_than_two_pictures_is_not_read(server: Server) -> None:
    status, answer = post(server, b"", {"Content-Length": str(MAX_BODY + 1)})

    assert (status, answer["__type"]) == (400, "ImageTooLargeException")


def post(server: Server, body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, Any]]:
    address = f"http://127.0.0.1:{server.server_address[1]}/"
    request = urllib.request.Request(address, body, headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310 - our own server
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "CMYK", "I;16", "1"])
def test_every_colour_model_becomes_rgb(mode: str) -> None:
    grey = Pillow.fromarray(np.full((120, 100), 128, np.uint8))
    picture = (
        Pillow.fromarray(np.full((120, 100), 128 << 8, np.uint16))
        if mode == "I;16"
        else grey.convert(mode)
    )
    file = io.BytesIO()
    picture.save(file, "JPEG" if mode == "CMYK" else "PNG")

    image = read_image(as_request(file.getvalue()), "Image")

    assert image.shape == (120, 100, 3)
    assert image.dtype == np.uint8
    if mode != "1":
        assert image.mean() == pytest.approx(128, abs=3)


def test_a_photo_is_turned_upright(rekognition: Any) -> None:
    upright = pictures.faces(pictures.ADA)
    exif = Pillow.Exif()
    exif[0x0112] = 6  # the camera was turned: show it turned clockwise
    turned = pictures.encode(np.rot90(upright).copy(), "JPEG", exif=exif, quality=95)

    (found,) = rekognition.detect_faces(Image={"Bytes": turned})["FaceDetails"]

    (expected,) = rekognition.detect_faces(Image={"Bytes": pictures.encode(upright)})["FaceDetails"]
    assert found["BoundingBox"] == pytest.approx(expected["BoundingBox"], abs=0.02)


def test_a_large_picture_is_worked_on_small() -> None:
    large = pictures.encode(pictures.blank(6000, 3000), "JPEG")

    image = read_image(as_request(large), "Image")

    assert image.shape == (WORKING_SIDE // 2, WORKING_SIDE, 3)


def as_request(content: bytes) -> dict[str, Any]:
    return {"Image": {"Bytes": base64.b64encode(content).decode()}}
