"""Watermarking and signing an avatar, and the rate of false claims on other pictures.

Runs in the container's environment for watermarks (`python -m tests.bench.watermarks`), and here
for the signature: the library's work alone, with a key in this process instead of KMS.
"""

import hashlib
import statistics
import time
from types import SimpleNamespace
from typing import Any, cast

import cv2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from infra.certificate import issue
from infra.laptop.project import ROOT
from likeness.adapters.provenance.credentials import KmsCredentials
from likeness.domain.provenance.credentials import Claim
from tests.bench.environments import measured_in

RUNS = 10
PHOTO = ROOT / "demo" / "photos" / "01-original.jpg"


def measure() -> dict[str, float]:
    return {**measured_in("model", "tests.bench.watermarks"), "provenance.sign_s": _sign_seconds()}


def _sign_seconds() -> float:
    """One PNG of 1024 px."""
    photo = cv2.resize(cast(Any, cv2.imread(str(PHOTO))), (1024, 1024))
    png = cv2.imencode(".png", photo)[1].tobytes()
    key = ec.generate_private_key(ec.SECP256R1())
    chain, anchors = issue(key.public_key())
    kms = SimpleNamespace(
        sign=lambda **asked: {
            "Signature": key.sign(asked["Message"], ec.ECDSA(Prehashed(hashes.SHA256())))
        }
    )
    certificates = SimpleNamespace(chain=lambda: chain, anchors=lambda: anchors)
    credentials = KmsCredentials(cast(Any, kms), "key", cast(Any, certificates))
    watermark = hashlib.sha256(b"bench").hexdigest()[:11]
    claim = Claim.model_validate(
        {
            "watermark": watermark,
            "style": "oil",
            "engine": "painter",
            "made_at": "2026-11-22T12:00:00Z",
        }
    )
    sign, seconds = credentials.signer(), []
    for _ in range(RUNS):
        began = time.perf_counter()
        sign(png, "image/png", claim)
        seconds.append(time.perf_counter() - began)
    return round(statistics.median(seconds), 4)
