"""The signing part of KMS, in place of moto's."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


class Kms:
    """The signing part of KMS. moto signs a digest as if it were the message."""

    def __init__(self) -> None:
        self.keys: dict[str, ec.EllipticCurvePrivateKey] = {}
        self.off: set[str] = set()
        self.signatures = 0

    def create(self) -> str:
        name = f"key-{len(self.keys)}"
        self.keys[name] = ec.generate_private_key(ec.SECP256R1())
        return name

    def get_public_key(self, *, KeyId: str) -> dict[str, bytes]:  # noqa: N803 - as boto3 has it
        public = self.keys[KeyId].public_key()
        encoding = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return {"PublicKey": public.public_bytes(*encoding)}

    def sign(self, **asked: Any) -> dict[str, bytes]:
        if asked["KeyId"] in self.off:
            raise ClientError({"Error": {"Code": "DisabledException"}}, "Sign")
        assert (asked["MessageType"], asked["SigningAlgorithm"]) == ("DIGEST", "ECDSA_SHA_256")
        self.signatures += 1
        algorithm = ec.ECDSA(Prehashed(hashes.SHA256()))
        return {"Signature": self.keys[asked["KeyId"]].sign(asked["Message"], algorithm)}
