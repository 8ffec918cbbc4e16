"""Send a chain's deliveries in order, until one has to wait."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from likeness.domain.errors import ConcurrentChange, NotFound
from likeness.domain.webhooks.delivery import (
    FIRST_PAUSE_S,
    GONE,
    LONGEST_PAUSE_S,
    Chain,
    Delivery,
    DeliveryState,
    FailReason,
)
from likeness.domain.webhooks.signature import headers
from likeness.domain.webhooks.webhook import DisabledReason, Webhook

if TYPE_CHECKING:
    from likeness.ports.runtime import Clock, Metrics
    from likeness.ports.webhooks import (
        CallLimits,
        Deliveries,
        DeliveryQueue,
        WebhookCaller,
        Webhooks,
        WebhookSecrets,
    )

WORK_FOR = timedelta(seconds=20)  # then another invocation goes on


class _Waits(Exception):  # noqa: N818 - a result, not a fault
    """The chain's next delivery has to wait for so many seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class DeliverySender:
    """What sending takes. One object for each invocation."""

    def __init__(
        self,
        *,
        webhooks: Webhooks,
        deliveries: Deliveries,
        secrets: WebhookSecrets,
        limits: CallLimits,
        caller: WebhookCaller,
        metrics: Metrics,
        clock: Clock,
    ) -> None:
        self._webhooks = webhooks
        self._deliveries = deliveries
        self._secrets = secrets
        self._limits = limits
        self._caller = caller
        self._metrics = metrics
        self._clock = clock

    def send_all(self, chain: Chain) -> None:
        """Raises _Waits if a delivery has to wait; those after it wait too."""
        until = self._clock.now() + WORK_FOR
        for delivery in self._deliveries.pending(chain):
            if self._clock.now() >= until:
                raise _Waits(0)
            self._send(delivery)

    def _send(self, delivery: Delivery) -> None:
        now = self._clock.now()
        webhook = self._webhook(delivery)
        if webhook is None or webhook.disabled:
            self._fail(delivery, FailReason.DISABLED)
            return
        if now >= delivery.try_until:
            self._fail(delivery, FailReason.EXPIRED)
            return
        if wait_s := delivery.wait_s(now):
            raise _Waits(wait_s)
        if wait_s := self._limits.acquire(webhook.webhook_id, now=now):
            raise _Waits(max(wait_s, _patience(delivery, now)))
        begun = delivery.begin(now)
        self._save(begun, seen=delivery)
        self._call(webhook, begun)

    def _webhook(self, delivery: Delivery) -> Webhook | None:
        try:
            return self._webhooks.get(delivery.chain.webhook_id)
        except NotFound:
            return None

    def _call(self, webhook: Webhook, delivery: Delivery) -> None:
        now = self._clock.now()
        body = delivery.body.encode()
        secrets = [
            self._secrets.decrypt(webhook.webhook_id, one.ciphertext)
            for one in webhook.valid_secrets(now)
        ]
        signed = headers(delivery.event_id, body, secrets=secrets, now=now)
        result = self._caller.post(webhook.url, signed, body)
        now = self._clock.now()
        if result.overloaded:
            self._limits.pause(webhook.webhook_id, now=now)
        else:
            self._limits.resume(webhook.webhook_id)
        if result.status == GONE:
            self._disable(webhook)
        ended = delivery.end(result, now)
        self._count(ended)
        self._save(ended, seen=delivery)
        if ended.state is DeliveryState.PENDING:
            raise _Waits(ended.wait_s(now))

    def _disable(self, webhook: Webhook) -> None:
        with suppress(ConcurrentChange):  # changed at the same time: the next 410 disables it
            self._webhooks.save(webhook.change(disabled=DisabledReason.GONE))

    def _fail(self, delivery: Delivery, reason: FailReason) -> None:
        failed = delivery.fail(reason)
        if reason is not FailReason.DISABLED:  # that one is the app's wish, and raises no alarm
            self._count(failed)
        self._save(failed, seen=delivery)

    def _count(self, delivery: Delivery) -> None:
        match delivery.state:
            case DeliveryState.DELIVERED:
                self._metrics.count("WebhookDelivered")
            case DeliveryState.FAILED:
                self._metrics.count("WebhookFailed")
            case DeliveryState.PENDING:
                self._metrics.count("WebhookRetried")

    def _save(self, delivery: Delivery, *, seen: Delivery) -> None:
        """A conflict: another invocation has it, or its user was erased."""
        try:
            self._deliveries.save(delivery, seen=seen)
        except ConcurrentChange:
            raise _Waits(FIRST_PAUSE_S) from None


def _patience(delivery: Delivery, now: datetime) -> float:
    """How long a delivery waits for a webhook that does not keep up: longer the older it is.

    So thousands of deliveries for a webhook that is down cost few invocations. In seconds.
    """
    age = (now - delivery.created_at).total_seconds()
    return min(LONGEST_PAUSE_S, age / 4)


def send_deliveries(chain: Chain, *, sender: DeliverySender, queue: DeliveryQueue) -> None:
    """Send what the chain has. What waits is put into the queue again, with a delay.

    Only one invocation sends a delivery at a time: its record has a lease. So a message that comes
    twice, or while another invocation sends, changes nothing.
    """
    try:
        sender.send_all(chain)
    except _Waits as waits:
        queue.put([chain], delay_s=waits.seconds)
