"""What each step takes and returns: two releases that follow each other must understand each other.

A running job keeps its state machine's version and calls the newest functions (decision 095). So a
field is added as optional, and is removed one release after its last reader. A change of the golden
file, `python -m tests.infra.test_step_messages`, is a change of that contract: compare the two.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
from pathlib import Path
from typing import Any

import yaml

import likeness.contracts
from tests.infra.documents import ROOT

CONTRACTS = {
    name: found
    for module in pkgutil.iter_modules(likeness.contracts.__path__, "likeness.contracts.")
    for name, found in vars(importlib.import_module(module.name)).items()
}
GOLDEN = Path(__file__).with_name("step_messages.yaml")


def steps() -> dict[str, dict[str, Any]]:
    """By function: the fields that it takes, a ? marks optional ones, and those that it returns."""
    found = {}
    for path in sorted((ROOT / "functions").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                for one in node.decorator_list:
                    if isinstance(one, ast.Call) and ast.unparse(one.func) == "step":
                        returned = ast.unparse(node.returns) if node.returns else "None"
                        found[path.stem] = {
                            "takes": fields(ast.unparse(one.args[0])),
                            "returns": fields(returned.partition(" ")[0]),
                        }
    return found


def fields(name: str) -> list[str]:
    if name == "None":
        return []
    model = CONTRACTS[name]
    return [
        name if about.is_required() else f"{name}?" for name, about in model.model_fields.items()
    ]


def test_a_step_takes_and_returns_what_the_release_before_it_did() -> None:
    assert steps() == yaml.safe_load(GOLDEN.read_text())


if __name__ == "__main__":
    GOLDEN.write_text(yaml.safe_dump(steps(), sort_keys=True))
