"""Webhooks, their deliveries and the limits of calls, in the table."""

from __future__ import annotations

import math
from contextlib import suppress
from datetime import datetime, timedelta
from heapq import merge
from itertools import groupby, islice
from typing import TYPE_CHECKING, Any

from likeness.adapters.aws_errors import domain_errors
from likeness.adapters.dynamodb import keys
from likeness.adapters.dynamodb.items import (
    NEW,
    at_version,
    fields,
    find_item,
    get,
    put_if,
    record,
)
from likeness.adapters.dynamodb.queries import END, FIRST, query, query_index_range
from likeness.adapters.dynamodb.transactions import ConditionsFailed, exists, put, write_all
from likeness.domain.errors import ConcurrentChange
from likeness.domain.paging import ResultPage, sortable
from likeness.domain.webhooks.delivery import Delivery, DeliveryState
from likeness.domain.webhooks.webhook import Webhook, require_room

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mypy_boto3_dynamodb.service_resource import Table

    from likeness.adapters.dynamodb.items import Condition
    from likeness.domain.ids import JobId, WebhookId
    from likeness.domain.webhooks.delivery import Chain

# Longer than a call: while a webhook is paused, one call at a time finds out if it has recovered.
PAUSE = timedelta(seconds=15)
PAGE = 10  # deliveries that one query reads


class WebhooksTable:
    def __init__(self, table: Table) -> None:
        self._table = table

    def create(self, webhook: Webhook) -> None:
        """The number of those that were ever created is read before the others are counted."""
        created = int(find_item(self._table, keys.WEBHOOKS_CREATED).get("created", 0))
        require_room(len(self.every()))
        seen: Condition = {
            "ConditionExpression": "attribute_not_exists(#created) OR #created = :seen",
            "ExpressionAttributeNames": {"#created": "created"},
            "ExpressionAttributeValues": {":seen": created},
        }
        try:
            write_all(
                self._table,
                put(self._table, keys.webhook(webhook.webhook_id) | fields(webhook), NEW),
                put(self._table, keys.WEBHOOKS_CREATED | {"created": created + 1}, seen),
            )
        except ConditionsFailed as race:
            if webhook not in self.every():
                raise ConcurrentChange("another webhook was created: try again") from race

    def get(self, webhook_id: WebhookId) -> Webhook:
        absent = f"there is no webhook {webhook_id}"
        return get(Webhook, self._table, keys.webhook(webhook_id), absent=absent)

    def every(self) -> list[Webhook]:
        items = query(self._table, pk=keys.WEBHOOKS, begins_with=keys.WEBHOOK_IDS)
        return sorted(
            (record(Webhook, item) for item in items),
            key=lambda one: (one.created_at, one.webhook_id),
        )

    def save(self, webhook: Webhook) -> None:
        put_if(
            self._table,
            keys.webhook(webhook.webhook_id) | fields(webhook),
            at_version(webhook.version - 1),
            stored=lambda: webhook in self.every(),
            conflict=f"webhook {webhook.webhook_id} was changed: read it again",
        )

    def delete(self, webhook_id: WebhookId) -> None:
        with domain_errors():
            self._table.delete_item(Key=keys.webhook(webhook_id))


class DeliveriesTable:
    def __init__(self, table: Table) -> None:
        self._table = table

    def add(self, delivery: Delivery, *, job_id: JobId | None = None) -> None:
        item = self._item(delivery)
        if job_id is None:
            put_if(self._table, item, NEW, stored=lambda: True, conflict="")
            return
        with suppress(ConditionsFailed):
            job = exists(self._table, keys.job(job_id))
            write_all(self._table, job, put(self._table, item, NEW))

    def pending(self, chain: Chain) -> list[Delivery]:
        return [one for one in self.of(chain) if one.state is DeliveryState.PENDING]

    def of(self, chain: Chain) -> list[Delivery]:
        pk, prefix = keys.deliveries(chain)
        items = query(self._table, pk=pk, begins_with=prefix)
        return [record(Delivery, item) for item in items]

    def save(self, delivery: Delivery, *, seen: Delivery) -> None:
        condition: Condition = {
            "ConditionExpression": "#state = :state AND #attempts = :attempts",
            "ExpressionAttributeNames": {"#state": "state", "#attempts": "attempts"},
            "ExpressionAttributeValues": {":state": seen.state, ":attempts": seen.attempts},
        }
        put_if(
            self._table,
            self._item(delivery),
            condition,
            stored=lambda: delivery in self.of(delivery.chain),
            conflict=f"the delivery of event {delivery.event_id} was changed",
        )

    def newest(
        self,
        webhook_id: WebhookId,
        *,
        limit: int,
        after: str | None = None,
        state: DeliveryState | None = None,
    ) -> ResultPage[Delivery]:
        """Each state has partitions of its own. One that changed its state between two queries is
        in both.
        """
        states = [state] if state else list(DeliveryState)
        listed = self._listed(webhook_id, states, high=after or END, newest_first=True)
        newest = (item for item in _once(listed) if item["gsi1sk"] != after)
        page = ResultPage.of(newest, limit=limit, position=_place)
        return ResultPage(tuple(record(Delivery, item) for item in page.items), page.last)

    def failed(self, webhook_id: WebhookId, *, since: datetime, limit: int) -> list[Delivery]:
        found = self._listed(webhook_id, [DeliveryState.FAILED], low=sortable(since))
        return [record(Delivery, item) for item in islice(found, limit)]

    def _listed(
        self,
        webhook_id: WebhookId,
        states: Iterable[DeliveryState],
        *,
        low: str = FIRST,
        high: str = END,
        newest_first: bool = False,
    ) -> Iterator[dict[str, Any]]:
        shards = (
            query_index_range(
                self._table, gsi1pk=pk, low=low, high=high, page=PAGE, newest_first=newest_first
            )
            for state in states
            for pk in keys.deliveries_of(webhook_id, state)
        )
        return merge(*shards, key=_place, reverse=newest_first)

    def _item(self, delivery: Delivery) -> dict[str, Any]:
        return {
            **keys.delivery(delivery),
            **keys.delivery_of(delivery),
            **keys.expiry(delivery.created_at, keys.DELIVERY_TTL),
            **fields(delivery),
        }


def _place(item: dict[str, Any]) -> str:
    return str(item["gsi1sk"])


def _once(items: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Equal sort keys follow one another: an event has one delivery for each webhook."""
    return (next(same) for _, same in groupby(items, key=_place))


class CallLimitsTable:
    """`rate`: calls of one webhook a second."""

    def __init__(self, table: Table, rate: int) -> None:
        self._table = table
        self._rate = rate
        self._refused = table.meta.client.exceptions.ConditionalCheckFailedException
        self._paused: set[WebhookId] = set()  # those that this process found paused

    def acquire(self, webhook_id: WebhookId, *, now: datetime) -> float:
        pause = find_item(self._table, keys.webhook_pause(webhook_id))
        if pause:
            self._paused.add(webhook_id)
            if wait_s := self._probe(webhook_id, str(pause["until"]), now):
                return wait_s
        second = math.floor(now.timestamp())
        counted = self._update(
            keys.webhook_calls(webhook_id, second),
            "ADD #calls :one SET #ttl = :ttl",
            condition="attribute_not_exists(#calls) OR #calls < :rate",
            names={"#calls": "calls", "#ttl": "ttl"},
            values={":one": 1, ":rate": self._rate, ":ttl": second + 3600},
        )
        return 0 if counted else second + 1 - now.timestamp()

    def _probe(self, webhook_id: WebhookId, until: str, now: datetime) -> float:
        """0 for the one caller that may call the webhook when its pause is over."""
        left = (datetime.fromisoformat(until) - now).total_seconds()
        if left > 0:
            return left
        first = self._update(
            keys.webhook_pause(webhook_id),
            "SET #until = :next",
            condition="#until = :seen",
            names={"#until": "until"},
            values={":seen": until, ":next": sortable(now + PAUSE)},
        )
        return 0 if first else PAUSE.total_seconds()

    def _update(
        self,
        key: keys.Key,
        expression: str,
        *,
        condition: str,
        names: dict[str, str],
        values: dict[str, Any],
    ) -> bool:
        """Whether the condition held."""
        with domain_errors():
            try:
                self._table.update_item(
                    Key=key,
                    UpdateExpression=expression,
                    ConditionExpression=condition,
                    ExpressionAttributeNames=names,
                    ExpressionAttributeValues=values,
                )
            except self._refused:
                return False
        return True

    def pause(self, webhook_id: WebhookId, *, now: datetime) -> None:
        self._paused.add(webhook_id)
        item: dict[str, Any] = {
            **keys.webhook_pause(webhook_id),
            **keys.expiry(now, keys.DELIVERY_TTL),
            "until": sortable(now + PAUSE),
        }
        with domain_errors():
            self._table.put_item(Item=item)

    def resume(self, webhook_id: WebhookId) -> None:
        if webhook_id in self._paused:
            with domain_errors():
                self._table.delete_item(Key=keys.webhook_pause(webhook_id))
            self._paused.discard(webhook_id)
