"""A warm GET of a job, compared with a function on the same cloud that returns a constant.

Both have the same API, authoriser and invocation, so what differs is our code and its calls.
"""

from __future__ import annotations

import io
import json
import re
import statistics
import time
import zipfile
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from infra.capacity.counting import logical_ids
from laptop_cloud import places

if TYPE_CHECKING:
    from collections.abc import Callable

    from laptop_cloud.cloud import Cloud
    from likeness_client import Likeness

CALLS = 50
NAME, PATH = "bench-constant", "/v1/constant"
CODE = """
def handler(event, context):
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": "{}"}
"""
USED = re.compile(r"function (\S+) used (\d+) of (\d+) MB")


def compare(backend: Likeness, running: Cloud, **jobs: str) -> dict[str, float]:
    """Milliseconds of a GET of each job, and the worst as a multiple of the constant.

    The jobs are `open`, before its photos are uploaded, and `completed`, with thirty avatars.
    """
    _deploy_constant(running)
    reads: dict[str, Callable[[], Any]] = {
        name: lambda job_id=job_id: backend.get_job(job_id)  # type: ignore[misc]
        for name, job_id in jobs.items()
    }
    reads["constant"] = lambda: backend._api.send("GET", PATH, headers={})  # noqa: SLF001 - no route of ours
    took: dict[str, list[float]] = defaultdict(list)
    for run in range(CALLS + 1):  # the first one is cold
        for name, read in reads.items():
            began = time.perf_counter()
            read()
            if run:
                took[name].append((time.perf_counter() - began) * 1000)
    found = {name: statistics.median(each) for name, each in took.items()}
    return {
        **{f"api.get_{name}_p50_ms": round(ms, 1) for name, ms in found.items()},
        **{
            f"ratio.get_{name}_over_constant": round(found[name] / found["constant"], 2)
            for name in jobs
        },
        "ratio.get_over_constant": round(max(found[n] for n in jobs) / found["constant"], 2),
    }


def memory(running: Cloud) -> dict[str, float]:
    """The peak of each function so far, MB, and the largest share of a MemorySize."""
    log = (running.project.folders.state / "logs" / "ministack.log").read_text()
    names = logical_ids(running)  # in the log they are cut to 64 characters
    peaks: dict[str, tuple[int, int]] = {}
    for name, used, limit in USED.findall(log):
        function = names.get(name, name)
        peaks[function] = max(peaks.get(function, (0, 0)), (int(used), int(limit)))
    return {
        **{f"function.{name}.peak_mb": used for name, (used, _) in sorted(peaks.items())},
        "ratio.memory_worst": round(max(used / limit for used, limit in peaks.values()), 2),
    }


def _deploy_constant(running: Cloud) -> None:
    client = running.act_as(running.ops_credentials())
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}
    role = client("iam").create_role(
        RoleName=NAME,
        AssumeRolePolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [trust | {"Action": "sts:AssumeRole"}]}
        ),
    )["Role"]["Arn"]
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("constant.py", CODE)
    function = client("lambda").create_function(
        FunctionName=NAME,
        Runtime="python3.13",
        Role=role,
        Handler="constant.handler",
        Code={"ZipFile": package.getvalue()},
        MemorySize=1024,
        TracingConfig={"Mode": "Active"},
    )["FunctionArn"]
    api = running.outputs["ApiId"]
    client("lambda").add_permission(
        FunctionName=NAME,
        StatementId="api",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn=f"arn:aws:execute-api:{places.REGION}:{places.ACCOUNT}:{api}/*/*",
    )
    gateway = client("apigatewayv2")
    integration = gateway.create_integration(
        ApiId=api,
        IntegrationType="AWS_PROXY",
        IntegrationUri=function,
        PayloadFormatVersion="2.0",
    )["IntegrationId"]
    gateway.create_route(
        ApiId=api,
        RouteKey=f"GET {PATH}",
        AuthorizationType="AWS_IAM",
        Target=f"integrations/{integration}",
    )
