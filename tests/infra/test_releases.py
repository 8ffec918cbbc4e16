"""A change of code or of a parameter reaches every function, which is called by its alias."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from infra import release
from likeness.settings import PREFIX, Settings
from tests.infra.documents import FUNCTION
from tests.infra.stacks import MACHINE, Stack, deployed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NAMED = {"SweepArn", "CanaryFunction", "AnnounceChanges", "MachineArn", "stateMachineArn"}
STACKS = {stack.template["Description"]: stack for stack in deployed()}


def functions(stack: Stack) -> dict[str, dict[str, Any]]:
    found = stack.resources.items()
    return {name: one["Properties"] for name, one in found if one["Type"] == FUNCTION}


@pytest.mark.parametrize("stack", STACKS.values(), ids=STACKS)
def test_every_function_is_published_with_each_release(stack: Stack) -> None:
    """SAM takes AutoPublishCodeSha256 of a function only, not of Globals."""
    own = functions(stack)
    shared = stack.template.get("Globals", {}).get("Function", {})
    aliases = {(shared | one).get("AutoPublishAlias") for one in own.values()}
    assert aliases <= {"live"}
    assert [
        name for name, one in own.items() if one.get("AutoPublishCodeSha256") != {"Ref": "Release"}
    ] == []


@pytest.mark.parametrize("stack", STACKS.values(), ids=STACKS)
def test_every_function_changes_with_each_release(stack: Stack) -> None:
    """Lambda publishes no version of the same code and configuration; CloudFormation fails then.

    "A version for this Lambda function exists. Modify the function to create a new version."
    """
    shared = stack.template.get("Globals", {}).get("Function", {})
    assert [
        name
        for name, one in functions(stack).items()
        if {"Ref": "Release"} not in (variables(shared) | variables(one)).values()
    ] == []


def variables(function: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = function.get("Environment", {}).get("Variables", {})
    return found


def mentions(value: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """The way to each reference, with its name: (..., "GetAtt", "F.Arn")."""
    if isinstance(value, dict):
        found = [
            one
            for name, item in value.items()
            for one in (
                [(*path, name, item)]
                if name in {"Ref", "GetAtt"} and isinstance(item, str)
                else mentions(item, (*path, name))
            )
        ]
    elif isinstance(value, list):
        found = [one for item in value for one in mentions(item, path)]
    else:
        found = []
    return found


@pytest.mark.parametrize("stack", STACKS.values(), ids=STACKS)
def test_functions_and_machines_are_called_by_their_alias(stack: Stack) -> None:
    """A reference without the alias calls $LATEST, which is not what was tested in a rollout.

    The exceptions name the resource to a metric or to a rule on events.
    """
    kinds = {name: one["Type"] for name, one in stack.resources.items()}
    called = {name for name, kind in kinds.items() if kind in {FUNCTION, MACHINE}}
    parts = {**stack.resources, "Outputs": stack.template.get("Outputs", {})}
    found = [
        way
        for place, part in parts.items()
        for way in mentions(part, (place,))
        if way[-1].removesuffix(".Arn") in called
    ]
    assert [way for way in found if not NAMED & set(way)] == []


@pytest.mark.parametrize("stack", STACKS.values(), ids=STACKS)
def test_every_variable_of_a_function_is_a_setting(stack: Stack) -> None:
    """An unknown one is an error of every call that reads a setting."""
    shared = stack.template.get("Globals", {}).get("Function", {})
    given = {
        name
        for one in (shared, *functions(stack).values())
        for name in one.get("Environment", {}).get("Variables", {})
        if name.startswith(PREFIX) and one.get("CodeUri") != "../canary/"
    }
    assert {name.removeprefix(PREFIX).lower() for name in given} <= Settings.model_fields.keys()


# ---------------------------------------------------------------- the digest


@pytest.fixture
def built(tmp_path: Path) -> Path:
    (tmp_path / "Layer").mkdir()
    (tmp_path / "Layer" / "code.py").write_text("one = 1")
    (tmp_path / "template.yaml").write_text("Resources: {}")
    return tmp_path


def test_the_digest_is_what_the_template_accepts(built: Path) -> None:
    assert len(release.digest(built, ["A=1"])) == release.DIGITS
    assert release.digest(built, ["A=1", "B=2"]) == release.digest(built, ["B=2", "A=1"])


@pytest.mark.parametrize("change", ["code", "name", "template", "parameter", "rollback"])
def test_the_digest_changes_with_everything_that_is_deployed(built: Path, change: str) -> None:
    before = release.digest(built, ["A=1"])
    parameters, undone = ["A=1"], ""
    if change == "code":
        (built / "Layer" / "code.py").write_text("one = 2")
    elif change == "name":
        (built / "Layer" / "code.py").rename(built / "Layer" / "other.py")
    elif change == "template":
        (built / "template.yaml").write_text("Resources: {A: 1}")
    elif change == "parameter":
        parameters = ["A=2"]
    else:
        undone = "2026-11-30"

    assert release.digest(built, parameters, undone) != before


@pytest.mark.parametrize(
    ("status", "undone"),
    [("UPDATE_COMPLETE", ""), ("UPDATE_ROLLBACK_COMPLETE", "2026-11-30 09:00:00+00:00")],
)
def test_a_release_that_was_rolled_back_is_not_published_under_its_digest(
    status: str, undone: str
) -> None:
    client = boto3.client("cloudformation", region_name="eu-central-1")
    at = datetime(2026, 11, 30, 9, tzinfo=UTC)
    stack = {"StackName": "s", "CreationTime": at, "LastUpdatedTime": at, "StackStatus": status}
    with Stubber(client) as stub:
        stub.add_response("describe_stacks", {"Stacks": [stack]})

        assert release.rolled_back(client, "s") == undone


def test_a_first_deployment_that_was_rolled_back_is_no_error() -> None:
    """Its stack was never updated, so it has no LastUpdatedTime."""
    client = boto3.client("cloudformation", region_name="eu-central-1")
    at = datetime(2026, 11, 30, 9, tzinfo=UTC)
    stack = {"StackName": "s", "CreationTime": at, "StackStatus": "ROLLBACK_COMPLETE"}
    with Stubber(client) as stub:
        stub.add_response("describe_stacks", {"Stacks": [stack]})

        assert release.rolled_back(client, "s") == ""


def test_the_first_release_has_no_stack_yet() -> None:
    client = boto3.client("cloudformation", region_name="eu-central-1")
    with Stubber(client) as stub:
        stub.add_client_error("describe_stacks", "ValidationError", "Stack s does not exist")

        assert not release.rolled_back(client, "s")


# ---------------------------------------------------------------- old versions


def test_old_versions_are_deleted_and_those_that_an_alias_names_are_not() -> None:
    with mock_aws():
        client = boto3.client("lambda", region_name="eu-central-1")
        role = boto3.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument="{}")
        for name in ("likeness-dev-Job", "another-Job"):
            client.create_function(
                FunctionName=name,
                Runtime="python3.13",
                Role=role["Role"]["Arn"],
                Handler="a.b",
                Code={"ZipFile": b"zero"},
            )
            for number in range(5):
                client.update_function_code(FunctionName=name, ZipFile=f"{number}".encode())
                client.publish_version(FunctionName=name)
        client.create_alias(FunctionName="likeness-dev-Job", Name="live", FunctionVersion="2")

        def left(name: str) -> list[str]:
            versions = client.list_versions_by_function(FunctionName=name)["Versions"]
            return [one["Version"] for one in versions]

        soon, later = (datetime.now(UTC) + timedelta(days=days) for days in (6, 8))
        assert list(release.prune(client, "likeness-dev-", soon)) == []
        assert len(list(release.prune(client, "likeness-dev-", later))) == 2
        assert left("likeness-dev-Job") == ["$LATEST", "2", "4", "5"]
        assert len(left("another-Job")) == 6


@pytest.fixture
def stages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """`infra.release check` with a samconfig.toml that has a second region of prod."""
    found = (release.ROOT / "samconfig.toml").read_text()
    second = found[found.index("[prod.build") :].replace("[prod.", "[prod-us.")
    (tmp_path / "samconfig.toml").write_text(found + second.replace("eu-central-1", "us-east-2"))
    monkeypatch.setattr(release, "ROOT", tmp_path)

    def check(stage: str) -> None:
        monkeypatch.setattr("sys.argv", ["release", "check", "--config-env", stage])
        release.main()

    return check


@pytest.mark.parametrize("stage", ["dev", "prod", "prod-us"])
def test_an_entry_of_samconfig_is_a_stage(stages: Callable[[str], None], stage: str) -> None:
    stages(stage)


@pytest.mark.parametrize("stage", ["moon", "default", "version", ""])
def test_another_name_is_refused_with_those_that_there_are(
    stages: Callable[[str], None], stage: str
) -> None:
    with pytest.raises(SystemExit, match=r"no stage .* one of: dev, staging, prod, prod-us$"):
        stages(stage)
