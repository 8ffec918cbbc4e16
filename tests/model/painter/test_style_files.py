"""A style has an entry in each of four places; this test names the missing ones."""

import pytest
import yaml

from likeness_model.diffusion.prompts import templates
from likeness_model.painter.registry import paints
from likeness_model.painter.styles import STYLES
from tests.model.conftest import ROOT

POLICY = ROOT / "layers/likeness/likeness/policy"
PLACES = {
    "a painter: @paints in a module of model/likeness_model/painter/styles": set(STYLES),
    "a row in model/likeness_model/diffusion/prompts.yaml": set(templates().styles),
    "a row in layers/likeness/likeness/policy/styles.yaml": set(
        yaml.safe_load((POLICY / "styles.yaml").read_text(encoding="utf-8"))
    ),
    "a preview picture: make previews": {
        path.stem
        for path in (POLICY / "previews" / "256").glob("*.webp")
        if (POLICY / "previews" / "512" / path.name).exists()
    },
}


@pytest.mark.parametrize("style", sorted(set().union(*PLACES.values())))
def test_a_style_is_complete(style):
    missing = [place for place, styles in PLACES.items() if style not in styles]

    assert not missing, f"the style {style} lacks {'; '.join(missing)}"


def test_two_painters_of_one_style_are_an_error():
    with pytest.raises(ValueError, match="two functions paint the style 'comic'"):
        paints("comic")(STYLES["oil"])
