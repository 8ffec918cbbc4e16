"""Content Credentials with the real library, signed like KMS, under our own test chain."""

import io
import json
import time
from types import SimpleNamespace

import c2pa
import pytest
from cryptography.hazmat.primitives.serialization import load_der_public_key
from PIL import Image

from infra import certificate
from infra.certificate import Certified, issue, issue_once
from likeness.adapters.generation.png import only_pixels
from likeness.adapters.provenance import webp, xmp
from likeness.adapters.provenance.certificates import CACHE_S, Certificates
from likeness.adapters.provenance.credentials import KmsCredentials
from likeness.domain.errors import Unavailable
from likeness.domain.provenance.credentials import SOURCE_TYPES, Claim, Trust
from tests.builders import NOW, a_png
from tests.integration.provenance.kms import Kms

CLAIM = Claim.model_validate(
    {"watermark": "0123456789a", "style": "comic", "engine": "painter", "made_at": NOW}
)
LABEL = xmp.packet(SOURCE_TYPES["painter"])
PNG = only_pixels(a_png(7, side=256), side=256, xmp=LABEL)
KINDS = {"image/png": PNG, "image/webp": webp.scaled(PNG, [128], xmp=LABEL)[128]}


@pytest.fixture
def clients(aws, session):
    made = {"kms": Kms(), "ssm": session.client("ssm")}
    return made.__getitem__


@pytest.fixture
def key(clients):
    return clients("kms").create()


@pytest.fixture
def credentials(clients, key):
    issue_once(clients, Certified(key, "test"))
    return KmsCredentials(clients("kms"), key, Certificates(clients("ssm"), "/likeness/test"))


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@pytest.fixture
def signed(credentials, kind):
    return credentials.sign(KINDS[kind], kind, CLAIM)


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
    assert credentials.read(theirs.sign(KINDS[kind], kind, CLAIM), kind).trust is Trust.OTHERS


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
    """Pictures, by kind, whose signer's certificate ended after they were signed."""
    kms = Kms()
    key = kms.create()
    seconds = 6
    with pytest.MonkeyPatch.context() as patch:
        sign_for = certificate._certificate  # noqa: SLF001
        shorter = 5 * 60 + seconds  # certificates begin five minutes ago

        def issued(*names, days, **rest):
            return sign_for(*names, days=shorter / 86_400 if days == 365 else days, **rest)

        patch.setattr(certificate, "_certificate", issued)
        public = load_der_public_key(kms.get_public_key(KeyId=key)["PublicKey"])
        chain, anchors = issue(public)
    stored = SimpleNamespace(chain=lambda: chain, anchors=lambda: anchors)
    credentials = KmsCredentials(kms, key, stored)
    signed = {kind: credentials.sign(picture, kind, CLAIM) for kind, picture in KINDS.items()}
    assert {credentials.read(one, kind).trust for kind, one in signed.items()} == {Trust.TRUSTED}
    time.sleep(seconds + 1)
    return credentials, signed


def test_a_certificate_that_has_ended_is_told_from_a_changed_picture(ended, kind):
    credentials, signed = ended
    found = credentials.read(signed[kind], kind)
    assert (found.trust, found.claim) == (Trust.EXPIRED, None)

    changed = flipped(signed[kind], kind)
    assert credentials.read(changed, kind).trust is Trust.INVALID


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
        credentials.sign(KINDS[kind], kind, CLAIM)


def test_without_a_certificate_chain_nothing_is_signed_and_the_error_names_the_parameter(
    clients, key, kind
):
    bare = KmsCredentials(clients("kms"), key, Certificates(clients("ssm"), "/likeness/none"))

    with pytest.raises(Unavailable, match="/likeness/none/certificate-chain"):
        bare.sign(KINDS[kind], kind, CLAIM)


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
