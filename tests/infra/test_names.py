"""Names in the templates follow the names of the functions."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.infra import stacks
from tests.infra.documents import read

ROOT = Path(__file__).parents[2]
FUNCTIONS = ROOT / "functions"
MACHINES = [
    ("Pipeline", "infra/pipeline.asl.yaml"),
    ("Erasure", "infra/erasure.asl.yaml"),
    ("Sweep", "infra/sweep.asl.yaml"),
]


def functions(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        name: resource["Properties"]
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }


def snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


def names(folder: Path) -> set[str]:
    return {file.stem for file in folder.glob("*.py") if file.stem != "__init__"}


def own(template):
    """The functions without the canary, which is no part of the service."""
    return {one: about for one, about in functions(template).items() if one != "CanaryFunction"}


def test_every_function_of_the_template_is_the_file_of_its_name(template):
    for logical_id, properties in own(template).items():
        name = snake(logical_id.removesuffix("Function"))
        assert properties["Handler"] == f"{name}.handler"
        assert (FUNCTIONS / f"{name}.py").exists()


def test_every_file_is_deployed(template):
    deployed = {p["Handler"].removesuffix(".handler") for p in own(template).values()}
    assert names(FUNCTIONS) == deployed


@pytest.mark.parametrize(("name", "file"), MACHINES)
def test_every_task_of_a_state_machine_calls_the_function_of_its_name(name, file):
    substitutions = stacks.properties(name, stacks.MACHINE)["DefinitionSubstitutions"]
    for task, state in tasks(read(file)):
        if "lambda" not in state["Resource"]:
            continue
        assert state["Parameters"]["FunctionName"] == f"${{{task}}}"
        assert substitutions[task].endswith(f":function:{task}Function:live")


def tasks(machine: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, state in machine["States"].items():
        if state["Type"] == "Task":
            yield name, state
        elif state["Type"] == "Map":
            yield from tasks(state["ItemProcessor"])


@pytest.mark.parametrize(("name", "file"), MACHINES)
def test_every_substitution_is_used_and_every_use_is_given(name, file):
    given = set(stacks.properties(name, stacks.MACHINE)["DefinitionSubstitutions"])
    text = (ROOT / file).read_text()
    used = {part.partition("}")[0] for part in text.split("${")[1:]}
    assert used == given


# Names that are unique in the account or in all of AWS, whatever the region: S3 buckets ("General
# purpose buckets overview"), IAM policies, CloudFront's access controls and header policies, and
# dashboards ("All dashboards in your account are global").
GLOBAL = {
    "AWS::S3::Bucket": ("BucketName",),
    "AWS::IAM::ManagedPolicy": ("ManagedPolicyName",),
    "AWS::IAM::Role": ("RoleName",),
    "AWS::CloudFront::OriginAccessControl": ("OriginAccessControlConfig", "Name"),
    "AWS::CloudFront::ResponseHeadersPolicy": ("ResponseHeadersPolicyConfig", "Name"),
    "AWS::CloudWatch::Dashboard": ("DashboardName",),
}
LONGEST_REGION = "ap-southeast-1"
BUCKET_NAME = 63


def names_of_the_account():
    for stack in stacks.deployed():
        for name, resource in stack.resources.items():
            found = stack.resolve(resource.get("Properties", {}))
            for part in GLOBAL.get(resource["Type"], ("",)):
                found = found.get(part) if isinstance(found, dict) else found
            if isinstance(found, str):
                yield name, resource["Type"], found


def test_the_same_stage_can_exist_in_another_region_of_the_account():
    found = list(names_of_the_account())
    assert {kind for _, kind, _ in found} == GLOBAL.keys() - {"AWS::IAM::Role"}
    assert [name for name, _, text in found if "REGION" not in text] == []


def test_a_buckets_name_fits_in_the_longest_region():
    lengths = {
        text: len(
            text.replace("STAGE", "s" * 16)
            .replace("ACCOUNT", "1" * 12)
            .replace("REGION", LONGEST_REGION)
        )
        for _, kind, text in names_of_the_account()
        if kind == "AWS::S3::Bucket"
    }
    assert max(lengths.values()) <= BUCKET_NAME, lengths
