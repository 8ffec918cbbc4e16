"""Ports of webhooks: their settings and secrets, deliveries, and the calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from likeness.domain.ids import JobId, WebhookId
    from likeness.domain.paging import ResultPage
    from likeness.domain.webhooks.delivery import Chain, Delivery, DeliveryState, SendResult
    from likeness.domain.webhooks.webhook import Webhook, WebhookSecret


class Webhooks(Protocol):
    def create(self, webhook: Webhook) -> None:
        """Raises TooManyWebhooks if there are MAX_WEBHOOKS.

        Of two at once, one raises ConcurrentChange.
        """

    def get(self, webhook_id: WebhookId) -> Webhook:
        """Raises NotFound."""

    def every(self) -> list[Webhook]:
        """Return all webhooks, oldest first."""

    def save(self, webhook: Webhook) -> None:
        """Store the next version. Optimistic lock: raises ConcurrentChange if there is one."""

    def delete(self, webhook_id: WebhookId) -> None:
        """Delete the webhook, if it exists."""


class WebhookSecrets(Protocol):
    """Encrypts signing secrets with a key that only the key service has."""

    def encrypt(self, webhook_id: WebhookId, secret: WebhookSecret) -> str: ...
    def decrypt(self, webhook_id: WebhookId, ciphertext: str) -> WebhookSecret:
        """Raises Unavailable if the ciphertext is not of that webhook."""


class Deliveries(Protocol):
    def add(self, delivery: Delivery, *, job_id: JobId | None = None) -> None:
        """Store a new delivery. One that is stored already stays as it is.

        `job_id`: it is not stored if that job is not there, because its user was erased. An erasure
        that deletes the job's records at the same time deletes it too.
        """

    def pending(self, chain: Chain) -> list[Delivery]:
        """Return the chain's deliveries that are neither delivered nor failed, in order."""

    def of(self, chain: Chain) -> list[Delivery]:
        """Return all deliveries of the chain, in order."""

    def save(self, delivery: Delivery, *, seen: Delivery) -> None:
        """Optimistic lock: raises ConcurrentChange if state or attempts are not those of `seen`.

        Raises it too if it was deleted: its user was erased.
        """

    def newest(
        self,
        webhook_id: WebhookId,
        *,
        limit: int,
        after: str | None = None,
        state: DeliveryState | None = None,
    ) -> ResultPage[Delivery]:
        """Return a page of a webhook's deliveries, newest first. Eventually consistent.

        `after`: where the previous page ended.
        """

    def failed(self, webhook_id: WebhookId, *, since: datetime, limit: int) -> list[Delivery]:
        """Return the oldest failed deliveries since a time. Eventually consistent."""


class DeliveryQueue(Protocol):
    def put(self, chains: Sequence[Chain], *, delay_s: float = 0) -> None:
        """Have the chains' deliveries sent, after the delay; 15 minutes at most.

        A chain may come twice, and early: the deliveries say what is due.
        """


class CallLimits(Protocol):
    """How often a webhook may be called, and whether it is paused."""

    def acquire(self, webhook_id: WebhookId, *, now: datetime) -> float:
        """Return 0 if the webhook may be called now; else the seconds to wait.

        When a pause is over, one caller gets 0, and the pause goes on for the others.
        """

    def pause(self, webhook_id: WebhookId, *, now: datetime) -> None:
        """Call a webhook that does not keep up only once in 15 s."""

    def resume(self, webhook_id: WebhookId) -> None:
        """End the pause, if there is one."""


class WebhookCaller(Protocol):
    def check(self, url: str) -> None:
        """Raises Invalid unless the URL is https and its host's addresses are public."""

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> SendResult:
        """Send one request, to an address that was checked. Follows no redirect. 5 s at most."""
