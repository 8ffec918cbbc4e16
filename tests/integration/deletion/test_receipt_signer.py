"""Receipts signed by KMS."""

import json

import pytest

from likeness import receipts
from likeness.adapters.deletion.receipt_signer import KmsSigner
from likeness.api.receipts import KeysView
from likeness.domain.deletion.receipt import DeletionState, Receipt
from likeness.domain.errors import Denied, Unavailable
from tests.builders import JOB, NOW
from tests.integration.aws_answers import fail


@pytest.fixture
def signer(aws, session):
    kms = session.client("kms")
    key = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]
    return KmsSigner(kms, [key["Arn"]]), kms


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
    theirs = KmsSigner(signer[1], [key["Arn"]]).sign(RECEIPT)

    with pytest.raises(receipts.NotGenuine):
        receipts.verify(theirs, {"keys": [one.model_dump() for one in signer[0].public_keys()]})


@pytest.mark.parametrize("code", ["DisabledException", "AccessDeniedException"])
def test_a_disabled_key_is_an_error(signer, code):
    fail(signer[1], "Sign", code, times=9)

    with pytest.raises(Denied):
        signer[0].sign(RECEIPT)


@pytest.fixture
def rotated(aws, session):
    """The signer before and after its key was rotated, and the ARN of the former key."""
    kms = session.client("kms")
    new, former = (
        kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]
        for _ in range(2)
    )
    return KmsSigner(kms, [former]), KmsSigner(kms, [new, former]), kms, former


def published(signer):
    return {"keys": [one.model_dump() for one in signer.public_keys()]}


def test_a_receipt_that_was_signed_before_a_rotation_verifies_after_it(rotated):
    before, after, *_ = rotated
    old, new = before.sign(RECEIPT), after.sign(RECEIPT)

    for receipt in (old, new):
        assert receipts.verify(receipt, published(after)) == RECEIPT.model_dump(mode="json")
    with pytest.raises(receipts.NotGenuine, match="key id"):
        receipts.verify(new, published(before))


@pytest.mark.parametrize("code", ["DisabledException", "NotFoundException"])
def test_a_former_key_that_is_disabled_or_deleted_is_not_published(rotated, code):
    before, after, kms, former = rotated
    old, new = before.sign(RECEIPT), after.sign(RECEIPT)
    fail(kms, "GetPublicKey", code, times=1, after=1)

    jwks = published(after)

    assert receipts.verify(new, jwks)
    with pytest.raises(receipts.NotGenuine, match="key id"):
        receipts.verify(old, jwks)


def test_the_stacks_own_key_is_published_once_if_it_is_in_the_list_too(rotated):
    _, _, kms, own = rotated
    new = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]

    keys = KmsSigner(kms, [own, new, own]).public_keys()

    assert [one.kid for one in keys] == [arn.rpartition("/")[2] for arn in (own, new)]


@pytest.mark.parametrize("code", ["DisabledException", "KMSInvalidStateException"])
def test_without_the_key_that_signs_none_is_published(signer, code):
    fail(signer[1], "GetPublicKey", code, times=9)

    with pytest.raises(Unavailable):
        signer[0].public_keys()
