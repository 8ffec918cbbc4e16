"""Lambda allows 250 MB for a function with its unzipped layers."""

import pytest

from infra.laptop.project import ROOT
from tests.infra.documents import of_type, read_all
from tests.infra.stacks import deployed

LIMIT = 250 * 2**20
BUILT = ROOT / ".aws-sam" / "stack-tests" / "build" / "Layers"


def functions_with_layers():
    for stack in deployed():
        for name, one in stack.resources.items():
            if one["Type"] == "AWS::Serverless::Function" and "Layers" in one["Properties"]:
                common = stack.template["Globals"]["Function"]["Layers"]
                yield name, stack.resolve([*common, *one["Properties"]["Layers"]])


def test_every_layer_is_built_by_its_own_makefile():
    layers = dict(of_type(read_all(), "AWS::Serverless::LayerVersion"))
    for name, one in layers.items():
        makefile = ROOT / "infra" / one["ContentUri"] / "Makefile"
        assert f"build-{name}:" in makefile.read_text()


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
