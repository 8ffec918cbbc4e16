"""Each layer has a Makefile of its own."""

from infra.laptop.project import ROOT
from tests.infra.documents import of_type, read_all


def test_every_layer_is_built_by_its_own_makefile():
    layers = dict(of_type(read_all(), "AWS::Serverless::LayerVersion"))
    for name, one in layers.items():
        makefile = ROOT / "infra" / one["ContentUri"] / "Makefile"
        assert f"build-{name}:" in makefile.read_text()
