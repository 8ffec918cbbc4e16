"""Keyed hashes of photos, users and objects: the fake, and KMS."""

import pytest

from likeness.adapters.account.keyed_hash import KmsHash
from likeness.domain.errors import LikenessError
from likeness.domain.ids import UserId
from tests.builders import JOB, OTHER_JOB, USER, digest
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


@pytest.fixture
def keys(aws, session):
    kms = session.client("kms")

    def make() -> KmsHash:
        key = kms.create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
        return KmsHash(kms, key["KeyMetadata"]["Arn"])

    return make


def test_a_user_hash_is_the_same_for_the_same_user_only(keys):
    hashes = keys()

    assert hashes.user(USER) == hashes.user(USER)
    assert hashes.user(USER) != hashes.user(UserId("user-2"))
    assert len(hashes.user(USER)) == 32
    assert USER not in hashes.user(USER)


def test_another_key_makes_another_user_hash(keys):
    assert keys().user(USER) != keys().user(USER)


def test_objects_are_hashed_under_a_key_of_their_job(keys):
    hashes = keys()
    names = ["photos/p01.jpg:etag-1", "photos/p02.jpg:etag-2"]

    one, two = hashes.objects(JOB, names)

    assert (len(one), one != two) == (64, True)
    assert hashes.objects(JOB, names) == [one, two]
    assert set(hashes.objects(OTHER_JOB, names)).isdisjoint({one, two})
    assert set(keys().objects(JOB, names)).isdisjoint({one, two})
