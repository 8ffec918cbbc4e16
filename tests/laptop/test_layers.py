"""Lambda allows 250 MB for a function with its unzipped layers."""

import pytest

from infra.laptop.project import ROOT
from tests.infra.documents import read

LIMIT = 250 * 2**20
BUILT = ROOT / ".aws-sam" / "stack-tests" / "build"
TEMPLATE = read("template.yaml")
COMMON = TEMPLATE["Globals"]["Function"]["Layers"]


def functions_with_layers():
    for name, one in TEMPLATE["Resources"].items():
        if one["Type"] == "AWS::Serverless::Function" and "Layers" in one["Properties"]:
            yield name, [layer["Ref"] for layer in [*COMMON, *one["Properties"]["Layers"]]]


@pytest.mark.stack
@pytest.mark.long
@pytest.mark.parametrize(("name", "layers"), list(functions_with_layers()))
def test_a_function_with_its_layers_fits_a_lambda(name, layers):
    if not BUILT.exists():
        pytest.skip("nothing is built: tests/stack builds it")
    sizes = {
        layer: sum(file.stat().st_size for file in (BUILT / layer).rglob("*") if file.is_file())
        for layer in layers
    }

    assert all(sizes.values())
    assert sum(sizes.values()) < LIMIT, sizes
