"""Resource types that have no effect on a laptop: they are only recorded in the stack.

The drift check accepts these, and only these, without asking a service.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Recorded:
    name: str  # the property that names the resource
    arn: str  # the middle of its ARN, "service:resource/"
    why: str


RECORDED: dict[str, Recorded] = {
    "AWS::CodeDeploy::Application": Recorded(
        "ApplicationName", "codedeploy:application:", "extension/gradual_deployments.py deploys"
    ),
    "AWS::CodeDeploy::DeploymentGroup": Recorded(
        "DeploymentGroupName", "codedeploy:deploymentgroup:", "the deployment of an alias reads it"
    ),
    "AWS::ApplicationAutoScaling::ScalableTarget": Recorded(
        "ResourceId", "application-autoscaling:scalable-target/", "an endpoint here is one process"
    ),
    "AWS::ApplicationAutoScaling::ScalingPolicy": Recorded(
        "PolicyName", "autoscaling:scalingPolicy/", "an endpoint here is one process"
    ),
}
