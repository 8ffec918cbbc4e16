"""Receipts signed by KMS."""

import json

import pytest

from likeness import receipts
from likeness.adapters.deletion.receipt_signer import KmsSigner
from likeness.api.receipts import KeysView
from likeness.domain.deletion.receipt import DeletionState, Receipt
from likeness.domain.errors import Denied
from tests.builders import JOB, NOW
from tests.integration.aws_answers import fail


@pytest.fixture
def signer(aws, session):
    kms = session.client("kms")
    key = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]
    return KmsSigner(kms, key["Arn"]), kms


RECEIPT = Receipt(
    issuer="likeness/test",
    job_id=JOB,
    state=DeletionState.DELETED,
    policy="2026-11-22",
    issued_at=NOW,
)


def test_a_receipt_is_verified_by_the_published_key_alone(signer):
    jwks = KeysView(keys=tuple(signer[0].public_keys())).model_dump()

    receipt = signer[0].sign(RECEIPT)

    assert receipts.verify(receipt, json.loads(json.dumps(jwks))) == RECEIPT.model_dump(mode="json")
    changed = receipt[:-8] + ("A" * 8 if receipt[-8:] != "A" * 8 else "B" * 8)
    with pytest.raises(receipts.NotGenuine):
        receipts.verify(changed, jwks)


def test_a_receipt_signed_by_another_key_is_not_genuine(signer, session):
    key = signer[1].create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]
    theirs = KmsSigner(signer[1], key["Arn"]).sign(RECEIPT)

    with pytest.raises(receipts.NotGenuine):
        receipts.verify(theirs, {"keys": [one.model_dump() for one in signer[0].public_keys()]})


@pytest.mark.parametrize("code", ["DisabledException", "AccessDeniedException"])
def test_a_disabled_key_is_an_error(signer, code):
    fail(signer[1], "Sign", code, times=9)

    with pytest.raises(Denied):
        signer[0].sign(RECEIPT)
