"""The templates read as documents: short lines, a short top, no cycles, and known errors only."""

import re
import subprocess
from collections import Counter

import pytest

from likeness.contracts import JobError
from likeness.domain import errors
from tests.infra.documents import ROOT, STACK, TOP, read, read_all

LINE = 120
TOP_LINES = 300
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
    assert found == set(read_all()) - {TOP}


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


# Errors that Step Functions and the services raise.
SERVICES = re.compile(r"^(States|Lambda|SageMaker)\.")
ENDS_THE_EXECUTION = {"JobFailed"}  # the Fail state's own


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
    "file", ["infra/pipeline.asl.yaml", "infra/erasure.asl.yaml", "infra/pipeline.yaml"]
)
def test_every_error_name_is_known_to_the_code(file):
    named = {one for one in errors_named(read(file)) if not SERVICES.match(one)}
    known = {name for name, one in vars(errors).items() if isinstance(one, type)} | set(JobError)
    assert named - ENDS_THE_EXECUTION <= known
