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


def test_every_function_of_the_template_is_the_file_of_its_name(template):
    for logical_id, properties in functions(template).items():
        name = snake(logical_id.removesuffix("Function"))
        assert properties["Handler"] == f"{name}.handler"
        assert (FUNCTIONS / f"{name}.py").exists()


def test_every_file_is_deployed(template):
    deployed = {p["Handler"].removesuffix(".handler") for p in functions(template).values()}
    assert names(FUNCTIONS) == deployed


@pytest.mark.parametrize(("name", "file"), MACHINES)
def test_every_task_of_a_state_machine_calls_the_function_of_its_name(name, file):
    substitutions = stacks.properties(name, stacks.MACHINE)["DefinitionSubstitutions"]
    for task, state in tasks(read(file)):
        if "lambda" not in state["Resource"]:
            continue
        assert state["Parameters"]["FunctionName"] == f"${{{task}}}"
        assert substitutions[task].endswith(f":function:{task}Function")


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
