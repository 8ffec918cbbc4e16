"""The key and the certificate chain that sign one batch of files.

If KMS's key has a signer's certificate, KMS signs each file. If it has an authority's, KMS signs
one certificate, for a key of this process, and that key signs the files of the batch.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_der_public_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    Es256 = Callable[[bytes], bytes]  # message to signature: DER, which c2pa accepts
    Extension = tuple[x509.ExtensionType, bool]  # and whether it is critical

CURVE = ec.SECP256R1()
SKEW = timedelta(minutes=5)  # a reader's clock may be behind
RENEW = timedelta(days=30)  # before a signer's certificate ends
# The certificates of batches end with an authority's, and each should count for a year at least.
RENEW_AUTHORITY = timedelta(days=365)
NO_AUTHORITY = x509.BasicConstraints(ca=False, path_length=None)


class WrongChain(Exception):
    """The certificate chain cannot be used; the message says why."""


class KmsKey(ec.EllipticCurvePrivateKey):
    """A key in KMS with cryptography's interface: it signs, and nothing else can be had from it."""

    curve = CURVE
    key_size = 256

    def __init__(self, kms: Any, key: str) -> None:
        self._kms = kms
        self._key = key

    def public_key(self) -> ec.EllipticCurvePublicKey:
        public = load_der_public_key(self._kms.get_public_key(KeyId=self._key)["PublicKey"])
        if not isinstance(public, ec.EllipticCurvePublicKey):
            raise TypeError(f"{self._key} does not sign with ES256")
        return public

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


def for_batch(key: ec.EllipticCurvePrivateKey, chain: str) -> tuple[Es256, str]:
    """Return what signs the files, and its chain (PEM). Raises WrongChain.

    `chain` starts with the certificate of `key`. The certificate of a batch ends with the first
    certificate of its chain that ends: later, readers would report it as untrusted, not as expired.
    """
    try:
        links = x509.load_pem_x509_certificates(chain.encode())
    except ValueError as error:
        raise WrongChain("the certificate chain is not PEM") from error
    if not is_authority(links[0]):
        return _es256(key), chain
    now, end = datetime.now(UTC), ends(links)
    if end <= now:
        raise WrongChain(f"the certificate chain ended at {end:%Y-%m-%d %H:%M:%S} UTC")
    batch = ec.generate_private_key(CURVE)
    made = certify(
        batch.public_key(),
        subject_name("avatars"),
        signer_extensions(),
        issuer=links[0],
        key=key,
        start=now - SKEW,
        end=end,
    )
    try:
        made.verify_directly_issued_by(links[0])
    except (InvalidSignature, ValueError, TypeError) as error:
        raise WrongChain("the certificate chain is not of this key") from error
    return _es256(batch), made.public_bytes(Encoding.PEM).decode() + chain


def _es256(key: ec.EllipticCurvePrivateKey) -> Es256:
    return lambda message: key.sign(message, ec.ECDSA(hashes.SHA256()))


def ends(links: Sequence[x509.Certificate]) -> datetime:
    return min(one.not_valid_after_utc for one in links)


def renew_at(links: Sequence[x509.Certificate]) -> datetime:
    """When operators should replace the chain."""
    return ends(links) - (RENEW_AUTHORITY if is_authority(links[0]) else RENEW)


def is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def certify(
    public: ec.EllipticCurvePublicKey,
    subject: x509.Name,
    extensions: Iterable[Extension],
    *,
    issuer: x509.Certificate | None,
    key: ec.EllipticCurvePrivateKey,
    start: datetime,
    end: datetime,
) -> x509.Certificate:
    """Issue a certificate for `public`. Without an issuer it is a root; `key` is the issuer's."""
    own_id = x509.SubjectKeyIdentifier.from_public_key(public)
    issuer_id = own_id
    if issuer:
        issuer_id = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())  # RFC 5280, 4.1.2.2: unique per issuer
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(own_id, critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer_id),
            critical=False,
        )
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(key, hashes.SHA256())


def subject_name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Likeness"),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def signer_extensions() -> list[Extension]:
    """What C2PA demands of a signer: no authority, only signs, with an extended usage."""
    return [
        (NO_AUTHORITY, True),
        (_usage(authority=False), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), False),
    ]


def authority_extensions(path_length: int | None) -> list[Extension]:
    """`path_length`: how many authorities may follow below it."""
    return [
        (x509.BasicConstraints(ca=True, path_length=path_length), True),
        (_usage(authority=True), True),
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
