"""Content Credentials with the real library, signed like KMS, under our own test chain."""

import io
import json
import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import c2pa
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key
from cryptography.x509.verification import ExtensionPolicy, PolicyBuilder, Store
from PIL import Image

from infra.certificate import Certified, issue, issue_once, store
from likeness.adapters.generation.png import only_pixels
from likeness.adapters.provenance import signing, webp, xmp
from likeness.adapters.provenance.certificates import CACHE_S, Certificates
from likeness.adapters.provenance.credentials import KmsCredentials
from likeness.adapters.provenance.signing import (
    CURVE,
    SKEW,
    KmsKey,
    authority_extensions,
    for_batch,
    is_authority,
    signer_extensions,
)
from likeness.domain.errors import Unavailable
from likeness.domain.provenance.credentials import SOURCE_TYPES, Claim, Trust
from tests.builders import NOW, a_png
from tests.integration.provenance.chains import a_chain, certificates, certified, pem
from tests.integration.provenance.kms import Kms

CLAIM = Claim.model_validate(
    {"watermark": "0123456789a", "style": "comic", "engine": "painter", "made_at": NOW}
)
LABEL = xmp.packet(SOURCE_TYPES["painter"])
PNG = only_pixels(a_png(7, side=256), side=256, xmp=LABEL).png
KINDS = {"image/png": PNG, "image/webp": webp.scaled(PNG, [128], xmp=LABEL)[128]}


@pytest.fixture
def clients(aws, session):
    made = {"kms": Kms(), "ssm": session.client("ssm")}
    return made.__getitem__


@pytest.fixture
def key(clients):
    return clients("kms").create()


@pytest.fixture(params=["signer", "authority"])
def credentials(clients, key, request):
    """With each kind of certificate that the key can have."""
    public = clients("kms").keys[key].public_key()
    chain = issue(public, authority=request.param == "authority")
    store(clients, Certified(key, "test"), *chain)
    return KmsCredentials(clients("kms"), key, Certificates(clients("ssm"), "/likeness/test"))


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@pytest.fixture
def signed(credentials, kind):
    return credentials.signer()(KINDS[kind], kind, CLAIM)


def test_a_signed_picture_is_trusted_under_our_root_and_contains_the_claim(
    credentials, kind, signed
):
    found = credentials.read(signed, kind)

    assert (found.trust, found.claim) == (Trust.TRUSTED, CLAIM)


def test_under_another_root_a_picture_is_not_trusted(credentials, clients, kind, signed):
    other = clients("kms").create()
    public = load_der_public_key(clients("kms").get_public_key(KeyId=other)["PublicKey"])
    chain, anchors = issue(public)
    folder = "/likeness/other"
    clients("ssm").put_parameter(Name=f"{folder}/certificate-chain", Value=chain, Type="String")
    clients("ssm").put_parameter(Name=f"{folder}/trust-anchors", Value=anchors, Type="String")

    theirs = KmsCredentials(clients("kms"), other, Certificates(clients("ssm"), folder))

    assert theirs.read(signed, kind).trust is Trust.OTHERS
    assert theirs.read(signed, kind).claim is None
    assert credentials.read(theirs.signer()(KINDS[kind], kind, CLAIM), kind).trust is Trust.OTHERS


def test_kms_signs_each_file_or_once_for_the_files_of_a_job(clients, key, credentials):
    kms = clients("kms")
    authority = is_authority(x509.load_pem_x509_certificate(stored_chain(clients).encode()))

    sign = credentials.signer()
    files = [(kind, sign(picture, kind, CLAIM)) for kind, picture in (*KINDS.items(),) * 2]

    assert kms.signatures == (1 if authority else len(files))
    assert {credentials.read(file, kind).trust for kind, file in files} == {Trust.TRUSTED}


def stored_chain(clients) -> str:
    name = "/likeness/test/certificate-chain"
    return clients("ssm").get_parameter(Name=name)["Parameter"]["Value"]


def flipped(signed: bytes, kind: str) -> bytes:
    """The picture with one bit of its pixels changed."""
    changed = bytearray(signed)
    at = signed.index(b"IDAT") + 40 if kind == "image/png" else signed.index(b"VP8 ") + 200
    changed[at] ^= 1
    return bytes(changed)


def test_one_flipped_bit_is_invalid(credentials, kind, signed):
    found = credentials.read(flipped(signed, kind), kind)

    assert (found.trust, found.claim) == (Trust.INVALID, None)


@pytest.fixture(scope="module")
def ended():
    """By the kind of the key's certificate: signed pictures, after that certificate has ended."""
    found, seconds = {}, 4
    for authority in (False, True):
        kms = Kms()
        key = kms.create()
        own = authority_extensions(0) if authority else signer_extensions()
        end = datetime.now(UTC) + timedelta(seconds=seconds)
        chain, anchors = a_chain(kms.keys[key].public_key(), own=own, end=end)
        credentials = KmsCredentials(kms, key, stored(chain, anchors))
        sign = credentials.signer()
        signed = {kind: sign(picture, kind, CLAIM) for kind, picture in KINDS.items()}
        assert {credentials.read(one, kind).trust for kind, one in signed.items()} == {
            Trust.TRUSTED
        }
        found[authority] = credentials, signed
    time.sleep(seconds + 1)
    return found


def stored(chain, anchors):
    """What Parameter Store has."""
    return SimpleNamespace(chain=lambda: chain, anchors=lambda: anchors)


@pytest.mark.parametrize("authority", [False, True])
def test_a_certificate_that_has_ended_is_told_from_a_changed_picture(ended, authority, kind):
    credentials, signed = ended[authority]
    found = credentials.read(signed[kind], kind)
    assert (found.trust, found.claim) == (Trust.EXPIRED, None)

    changed = flipped(signed[kind], kind)
    assert credentials.read(changed, kind).trust is Trust.INVALID


@pytest.mark.parametrize("authority", [False, True])
def test_with_a_certificate_that_has_ended_nothing_is_signed(ended, authority, kind):
    credentials, _ = ended[authority]

    with pytest.raises(Unavailable, match="ended at" if authority else "is the chain valid"):
        credentials.signer()(KINDS[kind], kind, CLAIM)


# --- the certificate of a batch -------------------------------------------------------------------


@pytest.fixture
def kms():
    made = Kms()
    made.create()
    return made


@pytest.fixture
def own(kms):
    """The key, and its certificates as an authority: its own, the intermediate, the root."""
    (private,) = kms.keys.values()
    return private, certificates(private.public_key())


def test_the_certificate_of_a_batch_is_a_signers_and_ends_with_its_issuers(kms, own):
    _, (first, middle, _) = own
    before = datetime.now(UTC).replace(microsecond=0)

    _, chain = for_batch(KmsKey(kms, "key-0"), pem(first, middle))

    made, *rest = x509.load_pem_x509_certificates(chain.encode())
    assert rest == [first, middle]
    assert made.issuer == first.subject
    assert made.not_valid_after_utc == first.not_valid_after_utc
    assert timedelta(0) <= made.not_valid_before_utc - before + SKEW <= timedelta(seconds=5)
    assert made.serial_number.bit_length() > 64
    found = {type(one.value): one for one in made.extensions}
    for extension, critical in signer_extensions():
        one = found[type(extension)]
        assert (one.value, one.critical) == (extension, critical)
    above = first.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    assert found[x509.AuthorityKeyIdentifier].value.key_identifier == above.digest


def test_it_ends_with_an_intermediate_that_ends_sooner(kms, own):
    private, (_, middle, root) = own
    sooner = certified(middle.public_key(), "middle", authority_extensions(1), root, private)
    late = datetime.now(UTC) + timedelta(days=500)
    first = certified(
        private.public_key(), "own", authority_extensions(0), sooner, private, end=late
    )

    _, chain = for_batch(KmsKey(kms, "key-0"), pem(first, sooner))

    made = x509.load_pem_x509_certificate(chain.encode())
    assert made.not_valid_after_utc == sooner.not_valid_after_utc


def test_each_batch_has_a_key_and_a_serial_number_of_its_own(kms, own):
    _, (first, middle, _) = own
    key = KmsKey(kms, "key-0")

    made = [
        x509.load_pem_x509_certificate(for_batch(key, pem(first, middle))[1].encode())
        for _ in range(2)
    ]

    assert made[0].serial_number != made[1].serial_number
    assert made[0].public_key() != made[1].public_key()


def test_another_reader_of_rfc_5280_accepts_the_chain_of_a_batch(kms, own):
    _, (first, middle, root) = own
    _, chain = for_batch(KmsKey(kms, "key-0"), pem(first, middle))
    made, *rest = x509.load_pem_x509_certificates(chain.encode())
    policy = (
        PolicyBuilder()
        .store(Store([root]))
        .extension_policies(
            ca_policy=ExtensionPolicy.webpki_defaults_ca(), ee_policy=ExtensionPolicy.permit_all()
        )
        .build_client_verifier()
    )

    assert policy.verify(made, rest).chain == [made, first, middle, root]


def test_a_chain_of_another_key_signs_nothing(kms, own):
    other = ec.generate_private_key(CURVE).public_key()
    credentials = KmsCredentials(kms, "key-0", stored(*a_chain(other)))

    with pytest.raises(Unavailable, match="not of this key"):
        credentials.signer()


def test_a_chain_that_is_no_pem_signs_nothing(kms):
    with pytest.raises(Unavailable, match="not PEM"):
        KmsCredentials(kms, "key-0", stored("no", "no")).signer()


SIGNS, ISSUES = signer_extensions()[1], authority_extensions(0)[1]
FORGED = {
    "under a signer's certificate": {"own": signer_extensions()},
    "under an authority that may not issue": {"own": [authority_extensions(0)[0], SIGNS]},
    "one authority too many": {"above": authority_extensions(0)},
    "an intermediate that may not issue": {"above": [authority_extensions(1)[0], SIGNS]},
    "an intermediate that is a signer": {"above": signer_extensions()},
    "an authority that ended": {"end": datetime.now(UTC) - timedelta(minutes=1)},
}


def as_read(monkeypatch, batch, chain, anchors, kind):
    """How a picture is read that `batch` signed with this chain."""
    sign = lambda message: batch.sign(message, ec.ECDSA(hashes.SHA256()))  # noqa: E731
    monkeypatch.setattr(signing, "for_batch", lambda *_: (sign, chain))
    credentials = KmsCredentials(Kms(), "none", stored(chain, anchors))
    return credentials.read(credentials.signer()(KINDS[kind], kind, CLAIM), kind)


@pytest.mark.parametrize("wrong", [*FORGED, None])
def test_only_a_right_chain_is_trusted(monkeypatch, kms, kind, wrong):
    (private,) = kms.keys.values()
    first, middle, root = certificates(private.public_key(), **FORGED.get(wrong, {}))
    batch = ec.generate_private_key(CURVE)
    made = certified(batch.public_key(), "batch", signer_extensions(), first, private)

    found = as_read(monkeypatch, batch, pem(made, first, middle), pem(root), kind)

    assert found.trust is (Trust.OTHERS if wrong else Trust.TRUSTED)
    assert (found.claim is None) is bool(wrong)


@pytest.mark.parametrize(
    "wrong", ["another key", "another root", "no intermediate", "no authority", "out of order"]
)
def test_a_chain_with_a_gap_is_not_trusted(monkeypatch, kms, own, kind, wrong):
    private, (first, middle, root) = own
    issuer = ec.generate_private_key(CURVE) if wrong == "another key" else private
    batch = ec.generate_private_key(CURVE)
    made = certified(batch.public_key(), "batch", signer_extensions(), first, issuer)
    chain = {
        "no intermediate": (made, first),
        "no authority": (made, middle),
        "out of order": (made, middle, first),
    }.get(wrong, (made, first, middle))
    _, anchors = a_chain(private.public_key()) if wrong == "another root" else ("", pem(root))

    found = as_read(monkeypatch, batch, pem(*chain), anchors, kind)

    assert (found.trust, found.claim) == (Trust.OTHERS, None)


# --- reading --------------------------------------------------------------------------------------


def test_a_picture_that_was_saved_again_has_no_credentials(credentials, kind, signed):
    out = io.BytesIO()
    with Image.open(io.BytesIO(signed)) as picture:
        picture.save(out, "PNG")

    assert credentials.read(out.getvalue(), "image/png").trust is Trust.NONE


@pytest.mark.parametrize("content", [b"", b"hello", PNG[:90]])
def test_a_file_that_is_not_a_picture_has_no_credentials(credentials, content):
    assert credentials.read(content, "image/png").claim is None


def test_the_manifest_names_the_maker_and_the_method_and_forbids_training(kind, signed):
    with c2pa.Reader(kind, io.BytesIO(signed)) as reader:
        store = json.loads(reader.json())
    active = store["manifests"][store["active_manifest"]]
    said = {one["label"]: one["data"] for one in active["assertions"]}

    created = said["c2pa.actions.v2"]["actions"][0]
    assert active["claim_generator_info"][0]["name"] == "Likeness"
    assert created["digitalSourceType"] == SOURCE_TYPES["painter"]
    assert created["when"] == "2026-11-22T12:00:00+00:00"
    assert created["parameters"] == {"style": "comic", "engine": "painter"}
    uses = said["cawg.training-mining"]["entries"]
    assert {entry["use"] for entry in uses.values()} == {"notAllowed"}
    assert not active.get("ingredients")


def test_signing_changes_neither_pixels_nor_label(kind, signed):
    with Image.open(io.BytesIO(KINDS[kind])) as before, Image.open(io.BytesIO(signed)) as after:
        assert after.tobytes() == before.tobytes()
        label = after.info.get("xmp") or after.text["XML:com.adobe.xmp"].encode()
    assert SOURCE_TYPES["painter"].encode() in label


def test_with_a_disabled_key_nothing_is_signed_and_the_error_names_it(
    clients, key, credentials, kind
):
    clients("kms").off.add(key)

    with pytest.raises(Unavailable, match="Sign returned Disabled"):
        credentials.signer()(KINDS[kind], kind, CLAIM)


def test_without_a_certificate_chain_nothing_is_signed_and_the_error_names_the_parameter(
    clients, key, kind
):
    bare = KmsCredentials(clients("kms"), key, Certificates(clients("ssm"), "/likeness/none"))

    with pytest.raises(Unavailable, match="/likeness/none/certificate-chain"):
        bare.signer()


def test_a_certificate_chain_is_cached_for_minutes(clients, key):
    issue_once(clients, Certified(key, "test"))
    store, now = clients("ssm"), [0.0]
    certificates = Certificates(store, "/likeness/test", now=lambda: now[0])
    first = certificates.chain()

    issue_once(clients, Certified(key, "test"))
    assert certificates.chain() == first

    name = "/likeness/test/certificate-chain"
    store.put_parameter(Name=name, Value="renewed", Type="String", Overwrite=True)
    assert certificates.chain() == first
    now[0] = CACHE_S + 1
    assert certificates.chain() == "renewed"


@pytest.mark.parametrize(("authority", "days"), [(False, 365 - 30), (True, 1825 - 365)])
def test_a_chain_is_renewed_a_month_or_for_an_authority_a_year_before_it_ends(
    clients, key, authority, days
):
    public = clients("kms").keys[key].public_key()
    store(clients, Certified(key, "test"), *issue(public, authority=authority))

    due = Certificates(clients("ssm"), "/likeness/test").renew_at()

    assert abs(due - datetime.now(UTC) - timedelta(days=days)) < timedelta(minutes=10)


def test_without_a_chain_no_renewal_is_due(clients):
    assert Certificates(clients("ssm"), "/likeness/none").renew_at() is None
