"""The templates read as documents: short lines, a short top, no cycles, known errors only, and
resources that wait for the permissions they need."""

import json
import re
import subprocess
from collections import Counter

import botocore.session
import pytest

from likeness.contracts.jobs import JobError
from likeness.domain import errors
from tests.infra.documents import ROOT, STACK, TOP, read, read_all
from tests.infra.stacks import MANAGED_POLICY, POLICY, deployed

ACCOUNT = "infra/account.yaml"  # a stack of its own, shared by the stages
LINE = 120
TOP_LINES = 380
PARAMETERS_AND_OUTPUTS = 200  # CloudFormation's limits, for each template


def yaml_files():
    tracked = subprocess.run(
        ["git", "ls-files", "*.yaml", "*.yml"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return tracked.stdout.split()


@pytest.mark.parametrize("file", yaml_files())
def test_no_line_of_a_yaml_file_is_too_long(file):
    lines = enumerate((ROOT / file).read_text().splitlines(), 1)
    assert [number for number, line in lines if len(line) > LINE] == []


def test_the_top_template_is_short():
    assert len((ROOT / TOP).read_text().splitlines()) <= TOP_LINES


def test_every_template_is_used():
    found = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "infra").glob("*.yaml")
        if not path.name.endswith(".asl.yaml")
    }
    assert found - {ACCOUNT} == set(read_all()) - {TOP}


def test_the_repository_of_the_account_is_the_default_of_every_stage():
    repository = read(ACCOUNT)["Resources"]["Images"]
    default = read(TOP)["Parameters"]["TrainingImageRepository"]["Default"]

    assert repository["Type"] == "AWS::ECR::Repository"
    assert repository["Properties"]["RepositoryName"] == default
    json.loads(repository["Properties"]["LifecyclePolicy"]["LifecyclePolicyText"])


def test_every_log_group_has_a_retention(templates):
    groups = [
        resource["Properties"]
        for template in (*templates.values(), read(ACCOUNT))
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::Logs::LogGroup"
    ]

    assert {"/aws/sagemaker/TrainingJobs", "/aws/sagemaker/Endpoints/likeness-${Stage}"} <= {
        name["Sub"] if isinstance(name, dict) else name
        for name in (one["LogGroupName"] for one in groups)
    }
    assert all(one["RetentionInDays"] for one in groups)


def test_every_stack_takes_outputs_of_the_stacks_above_it():
    above = []
    for name, resource in read(TOP)["Resources"].items():
        if resource["Type"] == STACK:
            taken = set(re.findall(r"'GetAtt': '(\w+)\.Outputs", str(resource)))
            assert taken <= set(above), f"{name} takes outputs of {taken - set(above)}"
            above.append(name)


def test_no_template_has_more_parameters_or_outputs_than_cloudformation_allows(templates):
    for file, template in templates.items():
        for part in ("Parameters", "Outputs"):
            assert len(template.get(part, {})) <= PARAMETERS_AND_OUTPUTS, file


def test_every_stack_gets_the_parameters_that_it_declares(templates):
    for resource in templates[TOP]["Resources"].values():
        if resource["Type"] == STACK:
            properties = resource["Properties"]
            declared = templates[properties["TemplateURL"]]["Parameters"]
            given = set(properties["Parameters"])
            needed = {name for name, one in declared.items() if "Default" not in one}
            assert needed <= given <= set(declared), properties["TemplateURL"]


def test_the_functions_of_all_stacks_have_different_names(templates):
    names = Counter(
        name
        for template in templates.values()
        for name, resource in template["Resources"].items()
        if resource["Type"] in {"AWS::Serverless::Function", "AWS::IAM::Role"}
    )
    assert [name for name, times in names.items() if times > 1] == []


def references(part, names):
    """The resources that a part of a template names: CloudFormation creates them first."""
    if isinstance(part, dict):
        for key, value in part.items():
            if key in {"Ref", "GetAtt"}:
                yield from {value.split(".")[0]} & names
            elif key == "Sub":
                text = value if isinstance(value, str) else value[0]
                yield from set(re.findall(r"\$\{(\w+)", text)) & names
            if key == "DependsOn":
                yield from {value} if isinstance(value, str) else value
            yield from references(value, names)
    elif isinstance(part, list):
        for one in part:
            yield from references(one, names)


def created_before(resources, name):
    """Every resource that CloudFormation creates before this one."""
    found, waiting = set(), [name]
    while waiting:
        new = set(references(resources[waiting.pop()], set(resources))) - found
        found |= new
        waiting += new
    return found


def test_a_resource_that_uses_a_role_waits_for_the_roles_policies(templates):
    """Else CloudFormation creates both at once, and a service that checks the role refuses it."""
    for file, template in templates.items():
        resources = template["Resources"]
        before = {name: created_before(resources, name) for name in resources}
        for policy in (name for name, one in resources.items() if one["Type"] == POLICY):
            roles = set(references(resources[policy]["Properties"]["Roles"], set(resources)))
            users = {name for name in resources if roles & before[name]} - {policy}
            racing = {name for name in users - before[policy] if policy not in before[name]}
            assert racing == set(), f"{file}: created together with {policy}"


def test_the_endpoints_model_waits_for_the_permission_to_read_its_weights():
    """CreateModel checks that the role can read ModelDataSource.S3Uri."""
    (stack,) = (one for one in deployed() if "EndpointRole" in one.resources)
    model = stack.resolve(stack.resources["Model"]["Properties"])
    source = model["PrimaryContainer"]["ModelDataSource"]["S3DataSource"]
    weights = source["S3Uri"].replace("s3://", "arn:aws:s3:::")
    before = created_before(stack.resources, "Model")
    allowed = set()
    for name in before:
        properties = stack.resolve(stack.resources[name].get("Properties", {}))
        shared = stack.resources[name]["Type"] == MANAGED_POLICY
        for policy in [properties] if shared else properties.get("Policies", []):
            for statement in policy["PolicyDocument"]["Statement"]:
                if statement["Resource"] in (weights + "*", weights.split("/")[0]):
                    allowed.add(statement["Action"])
    assert allowed == {"s3:GetObject", "s3:ListBucket"}


def test_every_host_image_of_the_endpoint_has_a_driver_for_the_containers_cuda():
    """botocore's service model of SageMaker lists the images, each with its driver."""
    model = botocore.session.get_session().get_service_model("sagemaker")
    member = model.shape_for("ProductionVariant").members["InferenceAmiVersion"]
    parameter = read(TOP)["Parameters"]["InferenceAmi"]
    for image in filter(None, parameter["AllowedValues"]):
        assert image in member.enum
        about = member.documentation.split(f"<dt>{image}</dt>")[1].split("</dl>")[0]
        driver = re.search(r"NVIDIA driver version: (\d+)", about)
        assert driver, about
        assert int(driver[1]) >= 525, image
    assert parameter["Default"] in parameter["AllowedValues"]


# Errors that Step Functions and the services raise.
SERVICES = re.compile(r"^(States|Lambda|SageMaker)\.")
ENDS_THE_EXECUTION = {"JobFailed", "SweepUnfinished"}  # the Fail states' own


def errors_named(part):
    if isinstance(part, dict):
        for key, value in part.items():
            if key == "Error" and isinstance(value, str):
                yield value
            elif key == "ErrorEquals":
                yield from value
            else:
                yield from errors_named(value)
    elif isinstance(part, list):
        for one in part:
            yield from errors_named(one)
    elif isinstance(part, str):
        yield from re.findall(r'"Error": "(\w+)"', part)


@pytest.mark.parametrize(
    "file",
    [
        "infra/pipeline.asl.yaml",
        "infra/erasure.asl.yaml",
        "infra/sweep.asl.yaml",
        "infra/pipeline.yaml",
    ],
)
def test_every_error_name_is_known_to_the_code(file):
    named = {one for one in errors_named(read(file)) if not SERVICES.match(one)}
    known = {name for name, one in vars(errors).items() if isinstance(one, type)} | set(JobError)
    assert named - ENDS_THE_EXECUTION <= known
