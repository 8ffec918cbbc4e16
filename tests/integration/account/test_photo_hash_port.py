"""HMACs of deleted photos: the fake, and KMS."""

import pytest

from likeness.adapters.account.keyed_hash import KmsHash
from likeness.domain.errors import LikenessError
from likeness.domain.ids import UserId
from tests.builders import USER, digest
from tests.fakes import FakeHash

CHECKSUM = digest(b"a photo")


@pytest.fixture
def keyed_hash(kind, request):
    if kind == "fake":
        return FakeHash()
    request.getfixturevalue("aws")
    kms = request.getfixturevalue("session").client("kms")
    key = kms.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]
    return KmsHash(kms, key["Arn"])


def test_a_users_photo_always_has_the_same_hmac(keyed_hash):
    assert keyed_hash.photo(USER, CHECKSUM) == keyed_hash.photo(USER, CHECKSUM)


def test_another_photo_or_another_user_has_another_hmac(keyed_hash):
    found = {
        keyed_hash.photo(USER, CHECKSUM),
        keyed_hash.photo(USER, digest(b"another photo")),
        keyed_hash.photo(UserId("user-2"), CHECKSUM),
    }

    assert len(found) == 3


def test_an_hmac_shows_neither_the_checksum_nor_the_user(keyed_hash):
    hmac = keyed_hash.photo(USER, CHECKSUM)

    assert CHECKSUM not in hmac
    assert USER not in hmac
    assert len(bytes.fromhex(hmac)) == 16


def test_a_key_that_cannot_be_used_is_an_error(request):
    request.getfixturevalue("aws")
    kms = request.getfixturevalue("session").client("kms")

    with pytest.raises(LikenessError):
        KmsHash(kms, "00000000-0000-0000-0000-000000000000").photo(USER, CHECKSUM)
