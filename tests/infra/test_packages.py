"""The layer of packages has what functions need, and no more."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from tests.infra.documents import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LAYER = ROOT / "layers" / "likeness" / "likeness"
MAKES_A_CLIENT = {"client", "create_client", "resource", "_client"}  # the last is of `bootstrap`
GIVEN = {("bootstrap.py", "client")}  # in `bootstrap._client`, whose calls count


def named_services(file: Path) -> Iterator[str]:
    """The service of each client that a file makes. Fails if a name is not in the code."""
    for node in ast.walk(ast.parse(file.read_text())):
        if not isinstance(node, ast.Call):
            continue
        called = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if called not in MAKES_A_CLIENT or (file.name, called) in GIVEN:
            continue
        service = node.args[0] if node.args else None
        assert isinstance(service, ast.Constant), f"{file}:{node.lineno} names no service"
        yield service.value


def test_the_layer_has_the_models_of_the_services_that_functions_call_and_no_others() -> None:
    of_operators = LAYER / "commands"  # they run where all of botocore is installed
    files = [*LAYER.rglob("*.py"), *(ROOT / "functions").glob("*.py")]
    called = {
        service
        for file in files
        if of_operators not in file.parents
        for service in named_services(file)
    }

    makefile = (ROOT / "layers" / "deps" / "Makefile").read_text()
    (kept,) = re.findall(r"^SERVICES := (.+)$", makefile, re.MULTILINE)
    assert kept.split() == sorted(called)
