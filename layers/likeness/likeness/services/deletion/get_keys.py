"""The public keys that verify receipts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.api.receipts import KeysView

if TYPE_CHECKING:
    from likeness.ports.deletion import Signer


def get_keys(*, signer: Signer) -> KeysView:
    return KeysView(keys=tuple(signer.public_keys()))
