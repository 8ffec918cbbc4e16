"""What one job cost: counted calls and seconds, times the prices of infra/capacity/aws.yaml.

Counts of Rekognition and Lambda come from CloudWatch, so they include other work of the same
minutes. KMS, DynamoDB, S3, the API, logs and data transfer are not counted.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from infra.capacity.prices import instance_hour, price, rekognition_image

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from infra.rehearse.results import Clients

OPERATIONS = ("DetectFaces", "DetectModerationLabels", "CompareFaces", "RecognizeCelebrities")
PUBLISHED_WITHIN = 300.0  # s: CloudWatch has a metric minutes after the call
POLL = 15.0  # s


@dataclass(frozen=True, slots=True)
class Line:
    service: str
    count: float
    unit: str
    usd: float | None  # None: aws.yaml has no price


def count(
    clients: Clients,
    *,
    stack: str,
    region: str,
    job: Mapping[str, Any],
    transitions: int,
    published_within: float = PUBLISHED_WITHIN,
) -> list[Line]:
    ats = [datetime.fromisoformat(one["at"]) for one in job["timeline"]]
    window = (min(ats), max(ats) + timedelta(minutes=2))
    lines = list(_instances(clients, job["job_id"]))
    images = _rekognition(clients, window, _moderated(job), published_within)
    lines.append(Line("Rekognition", images, "images", images * rekognition_image(region)))
    lines += _lambda(clients, stack, window)
    usd = transitions * price("state_transition")
    lines.append(Line("Step Functions", transitions, "transitions", usd))
    return lines


def total(lines: Iterable[Line]) -> str:
    """The sum; "at least" if a price is missing."""
    known = sum(line.usd for line in lines if line.usd is not None)
    missing = [line.service for line in lines if line.usd is None]
    return f"{'at least ' if missing else ''}${known:.4f}"


def _moderated(job: Mapping[str, Any]) -> int:
    """The least number of moderation calls: one for each accepted photo and published avatar."""
    photos = [one for one in job["photos"] if one["state"] == "accepted"]
    return len(photos) + len(job["avatars"])


def _instances(clients: Clients, job_id: str) -> Iterator[Line]:
    """The job's training jobs. An endpoint is paid by the hour, with jobs or without."""
    sagemaker = clients("sagemaker")
    pages = sagemaker.get_paginator("list_training_jobs").paginate(NameContains=job_id)
    for one in (one for page in pages for one in page["TrainingJobSummaries"]):
        job = sagemaker.describe_training_job(TrainingJobName=one["TrainingJobName"])
        seconds = job.get("BillableTimeInSeconds", 0)  # none without an instance
        kind = job["ResourceConfig"]["InstanceType"]
        hour = instance_hour(kind)
        usd = None if hour is None else seconds / 3600 * hour
        yield Line(f"SageMaker {kind}", seconds, "seconds", usd)


def _rekognition(
    clients: Clients, window: tuple[datetime, datetime], least: int, patience: float
) -> float:
    """Calls that succeeded. Waits until CloudWatch has at least those that the job made."""
    until = time.monotonic() + patience
    while True:
        sums = _sums(
            clients,
            window,
            [("AWS/Rekognition", "SuccessfulRequestCount", "Operation", one) for one in OPERATIONS],
        )
        if sums["SuccessfulRequestCount", "DetectModerationLabels"] >= least:
            return sum(sums.values())
        if time.monotonic() > until:
            return sum(sums.values())
        time.sleep(POLL)


def _lambda(clients: Clients, stack: str, window: tuple[datetime, datetime]) -> Iterator[Line]:
    pages = clients("lambda").get_paginator("list_functions").paginate()
    functions = {
        one["FunctionName"]: one
        for page in pages
        for one in page["Functions"]
        if one["FunctionName"].startswith(f"{stack}-")
    }
    wanted = [
        ("AWS/Lambda", metric, "FunctionName", name)
        for name in functions
        for metric in ("Invocations", "Duration")
    ]
    sums = _sums(clients, window, wanted)
    invocations = sum(sums["Invocations", name] for name in functions)
    gigabytes, usd = 0.0, invocations * price("lambda_request")
    for name, one in functions.items():
        used = sums["Duration", name] / 1000 * one["MemorySize"] / 1024
        gigabytes += used
        usd += used * price(f"lambda_gb_second_{one['Architectures'][0]}")
    yield Line("Lambda", round(gigabytes, 1), f"GB seconds, {invocations:.0f} calls", usd)


def _sums(
    clients: Clients, window: tuple[datetime, datetime], wanted: list[tuple[str, str, str, str]]
) -> dict[tuple[str, str], float]:
    """The sum of each metric by its name and the value of its dimension."""
    start, end = window
    queries = [
        {
            "Id": f"m{n}",
            "MetricStat": {
                "Metric": {
                    "Namespace": namespace,
                    "MetricName": metric,
                    "Dimensions": [{"Name": dimension, "Value": value}],
                },
                "Period": 60,
                "Stat": "Sum",
            },
        }
        for n, (namespace, metric, dimension, value) in enumerate(wanted)
    ]
    found = dict.fromkeys(((metric, value) for _, metric, _, value in wanted), 0.0)
    pages = clients("cloudwatch").get_paginator("get_metric_data")
    for page in pages.paginate(
        MetricDataQueries=queries,
        StartTime=start.replace(second=0, microsecond=0),
        EndTime=end,
    ):
        for one in page["MetricDataResults"]:
            _, metric, _, value = wanted[int(one["Id"].removeprefix("m"))]
            found[metric, value] += sum(one["Values"])
    return found
