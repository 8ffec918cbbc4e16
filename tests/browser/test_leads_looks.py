"""Screenshots and axe checks of the leads' views."""

import pytest

from tests.browser.conftest import enter, go
from tests.browser.leads_answers import LeadsAnswers, hold
from tests.browser.test_looks import LOOKS, check_looks


@pytest.fixture
def answers():
    found = LeadsAnswers()
    found.held.append(hold(0xC3, state="confirmed"))
    return found


@pytest.mark.parametrize("name", LOOKS)
def test_every_view_of_leads_is_accessible(desk_page, screenshot, answers, name):
    page = desk_page(**LOOKS[name])

    def good(screen):
        check_looks(page, screenshot, f"leads-{screen}-{name}", full_page=True)

    enter(page)
    page.wait_for_selector("#count")
    go(page, "stats", ".people tbody tr")
    good("1-figures")
    go(page, "people", ".account")
    good("2-people")
    page.click("#invite")
    page.wait_for_selector("dialog[open]")
    good("3-invite")
    page.keyboard.press("Escape")
    page.click("#change-ben")
    page.wait_for_selector("dialog[open]")
    good("4-access")
    page.keyboard.press("Escape")
    go(page, "decided", "tbody tr")
    good("5-decided")
    page.click(f"#overturn-r{0xB1:032x}")
    page.wait_for_selector("dialog[open]")
    good("6-reverse")
    page.keyboard.press("Escape")
    go(page, "report", "tbody tr")
    good("7-report")
    go(page, "holds", "tbody tr")
    good("8-holds")
    go(page, f"holds/j{0xC1:032x}", ".held img")
    good("9-hold")
    go(page, f"holds/j{0xC3:032x}", "#reported")
    page.click("#reported")
    page.wait_for_selector("dialog[open]")
    good("a-reported")
