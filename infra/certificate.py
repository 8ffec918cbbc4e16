"""The certificate of the key that signs Content Credentials: python -m infra.certificate ...

The key never leaves KMS, so its certificate is made in three steps: `request` prints a signing
request, an authority issues the certificate, `store` checks and stores it. `issue` makes a chain of
a throwaway authority instead, for stages without real users.

A signer's certificate lets KMS sign each file. An authority's (`request --authority`, and `issue`)
lets it sign one certificate for the files of a job, which a key in the function's memory signs.

Uses the AWS credentials, region and endpoint of its environment. docs/deploying.md says more.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import boto3
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, NoRegionError
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from likeness.adapters.provenance.signing import (
    CURVE,
    SKEW,
    KmsKey,
    authority_extensions,
    certify,
    ends,
    is_authority,
    renew_at,
    signer_extensions,
    subject_name,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Clients = Callable[[str], Any]  # a service's name to its client

CHAIN, ANCHORS = "certificate-chain", "trust-anchors"
LONGEST = 8192  # characters of an advanced parameter; a standard one has 4096
# Usages that a reader of Content Credentials accepts (c2pa-rs, cose/valid_eku_oids.cfg): e-mail
# protection, document signing, C2PA signing.
USAGES = {"1.3.6.1.5.5.7.3.4", "1.3.6.1.5.5.7.3.36", "1.3.6.1.4.1.62558.2.1"}
EMAIL_PROTECTION = "1.3.6.1.5.5.7.3.4"  # that of the certificates of batches


class Unusable(Exception):
    """The certificate cannot be used or made; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Usable:
    """A chain that readers accept: if the key's certificate is an authority's, and when it ends."""

    authority: bool
    ends: datetime
    renew_at: datetime

    def __str__(self) -> str:
        if self.authority:
            return "an authority's certificate: KMS signs once for each job"
        return "a signer's certificate: KMS signs each file, 90 for 30 avatars"


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
    requesting = commands.add_parser("request", help="print a certificate signing request")
    requesting.add_argument("--authority", action="store_true", help="of an authority, no signer")
    storing = commands.add_parser("store", help="check a certificate chain and store it")
    storing.add_argument("--chain", type=Path, required=True, help="PEM: leaf, intermediates")
    storing.add_argument("--anchors", type=Path, required=True, help="PEM: the roots")
    commands.add_parser("issue", help="store a chain of a throwaway authority, unless there is one")
    given = parser.parse_args(arguments)
    clients: Any = boto3.client  # the stubs know only names in the source
    try:
        to = Certified.of(clients, given.stack)
        if given.command == "request":
            sys.stdout.write(request(clients, to, authority=given.authority))
        elif given.command == "store":
            usable = store(clients, to, given.chain.read_text(), given.anchors.read_text())
            sys.stdout.write(
                f"Stored in {to.parameter(CHAIN)}; in use within five minutes.\n"
                f"It is {usable}. It ends on {usable.ends:%Y-%m-%d}.\n"
            )
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


def public_key(kms: Any, key: str) -> ec.EllipticCurvePublicKey:
    return KmsKey(kms, key).public_key()


def request(clients: Clients, to: Certified, *, authority: bool = False) -> str:
    """A certificate signing request (PEM), signed by the key itself."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(
        subject_name(f"avatars, {to.stage}")
    )
    for extension, critical in authority_extensions(0) if authority else signer_extensions():
        builder = builder.add_extension(extension, critical=critical)
    made = builder.sign(KmsKey(clients("kms"), to.key), hashes.SHA256())
    return made.public_bytes(Encoding.PEM).decode()


def store(clients: Clients, to: Certified, chain: str, anchors: str) -> Usable:
    """Store a chain and its roots. Raises Unusable, and stores nothing, if they cannot be used."""
    usable = check(chain, anchors, public_key(clients("kms"), to.key), datetime.now(UTC))
    for name, pem in ((CHAIN, chain), (ANCHORS, anchors)):
        clients("ssm").put_parameter(
            Name=to.parameter(name),
            Value=pem,
            Type="String",
            Tier="Intelligent-Tiering",  # advanced only above 4096 characters
            Overwrite=True,
        )
    return usable


def read(clients: Clients, to: Certified) -> tuple[str, str] | None:
    """The stored chain and roots; None if one of them is missing."""
    names = [to.parameter(CHAIN), to.parameter(ANCHORS)]
    found = clients("ssm").get_parameters(Names=names)["Parameters"]
    values = {one["Name"]: one["Value"] for one in found}
    return (values[names[0]], values[names[1]]) if set(names) <= set(values) else None


def check(chain: str, anchors: str, key: ec.EllipticCurvePublicKey, now: datetime) -> Usable:
    """Raises Unusable unless readers of Content Credentials will accept the chain.

    The profile is that of C2PA 2.1, 14.5 (X.509 Certificates); of authorities, RFC 5280, 4.2.1 and
    6.1.4, which c2pa checks too, except for the roots.
    """
    for name, pem in ((CHAIN, chain), (ANCHORS, anchors)):
        if len(pem) > LONGEST:
            raise Unusable(f"{name} has {len(pem)} characters; a parameter holds {LONGEST}")
    links, roots = _load(CHAIN, chain), _load(ANCHORS, anchors)
    first, authority = links[0], is_authority(links[0])
    if first.public_key() != key:
        raise Unusable("the first certificate is not of this stack's key: make the request again")
    _check_first(first, authority=authority)
    for below, above in enumerate(_with_root(links, roots)[not authority :]):
        _check_authority(above, below)
    for one in (*links, *roots):
        if not one.not_valid_before_utc <= now < one.not_valid_after_utc:
            raise Unusable(
                f"{_subject(one)} is valid from {one.not_valid_before_utc:%Y-%m-%d} "
                f"to {one.not_valid_after_utc:%Y-%m-%d}"
            )
    return Usable(authority, ends(links), renew_at(links))


def _load(name: str, pem: str) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(pem.encode())
    except ValueError as error:
        raise Unusable(f"{name} has no certificate in PEM form") from error


def _with_root(
    links: list[x509.Certificate], roots: list[x509.Certificate]
) -> list[x509.Certificate]:
    """The chain with its root. Raises Unusable if they are no chain."""
    for below, above in pairwise(links):
        if not _issued(below, above):
            raise Unusable(f"the chain has a gap: {_subject(above)} did not issue the one before")
    if links[-1] in roots and len(links) > 1:
        raise Unusable("the chain ends with its root: leave the root to the trust anchors")
    for root in roots:
        if _issued(links[-1], root):
            return [*links, root]
    raise Unusable(f"no trust anchor issued {_subject(links[-1])}")


def _check_first(first: x509.Certificate, *, authority: bool) -> None:
    if first.issuer == first.subject:
        raise Unusable("the first certificate is a root: a root belongs to the trust anchors")
    needed = [x509.KeyUsage, x509.AuthorityKeyIdentifier]
    needed.append(x509.SubjectKeyIdentifier if authority else x509.ExtendedKeyUsage)
    for kind in needed:
        if _value(first, kind) is None:
            raise Unusable(f"the first certificate lacks an extension: {kind.__name__}")
    usage, extended = _value(first, x509.KeyUsage), _value(first, x509.ExtendedKeyUsage)
    if not authority and (not usage.digital_signature or usage.key_cert_sign):
        raise Unusable("the first certificate is a signer's and may not sign, or issues others")
    accepted = {EMAIL_PROTECTION} if authority else USAGES
    if extended and not {one.dotted_string for one in extended} & accepted:
        raise Unusable(f"the first certificate needs one of the extended usages {sorted(accepted)}")


def _check_authority(one: x509.Certificate, below: int) -> None:
    """`below`: how many authorities are under it."""
    limits, usage = _value(one, x509.BasicConstraints), _value(one, x509.KeyUsage)
    if not (limits and limits.ca) or (usage and not usage.key_cert_sign):
        raise Unusable(f"{_subject(one)} may not issue certificates, and the chain needs it to")
    if limits.path_length is not None and limits.path_length < below:
        raise Unusable(
            f"{_subject(one)} allows {limits.path_length} authorities below it; there are {below}"
        )


def _value(one: x509.Certificate, kind: type[Any]) -> Any:
    """The extension's value; None if the certificate lacks it."""
    try:
        return one.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


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


def issue(public: ec.EllipticCurvePublicKey, *, authority: bool = True) -> tuple[str, str]:
    """The chain (the key's certificate, then the intermediate) and its root, PEM."""
    start = datetime.now(UTC) - SKEW

    def made(role: str, of: Any, by: Any, kind: Sequence[Any], *, days: int) -> x509.Certificate:
        subject, (issuer, key) = subject_name(f"throwaway {role}"), by
        end = start + timedelta(days=days)
        return certify(of, subject, kind, issuer=issuer, key=key, start=start, end=end)

    root, middle = ec.generate_private_key(CURVE), ec.generate_private_key(CURVE)
    anchor = made("root", root.public_key(), (None, root), authority_extensions(None), days=3650)
    above, under = authority_extensions(1), (anchor, root)
    intermediate = made("intermediate", middle.public_key(), under, above, days=1825)
    under = (intermediate, middle)
    if authority:
        first = made("authority", public, under, authority_extensions(0), days=1825)
    else:
        first = made("signer", public, under, signer_extensions(), days=365)
    return _pem(first) + _pem(intermediate), _pem(anchor)


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()


if __name__ == "__main__":
    main()
