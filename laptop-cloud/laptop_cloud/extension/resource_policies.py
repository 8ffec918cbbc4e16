"""Whether a resource's own policy lets a service of AWS act on it."""

from __future__ import annotations

from ministack.core.iam_evaluator import EvalContext, _resource_policy, evaluate_resource_policy
from ministack.core.responses import get_account_id, get_region


def allows(service: str, action: str, arn: str, *, principal: str, source: str) -> bool:
    """Whether the policy of `arn` allows the principal this for the source (`aws:SourceArn`)."""
    found = _resource_policy(service, arn)
    if found is None:
        return False
    account = get_account_id()
    context = EvalContext(
        principal_arn=f"arn:aws:iam::{account}:service/{principal}",
        principal_type="Service",
        principal_account=account,
        action=action,
        resource_arn=arn,
        region=get_region(),
        service_context={"aws:sourcearn": source, "aws:sourceaccount": account},
    )
    return str(evaluate_resource_policy(found[0], context, principal).decision) == "Allow"
