"""Gap: a function's reserved concurrency and dead-letter queue are set."""

from __future__ import annotations

from laptop_cloud.extension import inprocess
from laptop_cloud.extension.provisioning import Properties, after


def install() -> None:
    after("AWS::Lambda::Function", set_properties)


def set_properties(function: str, properties: Properties) -> None:
    client = inprocess.client("lambda")
    reserved = properties.get("ReservedConcurrentExecutions")
    if reserved is None:
        client.delete_function_concurrency(FunctionName=function)
    else:
        client.put_function_concurrency(
            FunctionName=function, ReservedConcurrentExecutions=int(reserved)
        )
    target = (properties.get("DeadLetterConfig") or {}).get("TargetArn", "")
    client.update_function_configuration(
        FunctionName=function, DeadLetterConfig={"TargetArn": target}
    )
