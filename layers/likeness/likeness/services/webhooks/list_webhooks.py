"""All webhooks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from likeness.api.webhooks import WebhooksView
from likeness.domain.paging import ResultPage, cursor, position
from likeness.presenters.webhooks import webhook_view

if TYPE_CHECKING:
    from likeness.api.message import PageQuery
    from likeness.domain.webhooks.webhook import Webhook
    from likeness.ports.webhooks import Webhooks

OF = "webhooks"


def list_webhooks(query: PageQuery, *, webhooks: Webhooks) -> WebhooksView:
    """Oldest first."""
    after = position(query.cursor, of=OF) or ""
    found = (one for one in webhooks.every() if _place(one) > after)
    page = ResultPage.of(found, limit=query.limit, position=_place)
    return WebhooksView(
        webhooks=tuple(webhook_view(one) for one in page.items), next=cursor(page.last, of=OF)
    )


def _place(webhook: Webhook) -> str:
    return f"{webhook.created_at.isoformat(timespec='microseconds')}#{webhook.webhook_id}"
