"""What a load of jobs needs and costs. Pure: counted calls and aws.yaml in, figures out."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from infra.capacity import prices
from infra.capacity.calls import INVOKE, REQUEST, TRANSITION, Calls, Counts, Work, stored_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from infra.capacity.prices import Limit

DAY, MONTH_DAYS = 86_400, 30
FULL = 0.7  # no limit is used above this share
UNTIMED = Work(processor_s=0.05, memory_mb=1024)  # functions of the desk: as a poll
FIRST_AVATARS = 1  # of the job whose invocations were timed
DEADLINE_HOURS = 23  # a job's schedule lives that long (services/jobs/create_job.py)
SAMPLED = 0.05  # of the requests are traced (X-Ray's default rule)
OURS = ("Lambda", "API Gateway", "DynamoDB", "Step Functions", "KMS", "S3", "other services")


@dataclass(frozen=True, slots=True)
class Load:
    """Jobs and what they are like. Photos and avatars are those of the goal."""

    jobs_per_day: float
    peak: float = 3.0  # the busiest minutes, as a multiple of the mean
    review: float = 0.05  # share of the jobs that a moderator decides
    photos: int = 5
    avatars: int = 30
    polls: float = 20.0
    engine: str = "flux2-klein-4b-ref"
    instance: str = "ml.g6e.xlarge"
    backend: str = "async-endpoint"
    fleet_use: float = 0.7  # of the instances' paid time in which they draw
    avatar_days: float = 30.0
    in_machine_s: float = 300.0  # of a job without a review
    waits_for_review_s: float = 3600.0

    @property
    def per_second(self) -> float:
        """Jobs a second at the peak."""
        return self.jobs_per_day / DAY * self.peak

    @property
    def busy_s(self) -> float:
        return prices.busy_seconds(self.engine, self.instance) * self.avatars / 30


@dataclass(frozen=True, slots=True)
class Use:
    """A limit at the peak."""

    limit: Limit
    load: float

    @property
    def share(self) -> float:
        return self.load / self.limit.value

    @property
    def breaks_at(self) -> float:
        """The share of today's load at which the limit is reached, as a factor."""
        return math.inf if self.load == 0 else 1 / self.share

    @property
    def ask(self) -> float:
        """What to ask AWS for, or to set, so that FULL of it is used; 0 if the limit suffices."""
        return 0.0 if self.share <= FULL else _round_up(self.load / FULL)

    def cells(self, *, raised: bool) -> int:
        """How many stacks in accounts of their own keep the share below FULL."""
        most = self.limit.value
        if raised and self.limit.adjustable:
            most = self.limit.raised or math.inf
        return max(1, math.ceil(self.load / (FULL * most)))


@dataclass(frozen=True, slots=True)
class Cost:
    """Dollars of one job, by service."""

    usd: Mapping[str, float] = field(default_factory=dict)
    upper_usd: float = 0.0  # with prices that were read only

    @property
    def total(self) -> float:
        return sum(self.usd.values())

    @property
    def ours(self) -> float:
        return sum(self.usd[name] for name in OURS)


def counts(load: Load, calls: Calls) -> Counts:
    """The calls of one job, with its polls and its share of reviews."""
    return calls.of(
        job=1, photo=load.photos, avatar=load.avatars, poll=load.polls, review=load.review
    )


def uses(load: Load, calls: Calls) -> list[Use]:
    """Every limit at the peak, the one that is reached first at the top."""
    of_job = counts(load, calls)
    figures = _figures(load, calls, of_job)
    found = []
    for limit in prices.limits():
        total = 0.0
        for name in limit.counts:
            if name.startswith("<"):
                total += figures[name]
            else:
                each = sum(n for (_, call), n in of_job.calls.items() if call == name)
                total += each * load.per_second
        found.append(Use(limit, total))
    return sorted(found, key=lambda use: use.breaks_at)


def _figures(load: Load, calls: Calls, of_job: Counts) -> dict[str, float]:
    invoked = _invocations(of_job)
    busy = sum(n * _seconds(load, calls, name) for name, n in invoked.items())
    events = sum(n for (_, call), n in of_job.calls.items() if call == "events:PutEvents")
    from_rules = sum(invoked.get(name, 0) for name in ("InspectPhoto", "NoteProgress"))
    in_machine = load.in_machine_s + load.review * load.waits_for_review_s
    each = load.per_second
    return {
        "<instances>": math.ceil(each * load.busy_s),
        "<events>": each * events,
        "<deliveries>": each * (events + from_rules + 1),
        "<concurrency>": each * busy,
        "<executions>": each * in_machine,
        "<schedules>": load.jobs_per_day * DEADLINE_HOURS / 24,
        "<read>": each * sum(of_job.read.values()),
        "<write>": each * sum(of_job.write.values()),
    }


def _invocations(of_job: Counts) -> dict[str, float]:
    return {name: n for (name, call), n in of_job.calls.items() if call == INVOKE}


def _seconds(load: Load, calls: Calls, function: str) -> float:
    """Of one invocation: its processor's time at its share of a processor, and what it waits."""
    work = calls.work.get(function, UNTIMED)
    processor = work.processor_s + work.avatar_s * (load.avatars - FIRST_AVATARS)
    share = min(1.0, work.memory_mb / prices.document()["vcpu_mb"])
    of_job = counts(load, calls).calls
    waited = sum(n * prices.wait_s(call) for (name, call), n in of_job.items() if name == function)
    return float(processor / share + waited / of_job[function, INVOKE])


def cost(load: Load, calls: Calls) -> Cost:
    """The cost of one job at this load: Rekognition's price depends on the month's images."""
    of_job = counts(load, calls)
    detected = {
        call.partition(":")[2]: 0.0 for _, call in of_job.calls if call.startswith("rekognition:")
    }
    usd = dict.fromkeys(("instances", "Rekognition", *OURS), 0.0)
    for (name, call), n in of_job.calls.items():
        service, _, operation = call.partition(":")
        if service == "rekognition":
            detected[operation] += n
        elif call == INVOKE:
            usd["Lambda"] += n * _invocation(load, calls, name)
        elif call in PRICED:
            line, price = PRICED[call]
            usd[line] += n * prices.price(price)
    usd["DynamoDB"] += sum(of_job.read.values()) * prices.price("dynamodb_read")
    usd["DynamoDB"] += sum(of_job.write.values()) * prices.price("dynamodb_write")
    usd["S3"] += _storage(load, calls)
    usd["other services"] += _logs(calls, of_job) + _traces(of_job)
    hour = prices.instance_hour(load.instance)
    if hour is None:
        raise KeyError(f"aws.yaml has no price of {load.instance}")
    usd["instances"] = load.busy_s / 3600 * hour / load.fleet_use
    a_month = load.jobs_per_day * MONTH_DAYS
    images = {operation: n * a_month for operation, n in detected.items()}
    usd["Rekognition"] = prices.rekognition_month(images) / a_month
    upper = prices.rekognition_month(images, bound=True) / a_month
    return Cost(usd, sum(usd.values()) - usd["Rekognition"] + upper)


PRICED = {
    TRANSITION: ("Step Functions", "state_transition"),
    REQUEST: ("API Gateway", "http_api_request"),
    "kms:Sign": ("KMS", "kms_sign"),
    "kms:GenerateMac": ("KMS", "kms_request"),
    "s3:PutObject": ("S3", "s3_put"),
    "s3:ListBucket": ("S3", "s3_put"),
    "s3:ListBucketVersions": ("S3", "s3_put"),
    "s3:ListBucketMultipartUploads": ("S3", "s3_put"),
    "s3:GetObject": ("S3", "s3_get"),
    "events:PutEvents": ("other services", "event"),
    "scheduler:CreateSchedule": ("other services", "schedule_invocation"),
    "sqs:SendMessage": ("other services", "sqs_request"),
    "sqs:SendMessageBatch": ("other services", "sqs_request"),
}
FREE = {
    "s3:DeleteObject": "S3 charges no deletion",
    "states:StartExecution": "the first transition is charged",
    "states:SendTaskSuccess": "a transition is charged",
    "states:SendTaskFailure": "a transition is charged",
    "scheduler:DeleteSchedule": "Scheduler charges invocations",
    "scheduler:GetSchedule": "Scheduler charges invocations",
    "sagemaker:CreateTrainingJob": "instances are charged",
    "sagemaker:DescribeTrainingJob": "instances are charged",
    "sagemaker:InvokeEndpointAsync": "instances are charged",
    "cognito-idp:AdminGetUser": "Cognito charges users",
    "cognito-idp:AdminListGroupsForUser": "Cognito charges users",
    "sns:Publish": "notifications of SageMaker to a function are free",
    "lambda:InvokeFunction": "the invocation is charged",
}


def unpriced(calls: Calls) -> Iterator[str]:
    """Counted calls for which this model has neither a price nor a reason why they are free."""
    for call in sorted({call for one in calls.per.values() for _, call in one.calls}):
        service = call.partition(":")[0]
        known = call in PRICED or call in FREE or call == INVOKE
        if not known and service not in {"rekognition", "dynamodb"}:
            yield call


def _invocation(load: Load, calls: Calls, function: str) -> float:
    work = calls.work.get(function, UNTIMED)
    gigabytes = work.memory_mb / 1024
    seconds = _seconds(load, calls, function)
    gb_second = prices.price("lambda_gb_second_arm64")
    return seconds * gigabytes * gb_second + prices.price("lambda_request")


def _storage(load: Load, calls: Calls) -> float:
    gigabytes = stored_bytes(calls, load.avatars) / 1e9
    return gigabytes * load.avatar_days / MONTH_DAYS * prices.price("s3_gb_month")


def _logs(calls: Calls, of_job: Counts) -> float:
    written = sum(
        n * calls.work[name].log_bytes
        for name, n in _invocations(of_job).items()
        if name in calls.work
    )
    return written / 1e9 * prices.price("log_gb")


def _traces(of_job: Counts) -> float:
    requests = sum(n for (_, call), n in of_job.calls.items() if call == REQUEST)
    return requests * SAMPLED * prices.price("trace")


def cells(found: list[Use], *, raised: bool) -> int:
    return max(use.cells(raised=raised) for use in found)


def _round_up(value: float) -> float:
    """To two significant digits."""
    scale: int = 10 ** max(0, math.floor(math.log10(value)) - 1)
    return math.ceil(value / scale) * scale
