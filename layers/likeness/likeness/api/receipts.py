"""Receipts of deletions, and the keys that verify them."""

from pydantic import Field

from likeness.api.message import JWS_EXAMPLE, Message
from likeness.domain.deletion.receipt import DeletionState
from likeness.domain.ids import JobIdField


class ReceiptView(Message):
    """The signed receipt of a deletion: a JWS in compact serialisation, ES256."""

    job_id: JobIdField
    state: DeletionState
    receipt: str = Field(examples=[JWS_EXAMPLE])


class PublicKey(Message):
    """A JSON Web Key (RFC 7517) on the curve P-256."""

    kty: str = Field(examples=["EC"])
    crv: str = Field(examples=["P-256"])
    x: str = Field(examples=["f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"])
    y: str = Field(examples=["x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"])
    kid: str = Field(examples=["46d7562c-7bb2-4dd4-a00d-1527178cf3af"])
    alg: str = Field(examples=["ES256"])
    use: str = Field(examples=["sig"])


class KeysView(Message):
    """Public keys to verify receipts with, as a JSON Web Key Set."""

    keys: tuple[PublicKey, ...]
