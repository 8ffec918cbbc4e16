"""Screenshots and axe checks of every screen: light, dark, 200 % zoom, German."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import enter, until

DESKTOP = {"viewport": {"width": 1280, "height": 900}}
LOOKS = {
    "light": DESKTOP,
    "dark": {**DESKTOP, "color_scheme": "dark"},
    # what a browser of 1280 x 900 px has left for a page at 200 %
    "zoom": {"viewport": {"width": 640, "height": 450}, "device_scale_factor": 2},
    "german": {**DESKTOP, "locale": "de-DE"},
    "phone": {"viewport": {"width": 320, "height": 640}, "locale": "de-DE", "color_scheme": "dark"},
    "contrast": {**DESKTOP, "reduced_motion": "reduce", "forced_colors": "active"},
}
VIOLENCE = {"german": "Gew", "phone": "Gew"}  # what one types to find it in the list of reasons


def check_looks(page, screenshot, name, **options):
    """Save a screenshot; axe finds nothing, and nothing scrolls sideways."""
    screenshot(page, name, **options)
    found = Axe().run(page, options={"resultTypes": ["violations"]})
    assert found.violations_count == 0, found.generate_report()
    wide, room = page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    assert wide <= room, f"{name} is {wide} px wide in {room} px"


@pytest.mark.parametrize("name", LOOKS)
def test_every_screen_is_accessible(desk_page, screenshot, answers, name):
    page = desk_page(**LOOKS[name])

    def good(screen):
        check_looks(page, screenshot, f"{screen}-{name}")

    good("1-sign-in")
    enter(page)
    page.wait_for_selector("tbody tr")
    good("2-queue")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_selector("#claim")
    good("3-case")
    page.keyboard.press("?")
    page.wait_for_selector("dialog[open]")
    good("4-keyboard")
    page.keyboard.press("Enter")

    answers.used = 164
    page.keyboard.press("c")
    page.wait_for_selector("#release")
    page.keyboard.press("r")
    page.wait_for_selector("#exposure-note")
    page.keyboard.press("r")
    until(page, lambda: page.evaluate("document.querySelector('img.clear')?.naturalWidth") == 1200)
    page.keyboard.press("m")
    page.keyboard.type(VIOLENCE.get(name, "Viol"))
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.wait_for_selector("#rule-title")
    good("5-revealed-and-warned")
    page.keyboard.press("v")
    until(page, lambda: page.locator(".stage").count() == 2)
    page.keyboard.press("h")
    page.wait_for_selector("#history")
    good("6-compared-with-history")
    page.keyboard.press("e")
    page.wait_for_selector("dialog[open] textarea")
    good("7-question")
    page.keyboard.press("Escape")
    page.keyboard.press("d")
    page.wait_for_selector("#undo-now")
    page.wait_for_selector("#release")
    good("8-next-with-undo")

    page.keyboard.press("s")
    page.wait_for_selector(".people")
    good("9-figures")
