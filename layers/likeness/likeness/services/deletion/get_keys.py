"""The public keys that verify receipts."""

from likeness.api.app import KeysView
from likeness.ports.deletion import Signer


def get_keys(*, signer: Signer) -> KeysView:
    return KeysView(keys=tuple(signer.public_keys()))
