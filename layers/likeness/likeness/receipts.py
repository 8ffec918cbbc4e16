"""Verify receipts of deletion with nothing but the public key.

    python -m likeness.receipts verify FILE --jwks https://<api>/v1/keys
    python -m likeness.receipts verify FILE --jwks jwks.json

FILE holds the answer of `GET /v1/jobs/{job}/receipt` or of `GET /v1/erasures/{erasure}`, or the
JWS alone. Needs PyJWT and cryptography, and nothing else of Likeness.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import jwt
from jwt import PyJWKSet
from jwt.api_jws import PyJWS

ALGORITHM = "ES256"
TYPES = {"Receipt": "likeness-deletion+jws", "ErasureReceipt": "likeness-erasure+jws"}


class NotGenuine(Exception):
    """The receipt is not what the owner of the key signed; says why."""


def verify(receipt: str, jwks: dict[str, Any]) -> dict[str, Any]:
    """What the receipt says; NotGenuine unless one of the keys signed exactly that.

    The algorithm is ours, never the receipt's: one that names another is refused.
    """
    try:
        header = jwt.get_unverified_header(receipt)
        if header.get("typ") not in TYPES.values():
            raise NotGenuine(f"it is no receipt of Likeness, but {header.get('typ')!r}")
        key = PyJWKSet.from_dict(jwks)[header["kid"]]
        content = PyJWS().decode(receipt, key.key, algorithms=[ALGORITHM])
    except KeyError as unknown:
        raise NotGenuine("none of the keys is the one that it names") from unknown
    except jwt.PyJWTError as wrong:
        raise NotGenuine(str(wrong)) from wrong
    said: dict[str, Any] = json.loads(content)
    return said


def read(text: str) -> str:
    """The JWS of a file: alone, or as an answer of the API."""
    text = text.strip()
    if not text.startswith("{"):
        return text
    receipt = json.loads(text).get("receipt")
    if not isinstance(receipt, str):
        raise NotGenuine("the file has no field 'receipt'")
    return receipt


def fetch(jwks: str) -> dict[str, Any]:
    """A key set from an https address, or from a file."""
    if jwks.startswith(("https://", "http://127.0.0.1", "http://localhost")):
        with urlopen(jwks, timeout=30) as answer:  # noqa: S310 - these schemes and no other
            found: dict[str, Any] = json.load(answer)
    else:
        found = json.loads(Path(jwks).read_text())
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m likeness.receipts", description=__doc__)
    command = parser.add_subparsers(dest="command", required=True).add_parser("verify")
    command.add_argument("file", metavar="FILE", type=Path)
    command.add_argument("--jwks", required=True, metavar="URL|FILE")
    told = parser.parse_args(arguments)
    try:
        said = verify(read(told.file.read_text()), fetch(told.jwks))
    except NotGenuine as why:
        print(f"NOT GENUINE: {why}", file=sys.stderr)
        return 1
    except (OSError, ValueError) as unreadable:
        print(f"cannot be checked: {unreadable}", file=sys.stderr)
        return 2
    print(json.dumps(said, indent=2))
    print(f"genuine: signed by {said['issuer']}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
