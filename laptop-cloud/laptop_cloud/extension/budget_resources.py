"""Gap: a template may have budgets. Nothing on a laptop costs money, so none is ever exceeded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError
from ministack.core.iam_evaluator import EvalContext, _resource_policy, evaluate_resource_policy
from ministack.core.responses import get_account_id, get_region
from ministack.services.cloudformation import provisioners

from laptop_cloud.extension import inprocess

if TYPE_CHECKING:
    from laptop_cloud.extension.provisioning import Properties

PRINCIPAL = "budgets.amazonaws.com"


def install() -> None:
    provisioners._RESOURCE_HANDLERS["AWS::Budgets::Budget"] = {
        "create": create,
        "update": update,
        "update_with_logical_id": True,
        "delete": delete,
    }


def create(logical_id: str, properties: Properties, stack: str) -> tuple[str, Properties]:
    """Raises ValueError, with the reason, for a budget that AWS refuses."""
    name = properties["Budget"].get("BudgetName") or f"{stack}-{logical_id}"
    notified = properties.get("NotificationsWithSubscribers", [])
    for subscriber in (one for each in notified for one in each["Subscribers"]):
        if subscriber["SubscriptionType"] == "SNS" and not may_publish(subscriber["Address"]):
            # Cost Management User Guide, "Creating an Amazon SNS topic for budget notifications"
            raise ValueError(
                f"The resource policy of {subscriber['Address']} does not allow AWS Budgets to "
                "publish to it."
            )
    call("create_budget", Budget=budget(properties, name), NotificationsWithSubscribers=notified)
    return name, {}


def update(
    physical_id: str, old: Properties, new: Properties, stack: str, logical_id: str
) -> tuple[str, Properties]:
    """The notifications cannot change: the type's schema replaces the budget for them."""
    key = "NotificationsWithSubscribers"
    if old.get(key) != new.get(key) or new["Budget"].get("BudgetName", physical_id) != physical_id:
        delete(physical_id, old)
        return create(logical_id, new, stack)
    call("update_budget", NewBudget=budget(new, physical_id))
    return physical_id, {}


def delete(physical_id: str, _properties: Properties) -> None:
    call("delete_budget", BudgetName=physical_id)


def budget(properties: Properties, name: str) -> dict[str, Any]:
    """An amount is a number in the template and text in the API."""
    wanted = {**properties["Budget"], "BudgetName": name}
    if limit := wanted.get("BudgetLimit"):
        wanted["BudgetLimit"] = {**limit, "Amount": str(limit["Amount"])}
    return wanted


def call(operation: str, **request: Any) -> Any:
    client = inprocess.client("budgets")
    try:
        return getattr(client, operation)(AccountId=get_account_id(), **request)
    except (BotoCoreError, ClientError) as error:
        raise ValueError(str(error)) from error


def may_publish(topic: str) -> bool:
    """Whether the topic's policy allows AWS Budgets to publish for this account."""
    account = get_account_id()
    context = EvalContext(
        principal_arn=f"arn:aws:iam::{account}:service/{PRINCIPAL}",
        principal_type="Service",
        principal_account=account,
        action="sns:Publish",
        resource_arn=topic,
        region=get_region(),
        service_context={
            "aws:sourcearn": f"arn:aws:budgets::{account}:budget/any",
            "aws:sourceaccount": account,
        },
    )
    found = _resource_policy("sns", topic)
    if found is None:
        return False
    return str(evaluate_resource_policy(found[0], context, PRINCIPAL).decision) == "Allow"
