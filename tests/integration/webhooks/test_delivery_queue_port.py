"""The delivery queue and the secrets: the fakes, and SQS and KMS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from likeness.adapters.webhooks.delivery_queue import SqsDeliveryQueue
from likeness.adapters.webhooks.webhook_secrets import KmsWebhookSecrets
from likeness.domain.errors import Denied, Unavailable
from likeness.domain.webhooks.delivery import Chain
from likeness.domain.webhooks.webhook import new_secret
from tests.builders import JOB, OTHER_WEBHOOK, SECRET, WEBHOOK
from tests.fakes import FakeDeliveryQueue, FakeWebhookSecrets
from tests.integration.aws_answers import answer, fail

if TYPE_CHECKING:
    from collections.abc import Callable

    from likeness.ports.webhooks import DeliveryQueue, WebhookSecrets

CHAIN = Chain(webhook_id=WEBHOOK, subject=JOB)


@pytest.fixture
def sqs(aws, session) -> Any:
    return session.client("sqs")


@pytest.fixture
def url(sqs) -> str:
    return str(sqs.create_queue(QueueName="deliveries")["QueueUrl"])


@pytest.fixture
def queue(kind, request) -> tuple[DeliveryQueue, Callable[[], list[Chain]]]:
    """A queue, and the chains that can be received now."""
    if kind == "fake":
        fake = FakeDeliveryQueue()
        return fake, lambda: [chain for chain, delay in fake.messages if not delay]
    sqs, url = request.getfixturevalue("sqs"), request.getfixturevalue("url")

    def received() -> list[Chain]:
        found: list[Chain] = []
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            found += [Chain.model_validate_json(one["Body"]) for one in messages]
        return found

    return SqsDeliveryQueue(sqs, url), received


def test_chains_are_received(queue):
    port, received = queue
    chains = [Chain(webhook_id=WEBHOOK, subject=f"j{n:032x}") for n in range(23)]

    port.put(chains)
    port.put([])

    assert sorted(received(), key=lambda one: one.subject) == chains


def test_a_delayed_chain_is_received_later(queue):
    port, received = queue

    port.put([CHAIN], delay_s=600)

    assert received() == []


@pytest.mark.parametrize(("asked", "given"), [(0.2, 1), (5, 5), (3600, 900)])
def test_a_delay_is_in_whole_seconds_and_15_minutes_at_most(sqs, url, asked, given):
    sent: list[Any] = []
    sqs.meta.events.register(
        "provide-client-params.sqs.SendMessageBatch", lambda params, **_: sent.append(params)
    )

    SqsDeliveryQueue(sqs, url).put([CHAIN], delay_s=asked)

    (entry,) = sent[0]["Entries"]
    assert entry["DelaySeconds"] == given
    assert entry["MessageGroupId"] == WEBHOOK, "SQS shares the senders fairly between webhooks"
    assert entry["MessageBody"] == CHAIN.model_dump_json()


def test_a_chain_that_is_refused_makes_the_queue_unavailable(sqs, url):
    refused = {"Successful": [], "Failed": [{"Id": "0", "Code": "InternalError"}]}
    sqs.meta.events.register(
        "before-call.sqs.SendMessageBatch", lambda **_: answer(200, dict(refused))
    )

    with pytest.raises(Unavailable, match="InternalError"):
        SqsDeliveryQueue(sqs, url).put([CHAIN])


# --- secrets --------------------------------------------------------------------------------------


@pytest.fixture
def secrets(kind, request) -> WebhookSecrets:
    if kind == "fake":
        return FakeWebhookSecrets()
    request.getfixturevalue("aws")
    kms = request.getfixturevalue("session").client("kms")
    return KmsWebhookSecrets(kms, kms.create_key()["KeyMetadata"]["Arn"])


def test_an_encrypted_secret_is_decrypted(secrets):
    secret = new_secret()
    ciphertext = secrets.encrypt(WEBHOOK, secret)

    assert secret not in ciphertext
    assert secrets.decrypt(WEBHOOK, ciphertext) == secret


def test_a_secret_of_one_webhook_cannot_be_used_for_another(secrets):
    ciphertext = secrets.encrypt(WEBHOOK, SECRET)
    secrets.decrypt(WEBHOOK, ciphertext)

    with pytest.raises(Unavailable):
        secrets.decrypt(OTHER_WEBHOOK, ciphertext)


def test_a_decrypted_secret_is_remembered_and_a_denied_one_is_not(aws, session):
    kms = session.client("kms")
    secrets = KmsWebhookSecrets(kms, kms.create_key()["KeyMetadata"]["Arn"])
    ciphertext = secrets.encrypt(WEBHOOK, SECRET)
    calls = fail(kms, "Decrypt", "AccessDeniedException", times=1)

    with pytest.raises(Denied):
        secrets.decrypt(WEBHOOK, ciphertext)
    found = {secrets.decrypt(WEBHOOK, ciphertext) for _ in range(3)}

    assert found == {SECRET}
    assert len(calls) == 2
