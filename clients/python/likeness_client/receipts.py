"""Verify the receipts of deletions and erasures: JWS in compact serialisation, ES256.

`python -m likeness.receipts` of the Likeness repository does the same for anyone else.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypedDict, cast

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from joserfc.util import urlsafe_b64decode

from likeness_client.errors import NotGenuine

if TYPE_CHECKING:
    from likeness_client.types import DeletionState, KeysView

ALGORITHM = "ES256"  # the header's `alg` is compared with it and never trusted
DELETION, ERASURE = "likeness-deletion+jws", "likeness-erasure+jws"


class DeletedObject(TypedDict):
    object: str
    """key without the job id"""
    keyed_hash: str
    created_at: str | None
    deleted_at: str


class CheckedPlace(TypedDict):
    place: str
    left: int
    """objects that the independent listing found"""


class DeletionReceipt(TypedDict):
    schema_version: int
    issuer: str
    job_id: str
    state: DeletionState
    policy: str
    issued_at: str
    objects: list[DeletedObject]
    checked: list[CheckedPlace]
    retained: str | None
    """what is still stored, and for how long; null under a legal hold"""


class ErasureReceipt(TypedDict):
    schema_version: int
    issuer: str
    erasure_id: str
    policy: str
    requested_at: str
    finished_at: str
    jobs: int
    objects: int
    retained: str


def verify_deletion(receipt: str, keys: KeysView, *, issuer: str, job_id: str) -> DeletionReceipt:
    """The content of `get_receipt(job_id)["receipt"]`, signed by one of `get_keys()`.

    `issuer` is the deployment's: `likeness/<stage>`. Raises NotGenuine.
    """
    expected = {"issuer": issuer, "job_id": job_id}
    return cast(DeletionReceipt, _verified(receipt, keys, DELETION, expected))


def verify_erasure(receipt: str, keys: KeysView, *, issuer: str, erasure_id: str) -> ErasureReceipt:
    """The content of `get_erasure(erasure_id)["receipt"]`. Raises NotGenuine."""
    expected = {"issuer": issuer, "erasure_id": erasure_id}
    return cast(ErasureReceipt, _verified(receipt, keys, ERASURE, expected))


def _verified(receipt: str, keys: KeysView, kind: str, expected: dict[str, str]) -> dict[str, Any]:
    try:
        header = json.loads(urlsafe_b64decode(receipt.partition(".")[0].encode()))
        key = next((one for one in keys["keys"] if one["kid"] == header["kid"]), None)
        if key is None:
            raise NotGenuine("none of the keys has the receipt's key id: get them again")
        if header["typ"] != kind:
            raise NotGenuine(f"its type is {header['typ']!r}, not {kind!r}")
        signed = jws.deserialize_compact(
            receipt, ECKey.import_key({**cast(dict[str, str], key)}), [ALGORITHM]
        )
        claims: dict[str, Any] = json.loads(signed.payload)
    except (JoseError, ValueError, KeyError, TypeError) as wrong:
        raise NotGenuine(f"not a receipt: {wrong}") from wrong
    for name, value in expected.items():
        if claims.get(name) != value:
            raise NotGenuine(f"its {name} is {claims.get(name)!r}, not {value!r}")
    return claims
