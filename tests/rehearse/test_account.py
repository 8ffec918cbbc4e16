"""What a rehearsal checks before it deploys."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from infra.image import LAYER, MANIFEST
from infra.rehearse import account
from infra.rehearse.definitions import ROOT, definitions, parameters, read
from infra.rehearse.results import Failed, Level, see
from tests.aws_commands import problems
from tests.rehearse.conftest import REGION

if TYPE_CHECKING:
    from tests.rehearse.conftest import Aws

CHOSEN = parameters({}, "")
REKOGNITION = "Transactions per second per account for the Amazon Rekognition Image operation "


def listed(*rows: tuple[str, str, float]) -> dict[str, Any]:
    keys = ("QuotaName", "QuotaCode", "Value")
    return {"Quotas": [dict(zip(keys, row, strict=True)) | {"Adjustable": True} for row in rows]}


def expect_quotas(aws: Aws, training: float = 4, concurrency: float = 1000) -> None:
    instance = CHOSEN["TrainingInstance"]
    pages: dict[str, list[tuple[str, str, float]]] = {
        "sagemaker": [
            (f"{instance} for training job usage", "L-194981EA", training),
            (f"{instance} for endpoint usage", "L-AAAAAAAA", 2),
        ],
        "lambda": [("Concurrent executions", "L-B99A9384", concurrency)],
        "rekognition": [
            (f"{REKOGNITION}DetectFaces", "L-A5121FD7", 100),
            (f"{REKOGNITION}DetectModerationLabels", "L-BBBBBBBB", 5),
            (f"{REKOGNITION}CompareFaces", "L-73A341CE", 100),
        ],
        "states": [("StartExecution throttle token refill rate per second", "L-C", 150)],
        "kms": [("Cryptographic operations (ECC) request rate", "L-DC14942D", 300)],
    }
    for service, rows in pages.items():
        asked = {"ServiceCode": service}
        aws.will("service-quotas", "list_service_quotas", listed(*rows), asked)


def levels(found: list[Any]) -> dict[str, Level]:
    return {one.check.partition(": ")[2] or one.check: one.level for one in found}


def test_enough_of_every_quota_is_ok(aws):
    expect_quotas(aws)

    found = account.quotas(aws, REGION, CHOSEN)

    assert set(levels(found).values()) == {Level.OK}
    assert len(found) == 7


def test_a_new_account_is_told_exactly_what_to_ask_for(aws):
    """Zero instances and ten concurrent executions are what a new account may have."""
    expect_quotas(aws, training=0, concurrency=10)

    stops = [one for one in account.quotas(aws, REGION, CHOSEN) if one.level is Level.STOP]

    assert [one.todo for one in stops] == [
        "aws service-quotas request-service-quota-increase --region eu-central-1 "
        "--service-code sagemaker --quota-code L-194981EA --desired-value 4",
        "aws service-quotas request-service-quota-increase --region eu-central-1 "
        "--service-code lambda --quota-code L-B99A9384 --desired-value 1000",
    ]
    assert [problem for one in stops for problem in problems(one.todo)] == []
    assert stops[0].text == "0, 1 needed (an instance for each job that draws)"


def test_an_endpoint_needs_the_quota_of_endpoints_and_a_warm_pool_its_own():
    endpoint = parameters({}, "Backend=async-endpoint EndpointMaximum=3 TrainingInstance=ml.x")
    warm = parameters({}, "WarmPoolSeconds=600 TrainingInstance=ml.x")

    names = {one.name: (one.needed, one.ask) for one in account.needed(endpoint)}
    assert names["ml.x for endpoint usage"] == (1, 3)
    assert "ml.x for training job usage" not in names
    names = {one.name: (one.needed, one.ask) for one in account.needed(warm)}
    assert {"ml.x for training job usage", "ml.x for training warm pool usage"} <= names.keys()


def test_a_service_whose_quotas_may_not_be_read_does_not_hide_the_others(aws):
    aws.will_fail("service-quotas", "list_service_quotas", "AccessDeniedException")
    for _ in range(4):
        aws.will("service-quotas", "list_service_quotas", listed(("another", "L-1", 1)))

    found = levels(account.quotas(aws, REGION, CHOSEN))

    assert found["sagemaker quotas"] is Level.UNSEEN
    assert found["Concurrent executions"] is Level.UNSEEN
    assert len(found) == 7


def test_a_quota_that_cannot_be_raised_leads_to_support(aws):
    rows = listed(("Concurrent executions", "L-1", 1))
    rows["Quotas"][0]["Adjustable"] = False
    for service in ("sagemaker", "lambda", "rekognition", "states", "kms"):
        answer = rows if service == "lambda" else {"Quotas": []}
        aws.will("service-quotas", "list_service_quotas", answer)

    found = [one for one in account.quotas(aws, REGION, CHOSEN) if one.level is Level.STOP]

    assert [one.todo for one in found] == ["ask AWS Support"]


# --- the image ------------------------------------------------------------------------------------


def named(region: str = REGION) -> str:
    return f"123456789012.dkr.ecr.{region}.amazonaws.com/likeness-model@sha256:{'0' * 64}"


def manifest(kind: str = MANIFEST) -> dict[str, Any]:
    content = {"schemaVersion": 2, "mediaType": kind, "layers": [{"mediaType": LAYER}]}
    return {"images": [{"imageManifest": json.dumps(content)}]}


def test_an_image_that_sagemaker_takes_is_ok(aws):
    aws.will("ecr", "batch_get_image", manifest())

    assert [one.level for one in account.image(aws, REGION, named())] == [Level.OK]


@pytest.mark.parametrize(
    ("response", "name", "said"),
    [
        (None, "", "no image is named"),
        (None, "likeness-model:latest", "is not ACCOUNT.dkr.ecr"),
        (manifest("application/vnd.oci.image.manifest.v1+json"), named(), "SageMaker refuses"),
        (manifest(), named("us-east-1"), "images of eu-central-1 only"),
    ],
)
def test_another_image_stops_before_the_deployment(aws, response, name, said):
    if response:
        aws.will("ecr", "batch_get_image", response)

    (found,) = account.image(aws, REGION, name)

    assert (found.level, said in found.text) == (Level.STOP, True)
    assert "make image PUSH=1" in found.todo


def test_an_image_that_may_not_be_read_could_not_be_seen(aws):
    aws.will_fail("ecr", "batch_get_image", "AccessDeniedException")

    assert [one.level for one in account.image(aws, REGION, named())] == [Level.UNSEEN]


# --- the opt-out policy ---------------------------------------------------------------------------


def effective(**services: str) -> dict[str, Any]:
    content = {"services": {name: {"opt_out_policy": one} for name, one in services.items()}}
    return {"EffectivePolicy": {"PolicyContent": json.dumps(content)}}


@pytest.mark.parametrize(
    ("services", "level"),
    [
        ({"default": "optOut"}, Level.OK),
        ({"rekognition": "optOut"}, Level.OK),
        ({"default": "optOut", "rekognition": "optIn"}, Level.ADVICE),
        ({"lex": "optOut"}, Level.ADVICE),
    ],
)
def test_the_effective_policy_decides(aws, services, level):
    asked = {"PolicyType": "AISERVICES_OPT_OUT_POLICY"}
    aws.will("organizations", "describe_effective_policy", effective(**services), asked)

    (found,) = account.opt_out(aws, "dev")

    assert found.level is level


@pytest.mark.parametrize(
    "code", ["EffectivePolicyNotFoundException", "AWSOrganizationsNotInUseException"]
)
def test_without_a_policy_prod_is_not_deployed(aws, code):
    for _ in range(2):
        aws.will_fail("organizations", "describe_effective_policy", code)

    assert [one.level for one in account.opt_out(aws, "dev")] == [Level.ADVICE]
    assert [one.level for one in account.opt_out(aws, "prod")] == [Level.STOP]


def test_a_denied_check_could_not_be_seen(aws):
    aws.will_fail("organizations", "describe_effective_policy", "AccessDeniedException")

    (found,) = see("opt-out", lambda: account.opt_out(aws, "prod"))

    assert (found.level, found.text) == (
        Level.UNSEEN,
        "could not be seen: AccessDeniedException",
    )


# --- the state machines ---------------------------------------------------------------------------


def test_every_state_machine_is_validated_as_it_is_deployed(aws):
    for _ in definitions("123456789012", REGION, CHOSEN):
        answer = {"result": "OK", "diagnostics": []}
        aws.will("stepfunctions", "validate_state_machine_definition", answer)

    found = list(account.machines(aws, "123456789012", REGION, CHOSEN))

    machines = sorted(path.name for path in (ROOT / "infra").glob("*.asl.yaml"))
    assert sorted(one.check for one in found) == [f"state machine {name}" for name in machines]


def test_a_refused_definition_stops_and_a_warning_does_not(aws):
    def diagnosis(severity: str) -> dict[str, str]:
        return {"severity": severity, "code": "SCHEMA", "message": f"a {severity}"}

    for result, severity in (("FAIL", "ERROR"), ("OK", "WARNING")):
        answer = {"result": result, "diagnostics": [diagnosis(severity)]}
        aws.will("stepfunctions", "validate_state_machine_definition", answer)

    answer = {"result": "OK", "diagnostics": []}
    aws.will("stepfunctions", "validate_state_machine_definition", answer)

    refused, warned, valid = account.machines(aws, "123456789012", REGION, CHOSEN)

    assert (refused.level, refused.text) == (Level.STOP, "SCHEMA: a ERROR")
    assert (warned.level, valid.level) == (Level.ADVICE, Level.OK)


def test_definitions_have_every_value_in_its_type():
    chosen = CHOSEN | {"ReviewSeconds": "777", "TrainingImage": "i"}

    made = definitions("123456789012", REGION, chosen)

    text = json.dumps(made)
    assert not [sign for sign in ("${", "['", "{'") if sign in text]  # nothing is unresolved
    states = made["pipeline.asl.yaml"]["States"]
    assert states["RequestReview"]["TimeoutSeconds"] == 777
    arn = states["ModeratePhotos"]["Parameters"]["FunctionName"]
    assert arn.startswith(f"arn:aws:lambda:{REGION}:123456789012:function:")


# --- parameters -----------------------------------------------------------------------------------


def test_given_parameters_come_before_deployed_ones_and_those_before_defaults():
    deployed = {"TrainingInstance": "ml.g6.2xlarge", "Stage": "dev", "Engine": "sdxl-lora"}

    found = parameters(deployed, "Engine=painter WebOrigins='https://a b'")

    default = read(ROOT / "template.yaml")["Parameters"]["Backend"]["Default"]
    assert (found["TrainingInstance"], found["Engine"]) == ("ml.g6.2xlarge", "painter")
    assert (found["Backend"], found["WebOrigins"]) == (default, "https://a b")


@pytest.mark.parametrize("given", ["Enigne=painter", "Engine"])
def test_an_unknown_parameter_is_named(given):
    with pytest.raises(Failed, match="The template has no parameter En"):
        parameters({}, given)
