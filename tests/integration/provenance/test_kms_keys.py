"""The state of KMS keys."""

import pytest

from likeness.adapters.provenance.kms_keys import KmsKeys
from likeness.domain.errors import Unavailable
from tests.integration.aws_answers import fail


@pytest.fixture
def kms(aws, session):
    return session.client("kms")


def test_each_key_that_cannot_be_used_counts_once(kms):
    usable, disabled = (kms.create_key()["KeyMetadata"]["Arn"] for _ in range(2))
    kms.disable_key(KeyId=disabled.rpartition("/")[2])
    deleted = f"{usable.rpartition('/')[0]}/00000000-0000-4000-8000-000000000000"

    assert KmsKeys(kms, [usable, disabled, deleted, disabled, usable]).unusable() == 2


def test_a_state_that_cannot_be_read_is_an_error(kms):
    fail(kms, "DescribeKey", "InternalException", times=9)

    with pytest.raises(Unavailable):
        KmsKeys(kms, [kms.create_key()["KeyMetadata"]["Arn"]]).unusable()
