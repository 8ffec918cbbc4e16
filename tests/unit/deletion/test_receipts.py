"""A receipt is verified with its public key alone."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm
from jwt.api_jws import PyJWS

from likeness import receipts
from likeness.domain.deletion.receipt import Deletion, DeletionState
from likeness.domain.errors import JobRunning, NotFound, PhotosNotDeletedYet
from likeness.domain.jobs.job import ENDED, JobState
from likeness.services.deletion.get_keys import get_keys
from likeness.services.deletion.get_receipt import get_receipt
from tests.builders import JOB

KEY = ec.generate_private_key(ec.SECP256R1())
CONTENT = {"issuer": "likeness/test", "job_id": JOB, "state": "deleted"}


def jwk(key, kid="key-1"):
    own = ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return {**own, "kid": kid, "alg": "ES256", "use": "sig"}


JWKS = {"keys": [jwk(KEY)]}


def sign(content=CONTENT, key=KEY, algorithm="ES256", **headers):
    return PyJWS().encode(
        json.dumps(content).encode(),
        key=key,
        algorithm=algorithm,
        headers={"kid": "key-1", "typ": receipts.TYPES["Receipt"]} | headers,
    )


def test_a_verified_receipt_returns_the_signed_content():
    assert receipts.verify(sign(), JWKS) == CONTENT


@pytest.mark.parametrize("part", [0, 1, 2])
def test_one_changed_byte_makes_a_receipt_invalid(part):
    receipt = sign()
    parts = receipt.split(".")
    for at in range(len(parts[part])):
        other = "A" if parts[part][at] != "A" else "Q"
        changed = parts[part][:at] + other + parts[part][at + 1 :]
        forged = ".".join([*parts[:part], changed, *parts[part + 1 :]])
        with pytest.raises(receipts.NotGenuine):
            receipts.verify(forged, JWKS)


@pytest.mark.parametrize(
    "forged",
    [
        sign(key=ec.generate_private_key(ec.SECP256R1())),
        sign(kid="another"),
        sign(typ="JWT"),
        sign(key="the public key, as a secret of HMAC, which is public", algorithm="HS256"),
        sign(key=None, algorithm="none"),
        "not.a.receipt",
        "nothing",
    ],
    ids=["other key", "unknown key", "other type", "hmac", "none", "rubbish", "text"],
)
def test_a_forged_receipt_is_invalid(forged):
    with pytest.raises(receipts.NotGenuine):
        receipts.verify(forged, JWKS)


def test_the_key_is_chosen_by_its_id():
    other = jwk(ec.generate_private_key(ec.SECP256R1()), "key-0")

    assert receipts.verify(sign(), {"keys": [other, jwk(KEY)]}) == CONTENT


@pytest.mark.parametrize("wrapped", [True, False])
def test_the_verifier_accepts_the_api_response_or_the_receipt(tmp_path, capsys, wrapped):
    receipt, keys = tmp_path / "receipt", tmp_path / "jwks.json"
    receipt.write_text(json.dumps({"job_id": JOB, "receipt": sign()}) if wrapped else sign())
    keys.write_text(json.dumps(JWKS))

    assert receipts.main(["verify", str(receipt), "--jwks", str(keys)]) == 0

    output = capsys.readouterr()
    assert json.loads(output.out) == CONTENT
    assert "genuine: signed by likeness/test" in output.err


def test_the_verifier_reports_an_invalid_receipt(tmp_path, capsys):
    receipt, keys = tmp_path / "receipt", tmp_path / "jwks.json"
    receipt.write_text(sign(CONTENT | {"state": "held"})[:-4] + "AAAA")
    keys.write_text(json.dumps(JWKS))

    assert receipts.main(["verify", str(receipt), "--jwks", str(keys)]) == 1
    assert "NOT GENUINE" in capsys.readouterr().err
    assert receipts.main(["verify", str(tmp_path / "none"), "--jwks", str(keys)]) == 2
    receipt.write_text("{}")
    assert receipts.main(["verify", str(receipt), "--jwks", str(keys)]) == 1


def test_keys_are_read_by_https_or_from_a_file_only(tmp_path):
    with pytest.raises(OSError, match="ftp"):
        receipts.fetch("ftp://keys.test/jwks.json")
    with pytest.raises(OSError, match="http"):
        receipts.fetch("http://keys.test/jwks.json")


def test_a_receipt_is_returned_as_it_was_signed(world):
    world.deletions.save(Deletion(job_id=JOB, state=DeletionState.DELETED, receipt="a.b.c"))

    shown = get_receipt(JOB, jobs=world.jobs, deletions=world.deletions)

    assert (shown.job_id, shown.state, shown.receipt) == (JOB, "deleted", "a.b.c")


@pytest.mark.parametrize("deletion", [None, DeletionState.PENDING, DeletionState.HELD])
def test_a_receipt_that_is_not_signed_yet_can_be_waited_for(world, deletion):
    world.has(JobState.COMPLETED)
    if deletion:
        world.deletions.save(Deletion(job_id=JOB, state=deletion))

    with pytest.raises(PhotosNotDeletedYet):
        get_receipt(JOB, jobs=world.jobs, deletions=world.deletions)


@pytest.mark.parametrize("state", sorted(set(JobState) - ENDED))
def test_a_job_that_has_not_ended_has_no_receipt(world, state):
    world.has(state)

    with pytest.raises(JobRunning):
        get_receipt(JOB, jobs=world.jobs, deletions=world.deletions)


def test_an_unknown_job_has_no_receipt(world):
    with pytest.raises(NotFound):
        get_receipt(JOB, jobs=world.jobs, deletions=world.deletions)


def test_the_public_keys_are_a_jwk_set(world):
    (key,) = get_keys(signer=world.signer).keys

    assert (key.kty, key.alg, key.use) == ("EC", "ES256", "sig")
