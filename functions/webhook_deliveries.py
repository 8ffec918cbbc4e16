"""Puts deliveries into the queue: test events, and replays."""

from http import HTTPStatus

from likeness import bootstrap
from likeness.api.webhooks import DeliveriesReplayed, DeliveryQueued, ReplayDeliveries
from likeness.domain.errors import NotFound, WebhookDisabled
from likeness.domain.ids import WebhookId
from likeness.entrypoints.http import route, routes
from likeness.services.webhooks.replay_deliveries import replay_deliveries
from likeness.services.webhooks.send_test_event import send_test_event


@route(
    "POST",
    "/v1/webhooks/{webhook_id}/test",
    gives=DeliveryQueued,
    status=HTTPStatus.ACCEPTED,
    raises=[NotFound, WebhookDisabled],
)
def send_test_event_handler(webhook_id: WebhookId) -> DeliveryQueued:
    """Send a test event to a webhook.

    A `WebhookTested`, sent as any other event: the list of deliveries shows the result.
    """
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
    raises=[NotFound, WebhookDisabled],
)
def replay_deliveries_handler(
    webhook_id: WebhookId, request: ReplayDeliveries
) -> DeliveriesReplayed:
    """Send events to a webhook again.

    What failed since a time, or single events in any state. At most 100 a request, oldest first;
    `more` says if there are others.
    """
    return replay_deliveries(
        webhook_id,
        request,
        webhooks=bootstrap.webhooks(),
        deliveries=bootstrap.deliveries(),
        queue=bootstrap.delivery_queue(),
        clock=bootstrap.CLOCK,
    )


handler = routes(send_test_event_handler, replay_deliveries_handler)
