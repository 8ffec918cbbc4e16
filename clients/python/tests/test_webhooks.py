"""Webhooks and receipts, genuine and not."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, OctKey
from standardwebhooks import Webhook

from likeness.domain.deletion import receipt as domain
from likeness_client import receipts, webhooks
from likeness_client.errors import NotGenuine

SECRET, OLD = (f"whsec_{base64.b64encode(one * 24).decode()}" for one in (b"n", b"o"))
BODY = b'{"type":"job.completed","timestamp":"2026-11-22T12:00:00Z","data":{"job_id":"j1"}}'


def headers(*, at: datetime | None = None):
    at = at or datetime.now(UTC)
    return {
        "Webhook-Id": "msg_1",
        "Webhook-Timestamp": str(int(at.timestamp())),
        "Webhook-Signature": Webhook(SECRET).sign("msg_1", at, BODY.decode()),
    }


@pytest.mark.parametrize("secrets", [(SECRET,), (OLD, SECRET), (SECRET, OLD)])
def test_a_genuine_webhook_is_the_event(secrets):
    assert webhooks.verify(BODY, headers(), *secrets) == json.loads(BODY)


@pytest.mark.parametrize(
    ("body", "secret", "more"),
    [
        (BODY + b" ", SECRET, {}),
        (b"\xff", SECRET, {}),
        (BODY, OLD, {}),
        (BODY, "whsec_*", {}),
        (BODY, SECRET, {"Webhook-Signature": "v1"}),
        (BODY, SECRET, {"Webhook-Signature": "v1,***"}),
        (BODY, SECRET, {"Webhook-Timestamp": "nan"}),
        (BODY, SECRET, {"Webhook-Id": ""}),
    ],
)
def test_another_webhook_is_not_genuine(body, secret, more):
    with pytest.raises(NotGenuine):
        webhooks.verify(body, headers() | more, secret)


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_webhook_of_another_time_is_not_genuine(minutes):
    at = datetime.now(UTC) + timedelta(minutes=minutes)

    with pytest.raises(NotGenuine, match="too"):
        webhooks.verify(BODY, headers(at=at), SECRET)


def test_without_a_secret_no_webhook_is_genuine():
    with pytest.raises(NotGenuine, match="no secret"):
        webhooks.verify(BODY, headers())


KEY = ECKey.generate_key("P-256", {"kid": "k1", "use": "sig", "alg": "ES256"})
KEYS = {"keys": [KEY.as_dict(private=False)]}
CLAIMS = {"issuer": "likeness/prod", "job_id": "j1", "state": "deleted"}


def signed(claims=CLAIMS, *, key=KEY, algorithm="ES256", **header):
    given = {"alg": algorithm, "kid": "k1", "typ": receipts.DELETION} | header
    return jws.serialize_compact(given, json.dumps(claims), key, [algorithm])


def verify(receipt, **expected):
    given = {"issuer": "likeness/prod", "job_id": "j1"} | expected
    return receipts.verify_deletion(receipt, KEYS, **given)


def test_a_genuine_receipt_is_its_claims():
    assert verify(signed()) == CLAIMS


def test_the_receipt_of_an_erasure_has_a_type_of_its_own():
    claims = {"issuer": "likeness/prod", "erasure_id": "e1"}
    expected = {"issuer": "likeness/prod", "erasure_id": "e1"}
    receipt = signed(claims, typ=receipts.ERASURE)

    assert receipts.verify_erasure(receipt, KEYS, **expected) == claims
    with pytest.raises(NotGenuine, match="type"):
        verify(receipt)


OTHER = ECKey.generate_key("P-256")
PUBLIC_AS_SECRET = json.dumps(KEYS)  # RFC 8725, 2.1: a public key as the secret of an HMAC


@pytest.mark.parametrize(
    ("receipt", "why"),
    [
        (signed(key=OTHER), "bad_signature"),
        (signed(kid="k2"), "key id"),
        (signed()[:-8], "receipt"),
        (signed().replace(".", "..", 1), "receipt"),
        ("", "receipt"),
        ("e30.e30.e30", "receipt"),
        (signed(key=OctKey.import_key(PUBLIC_AS_SECRET), algorithm="HS256"), "receipt"),
    ],
)
def test_another_receipt_is_not_genuine(receipt, why):
    with pytest.raises(NotGenuine, match=why):
        verify(receipt)


@pytest.mark.parametrize("expected", [{"issuer": "likeness/dev"}, {"job_id": "j2"}])
def test_a_genuine_receipt_of_something_else_is_refused(expected):
    with pytest.raises(NotGenuine, match="not"):
        verify(signed(), **expected)


@pytest.mark.parametrize(
    ("typed", "model"),
    [
        (receipts.DeletionReceipt, domain.Receipt),
        (receipts.DeletedObject, domain.ReceiptObject),
        (receipts.CheckedPlace, domain.CheckedPlace),
        (receipts.ErasureReceipt, domain.ErasureReceipt),
    ],
)
def test_the_types_of_receipts_have_the_fields_of_the_service(typed, model):
    assert set(typed.__annotations__) == set(model.model_fields)
