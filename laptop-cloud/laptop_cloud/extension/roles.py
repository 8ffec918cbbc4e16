"""Sessions and clients for services that act as a role."""

from __future__ import annotations

import hashlib
import json
import os
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from ministack.core.iam_evaluator import (
    EvalContext,
    _gather_role_policies,
    evaluate,
    evaluate_resource_policy,
)
from ministack.core.responses import get_account_id, get_region
from ministack.services import iam, sts


class RoleRefused(Exception):
    """The role does not exist, or does not trust the service."""


def role_name(role_arn: str) -> str:
    return role_arn.rsplit("/", 1)[-1]


def check_trust(role_arn: str, service: str) -> None:
    """Raises RoleRefused unless the role trusts this service ("sagemaker.amazonaws.com")."""
    role = iam._roles.get(role_name(role_arn))
    if role is None:
        raise RoleRefused(f"The role {role_arn} does not exist.")
    context = EvalContext(
        principal_arn=f"arn:aws:iam::{get_account_id()}:service/{service}",
        principal_type="Service",
        principal_account=get_account_id(),
        action="sts:AssumeRole",
        resource_arn=role_arn,
        region=get_region(),
        service_context={"aws:sourceaccount": get_account_id()},
    )
    trust = role["AssumeRolePolicyDocument"]
    trust = json.loads(trust) if isinstance(trust, str) else trust
    statements = trust.get("Statement", [])
    statements = [statements] if isinstance(statements, dict) else statements
    document = {"Statement": [{**one, "Resource": "*"} for one in statements]}
    if evaluate_resource_policy(document, context, service=service).decision != "Allow":
        raise RoleRefused(f"{service} cannot assume the role {role_arn}.")


def credentials(role_arn: str, session_name: str, service: str) -> dict[str, str]:
    """Temporary credentials of a role for a service; raises RoleRefused.

    The same role and name give the same credentials, so that clients can be cached.
    """
    check_trust(role_arn, service)
    name = role_name(role_arn)
    key = hashlib.sha256(f"{role_arn}/{session_name}/{os.getpid()}".encode()).hexdigest()
    secret = hashlib.sha256(f"{key}/secret/{os.environ['AWS_SECRET_ACCESS_KEY']}".encode())
    token = hashlib.sha256(b"token" + secret.digest()).hexdigest()
    found = {
        "aws_access_key_id": f"ASIA{key[:16].upper()}",
        "aws_secret_access_key": secret.hexdigest(),
        "aws_session_token": token,
    }
    sts.register_session(
        found["aws_access_key_id"],
        {
            "Arn": f"arn:aws:sts::{get_account_id()}:assumed-role/{name}/{session_name}",
            "UserId": f"{name}:{session_name}",
            "SecretAccessKey": found["aws_secret_access_key"],
            "SessionToken": found["aws_session_token"],
        },
    )
    return found


@cache
def _client(service: str, region: str, credential: tuple[tuple[str, str], ...]) -> Any:
    make: Any = boto3.client  # of any service: the stubs know only names in the source
    return make(
        service,
        region_name=region,
        endpoint_url=f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}",
        config=Config(
            s3={"addressing_style": "path"},
            retries={"total_max_attempts": 1},
            read_timeout=910,
            max_pool_connections=64,
        ),
        **dict(credential),
    )


def client(service: str, role_arn: str, session_name: str, principal: str) -> Any:
    """A client that calls this process over HTTP as the role, with permissions enforced.

    It must not be used on the event loop.
    """
    found = credentials(role_arn, session_name, principal)
    return _client(service, get_region(), tuple(sorted(found.items())))


def allows(
    role_arn: str, action: str, resource: str, context: dict[str, str] | None = None
) -> bool:
    """Whether the role's policies allow this action, with the service's condition keys."""
    account = get_account_id()
    evaluated = EvalContext(
        principal_arn=f"arn:aws:sts::{account}:assumed-role/{role_name(role_arn)}/check",
        principal_type="AssumedRole",
        principal_account=account,
        action=action,
        resource_arn=resource,
        region=get_region(),
        service_context=context or {},
    )
    policies = _gather_role_policies(role_name(role_arn), account)
    return str(evaluate(evaluated, policies).decision) == "Allow"
