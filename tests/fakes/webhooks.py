"""The ports of webhooks in memory."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from likeness.domain.errors import ConcurrentChange, Invalid, NotFound, Unavailable
from likeness.domain.ids import JobId, WebhookId
from likeness.domain.paging import ResultPage
from likeness.domain.webhooks.delivery import Chain, Delivery, DeliveryState, SendResult
from likeness.domain.webhooks.webhook import Webhook, WebhookSecret, require_room
from tests.fakes.tables import FakeJobs

PAUSE = timedelta(seconds=15)


class FakeWebhooks:
    def __init__(self, *webhooks: Webhook) -> None:
        self.webhooks = {one.webhook_id: one for one in webhooks}
        self.down = False

    def create(self, webhook: Webhook) -> None:
        require_room(len(self.every()))
        self.webhooks[webhook.webhook_id] = webhook

    def get(self, webhook_id: WebhookId) -> Webhook:
        if webhook_id not in self.webhooks:
            raise NotFound(f"there is no webhook {webhook_id}")
        return self.webhooks[webhook_id]

    def every(self) -> list[Webhook]:
        if self.down:
            raise Unavailable("Query returned InternalServerError")
        return sorted(self.webhooks.values(), key=lambda one: (one.created_at, one.webhook_id))

    def save(self, webhook: Webhook) -> None:
        there = self.webhooks.get(webhook.webhook_id)
        if there is None or there.version != webhook.version - 1:
            raise ConcurrentChange(f"webhook {webhook.webhook_id} was changed: read it again")
        self.webhooks[webhook.webhook_id] = webhook

    def delete(self, webhook_id: WebhookId) -> None:
        self.webhooks.pop(webhook_id, None)


class FakeWebhookSecrets:
    """The ciphertext is the text backwards, with the webhook's id."""

    def encrypt(self, webhook_id: WebhookId, secret: WebhookSecret) -> str:
        return f"{webhook_id} {secret[::-1]}"

    def decrypt(self, webhook_id: WebhookId, ciphertext: str) -> WebhookSecret:
        of, _, secret = ciphertext.partition(" ")
        if of != webhook_id:
            raise Unavailable("Decrypt returned InvalidCiphertextException")
        return WebhookSecret(secret[::-1])


class FakeDeliveries:
    def __init__(self, jobs: FakeJobs | None = None) -> None:
        self._jobs = jobs
        self.deliveries: dict[tuple[str, str, str, str], Delivery] = {}

    def add(self, delivery: Delivery, *, job_id: JobId | None = None) -> None:
        if job_id is None or self._jobs is None or job_id in self._jobs.jobs:
            self.deliveries.setdefault(_key(delivery), delivery)

    def pending(self, chain: Chain) -> list[Delivery]:
        return [one for one in self.of(chain) if one.state is DeliveryState.PENDING]

    def of(self, chain: Chain) -> list[Delivery]:
        there = sorted(self.deliveries.items())
        return [one for _, one in there if one.chain == chain]

    def save(self, delivery: Delivery, *, seen: Delivery) -> None:
        there = self.deliveries.get(_key(delivery))
        if there is None or (there.state, there.attempts) != (seen.state, seen.attempts):
            raise ConcurrentChange(f"the delivery of event {delivery.event_id} was changed")
        self.deliveries[_key(delivery)] = delivery

    def newest(
        self,
        webhook_id: WebhookId,
        *,
        limit: int,
        after: str | None = None,
        state: DeliveryState | None = None,
    ) -> ResultPage[Delivery]:
        found = reversed(self._by_time(webhook_id))
        wanted = (
            one
            for one in found
            if (state is None or one.state is state) and (after is None or _place(one) < after)
        )
        return ResultPage.of(wanted, limit=limit, position=_place)

    def failed(self, webhook_id: WebhookId, *, since: datetime, limit: int) -> list[Delivery]:
        found = self._by_time(webhook_id)
        failed = [
            one for one in found if one.state is DeliveryState.FAILED and one.created_at >= since
        ]
        return failed[:limit]

    def _by_time(self, webhook_id: WebhookId) -> list[Delivery]:
        every = self.deliveries.values()
        return sorted((d for d in every if d.chain.webhook_id == webhook_id), key=_place)


def _key(delivery: Delivery) -> tuple[str, str, str, str]:
    chain = delivery.chain
    return (chain.subject, chain.webhook_id, delivery.order.zfill(40), delivery.event_id)


def _place(delivery: Delivery) -> str:
    return f"{delivery.created_at.isoformat(timespec='microseconds')}#{delivery.event_id}"


class FakeDeliveryQueue:
    def __init__(self) -> None:
        self.messages: list[tuple[Chain, float]] = []
        self.down = False

    def put(self, chains: Sequence[Chain], *, delay_s: float = 0) -> None:
        if self.down:
            raise Unavailable("SendMessageBatch returned InternalError")
        self.messages += [(chain, delay_s) for chain in chains]


class FakeCallLimits:
    def __init__(self, rate: int = 50) -> None:
        self.rate = rate
        self.paused: dict[WebhookId, datetime] = {}
        self._calls: dict[tuple[WebhookId, int], int] = {}

    def acquire(self, webhook_id: WebhookId, *, now: datetime) -> float:
        until = self.paused.get(webhook_id)
        if until is not None:
            if now < until:
                return (until - now).total_seconds()
            self.paused[webhook_id] = now + PAUSE
        second = int(now.timestamp())
        calls = self._calls.get((webhook_id, second), 0)
        if calls >= self.rate:
            return second + 1 - now.timestamp()
        self._calls[webhook_id, second] = calls + 1
        return 0

    def pause(self, webhook_id: WebhookId, *, now: datetime) -> None:
        self.paused[webhook_id] = now + PAUSE

    def resume(self, webhook_id: WebhookId) -> None:
        self.paused.pop(webhook_id, None)


class FakeWebhookCaller:
    """Returns `results` in order, then 204; records each request."""

    def __init__(self, *results: SendResult) -> None:
        self.results = list(results)
        self.calls: list[tuple[str, Mapping[str, str], bytes]] = []
        self.refused: set[str] = set()
        self.during: Callable[[], object] = lambda: None  # runs while the receiver has the request

    def check(self, url: str) -> None:
        if url in self.refused:
            raise Invalid("url: must lead to a public address")

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> SendResult:
        self.calls.append((url, headers, body))
        self.during()
        return self.results.pop(0) if self.results else SendResult(status=204)
