"""Step Functions' service integrations as boto3 calls with a state machine's role."""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError
from ministack.services import stepfunctions

from laptop_cloud.extension import roles
from laptop_cloud.extension.asl import Call, TaskFailed, plain

PRINCIPAL = "states.amazonaws.com"


def run(call: Call, data: Any, role: str) -> Any:
    """Make the call as the role; returns its result in Step Functions' form.

    Raises TaskFailed with the error name that a Retry or Catch matches.
    """
    try:
        client = roles.client(call.client, role, "states", PRINCIPAL)
    except roles.RoleRefused as refused:
        raise TaskFailed("States.Runtime", str(refused)) from refused
    try:
        if call.service == "lambda" and call.operation == "Invoke":
            return _invoke(client, call, data)
        model = client.meta.service_model.operation_model(call.operation)
        parameters = stepfunctions._sdk_json_param_value(data or {}, model.input_shape)
        answer = client._make_api_call(call.operation, parameters)
    except ParamValidationError as error:
        raise TaskFailed("States.Runtime", str(error)) from error
    except ClientError as error:
        code = error.response["Error"]["Code"]
        shapes = {shape.name for shape in client.meta.service_model.error_shapes}
        raise TaskFailed(call.error(code, modelled=code in shapes), str(error)) from error
    except BotoCoreError as error:
        raise TaskFailed("States.TaskFailed", str(error)) from error
    answer.pop("ResponseMetadata", None)
    shaped = stepfunctions._sdk_json_value(plain(answer), model.output_shape)
    return plain(shaped)


def _invoke(client: Any, call: Call, data: Any) -> Any:
    function = call.function or data["FunctionName"]
    payload = data if call.function else data.get("Payload", {})
    answer = client.invoke(FunctionName=function, Payload=json.dumps(payload).encode())
    body = answer["Payload"].read()
    result: Any = json.loads(body) if body else None
    if answer.get("FunctionError"):
        raise TaskFailed(result.get("errorType", "Lambda.Unknown"), json.dumps(result))
    if call.function:
        return result
    return {
        "ExecutedVersion": answer.get("ExecutedVersion", "$LATEST"),
        "Payload": result,
        "StatusCode": answer["StatusCode"],
    }
