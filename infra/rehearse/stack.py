"""What a deployed stack needs before its first job."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from infra import certificate
from infra.rehearse.results import CheckResult, Level

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from infra.rehearse.results import Clients

GROUPS = ("moderators", "moderation-leads")


@dataclass(frozen=True, slots=True)
class Stack:
    name: str
    status: str  # empty if there is no such stack
    parameters: Mapping[str, str]
    outputs: Mapping[str, str]

    @property
    def deployed(self) -> bool:
        """A stack that rolled back a later update has the outputs of the one before."""
        return self.status.endswith("_COMPLETE") and not self.status.startswith(
            ("ROLLBACK", "DELETE", "REVIEW")
        )


def describe(clients: Clients, name: str) -> Stack:
    try:
        found = clients("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:  # CloudFormation has no error of its own for an unknown name
        if "does not exist" in str(error):
            return Stack(name, "", {}, {})
        raise
    return Stack(
        name=name,
        status=found["StackStatus"],
        parameters={
            one["ParameterKey"]: one["ParameterValue"] for one in found.get("Parameters", ())
        },
        outputs={one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", ())},
    )


def state(stack: Stack) -> CheckResult:
    """Whether the stack can be deployed. CloudFormation User Guide, "Stack status codes"."""
    check, status = "stack", stack.status
    if not status:
        return CheckResult(check, Level.OK, f"{stack.name} does not exist yet")
    if status in {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED"}:
        todo = f"aws cloudformation delete-stack --stack-name {stack.name}"
        text = f"{status}: its first creation failed, and it cannot be updated"
        return CheckResult(check, Level.STOP, text, todo)
    if status == "UPDATE_ROLLBACK_FAILED":
        todo = f"aws cloudformation continue-update-rollback --stack-name {stack.name}"
        return CheckResult(check, Level.STOP, status, todo)
    if status.endswith("IN_PROGRESS") and status != "REVIEW_IN_PROGRESS":
        todo = f"wait: aws cloudformation describe-stack-events --stack-name {stack.name}"
        return CheckResult(check, Level.STOP, status, todo)
    return CheckResult(check, Level.OK, status)


def signing_certificate(clients: Clients, stack: Stack) -> Iterator[CheckResult]:
    """Without it no avatar is published."""
    check = "certificate"
    to = certificate.Certified(stack.outputs["SigningKey"], stack.parameters["Stage"])
    make = f"make certificate STACK={stack.name} DO="
    todo = f"{make}request, and {make}store with what the authority returns"
    if to.stage != "prod":
        todo = f"{make}issue"
    stored = certificate.read(clients, to)
    if stored is None:
        yield CheckResult(check, Level.STOP, f"{to.parameter(certificate.CHAIN)} is missing", todo)
        return
    now = datetime.now(UTC)
    key = certificate.public_key(clients("kms"), to.key)
    try:
        usable = certificate.check(*stored, key, now)
    except certificate.Unusable as error:
        yield CheckResult(check, Level.STOP, str(error), todo)
        return
    soon = usable.renew_at < now
    text = f"fits the key, ends on {usable.ends:%Y-%m-%d}; {usable}"
    yield CheckResult(check, Level.ADVICE if soon else Level.OK, text, todo if soon else "")


def alarms(clients: Clients, stack: Stack) -> Iterator[CheckResult]:
    """An address receives the alarms. SNS reports an unconfirmed address as PendingConfirmation."""
    check, topic = "alarms", stack.outputs["AlarmTopic"]
    pages = clients("sns").get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
    arns = [one["SubscriptionArn"] for page in pages for one in page["Subscriptions"]]
    confirmed = [arn for arn in arns if arn.startswith("arn:")]
    if confirmed:
        yield CheckResult(check, Level.OK, f"{len(confirmed)} subscriptions")
    elif arns:
        text = "the subscription is not confirmed"
        yield CheckResult(check, Level.ADVICE, text, "open the link in the confirmation e-mail")
    else:
        todo = (
            f"aws sns subscribe --topic-arn {topic} --protocol email "
            "--notification-endpoint <on-call address>"
        )
        yield CheckResult(check, Level.ADVICE, "no address is subscribed", todo)


def moderators(clients: Clients, stack: Stack) -> Iterator[CheckResult]:
    """Both groups have a member who can sign in."""
    pool = stack.outputs["ModeratorPoolId"]
    for group in GROUPS:
        pages = clients("cognito-idp").get_paginator("list_users_in_group")
        users = [
            one
            for page in pages.paginate(UserPoolId=pool, GroupName=group)
            for one in page["Users"]
            if one["Enabled"]
        ]
        if users:
            yield CheckResult(group, Level.OK, f"{len(users)} users")
        else:
            todo = (
                f"aws cognito-idp admin-create-user --user-pool-id {pool} --username <name> "
                "--user-attributes Name=email,Value=<address> Name=email_verified,Value=true; "
                f"aws cognito-idp admin-add-user-to-group --user-pool-id {pool} "
                f"--username <name> --group-name {group}"
            )
            yield CheckResult(group, Level.ADVICE, "no user: cases wait until they expire", todo)
