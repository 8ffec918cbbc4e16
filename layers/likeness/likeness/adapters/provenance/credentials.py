"""Content Credentials (C2PA), signed by KMS or under it. c2pa has its own layer."""

from __future__ import annotations

import json
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Any

import c2pa
from pydantic import ValidationError

from likeness.adapters.aws_errors import domain_errors
from likeness.domain.errors import LikenessError, Unavailable
from likeness.domain.provenance.credentials import GENERATOR, Claim, CredentialsReading, Trust

if TYPE_CHECKING:
    from mypy_boto3_kms.client import KMSClient

    from likeness.adapters.provenance.certificates import Certificates
    from likeness.adapters.provenance.signing import Es256
    from likeness.ports.provenance import SignPicture

VERSION = "0.1.0"
OURS = "org.likeness.avatar"  # our own assertion
# No URL in a picture is fetched, and no thumbnail of an avatar is added.
SETTINGS = {
    "verify": {"verify_trust": True, "remote_manifest_fetch": False, "ocsp_fetch": False},
    "builder": {"thumbnail": {"enabled": False}},
}
# "Standard Status Codes" of the C2PA specification: the certificate has ended, so no trusted
# authority vouches for it.
EXPIRED, UNTRUSTED = "signingCredential.expired", "signingCredential.untrusted"
NOT_ALLOWED = {"use": "notAllowed"}
TRAINING = ("ai_generative_training", "ai_training", "data_mining", "ai_inference")


class KmsCredentials:
    def __init__(self, kms: KMSClient, key: str, certificates: Certificates) -> None:
        self._kms = kms
        self._key = key
        self._certificates = certificates

    def signer(self) -> SignPicture:
        """The key of a batch lives as long as the returned function, and only in this process."""
        from likeness.adapters.provenance import signing  # noqa: PLC0415 - cryptography, to sign

        key = signing.KmsKey(self._kms, self._key)
        try:
            with domain_errors():
                return partial(self._sign, *signing.for_batch(key, self._certificates.chain()))
        except signing.WrongChain as error:
            raise Unavailable(f"{error}: operators must renew it") from error

    def _sign(
        self, sign: Es256, chain: str, picture: bytes, content_type: str, claim: Claim
    ) -> bytes:
        refused: list[LikenessError] = []  # c2pa does not say why its callback failed

        def signature(message: bytes) -> bytes:
            try:
                with domain_errors():
                    return sign(message)
            except LikenessError as error:
                refused.append(error)
                raise

        signed = BytesIO()
        try:
            with (
                c2pa.Context.from_dict(
                    self._settings(),
                    signer=c2pa.Signer.from_callback(signature, c2pa.C2paSigningAlg.ES256, chain),
                ) as context,
                c2pa.Builder(manifest(claim), context=context) as builder,
            ):
                builder.sign(content_type, BytesIO(picture), signed)
        except c2pa.C2paError as error:
            if refused:
                raise refused[0] from error
            raise Unavailable("the credentials could not be signed: is the chain valid?") from error
        return signed.getvalue()

    def read(self, picture: bytes, content_type: str) -> CredentialsReading:
        try:
            with (
                c2pa.Context.from_dict(self._settings()) as context,
                c2pa.Reader(content_type, BytesIO(picture), context=context) as reader,
            ):
                return _reading(reader.get_validation_state(), json.loads(reader.json()))
        except c2pa.C2paError.ManifestNotFound:
            return CredentialsReading(trust=Trust.NONE)
        except (c2pa.C2paError, ValueError, LookupError):  # broken or malicious
            return CredentialsReading(trust=Trust.INVALID)

    def _settings(self) -> dict[str, Any]:
        """Trust our root only: without it, every valid signature would be trusted."""
        return SETTINGS | {"trust": {"user_anchors": self._certificates.anchors()}}


def manifest(claim: Claim) -> dict[str, Any]:
    """Return the manifest to sign. The photos are not listed as ingredients: they are private."""
    agent = {"name": GENERATOR, "version": VERSION}
    created = {
        "action": "c2pa.created",
        "when": claim.made_at.isoformat(timespec="seconds"),
        "softwareAgent": agent,
        "digitalSourceType": claim.source_type,
        "parameters": {"style": claim.style, "engine": claim.engine},
    }
    entries = {f"cawg.{use}": NOT_ALLOWED for use in TRAINING}
    return {
        "claim_generator_info": [agent],
        "title": f"avatar, {claim.style}",
        "assertions": [
            {"label": "c2pa.actions.v2", "data": {"actions": [created]}},
            {"label": "cawg.training-mining", "data": {"entries": entries}},
            {"label": OURS, "data": claim.model_dump(mode="json")},
        ],
    }


def _reading(state: str | None, store: dict[str, Any]) -> CredentialsReading:
    """c2pa does not follow an ended certificate to our root, so its claim is not used.

    Of an unchanged picture it then reports no other failure than these two.
    """
    failures = {one["code"] for one in store.get("validation_status") or []}
    if EXPIRED in failures and failures <= {EXPIRED, UNTRUSTED}:
        return CredentialsReading(trust=Trust.EXPIRED)
    if state != "Trusted":
        return CredentialsReading(trust=Trust.OTHERS if state == "Valid" else Trust.INVALID)
    assertions = store["manifests"][store["active_manifest"]]["assertions"]
    data = next((one["data"] for one in assertions if one["label"] == OURS), None)
    try:
        return CredentialsReading(trust=Trust.TRUSTED, claim=Claim.model_validate(data))
    except ValidationError:  # signed under our root, but no avatar
        return CredentialsReading(trust=Trust.OTHERS)
