"""What the account must have before a stack is deployed to it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from infra.image import ImageNotSeen, ImageRefused, check_image
from infra.rehearse.definitions import definitions
from infra.rehearse.results import CheckResult, Level, see

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from infra.rehearse.results import Clients


@dataclass(frozen=True, slots=True)
class Quota:
    """A service quota that one job needs.

    It is looked up by name, because SageMaker has a code for each instance type and use.
    Rekognition's names end with "operation <name>" and begin differently. Source of the names:
    gruntwork-io/terraform-aws-utilities, docs/quotas.md.
    """

    service: str
    name: str
    needed: float
    ask: float
    why: str
    stops: bool = False


def needed(chosen: Mapping[str, str]) -> Iterator[Quota]:
    """The quotas that a job needs with these template parameters."""
    instance = chosen["TrainingInstance"]
    if chosen["Backend"] == "async-endpoint":
        count = max(float(chosen["EndpointMinimum"]), 1)
        most = max(float(chosen["EndpointMaximum"]), count)
        why = "the endpoint's instances"
        yield Quota("sagemaker", f"{instance} for endpoint usage", count, most, why, stops=True)
    else:
        why = "an instance for each job that draws"
        yield Quota("sagemaker", f"{instance} for training job usage", 1, 4, why, stops=True)
        if float(chosen["WarmPoolSeconds"]) > 0:
            why = "WarmPoolSeconds"
            name = f"{instance} for training warm pool usage"
            yield Quota("sagemaker", name, 1, 4, why, stops=True)
    # A job's ten uploads are inspected at once, beside API calls, events and steps. New accounts
    # have less than the default of 1000 (Lambda Developer Guide, "Lambda quotas").
    why = "ten photos are inspected at once, beside API calls and steps"
    yield Quota("lambda", "Concurrent executions", 20, 1000, why, stops=True)
    for operation in ("DetectFaces", "DetectModerationLabels", "CompareFaces"):
        yield Quota("rekognition", operation, 5, 50, "calls a second")
    name = "StartExecution throttle token refill rate per second"
    yield Quota("states", name, 5, 300, "executions a second")
    name = "Cryptographic operations (ECC) request rate"
    yield Quota("kms", name, 100, 300, "three signatures for each avatar")


def quotas(clients: Clients, region: str, chosen: Mapping[str, str]) -> list[CheckResult]:
    wanted = list(needed(chosen))
    found: list[CheckResult] = []
    for service in dict.fromkeys(one.service for one in wanted):
        ours = [one for one in wanted if one.service == service]
        found += see(f"{service} quotas", partial(_of_service, clients, region, service, ours))
    return found


def _of_service(
    clients: Clients, region: str, service: str, wanted: list[Quota]
) -> Iterator[CheckResult]:
    pages = clients("service-quotas").get_paginator("list_service_quotas")
    listed = [one for page in pages.paginate(ServiceCode=service) for one in page["Quotas"]]
    for quota in wanted:
        (match, *_) = [one for one in listed if _is(one["QuotaName"], quota.name)] or [None]
        yield _check_quota(quota, match, region)


def _is(listed: str, name: str) -> bool:
    return listed == name or listed.endswith(f" operation {name}")


def _check_quota(quota: Quota, match: Any, region: str) -> CheckResult:
    check = f"quota {quota.service}: {quota.name}"
    if match is None:
        return CheckResult(check, Level.UNSEEN, f"{region} has no quota of this name")
    value = match["Value"]
    text = f"{value:g}, {quota.needed:g} needed ({quota.why})"
    if value >= quota.needed:
        return CheckResult(check, Level.OK, text)
    ask = (
        f"aws service-quotas request-service-quota-increase --region {region} "
        f"--service-code {quota.service} --quota-code {match['QuotaCode']} "
        f"--desired-value {quota.ask:g}"
    )
    level = Level.STOP if quota.stops else Level.ADVICE
    return CheckResult(check, level, text, ask if match["Adjustable"] else "ask AWS Support")


def image(client: Callable[..., Any], region: str, name: str) -> Iterator[CheckResult]:
    """The container's image exists, and SageMaker accepts its manifest. `client` is boto3's."""
    check, todo = "image", "TRAINING_IMAGE=<what make image PUSH=1 prints>"
    if not name:
        yield CheckResult(check, Level.STOP, "no image is named", todo)
        return
    try:
        check_image(name, client)
    except ImageRefused as refused:
        yield CheckResult(check, Level.STOP, str(refused), todo)
    except ImageNotSeen as error:
        yield CheckResult(check, Level.UNSEEN, str(error))
    else:
        if f".{region}." in name:
            yield CheckResult(check, Level.OK, name)
        else:
            yield CheckResult(check, Level.STOP, f"SageMaker reads images of {region} only", todo)


def opt_out(clients: Clients, stage: str) -> Iterator[CheckResult]:
    """AWS may not use the photos to improve Rekognition.

    AWS Organizations User Guide, "AI services opt-out policy syntax and examples"; an effective
    policy has no @@ operators.
    """
    check = "AI services opt-out policy"
    todo = (
        "attach an AISERVICES_OPT_OUT_POLICY to the account or its organization: "
        '{"services": {"default": {"opt_out_policy": {"@@assign": "optOut"}}}}'
    )
    organizations = clients("organizations")
    without = (
        organizations.exceptions.EffectivePolicyNotFoundException,
        organizations.exceptions.AWSOrganizationsNotInUseException,
    )
    try:
        answer = organizations.describe_effective_policy(PolicyType="AISERVICES_OPT_OUT_POLICY")
        services = json.loads(answer["EffectivePolicy"]["PolicyContent"])["services"]
        chosen = services.get("rekognition", services.get("default", {})).get("opt_out_policy")
    except without:
        chosen = None
    if chosen == "optOut":
        yield CheckResult(check, Level.OK, "AWS does not use Rekognition's photos")
    else:
        level = Level.STOP if stage == "prod" else Level.ADVICE
        yield CheckResult(check, level, "AWS may use Rekognition's photos", todo)


def machines(
    clients: Clients, account: str, region: str, chosen: Mapping[str, str]
) -> Iterator[CheckResult]:
    """Step Functions accepts the definitions. What it refuses here would stop the deployment."""
    for name, definition in definitions(account, region, chosen).items():
        check = f"state machine {name}"
        answer = clients("stepfunctions").validate_state_machine_definition(
            definition=json.dumps(definition), type="STANDARD"
        )
        problems = [f"{one['code']}: {one['message']}" for one in answer["diagnostics"]]
        if answer["result"] == "OK":
            text = "; ".join(problems) or "accepted"
            yield CheckResult(check, Level.ADVICE if problems else Level.OK, text)
        else:
            yield CheckResult(check, Level.STOP, "; ".join(problems), f"correct infra/{name}")
