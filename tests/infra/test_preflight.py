"""Each check of `make preflight` refuses what AWS refuses, and accepts this project's templates."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from typing import Any

import pytest

from infra.preflight import graph, limits, linters, packages, routes
from infra.preflight.findings import Explained, Finding, exceptions, unexplained
from infra.preflight.stacks import (
    ACCOUNT,
    FUNCTION,
    LARGE,
    MANAGED_POLICY,
    PSEUDO,
    ROOT,
    STACK,
    Stack,
)
from tests.infra.documents import TOP, read

SAM = ROOT / ".envs" / "sam" / "bin"
ROLE = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {}}}


def a_stack(
    resources: dict[str, Any], nested: dict[str, Stack] | None = None, **parts: Any
) -> Stack:
    """A template after its transforms, and its parameters' defaults."""
    template = {"Resources": resources, **parts}
    values = {name: one.get("Default", "") for name, one in parts.get("Parameters", {}).items()}
    return Stack("likeness-x", "infra/x.yaml", template, {}, values, nested or {})


def a_function(**properties: Any) -> dict[str, Any]:
    return {"F": {"Type": FUNCTION, "Properties": properties}}


def said(found: Any) -> list[str]:
    return [one.what for one in found]


def statements(count: int) -> dict[str, Any]:
    """A policy document of about 100 characters a statement."""
    one = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::" + "b" * 33}
    return {"Version": "2012-10-17", "Statement": [one] * count}


# --- this project's ------------------------------------------------------------------------------


def test_the_transformed_templates_pass():
    done = subprocess.run(
        [SAM / "python", "-m", "infra.preflight", "graph", "limits", "routes", "machines"],
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'laptop-cloud'}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_large_deployment_sets_every_optional_parameter():
    optional = {name for name, one in read(TOP)["Parameters"].items() if one.get("Default") == ""}
    assert optional <= set(LARGE)


def test_an_image_that_is_named_is_checked_too():
    command = ["make", "--dry-run", "preflight", "TRAINING_IMAGE=likeness-model:latest"]
    planned = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert 'infra.image check "likeness-model:latest"' in planned


# --- graph ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("resource", "message"),
    [
        ({"Properties": {"Name": {"Ref": "Gone"}}}, "there is no Gone"),
        ({"Properties": {"Name": {"Fn::Sub": "a-${Gone.Arn}"}}}, "there is no Gone"),
        ({"DependsOn": "Gone"}, "there is no Gone"),
        ({"Condition": "Never"}, "there is no Never"),
        ({"Properties": {"Name": {"Fn::If": ["Never", 1, 2]}}}, "there is no Never"),
    ],
)
def test_a_name_that_does_not_exist_is_found(resource, message):
    stack = a_stack({"Topic": {"Type": "AWS::SNS::Topic", **resource}})
    assert said(graph.check([stack])) == [f"{message}: declare it or correct the name"]


def test_names_that_exist_are_accepted():
    name = {"Fn::Sub": ["${AWS::StackName}-${Stage}-${own}-${!Kept}", {"own": {"Ref": "Role"}}]}
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": name}}
    stack = a_stack({"Topic": topic, "Role": ROLE}, Parameters={"Stage": {"Type": "String"}})
    assert said(graph.check([stack])) == []


def test_an_output_that_a_nested_stack_lacks_is_found():
    inner = a_stack({}, Outputs={"Arn": {"Value": "a"}})
    outer = {
        "Inner": {"Type": STACK, "Properties": {"TemplateURL": "infra/x.yaml"}},
        "Topic": {
            "Type": "AWS::SNS::Topic",
            "Properties": {"TopicName": {"Fn::GetAtt": "Inner.Outputs.Name"}},
        },
    }
    assert said(graph.check([a_stack(outer, {"Inner": inner})])) == [
        "infra/x.yaml has no output Name"
    ]


@pytest.mark.parametrize(
    ("given", "message"),
    [({}, "does not give the parameter Stage"), ({"Stage": "a", "B": "b"}, "gives B, which is")],
)
def test_parameters_that_do_not_fit_a_nested_stack_are_found(given, message):
    inner = a_stack({}, Parameters={"Stage": {"Type": "String"}})
    properties = {"TemplateURL": "infra/x.yaml", "Parameters": given}
    stack = a_stack({"Inner": {"Type": STACK, "Properties": properties}}, {"Inner": inner})
    (found,) = said(graph.check([stack]))
    assert found.startswith(message)


def test_a_circular_dependency_is_found():
    stack = a_stack(
        {
            "A": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Ref": "B"}}},
            "B": {"Type": "AWS::SNS::Topic", "DependsOn": ["A"]},
        }
    )
    (found,) = said(graph.check([stack]))
    assert found.startswith("circular dependency: ")


def a_model(**extra: Any) -> dict[str, Any]:
    """A model whose role gets the policy that reads the model's weights."""
    policy = {"PolicyName": "weights", "Roles": [{"Ref": "Role"}], "PolicyDocument": {}}
    takes = {"ExecutionRoleArn": {"Fn::GetAtt": ["Role", "Arn"]}}
    return {
        "Role": ROLE,
        "Weights": {"Type": "AWS::IAM::Policy", "Properties": policy},
        "Model": {"Type": "AWS::SageMaker::Model", "Properties": takes, **extra},
    }


def test_a_resource_that_may_exist_before_its_roles_policy_is_found():
    (found,) = graph.check([a_stack(a_model())])
    assert (found.where, found.rule) == ("infra/x.yaml Model", "late-policy")


def test_a_resource_that_waits_for_its_roles_policy_is_accepted():
    assert said(graph.check([a_stack(a_model(DependsOn="Weights"))])) == []


# --- limits --------------------------------------------------------------------------------------


def test_counts_and_sizes_of_a_template_over_a_limit_are_found():
    stack = a_stack(
        {f"T{number}": {"Type": "AWS::SNS::Topic"} for number in range(501)},
        Outputs={f"O{number}": {"Value": "v"} for number in range(201)},
        Parameters={"Long": {"Type": "String", "Default": "x" * 4097}},
        Description="x" * 1025,
        Metadata={"x": "x" * 1_000_001},
    )
    found = "\n".join(said(limits.check([stack])))
    for message in (
        "501 resources; AWS allows 500",
        "201 outputs; AWS allows 200",
        "4097 bytes of the parameter; AWS allows 4096",
        "1025 bytes of Description; AWS allows 1024",
        " bytes; AWS allows 1000000",
    ):
        assert message in found


def a_role(**properties: Any) -> dict[str, Any]:
    return {"Role": {"Type": "AWS::IAM::Role", "Properties": {**ROLE["Properties"], **properties}}}


LARGE_POLICY = {"PolicyName": "a", "Roles": [{"Ref": "Role"}], "PolicyDocument": statements(60)}


@pytest.mark.parametrize(
    ("resources", "message"),
    [
        (
            {"P": {"Type": MANAGED_POLICY, "Properties": {"PolicyDocument": statements(70)}}},
            " characters of PolicyDocument; AWS allows 6144",
        ),
        (
            a_role(ManagedPolicyArns=["a"] * 11),
            "11 managed policies; AWS allows 10",
        ),
        (
            {
                **a_role(Policies=[LARGE_POLICY]),
                "More": {"Type": "AWS::IAM::Policy", "Properties": LARGE_POLICY},
            },
            " characters of inline policies; AWS allows 10240",
        ),
        (
            a_role(AssumeRolePolicyDocument=statements(30)),
            " characters of AssumeRolePolicyDocument; AWS allows 2048",
        ),
        (
            a_function(Environment={"Variables": {"N": "v" * 4096}}),
            "4097 bytes of environment; AWS allows 4096",
        ),
        (a_function(Layers=["a"] * 6), "6 layers; AWS allows 5"),
    ],
)
def test_a_role_or_function_over_a_limit_is_found(resources, message):
    (found,) = said(limits.check([a_stack(resources)]))
    assert message in found


CALLER = {
    "FunctionName": {"Ref": "F"},
    "Principal": "events.amazonaws.com",
    "Action": "lambda:InvokeFunction",
    "SourceArn": "arn:aws:events:x:1:rule/r",
}


def test_a_function_with_too_many_callers_is_found():
    permission = {"Type": "AWS::Lambda::Permission", "Properties": CALLER}
    callers = {f"P{number}": permission for number in range(70)}
    (found,) = said(limits.check([a_stack({**a_function(), **callers})]))
    assert " characters of resource policy; AWS allows 20480" in found


def test_white_space_of_a_policy_does_not_count():
    assert limits.characters({"Sid": "a b"}) == len('{"Sid":"ab"}')


# --- routes --------------------------------------------------------------------------------------


def an_api(path: str, *security: dict[str, list[str]], fails: bool = True) -> dict[str, Any]:
    schemes = {"AWS_IAM": {}, "Moderators": {}}
    body = {"paths": {path: {"get": {"security": list(security)}}}}
    return {"FailOnWarnings": fails, "Body": {**body, "components": {"securitySchemes": schemes}}}


@pytest.mark.parametrize(
    ("api", "message"),
    [
        (an_api("/v1/keys", {"NONE": []}), "names the security scheme NONE, which is undefined"),
        (an_api("/v1/jobs"), "its authorizers are [] and should be ['AWS_IAM']: set its Auth"),
        (
            an_api("/v1/reviews/{review_id}", {"AWS_IAM": []}),
            "its authorizers are ['AWS_IAM'] and should be ['Moderators']: set its Auth",
        ),
        (
            an_api("/v1/jobs", {"AWS_IAM": []}, fails=False),
            "a route that cannot be imported would be dropped: FailOnWarnings",
        ),
    ],
)
def test_a_route_without_its_authorizer_is_found(api, message):
    assert message in said(routes.routes("api", api))


def test_the_public_route_needs_no_authorizer():
    assert said(routes.routes("api", an_api("/v1/keys"))) == []


# --- packages ------------------------------------------------------------------------------------


@pytest.fixture
def built(tmp_path):
    """What `sam build` makes of one stack with a function and of one with its layer."""
    layer = f"arn:aws:lambda:x:{ACCOUNT}:layer:likeness-x-DepsLayer0123abcdef-XXXXXXXXXXXX:1"
    function = {"Type": FUNCTION, "Properties": {"Layers": [layer]}}
    top = a_stack({}, {"Api": a_stack({"Draw": function}), "Layers": a_stack({})})
    for folder, size in ((("Api", "Draw"), 10), (("Layers", "DepsLayer"), 20)):
        (tmp_path.joinpath(*folder)).mkdir(parents=True)
        tmp_path.joinpath(*folder, "code.py").write_bytes(b"x" * size)
    return top, tmp_path


def test_a_function_that_fits_with_its_layers_is_accepted(built):
    assert said(packages.check(*built)) == []


def test_a_function_too_large_with_its_layers_is_found(built, monkeypatch):
    monkeypatch.setattr(packages, "UNZIPPED_BYTES", 29)
    (found,) = said(packages.check(*built))
    assert found.startswith("it has 30 bytes with its layers; Lambda allows 29")


@pytest.mark.parametrize("gone", ["Api/Draw", "Layers/DepsLayer"])
def test_a_folder_that_was_not_built_is_found(built, gone):
    (built[1] / gone / "code.py").unlink()
    (built[1] / gone).rmdir()
    (found,) = said(packages.check(*built))
    assert "run sam build again" in found


# --- linters -------------------------------------------------------------------------------------


def test_cfn_lint_sees_names_with_their_values_and_state_machines(tmp_path, monkeypatch):
    """A bucket's name is at most 63 characters, which only the resolved name can show."""
    monkeypatch.setattr(linters, "CFN_LINT", SAM / "cfn-lint")
    name = {"Fn::Sub": "a-bucket-with-a-long-name-${Stage}-${AWS::AccountId}"}
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": name}}
    role = {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:role/r"}
    machine = {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"RoleArn": role}}
    definition = tmp_path / "machine.asl.yaml"
    definition.write_text("StartAt: Work\nStates: {Work: {Type: Succeed, Seconds: 1}}")
    stack = replace(
        a_stack(
            {"Bucket": bucket, "Machine": machine},
            Parameters={"Stage": {"Type": "String", "Default": "s" * 30}},
        ),
        machines={"Machine": definition},
    )
    files = linters.write([stack], tmp_path)
    found = {(one.where, one.rule) for one in linters.cfn_lint(files, tmp_path)}
    assert ("infra/x.yaml Bucket.Properties.BucketName", "E3033") in found
    assert any("Machine.Properties.Definition" in where for where, rule in found if rule == "E3601")


def test_checkov_finds_an_open_bucket(tmp_path):
    files = linters.write([a_stack({"Bucket": {"Type": "AWS::S3::Bucket"}})], tmp_path)
    found = {(one.where, one.rule) for one in linters.checkov(files, tmp_path)}
    assert ("infra/x.yaml Bucket", "CKV_AWS_53") in found


@pytest.fixture
def checker(tmp_path, monkeypatch):
    """Stands in for the check of policies: writes this and fails."""

    def says(text):
        program = tmp_path / "python"
        program.write_text(f"#!/bin/sh\necho '{text}' >&2\nexit 1\n")
        program.chmod(0o755)
        monkeypatch.setattr(linters, "DEV", program)
        return linters.published_actions()

    return says


def test_an_unpublished_action_is_found(checker):
    assert list(checker("Role: s3:Fetch does not exist")) == [
        Finding("Role", "s3:Fetch does not exist")
    ]


def test_a_check_of_policies_that_breaks_is_no_finding(checker):
    with pytest.raises(SystemExit, match="Traceback"):
        list(checker("Traceback (most recent call last):"))


# --- exceptions ----------------------------------------------------------------------------------


def test_an_exception_covers_its_rule_at_its_place():
    finding = Finding("infra/x.yaml Bucket", "no logging", "R1")
    assert unexplained([finding], [Explained("R1", ("infra/x.yaml B*",), "why")]) == []
    for other in (Explained("R2", ("*",), "why"), Explained("R1", ("infra/y.yaml *",), "why")):
        assert finding in unexplained([finding], [other])


def test_an_exception_that_covers_nothing_is_found():
    (found,) = unexplained([], [Explained("R1", ("*",), "why")])
    assert found.what == "this exception covers nothing: delete it"


@pytest.mark.parametrize("check", ["cfn-lint", "checkov"])
def test_every_exception_has_a_reason(check):
    assert all(len(one.why) > 20 for one in exceptions(check))


def test_stand_ins_are_as_long_as_the_longest():
    assert len(PSEUDO["AWS::AccountId"]) == 12
    assert read(TOP)["Parameters"]["Stage"]["AllowedPattern"].endswith("{1,15}")
    assert len(LARGE["Stage"]) == 16
