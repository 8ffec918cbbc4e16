"""Receipts and anchors as JWS (RFC 7515), signed with ES256 by a key that never leaves KMS."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key
from jwt.algorithms import ECAlgorithm
from jwt.api_jws import PyJWS
from jwt.utils import der_to_raw_signature

from likeness.adapters.aws_errors import code_of, domain_errors
from likeness.api.receipts import PublicKey
from likeness.receipts import ALGORITHM, TYPES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mypy_boto3_kms.client import KMSClient

    from likeness.domain.deletion.receipt import ErasureReceipt, Receipt
    from likeness.domain.review.audit import Anchor

# Of GetPublicKey, for a key that is disabled, waits for its deletion, or is deleted.
REVOKED = frozenset(
    {
        "DisabledException",
        "KMS.DisabledException",
        "KMSInvalidStateException",
        "NotFoundException",
    }
)


class KmsSigner:
    def __init__(self, kms: KMSClient, keys: Sequence[str]) -> None:
        """`keys`: ARNs of ECC_NIST_P256 keys for SIGN_VERIFY. The first signs; one may be twice."""
        self._kms = kms
        self._key, *self._others = dict.fromkeys(keys)
        self._jws = PyJWS(algorithms=[])
        self._jws.register_algorithm(ALGORITHM, _KmsAlgorithm(kms, self._key))

    def sign(self, statement: Receipt | ErasureReceipt | Anchor) -> str:
        with domain_errors():
            return self._jws.encode(
                statement.model_dump_json().encode(),
                key="in KMS",
                algorithm=ALGORITHM,
                headers={"kid": _key_id(self._key), "typ": TYPES[type(statement).__name__]},
            )

    def public_keys(self) -> list[PublicKey]:
        return self._public_keys

    @cached_property
    def _public_keys(self) -> list[PublicKey]:
        """Read from KMS once: a key pair does not change. Those that do not sign may be revoked."""
        with domain_errors():
            found = [self._read(self._key)]
            for other in self._others:
                try:
                    found.append(self._read(other))
                except ClientError as error:
                    if code_of(error) not in REVOKED:
                        raise
        return found

    def _read(self, key: str) -> PublicKey:
        der = self._kms.get_public_key(KeyId=key)["PublicKey"]
        found = load_der_public_key(der)
        if not isinstance(found, EllipticCurvePublicKey):
            raise TypeError(f"the receipt key is not an elliptic curve key: {type(found).__name__}")
        jwk = ECAlgorithm.to_jwk(found, as_dict=True)
        return PublicKey(**jwk, kid=_key_id(key), alg=ALGORITHM, use="sig")


def _key_id(key: str) -> str:
    return key.rpartition("/")[2]


class _KmsAlgorithm(ECAlgorithm):
    """ES256 with the private key in KMS. Converts KMS's DER signature to JWS's r and s."""

    def __init__(self, kms: KMSClient, key: str) -> None:
        super().__init__(ECAlgorithm.SHA256)
        self._kms = kms
        self._key = key

    def prepare_key(self, key: Any) -> Any:
        return key

    def sign(self, msg: bytes, key: Any) -> bytes:  # noqa: ARG002 - KMS has the key
        answer = self._kms.sign(
            KeyId=self._key, Message=msg, MessageType="RAW", SigningAlgorithm="ECDSA_SHA_256"
        )
        return der_to_raw_signature(answer["Signature"], SECP256R1())
