"""Signatures of Standard Webhooks."""

from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook as Verifier
from standardwebhooks.webhooks import WebhookVerificationError

from likeness.domain.webhooks.signature import headers
from likeness.domain.webhooks.webhook import new_secret
from likeness.events import webhook_body
from tests.builders import SECRET, an_event

BODY = webhook_body(an_event()).encode()


def test_the_signature_is_that_of_the_specifications_own_libraries():
    """The vector of standard-webhooks, libraries/javascript/src/webhook.test.ts."""
    signed = headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        b'{"test": 2432232314}',
        secrets=[SECRET],
        now=datetime.fromtimestamp(1614265330, UTC),
    )

    assert signed["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert signed["webhook-timestamp"] == "1614265330"
    assert signed["webhook-id"] == "msg_p5jXN8AQM9LWM0D4loKWxJek"


def test_the_body_has_type_time_and_data():
    found = Verifier(SECRET).verify(
        BODY, headers("e-1", BODY, secrets=[SECRET], now=datetime.now(UTC))
    )

    event = an_event()
    assert found.keys() == {"type", "timestamp", "data"}
    assert (found["type"], found["data"]["event_id"]) == ("JobStateChanged", event.event_id)
    assert datetime.fromisoformat(found["timestamp"]) == event.at


def test_while_a_secret_is_rotated_both_verify():
    old, new = new_secret(), new_secret()
    signed = headers("e-1", BODY, secrets=[new, old], now=datetime.now(UTC))

    assert Verifier(old).verify(BODY, signed) == Verifier(new).verify(BODY, signed)
    assert len(signed["webhook-signature"].split(" ")) == 2


@pytest.mark.parametrize("changed", ["webhook-id", "webhook-timestamp", "body"])
def test_a_signature_covers_id_time_and_body(changed):
    signed = headers("e-1", BODY, secrets=[SECRET], now=datetime.now(UTC))
    body = BODY
    if changed == "webhook-id":
        signed[changed] = "e-2"
    elif changed == "webhook-timestamp":
        signed[changed] = str(int(signed[changed]) + 1)
    else:
        body = BODY.replace(b"open", b"opens")

    with pytest.raises(WebhookVerificationError):
        Verifier(SECRET).verify(body, signed)


def test_secrets_are_random_and_have_the_prefix():
    assert new_secret() != new_secret()
    assert new_secret().startswith("whsec_")
    assert len(Verifier(new_secret())._whsecret) == 32  # noqa: SLF001 - 24 to 64 by the specification
