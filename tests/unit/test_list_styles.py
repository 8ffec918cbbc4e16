"""The catalogue of styles."""

from likeness.services.list_styles import list_styles
from tests.builders import a_style


def test_styles_come_in_the_catalogues_order_with_both_languages_and_a_preview():
    cards = {name: a_style(name) for name in ("oil", "comic")}

    shown = list_styles(styles=cards).styles

    assert [style.style for style in shown] == ["oil", "comic"]
    assert set(shown[0].name) == set(shown[0].description) == {"en", "de"}
    assert shown[0].preview == "/v1/styles/oil/preview"


def test_a_withdrawn_style_is_not_offered():
    cards = {"oil": a_style("oil", withdrawn=True), "comic": a_style()}

    assert [style.style for style in list_styles(styles=cards).styles] == ["comic"]
