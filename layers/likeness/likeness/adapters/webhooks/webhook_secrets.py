"""Webhooks' signing secrets, encrypted by KMS."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from likeness.adapters.aws_errors import domain_errors
from likeness.domain.webhooks.webhook import WebhookSecret

if TYPE_CHECKING:
    from mypy_boto3_kms.client import KMSClient

    from likeness.domain.ids import WebhookId

MAX_KNOWN = 100  # decrypted secrets that a process remembers


class KmsWebhookSecrets:
    """The webhook's id is the encryption context: a ciphertext is of no use in another webhook."""

    def __init__(self, client: KMSClient, key: str) -> None:
        self._client = client
        self._key = key
        self._known: dict[tuple[str, str], WebhookSecret] = {}

    def encrypt(self, webhook_id: WebhookId, secret: WebhookSecret) -> str:
        with domain_errors():
            encrypted = self._client.encrypt(
                KeyId=self._key,
                Plaintext=secret.encode(),
                EncryptionContext={"webhook": webhook_id},
            )
        return base64.b64encode(encrypted["CiphertextBlob"]).decode()

    def decrypt(self, webhook_id: WebhookId, ciphertext: str) -> WebhookSecret:
        known = self._known.get((webhook_id, ciphertext))
        if known is not None:
            return known
        with domain_errors():
            decrypted = self._client.decrypt(
                KeyId=self._key,
                CiphertextBlob=base64.b64decode(ciphertext),
                EncryptionContext={"webhook": webhook_id},
            )
        secret = WebhookSecret(decrypted["Plaintext"].decode())
        if len(self._known) >= MAX_KNOWN:
            self._known.clear()
        self._known[webhook_id, ciphertext] = secret
        return secret
