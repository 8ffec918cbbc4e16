"""A certificate chain for the key that signs Content Credentials: root, intermediate, leaf.

The keys of root and intermediate are not stored, so no other certificate can be issued under them.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_der_public_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from laptop_cloud.clients import Clients

ORGANISATION = "Likeness on a laptop"
CURVE = ec.SECP256R1()


def certify(clients: Clients, key: str, stage: str) -> None:
    """Write the chain of the KMS key to the parameter store, unless there is one."""
    store, folder = clients("ssm"), f"/likeness/{stage}"
    names = [f"{folder}/certificate-chain", f"{folder}/trust-anchors"]
    if not store.get_parameters(Names=names)["InvalidParameters"]:
        return
    public = load_der_public_key(clients("kms").get_public_key(KeyId=key)["PublicKey"])
    if not isinstance(public, ec.EllipticCurvePublicKey):
        raise TypeError(f"{key} does not sign with ES256")
    for name, pem in zip(names, issue(public), strict=True):
        store.put_parameter(Name=name, Value=pem, Type="String", Overwrite=True)


def issue(public: ec.EllipticCurvePublicKey) -> tuple[str, str]:
    """The chain (leaf, then intermediate) and its root, PEM, as C2PA requires: the leaf is no
    authority, only signs, and has an extended usage (C2PA 2.1, 14.5 X.509 Certificates)."""
    root, middle = ec.generate_private_key(CURVE), ec.generate_private_key(CURVE)
    names = [_name(f"{ORGANISATION}: {role}") for role in ("root", "intermediate", "avatars")]
    certificates = [
        _certificate(names[0], root.public_key(), names[0], root, days=3650, length=None),
        _certificate(names[1], middle.public_key(), names[0], root, days=1825, length=0),
        _certificate(names[2], public, names[1], middle, days=365),
    ]
    anchor, intermediate, leaf = (one.public_bytes(Encoding.PEM).decode() for one in certificates)
    return leaf + intermediate, anchor


AUTHORITY = -1


def _name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, ORGANISATION),
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
    authority = length != AUTHORITY
    start = datetime.now(UTC) - timedelta(minutes=5)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=days))
        .add_extension(
            x509.BasicConstraints(ca=authority, path_length=length if authority else None),
            critical=True,
        )
        .add_extension(_usage(authority=authority), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()),
            critical=False,
        )
    )
    if not authority:
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
        builder = builder.add_extension(usage, critical=False)
    return builder.sign(signer, hashes.SHA256())


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
