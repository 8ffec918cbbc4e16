"""What a rehearsal checks once the stack is deployed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from infra import certificate
from infra.rehearse import stack
from infra.rehearse.results import Level
from infra.rehearse.stack import Stack
from likeness.adapters.provenance import signing
from tests.aws_commands import commands, problems

TOPIC = "arn:aws:sns:eu-central-1:123456789012:likeness-dev-alarms"


def deployed(stage: str = "dev", status: str = "CREATE_COMPLETE") -> Stack:
    outputs = {"SigningKey": "a-key", "AlarmTopic": TOPIC, "ModeratorPoolId": "eu-central-1_pool"}
    return Stack(f"likeness-{stage}", status, {"Stage": stage}, outputs)


@pytest.mark.parametrize(
    ("status", "level", "todo"),
    [
        ("", Level.OK, ""),
        ("CREATE_COMPLETE", Level.OK, ""),
        ("UPDATE_ROLLBACK_COMPLETE", Level.OK, ""),
        ("REVIEW_IN_PROGRESS", Level.OK, ""),  # a change set that was not executed
        ("ROLLBACK_COMPLETE", Level.STOP, "aws cloudformation delete-stack --stack-name l-dev"),
        ("DELETE_FAILED", Level.STOP, "aws cloudformation delete-stack --stack-name l-dev"),
        ("UPDATE_IN_PROGRESS", Level.STOP, "wait: aws cloudformation describe-stack-events"),
        (
            "UPDATE_ROLLBACK_FAILED",
            Level.STOP,
            "aws cloudformation continue-update-rollback --stack-name l-dev",
        ),
    ],
)
def test_a_state_that_cannot_be_deployed_says_what_to_do(status, level, todo):
    found = stack.state(Stack("l-dev", status, {}, {}))

    assert (found.level, found.todo.startswith(todo)) == (level, True)
    assert bool(found.todo) == bool(todo)
    assert [problem for one in commands(found.todo) for problem in problems(one)] == []


def test_only_a_complete_stack_has_outputs_to_use():
    usable = {
        one
        for one in ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE")
        if Stack("l-dev", one, {}, {}).deployed
    }
    unusable = [
        one
        for one in ("", "ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS", "DELETE_COMPLETE")
        if Stack("l-dev", one, {}, {}).deployed
    ]

    assert len(usable) == 3
    assert unusable == []


def test_a_stack_that_does_not_exist_is_no_error(aws):
    message = "Stack with id likeness-dev does not exist"
    aws.will_fail("cloudformation", "describe_stacks", "ValidationError", message)

    assert stack.describe(aws, "likeness-dev").status == ""


# --- the certificate ------------------------------------------------------------------------------


class Key:
    """The key of the stack in KMS, and what the parameter store has."""

    def __init__(self, aws: Any, stage: str = "dev") -> None:
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.aws, self.stage = aws, stage

    def stored(self, *values: str) -> None:
        names = [
            f"/likeness/{self.stage}/{name}" for name in ("certificate-chain", "trust-anchors")
        ]
        found = [{"Name": n, "Value": v} for n, v in zip(names, values, strict=False)]
        self.aws.will("ssm", "get_parameters", {"Parameters": found}, {"Names": names})
        if len(values) == len(names):
            encoding = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
            public = self.private.public_key().public_bytes(*encoding)
            self.aws.will("kms", "get_public_key", {"PublicKey": public}, {"KeyId": "a-key"})


@pytest.mark.parametrize(
    ("authority", "days", "says"),
    [(False, 365, "KMS signs each file"), (True, 1825, "KMS signs once for each job")],
)
def test_a_certificate_that_fits_the_key_is_ok_and_says_what_it_costs(aws, authority, days, says):
    key = Key(aws)
    key.stored(*certificate.issue(key.private.public_key(), authority=authority))

    (found,) = stack.signing_certificate(aws, deployed())

    ends = datetime.now(UTC) + timedelta(days=days) - timedelta(minutes=5)
    assert (found.level, found.todo) == (Level.OK, "")
    assert f"{ends:%Y-%m-%d}" in found.text
    assert says in found.text


@pytest.mark.parametrize(
    ("authority", "margin", "days"), [(False, "RENEW", 400), (True, "RENEW_AUTHORITY", 1900)]
)
def test_one_that_ends_soon_is_advice(aws, monkeypatch, authority, margin, days):
    monkeypatch.setattr(signing, margin, timedelta(days=days))
    key = Key(aws)
    key.stored(*certificate.issue(key.private.public_key(), authority=authority))

    (found,) = stack.signing_certificate(aws, deployed())

    assert found.level is Level.ADVICE
    assert "make certificate STACK=likeness-dev DO=issue" in found.todo


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_a_missing_certificate_stops_and_names_the_command(aws, stage):
    Key(aws, stage).stored("chain")

    (found,) = stack.signing_certificate(aws, deployed(stage))

    assert found.level is Level.STOP
    assert ("DO=issue" in found.todo) is (stage == "dev")
    assert ("DO=request" in found.todo) is (stage == "prod")


def test_a_certificate_of_another_key_stops(aws):
    key = Key(aws)
    key.stored(*certificate.issue(ec.generate_private_key(ec.SECP256R1()).public_key()))

    (found,) = stack.signing_certificate(aws, deployed())

    assert (found.level, "not of this stack's key" in found.text) == (Level.STOP, True)


# --- people ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arns", "level", "todo"),
    [
        ([f"{TOPIC}:1"], Level.OK, ""),
        (["PendingConfirmation"], Level.ADVICE, "open the link"),
        ([], Level.ADVICE, f"aws sns subscribe --topic-arn {TOPIC}"),
    ],
)
def test_the_on_call_address_must_be_confirmed(aws, arns, level, todo):
    subscriptions = {"Subscriptions": [{"SubscriptionArn": arn} for arn in arns]}
    aws.will("sns", "list_subscriptions_by_topic", subscriptions, {"TopicArn": TOPIC})

    (found,) = stack.alarms(aws, deployed())

    assert (found.level, found.todo.startswith(todo)) == (level, True)
    assert [problem for one in commands(found.todo) for problem in problems(one)] == []


def test_both_groups_need_a_user_who_can_sign_in(aws):
    for enabled in (True, False):
        users = {"Users": [{"Username": "m", "Enabled": enabled}]}
        aws.will("cognito-idp", "list_users_in_group", users)

    moderators, leads = stack.moderators(aws, deployed())

    assert (moderators.level, leads.level) == (Level.OK, Level.ADVICE)
    assert "--group-name moderation-leads" in leads.todo
    both = commands(leads.todo)
    assert len(both) == 2
    assert [problem for one in both for problem in problems(one)] == []
