"""Resource types that nothing on a laptop acts on: recorded in the stack, and why that is enough.

The drift check takes these, and only these, as present without asking a service.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Recorded:
    name: str  # the property that names the resource
    arn: str  # the middle of its ARN, "service:resource/"
    why: str


RECORDED: dict[str, Recorded] = {
    "AWS::Budgets::Budget": Recorded(
        "BudgetName", "budgets:budget/", "nothing on a laptop costs money"
    ),
    "AWS::ApplicationAutoScaling::ScalableTarget": Recorded(
        "ResourceId", "application-autoscaling:scalable-target/", "an endpoint here is one process"
    ),
    "AWS::ApplicationAutoScaling::ScalingPolicy": Recorded(
        "PolicyName", "autoscaling:scalingPolicy/", "an endpoint here is one process"
    ),
}
