"""The certificate of the key that signs Content Credentials: python -m infra.certificate ...

The key never leaves KMS, so its certificate is made in three steps: `request` prints a signing
request, an authority on the C2PA trust list issues the certificate, `store` checks and stores it.
`issue` makes a chain of a throwaway authority instead, for stages without real users.

Uses the AWS credentials, region and endpoint of its environment. docs/deploying.md says more.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import boto3
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, NoRegionError
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_der_public_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Clients = Callable[[str], Any]  # a service's name to its client

CURVE = ec.SECP256R1()
CHAIN, ANCHORS = "certificate-chain", "trust-anchors"
LONGEST = 8192  # characters of an advanced parameter; a standard one has 4096
RENEW = timedelta(days=30)
# Usages that a reader of Content Credentials accepts (c2pa-rs, cose/valid_eku_oids.cfg): e-mail
# protection, document signing, C2PA signing.
USAGES = {"1.3.6.1.5.5.7.3.4", "1.3.6.1.5.5.7.3.36", "1.3.6.1.4.1.62558.2.1"}
AUTHORITY = -1


class Unusable(Exception):
    """The certificate cannot be used or made; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Certified:
    """A deployed stack's signing key, and where its certificate is stored."""

    key: str
    stage: str

    @classmethod
    def of(cls, clients: Clients, stack: str) -> Certified:
        described = clients("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
        outputs = {one["OutputKey"]: one["OutputValue"] for one in described.get("Outputs", ())}
        stages = [
            one["ParameterValue"]
            for one in described.get("Parameters", ())
            if one["ParameterKey"] == "Stage"
        ]
        if "SigningKey" not in outputs or not stages:
            raise Unusable(f"{stack} has no signing key: is it a deployed Likeness stack?")
        return cls(outputs["SigningKey"], stages[0])

    def parameter(self, name: str) -> str:
        return f"/likeness/{self.stage}/{name}"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m infra.certificate", description=__doc__)
    parser.add_argument("--stack", required=True, help="the deployed stack: likeness-dev")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("request", help="print a certificate signing request")
    storing = commands.add_parser("store", help="check a certificate chain and store it")
    storing.add_argument("--chain", type=Path, required=True, help="PEM: leaf, intermediates")
    storing.add_argument("--anchors", type=Path, required=True, help="PEM: the roots")
    commands.add_parser("issue", help="store a chain of a throwaway authority, unless there is one")
    given = parser.parse_args(arguments)
    clients: Any = boto3.client  # the stubs know only names in the source
    try:
        to = Certified.of(clients, given.stack)
        if given.command == "request":
            sys.stdout.write(request(clients, to))
        elif given.command == "store":
            store(clients, to, given.chain.read_text(), given.anchors.read_text())
            sys.stdout.write(f"Stored in {to.parameter(CHAIN)}; in use within five minutes.\n")
        elif to.stage == "prod":
            raise Unusable("Users of prod need a certificate of a real authority: use request")
        else:
            made = issue_once(clients, to)
            sys.stdout.write("Issued and stored.\n" if made else "There is a certificate.\n")
    except (NoCredentialsError, NoRegionError):
        _stop("Set AWS_REGION and the AWS credentials of the stack's account.")
    except (Unusable, ClientError, BotoCoreError, OSError) as error:
        _stop(str(error))


def _stop(message: str) -> NoReturn:
    sys.exit(message)


# --- a certificate of a real authority ------------------------------------------------------------


class KmsKey(ec.EllipticCurvePrivateKey):
    """A key in KMS with cryptography's interface: it signs, and nothing else can be had from it."""

    curve = CURVE
    key_size = 256

    def __init__(self, kms: Any, key: str) -> None:
        self._kms = kms
        self._key = key

    def public_key(self) -> ec.EllipticCurvePublicKey:
        return public_key(self._kms, self._key)

    def sign(self, data: Any, signature_algorithm: ec.EllipticCurveSignatureAlgorithm) -> bytes:
        if not isinstance(signature_algorithm.algorithm, hashes.SHA256):
            raise TypeError("the key signs with ES256 only")
        digest = hashes.Hash(hashes.SHA256())
        digest.update(data)
        signature: bytes = self._kms.sign(
            KeyId=self._key,
            Message=digest.finalize(),
            MessageType="DIGEST",
            SigningAlgorithm="ECDSA_SHA_256",
        )["Signature"]
        return signature

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError("the key is in KMS")

    exchange = private_numbers = private_bytes = __copy__ = __deepcopy__ = _refuse


def public_key(kms: Any, key: str) -> ec.EllipticCurvePublicKey:
    public = load_der_public_key(kms.get_public_key(KeyId=key)["PublicKey"])
    if not isinstance(public, ec.EllipticCurvePublicKey):
        raise TypeError(f"{key} does not sign with ES256")
    return public


def request(clients: Clients, to: Certified) -> str:
    """A certificate signing request (PEM), signed by the key itself."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(_name(f"avatars, {to.stage}"))
    for extension, critical in _signer_extensions():
        builder = builder.add_extension(extension, critical=critical)
    made = builder.sign(KmsKey(clients("kms"), to.key), hashes.SHA256())
    return made.public_bytes(Encoding.PEM).decode()


def store(clients: Clients, to: Certified, chain: str, anchors: str) -> None:
    """Store a chain and its roots. Raises Unusable, and stores nothing, if they cannot be used."""
    check(chain, anchors, public_key(clients("kms"), to.key), datetime.now(UTC))
    for name, pem in ((CHAIN, chain), (ANCHORS, anchors)):
        clients("ssm").put_parameter(
            Name=to.parameter(name),
            Value=pem,
            Type="String",
            Tier="Intelligent-Tiering",  # advanced only above 4096 characters
            Overwrite=True,
        )


def read(clients: Clients, to: Certified) -> tuple[str, str] | None:
    """The stored chain and roots; None if one of them is missing."""
    names = [to.parameter(CHAIN), to.parameter(ANCHORS)]
    found = clients("ssm").get_parameters(Names=names)["Parameters"]
    values = {one["Name"]: one["Value"] for one in found}
    return (values[names[0]], values[names[1]]) if set(names) <= set(values) else None


def check(chain: str, anchors: str, key: ec.EllipticCurvePublicKey, now: datetime) -> datetime:
    """Raises Unusable unless readers of Content Credentials will accept the chain.

    Returns when its first certificate expires. The profile is that of C2PA 2.1, 14.5 (X.509
    Certificates).
    """
    for name, pem in ((CHAIN, chain), (ANCHORS, anchors)):
        if len(pem) > LONGEST:
            raise Unusable(f"{name} has {len(pem)} characters; a parameter holds {LONGEST}")
    links, roots = _load(CHAIN, chain), _load(ANCHORS, anchors)
    leaf = links[0]
    if leaf.public_key() != key:
        raise Unusable("the first certificate is not of this stack's key: make the request again")
    _check_leaf(leaf)
    for below, above in zip(links, links[1:], strict=False):
        if not _issued(below, above):
            raise Unusable(f"the chain has a gap: {_subject(above)} did not issue the one before")
    if links[-1] in roots and len(links) > 1:
        raise Unusable("the chain ends with its root: leave the root to the trust anchors")
    if not any(_issued(links[-1], root) for root in roots):
        raise Unusable(f"no trust anchor issued {_subject(links[-1])}")
    for one in (*links, *roots):
        if not one.not_valid_before_utc <= now < one.not_valid_after_utc:
            raise Unusable(
                f"{_subject(one)} is valid from {one.not_valid_before_utc:%Y-%m-%d} "
                f"to {one.not_valid_after_utc:%Y-%m-%d}"
            )
    return min(one.not_valid_after_utc for one in links)


def _load(name: str, pem: str) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(pem.encode())
    except ValueError as error:
        raise Unusable(f"{name} has no certificate in PEM form") from error


def _check_leaf(leaf: x509.Certificate) -> None:
    try:
        authority = leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        authority = False
    try:
        usage = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
        extended = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        leaf.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier)
    except x509.ExtensionNotFound as missing:
        raise Unusable(f"the first certificate lacks an extension: {missing}") from missing
    if authority or not usage.digital_signature or usage.key_cert_sign:
        raise Unusable("the first certificate is an authority's, or may not sign")
    if not {one.dotted_string for one in extended} & USAGES:
        raise Unusable(f"the first certificate needs one of the extended usages {sorted(USAGES)}")


def _issued(below: x509.Certificate, above: x509.Certificate) -> bool:
    try:
        below.verify_directly_issued_by(above)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def _subject(certificate: x509.Certificate) -> str:
    return certificate.subject.rfc4514_string()


# --- a chain of a throwaway authority -------------------------------------------------------------


def issue_once(clients: Clients, to: Certified) -> bool:
    """Store a chain of an authority whose keys are not stored. False if there is a chain."""
    if read(clients, to):
        return False
    store(clients, to, *issue(public_key(clients("kms"), to.key)))
    return True


def issue(public: ec.EllipticCurvePublicKey) -> tuple[str, str]:
    """The chain (leaf, then intermediate) and its root, PEM."""
    root, middle = ec.generate_private_key(CURVE), ec.generate_private_key(CURVE)
    names = [_name(f"throwaway {role}") for role in ("root", "intermediate", "leaf")]
    certificates = [
        _certificate(names[0], root.public_key(), names[0], root, days=3650, length=None),
        _certificate(names[1], middle.public_key(), names[0], root, days=1825, length=0),
        _certificate(names[2], public, names[1], middle, days=365),
    ]
    anchor, intermediate, leaf = (one.public_bytes(Encoding.PEM).decode() for one in certificates)
    return leaf + intermediate, anchor


def _name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Likeness"),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _certificate(
    subject: x509.Name,
    public: ec.EllipticCurvePublicKey,
    issuer: x509.Name,
    signer: ec.EllipticCurvePrivateKey,
    *,
    days: int,
    length: int | None = AUTHORITY,
) -> x509.Certificate:
    """The certificate of an authority if `length` limits its chains, else that of a signer."""
    start = datetime.now(UTC) - timedelta(minutes=5)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()),
            critical=False,
        )
    )
    extensions: Sequence[tuple[x509.ExtensionType, bool]] = _signer_extensions()
    if length != AUTHORITY:
        limits = x509.BasicConstraints(ca=True, path_length=length)
        extensions = [(limits, True), (_usage(authority=True), True)]
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(signer, hashes.SHA256())


def _signer_extensions() -> Sequence[tuple[x509.ExtensionType, bool]]:
    """What C2PA demands of a signer: no authority, only signs, with an extended usage."""
    return [
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (_usage(authority=False), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), False),
    ]


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


if __name__ == "__main__":
    main()
