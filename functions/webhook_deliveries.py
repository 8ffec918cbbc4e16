"""Puts deliveries into the queue: test events, and replays."""

from http import HTTPStatus

from likeness import bootstrap
from likeness.api.webhooks import DeliveriesReplayed, DeliveryQueued, ReplayDeliveries
from likeness.domain.errors import Conflict, NotFound
from likeness.domain.ids import WebhookId
from likeness.entrypoints.http import route, routes
from likeness.services.webhooks.replay_deliveries import replay_deliveries
from likeness.services.webhooks.send_test_event import send_test_event


@route(
    "POST",
    "/v1/webhooks/{webhook_id}/test",
    gives=DeliveryQueued,
    status=HTTPStatus.ACCEPTED,
    raises=[NotFound, Conflict],
)
def send_test_event_handler(webhook_id: WebhookId) -> DeliveryQueued:
    """Send a `WebhookTested` event, as any other event is sent."""
    return send_test_event(
        webhook_id,
        webhooks=bootstrap.webhooks(),
        deliveries=bootstrap.deliveries(),
        queue=bootstrap.delivery_queue(),
        clock=bootstrap.CLOCK,
    )


@route(
    "POST",
    "/v1/webhooks/{webhook_id}/replay",
    takes=ReplayDeliveries,
    gives=DeliveriesReplayed,
    status=HTTPStatus.ACCEPTED,
    raises=[NotFound, Conflict],
)
def replay_deliveries_handler(
    webhook_id: WebhookId, request: ReplayDeliveries
) -> DeliveriesReplayed:
    """Send events again: what failed since a time, or single events. 100 a request."""
    return replay_deliveries(
        webhook_id,
        request,
        webhooks=bootstrap.webhooks(),
        deliveries=bootstrap.deliveries(),
        queue=bootstrap.delivery_queue(),
        clock=bootstrap.CLOCK,
    )


handler = routes(send_test_event_handler, replay_deliveries_handler)
