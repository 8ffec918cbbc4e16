"""What the console does when something goes wrong, and what it must never do."""

from tests.browser.conftest import enter, until

FOCUS = "document.activeElement.id || document.activeElement.tagName"


def at_case(page):
    """At a case that is free, opened from the queue."""
    enter(page)
    page.wait_for_selector("tbody tr")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_selector("#claim")
    return page


def claimed(page):
    """At the next case, which the server gave to this moderator."""
    enter(page)
    page.wait_for_selector("tbody tr")
    page.keyboard.press("n")
    page.wait_for_selector("#release")
    return page


def asked(answers, act):
    return [path for _, path, _ in answers.calls if path.endswith(act)]


def test_no_token_outlives_the_page(desk_page):
    page = at_case(desk_page())

    stored = page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]")
    assert stored == [0, 0, ""]
    page.reload()
    page.wait_for_selector("#enter")


def test_a_picture_is_blurred_until_it_is_revealed_and_gone_when_hidden(desk_page, answers):
    page = claimed(desk_page())
    pictures = "[...document.images].map((one) => one.src.slice(0, 5))"
    assert set(page.evaluate(pictures)) == {"data:"}
    assert page.locator("img.clear").count() == 0
    assert asked(answers, "reveal") == []

    page.keyboard.press("r")  # in grey first
    page.wait_for_selector("img.clear[src^='data:']")
    page.keyboard.press("r")  # then clearly
    page.wait_for_selector("img.clear[src^='https:']")
    page.keyboard.press("b")  # a redraw reveals nothing again
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("img.clear", state="detached")
    assert set(page.evaluate(pictures)) == {"data:"}
    page.keyboard.press("1")
    page.wait_for_selector("img.clear")
    assert len(asked(answers, "reveal")) == 2

    page.keyboard.press("r")
    page.wait_for_selector("img.clear", state="detached")
    assert set(page.evaluate(pictures)) == {"data:"}
    levels = [body["level"] for _, path, body in answers.calls if path.endswith("reveal")]
    assert levels == ["grey", "clear"]


def test_before_claiming_nothing_is_revealed_or_decided(desk_page, answers):
    page = at_case(desk_page())
    for key in "rad":
        page.keyboard.press(key)

    until(page, lambda: "Claim" in page.text_content("#warned"))
    assert {method for method, _, _ in answers.calls} == {"GET"}


def test_a_lost_lease_hides_the_pictures_and_offers_the_case_again(desk_page, answers):
    page = claimed(desk_page())
    page.keyboard.press("r")
    page.wait_for_selector("img.clear")
    answers.cases[0]["lease"] = None
    page.keyboard.press("a")

    page.wait_for_selector("#claim")
    assert page.locator("img.clear").count() == 0
    assert "no longer yours" in page.text_content("#warned")
    assert page.locator("#approve").count() == 0


def test_an_expired_lease_hides_the_pictures(desk_page, answers):
    answers.heartbeat_seconds = 600
    page = claimed(desk_page(clock=True))
    page.keyboard.press("r")
    page.wait_for_selector("img.clear")
    answers.cases[0]["lease"] = None
    page.clock.fast_forward(1000 * answers.lease_seconds)

    page.wait_for_selector("#claim")
    assert page.locator("img.clear").count() == 0


def test_a_heartbeat_keeps_the_case(desk_page, answers):
    page = claimed(desk_page(clock=True))
    for beats in range(1, 6):  # in all 155 s, longer than a lease
        answers.lease_seconds += 31  # the server's clock goes with the page's
        page.clock.fast_forward(31_000)
        until(page, lambda n=beats: len(asked(answers, "heartbeat")) >= n)

    assert page.locator("#release").is_visible()


def test_leaving_a_case_releases_it(desk_page, answers):
    page = claimed(desk_page())
    page.keyboard.press("q")

    page.wait_for_selector("tbody tr")
    until(page, lambda: len(asked(answers, "release")) == 1)


def test_a_used_up_budget_is_reported(desk_page, answers):
    page = claimed(desk_page())
    answers.refusals["reveal"] = (429, "OverQuota")
    page.keyboard.press("r")

    until(page, lambda: "budget" in page.text_content("#warned"))
    assert page.locator(".note.bad").is_visible()
    assert page.locator("#release").is_visible(), "the case is still theirs"


def test_only_the_selected_photos_are_refused(desk_page, answers):
    page = claimed(desk_page())
    page.keyboard.press("d")
    until(page, lambda: page.evaluate(FOCUS) == "reason")  # a reason first
    page.keyboard.press("Escape")
    page.keyboard.press("2")
    page.keyboard.press("m")
    page.keyboard.type("Drugs")
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    until(page, lambda: "selected for refusal" in page.text_content("#warned"))
    assert asked(answers, "decision") == []
    page.keyboard.press("d")

    until(page, lambda: asked(answers, "decision"))
    body = next(body for _, path, body in answers.calls if path.endswith("decision"))
    assert body == {"approve": False, "photos": [{"photo_id": "p02", "reason": "POLICY.DRUGS"}]}


def test_the_focus_is_never_lost(desk_page, answers):
    page = claimed(desk_page())
    keys = ("r", "b", "2", "ArrowLeft", "h", "h", "g", "g", "v", "v", "+", "-", "x", "c", "?")
    shown = {"x": "#claim", "c": "#release"}  # what the response to a key brings
    for key in (*keys, "Escape", "m", "Escape"):
        page.keyboard.press(key)
        page.wait_for_selector(shown.get(key, "#title"))
        page.wait_for_timeout(150)
        assert page.evaluate(FOCUS) != "BODY", f"lost by {key}"
    page.focus("#reveal")
    page.keyboard.press("Enter")
    page.wait_for_selector("img.clear")
    assert page.evaluate(FOCUS) == "reveal", "the same button, redrawn"
    page.keyboard.press("Escape")
    page.wait_for_selector("tbody tr")
    assert page.evaluate(FOCUS) == "title"
    page.keyboard.press("j")
    first = page.evaluate(FOCUS)
    page.keyboard.press("u")
    page.wait_for_timeout(300)
    assert page.evaluate(FOCUS) == first == answers.cases[0]["review_id"]


def test_the_focus_returns_to_a_button_that_was_redrawn_under_its_dialog(desk_page):
    page = claimed(desk_page())
    for button in ("help", "note"):
        page.focus(f"#{button}")
        page.keyboard.press("Enter")
        page.wait_for_selector("dialog[open]")
        page.evaluate("document.getElementById('language').dispatchEvent(new Event('change'))")
        page.keyboard.press("Escape")
        page.wait_for_selector("dialog", state="detached")
        assert page.evaluate(FOCUS) == button


def test_shortcuts_can_be_switched_off(desk_page, answers):
    page = at_case(desk_page())
    page.keyboard.press("?")
    page.wait_for_selector("dialog[open]")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")
    page.keyboard.press("c")
    page.wait_for_timeout(300)

    assert asked(answers, "claim") == []


def test_the_language_changes_at_once(desk_page):
    page = at_case(desk_page())
    page.select_option("#language", "de")

    page.wait_for_selector("text=Was gefunden wurde")
    assert page.get_attribute("html", "lang") == "de"
    assert "Violence" not in page.text_content(".findings strong")


def test_a_lead_grants_more_pictures_but_not_to_themselves(desk_page, answers):
    page = desk_page()
    enter(page)
    page.wait_for_selector("tbody tr")
    page.keyboard.press("s")
    page.wait_for_selector(".people")
    assert page.locator(".people button").count() == 1
    page.focus(".people button")
    page.keyboard.press("Enter")

    until(page, lambda: asked(answers, "exposure"))
    body = next(body for _, path, body in answers.calls if path == "/exposure")
    assert body == {"moderator": "1a2b3c4d-other-moderator", "more": 50}


def test_text_from_the_api_is_never_markup(desk_page, answers):
    answers.pictures[0]["labels"] = [
        {"name": "<img src=x onerror=alert(1)>", "parent": "", "confidence": 50.0}
    ]
    page = at_case(desk_page())

    assert "<img src=x" in page.text_content(".labels")
    assert page.locator(".labels img").count() == 0


def test_the_content_security_policy_stops_injected_markup(desk_page, complaints):
    page = at_case(desk_page())
    refused = page.evaluate(
        """() => { try { document.body.innerHTML = "<b>x</b>"; return false }
                   catch (error) { return error.name === "TypeError" } }"""
    )

    assert refused
    until(page, lambda: complaints)
    assert "TrustedHTML" in complaints.pop()
