"""Watermarking and signing avatars, and the rate of false claims on other pictures.

Runs in the container's environment for watermarks (`python -m tests.bench.watermarks`), and here
for signatures: the work of this process alone, with a key in it instead of KMS, and with S3 as a
dict.
"""

import io
import statistics
import time
from types import SimpleNamespace
from typing import Any, cast

import cv2

from infra.certificate import issue
from infra.laptop.project import ROOT
from likeness.adapters.provenance.avatar_bucket import AvatarBucket
from likeness.adapters.provenance.credentials import KmsCredentials
from likeness.domain.provenance.credentials import Claim
from tests.bench.environments import measured_in
from tests.builders import JOB, NOW, an_avatar, digest
from tests.integration.provenance.kms import Kms

RUNS = 10
AVATARS = 30
PHOTO = ROOT / "demo" / "photos" / "01-original.jpg"


def measure() -> dict[str, float]:
    found = measured_in("model", "tests.bench.watermarks")
    for kind in ("signer", "authority"):
        kms = Kms()
        credentials = _credentials(kms, authority=kind == "authority")
        found[f"provenance.publish_{kind}_cpu_s"] = _publishing_seconds(credentials)
        found[f"provenance.publish_{kind}_kms"] = kms.signatures
    return {**found, "provenance.sign_s": _signing_seconds(credentials)}


def _credentials(kms: Kms, *, authority: bool) -> KmsCredentials:
    key = kms.create()
    chain, anchors = issue(kms.keys[key].public_key(), authority=authority)
    stored = SimpleNamespace(chain=lambda: chain, anchors=lambda: anchors)
    return KmsCredentials(cast(Any, kms), key, cast(Any, stored))


def _publishing_seconds(credentials: KmsCredentials) -> float:
    """All files of a job of 30 avatars."""
    s3, png = _S3(), _png()
    avatars = [an_avatar(n, sha256=digest(png)) for n in range(1, AVATARS + 1)]
    for avatar in avatars:
        s3.put_object(Key=f"drawn/{JOB}/{avatar.avatar_id}.png", Body=png)
    began = time.process_time()
    sign = credentials.signer()
    AvatarBucket(cast(Any, s3), "avatars").publish(
        avatars, sign=lambda avatar, picture, kind: sign(picture, kind, _claim(avatar.watermark))
    )
    return round(time.process_time() - began, 2)


def _signing_seconds(credentials: KmsCredentials) -> float:
    """One PNG of 1024 px."""
    sign, png, seconds = credentials.signer(), _png(), []
    for _ in range(RUNS):
        began = time.perf_counter()
        sign(png, "image/png", _claim(an_avatar(1).watermark))
        seconds.append(time.perf_counter() - began)
    return round(statistics.median(seconds), 4)


def _png() -> bytes:
    photo = cv2.resize(cast(Any, cv2.imread(str(PHOTO))), (1024, 1024))
    return cv2.imencode(".png", photo)[1].tobytes()


def _claim(watermark: Any) -> Claim:
    return Claim(watermark=watermark, style=an_avatar(1).style, engine="painter", made_at=NOW)


class _S3:
    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def put_object(self, **asked: Any) -> None:
        body = asked["Body"]
        self.objects[asked["Key"]] = body if isinstance(body, bytes) else body.read()

    def get_object(self, **asked: Any) -> dict[str, Any]:
        return {"Body": io.BytesIO(self.objects[asked["Key"]])}
