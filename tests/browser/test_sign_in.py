"""Sign in with an authenticator, set one up, reset a password; and how a session ends."""

import pyotp
import pytest

from tests.browser.conftest import enter, give, until
from tests.browser.pool_answers import CODE, MAILED, PASSWORD, SECRET, USED

FOCUS = "document.activeElement.id || document.activeElement.tagName"
ALERT = "[role=alert]#about"


def at_queue(page):
    enter(page)
    page.wait_for_selector("tbody tr")
    return page


def type_in(page, text):
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def operations(pool):
    return [operation for operation, _ in pool.calls]


def test_a_wrong_password_is_reported_and_the_name_stays(desk_page):
    page = desk_page()
    give(page, "moderator", "wrong")
    page.wait_for_selector(ALERT)
    assert page.input_value("#name") == "moderator"
    assert page.evaluate(FOCUS) == "password"

    type_in(page, PASSWORD)
    page.wait_for_selector("#code")
    assert page.evaluate(FOCUS) == "code"
    type_in(page, CODE)
    page.wait_for_selector("tbody tr")


@pytest.mark.parametrize(("code", "words"), [("000000", "wrong"), (USED, "used already")])
def test_a_wrong_or_used_code_may_be_corrected(desk_page, code, words):
    page = desk_page()
    enter(page, code=code)
    page.wait_for_selector(ALERT)
    assert words in page.text_content(ALERT)

    type_in(page, CODE)
    page.wait_for_selector("tbody tr")


def test_a_new_person_chooses_a_password_and_sets_up_an_authenticator(desk_page, screenshot):
    page = desk_page()
    give(page, "first", PASSWORD)
    page.wait_for_selector("#new")
    type_in(page, "only small letters")
    page.wait_for_selector(ALERT)
    type_in(page, "Now 1 of my own")

    page.wait_for_selector(".qr")
    screenshot(page, "0-authenticator")
    key = page.text_content("#key").replace(" ", "")
    assert key == SECRET
    assert len(pyotp.TOTP(key).now()) == 6
    type_in(page, "000000")
    page.wait_for_selector(ALERT)
    type_in(page, CODE)
    page.wait_for_selector("tbody tr")


def test_the_qr_code_is_the_authenticators_address(desk_page, tmp_path):
    import cv2  # noqa: PLC0415 - only this test reads a picture

    page = desk_page()
    give(page, "first", PASSWORD)
    page.wait_for_selector("#new")
    type_in(page, "Now 1 of my own")
    page.locator(".qr").screenshot(path=tmp_path / "qr.png")

    text, *_ = cv2.QRCodeDetector().detectAndDecode(cv2.imread(str(tmp_path / "qr.png")))
    found = pyotp.parse_uri(text)
    assert (found.secret, found.name, found.issuer) == (SECRET, "first", "Likeness review desk")


def test_a_forgotten_password_is_reset(desk_page, pool):
    page = desk_page()
    page.keyboard.type("moderator")
    page.click("#other")
    until(page, lambda: page.evaluate(FOCUS) == "name")
    page.keyboard.press("Enter")
    page.wait_for_selector("#new")
    page.keyboard.type(MAILED)
    page.keyboard.press("Tab")
    type_in(page, "Another 1 of my own")

    page.wait_for_selector("#password")
    assert pool.password == "Another 1 of my own"
    assert page.evaluate(FOCUS) == "password", "the name is filled in"
    type_in(page, "Another 1 of my own")
    page.wait_for_selector("#code")


def test_a_session_of_a_challenge_that_is_over_begins_again(desk_page, pool):
    page = desk_page()
    give(page, "moderator", PASSWORD)
    page.wait_for_selector("#code")
    pool.refusals["RespondToAuthChallenge"] = "NotAuthorizedException"
    type_in(page, CODE)

    page.wait_for_selector("#password")
    assert "Sign in again" in page.text_content(ALERT)


def test_an_expired_session_returns_to_the_sign_in(desk_page, answers):
    page = at_queue(desk_page())
    page.keyboard.press("n")
    page.wait_for_selector("#release")
    answers.refusals["release"] = (401, "")
    page.keyboard.press("x")

    page.wait_for_selector("#enter")
    assert page.locator(ALERT).is_visible()
    assert page.locator(".frame").count() == 0


@pytest.mark.parametrize("error", ["NotAuthorizedException", "UserNotFoundException"])
def test_a_disabled_moderator_is_signed_out(desk_page, pool, error):
    pool.lasts = 60  # less than the refresh needs
    page = at_queue(desk_page())
    pool.refusals["InitiateAuth"] = error
    page.keyboard.press("u")

    page.wait_for_selector("#enter")
    assert "signed out" in page.text_content(ALERT)


def test_a_moderator_whose_access_was_revoked_is_signed_out(desk_page, answers):
    page = at_queue(desk_page())
    answers.refusals[""] = (403, "AccessRevoked")
    page.keyboard.press("u")

    page.wait_for_selector("#enter")


def test_while_the_pool_throttles_a_valid_token_is_used(desk_page, pool):
    pool.lasts = 60
    page = at_queue(desk_page())
    pool.refusals["InitiateAuth"] = "TooManyRequestsException"
    before = len(pool.calls)
    page.keyboard.press("u")

    until(page, lambda: len(pool.calls) > before)
    page.wait_for_timeout(200)
    assert page.locator("tbody tr").count() > 0
    assert page.locator(".note.bad").count() == 0


def test_a_refresh_that_returns_after_the_sign_out_does_not_replace_the_next_session(
    desk_page, pool
):
    pool.lasts = 60  # so the next request refreshes
    page = at_queue(desk_page())
    page.evaluate("""() => {
        const { fetch } = window;
        const released = new Promise((release) => { window.release = release; });
        window.fetch = async (url, asked) => {
            if (String(asked?.body).includes("REFRESH_TOKEN_AUTH")) await released;
            return fetch(url, asked);
        };
    }""")
    page.keyboard.press("u")
    page.click("#sign-out")
    page.wait_for_selector("#enter")
    pool.lasts = 600
    enter(page, "other")
    page.wait_for_selector("tbody tr")

    before = len(pool.calls)
    page.evaluate("() => window.release()")
    until(page, lambda: len(pool.calls) > before)
    page.wait_for_timeout(200)
    page.keyboard.press("s")
    page.wait_for_selector("#to-stats[aria-current]")
    assert page.text_content(".who") == "other"


def test_signing_out_revokes_the_session(desk_page, pool):
    page = at_queue(desk_page())
    page.click("#sign-out")
    page.wait_for_selector("#enter")

    until(page, lambda: "RevokeToken" in operations(pool))
