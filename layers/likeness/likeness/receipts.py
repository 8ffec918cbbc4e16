"""Verify deletion receipts with the public key alone.

    python -m likeness.receipts verify FILE --jwks https://<api>/v1/keys
    python -m likeness.receipts verify FILE --jwks jwks.json

FILE is the response of `GET /v1/jobs/{job}/receipt` or `GET /v1/erasures/{erasure}`, or the JWS
alone. Needs PyJWT and cryptography, and no other module of Likeness.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import jwt
from jwt import PyJWKSet
from jwt.api_jws import PyJWS

if TYPE_CHECKING:
    from collections.abc import Sequence

ALGORITHM = "ES256"
TYPES = {
    "Receipt": "likeness-deletion+jws",
    "ErasureReceipt": "likeness-erasure+jws",
    "Anchor": "likeness-audit-anchor+jws",
}


class NotGenuine(Exception):
    """The signature does not verify; the message says why."""


def verify(receipt: str, jwks: dict[str, Any]) -> dict[str, Any]:
    """Returns the receipt's content. Raises NotGenuine unless one of the keys signed it.

    Only ES256 is accepted: the algorithm in the receipt's header is not trusted.
    """
    try:
        header = jwt.get_unverified_header(receipt)
        if header.get("typ") not in TYPES.values():
            raise NotGenuine(f"its type is {header.get('typ')!r}, not a receipt of Likeness")
        key = PyJWKSet.from_dict(jwks)[header["kid"]]
        content = PyJWS().decode(receipt, key.key, algorithms=[ALGORITHM])
    except KeyError as unknown:
        raise NotGenuine("the key set does not contain its key id") from unknown
    except jwt.PyJWTError as wrong:
        raise NotGenuine(str(wrong)) from wrong
    claims: dict[str, Any] = json.loads(content)
    return claims


def read(text: str) -> str:
    """Returns the JWS of a file that holds it alone or as a response of the API."""
    text = text.strip()
    if not text.startswith("{"):
        return text
    receipt = json.loads(text).get("receipt")
    if not isinstance(receipt, str):
        raise NotGenuine("the file has no field 'receipt'")
    return receipt


def fetch(jwks: str) -> dict[str, Any]:
    """Returns a key set from an HTTPS URL or a file."""
    if jwks.startswith(("https://", "http://127.0.0.1", "http://localhost")):
        with urlopen(jwks, timeout=30) as response:  # noqa: S310 - these schemes and no other
            found: dict[str, Any] = json.load(response)
    else:
        found = json.loads(Path(jwks).read_text())
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m likeness.receipts", description=__doc__)
    command = parser.add_subparsers(dest="command", required=True).add_parser("verify")
    command.add_argument("file", metavar="FILE", type=Path)
    command.add_argument("--jwks", required=True, metavar="URL|FILE")
    options = parser.parse_args(arguments)
    try:
        claims = verify(read(options.file.read_text()), fetch(options.jwks))
    except NotGenuine as why:
        print(f"NOT GENUINE: {why}", file=sys.stderr)
        return 1
    except (OSError, ValueError) as unreadable:
        print(f"cannot be checked: {unreadable}", file=sys.stderr)
        return 2
    print(json.dumps(claims, indent=2))
    print(f"genuine: signed by {claims['issuer']}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
