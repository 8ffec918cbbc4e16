"""SQS: sends the events of one webhook about one job, in order."""

from likeness import bootstrap
from likeness.domain.webhooks.delivery import Chain
from likeness.entrypoints.sqs import on_chain
from likeness.services.webhooks.send_deliveries import send_deliveries


@on_chain
def handler(chain: Chain) -> None:
    send_deliveries(chain, sender=bootstrap.delivery_sender(), queue=bootstrap.delivery_queue())
