"""A moderator works cases: next, reveal, decide, undo; and what may come between."""

from datetime import timedelta

import pytest

from tests.browser.conftest import enter, until
from tests.browser.desk_answers import now, photos, summary
from tests.browser.test_behaviour import FOCUS, asked, at_case, claimed


@pytest.fixture
def keys(monkeypatch):
    """Counts the keys of a moderator."""
    return []


def press(page, keys, key):
    keys.append(key)
    page.keyboard.press(key)


def at_queue(page):
    enter(page)
    page.wait_for_selector("tbody tr")
    return page


def trips(answers):
    """Requests since the queue was shown; the page refreshes nothing by itself in between."""
    return [(method, path.rsplit("/", 1)[-1]) for method, path, _ in answers.calls]


# --- keys and round trips of a case -------------------------------------------------------------


def test_a_clean_case_with_one_photo_takes_three_keys_and_three_round_trips(desk_page, answers):
    answers.cases = [summary(0xA1, photos=1, reasons=[])]
    answers.pictures = photos()[:1]
    page, keys = at_queue(desk_page()), []
    answers.calls.clear()

    press(page, keys, "n")
    page.wait_for_selector("#reveal")
    press(page, keys, "r")
    page.wait_for_selector("img.clear")
    press(page, keys, "a")

    until(page, lambda: page.locator("#undo-now").is_visible())
    until(page, lambda: len(trips(answers)) > 3)
    assert keys == ["n", "r", "a"]
    assert trips(answers)[:3] == [("POST", "next"), ("POST", "reveal"), ("POST", "decision")]
    assert trips(answers)[3:] == [("POST", "next")], "the first trip of the case after it"


def test_a_clean_case_with_three_photos_takes_five_keys(desk_page, answers):
    answers.cases = answers.cases[:1]
    page, keys = at_queue(desk_page()), []
    press(page, keys, "n")
    page.wait_for_selector("#reveal-next")
    for n in range(1, 4):
        press(page, keys, "f")
        until(page, lambda n=n: len(asked(answers, "reveal")) == n)
    press(page, keys, "a")

    until(page, lambda: asked(answers, "decision"))
    assert len(keys) == 5
    revealed = [body["photo_id"] for _, path, body in answers.calls if path.endswith("reveal")]
    assert revealed == ["p01", "p02", "p03"]


def test_after_a_decision_the_next_case_opens_by_itself(desk_page, answers):
    page = claimed(desk_page())
    first, second = (one["review_id"] for one in answers.cases[:2])
    page.keyboard.press("a")

    until(page, lambda: page.url.endswith(second))
    assert answers.decided.keys() == {first}
    assert page.evaluate(FOCUS) == "title"
    assert f"Case {first[-6:]} is approved" in page.text_content("#undo")
    assert f"Case {first[-6:]} is approved" in page.text_content("#said")


def test_a_decision_is_undone_and_the_case_is_open_again(desk_page, answers):
    page = claimed(desk_page())
    first = answers.cases[0]["review_id"]
    page.keyboard.press("a")
    page.wait_for_selector("#undo-now")
    until(page, lambda: not page.url.endswith(first))
    page.keyboard.press("z")

    until(page, lambda: page.url.endswith(first))
    page.wait_for_selector("#approve")
    assert answers.decided == {}
    assert page.locator("#undo-now").count() == 0
    until(page, lambda: len(asked(answers, "release")) == 1)  # the case in between


def test_when_the_time_to_undo_is_over_the_bar_is_gone(desk_page, answers):
    page = claimed(desk_page(clock=True))
    page.keyboard.press("a")
    page.wait_for_selector("#undo-now")
    page.clock.fast_forward(1000 * answers.undo_seconds)

    page.wait_for_selector("#undo-now", state="detached")
    page.keyboard.press("z")
    page.wait_for_timeout(200)
    assert len(answers.decided) == 1


def test_a_late_undo_is_reported(desk_page, answers):
    page = claimed(desk_page())
    page.keyboard.press("a")
    page.wait_for_selector("#undo-now")
    for one in answers.decided.values():
        one["undo_until"] = now() - timedelta(seconds=1)
    page.keyboard.press("z")

    until(page, lambda: "too late" in page.text_content("#warned"))


# --- keys that are held, early, or in capitals --------------------------------------------------


def test_a_held_key_reveals_and_decides_once(desk_page, answers):
    page = claimed(desk_page())
    for reveals, key in enumerate("rf", start=1):
        page.keyboard.down(key)
        for _ in range(20):
            page.keyboard.down(key)  # the browser repeats a held key
        page.keyboard.up(key)
        until(page, lambda n=reveals: len(asked(answers, "reveal")) >= n)
        page.wait_for_timeout(200)
    assert len(asked(answers, "reveal")) == 2

    page.keyboard.down("a")
    for _ in range(20):
        page.keyboard.down("a")
    page.keyboard.up("a")
    until(page, lambda: asked(answers, "decision"))
    page.wait_for_timeout(300)
    assert len(asked(answers, "decision")) == 1


def test_next_while_the_queue_loads_opens_a_case(desk_page, answers):
    page = desk_page()
    enter(page)
    page.wait_for_selector("#count")
    page.keyboard.press("n")

    page.wait_for_selector("#release")
    assert "empty" not in page.text_content("#warned")


def test_caps_lock_changes_nothing(desk_page, answers):
    page = at_queue(desk_page())
    page.keyboard.press("Shift+N")
    page.wait_for_selector("#release")
    page.keyboard.press("Shift+R")

    page.wait_for_selector("img.clear")


def test_an_empty_queue_says_so(desk_page, answers):
    page = at_queue(desk_page())
    answers.cases.clear()
    page.keyboard.press("n")

    page.wait_for_selector("text=The queue is empty")
    page.keyboard.press("Escape")
    page.wait_for_selector("#count")


# --- the queue ----------------------------------------------------------------------------------


def test_every_page_of_the_queue_is_reached(desk_page, answers):
    answers.cases = [summary(0x100 + n) for n in range(120)]
    page = at_queue(desk_page())
    assert page.locator("tbody tr").count() == 50
    page.click("#more")
    until(page, lambda: page.locator("tbody tr").count() == 100)
    page.click("#more")
    until(page, lambda: page.locator("tbody tr").count() == 120)
    assert page.locator("#more").count() == 0
    page.keyboard.press("u")
    page.wait_for_timeout(300)
    assert page.locator("tbody tr").count() == 120, "a refresh keeps what is shown"


def test_filters_are_in_the_address_and_hold_for_the_next_case(desk_page, answers):
    page = at_queue(desk_page())
    page.select_option("#filter-severity", "medium")
    until(page, lambda: page.locator("tbody tr").count() == 1)
    assert page.url.endswith("#/queue?severity=medium")
    answers.cases[3]["lease"] = None
    page.keyboard.press("Escape")
    page.focus("#title")
    page.keyboard.press("n")

    page.wait_for_selector("#release")
    assert page.url.endswith(answers.cases[3]["review_id"])


def test_an_open_list_of_languages_is_not_drawn_again_by_a_response(desk_page, answers):
    page = claimed(desk_page())
    page.evaluate("window.before = document.getElementById('language')")
    page.keyboard.press("r")
    page.wait_for_selector("img.clear")

    assert page.evaluate("window.before === document.getElementById('language')")


# --- leaving a case -----------------------------------------------------------------------------


def test_marks_are_there_again_after_leaving_the_case(desk_page, answers):
    page = claimed(desk_page())
    page.keyboard.press("m")
    page.keyboard.type("Drugs")
    page.keyboard.press("Escape")
    page.keyboard.press("q")
    page.wait_for_selector("tbody tr")
    page.keyboard.press("n")

    page.wait_for_selector("#release")
    assert "One photo is selected" in page.text_content("#summary")


def test_signing_out_releases_the_case_and_the_next_person_lands_on_the_queue(desk_page, answers):
    page = claimed(desk_page())
    page.click("#sign-out")
    page.wait_for_selector("#enter")

    assert len(asked(answers, "release")) == 1
    assert page.url.endswith("#/queue")


def test_a_case_is_escalated_with_a_note(desk_page, answers):
    page = claimed(desk_page())
    page.keyboard.press("e")
    page.wait_for_selector("dialog[open] textarea")
    page.keyboard.type("Is this a toy?")
    page.click("dialog [value=yes]")

    until(page, lambda: asked(answers, "escalate"))
    body = next(body for _, path, body in answers.calls if path.endswith("escalate"))
    assert body == {"note": "Is this a toy?"}
    page.wait_for_selector("#release")  # the next case
    assert len(answers.cases) == 4


def test_a_case_is_skipped_with_a_reason(desk_page, answers):
    page = claimed(desk_page())
    first = answers.cases[0]["review_id"]
    page.keyboard.press("k")
    page.wait_for_selector("dialog[open] select")
    page.select_option("dialog select", "upsetting")
    page.click("dialog [value=yes]")

    until(page, lambda: asked(answers, "skip"))
    until(page, lambda: "case" in page.url and not page.url.endswith(first))


def test_illegal_content_is_left_to_the_leads(desk_page, answers):
    page = claimed(desk_page())
    page.keyboard.press("2")
    page.keyboard.press("i")
    page.wait_for_selector("dialog[open] fieldset")
    page.check("dialog [value=p03]")
    page.click("dialog .button.main")

    until(page, lambda: asked(answers, "hold"))
    body = next(body for _, path, body in answers.calls if path.endswith("hold"))
    assert body == {"photos": ["p02", "p03"]}
    page.wait_for_selector("#release")  # the next case
    assert len(answers.cases) == 4


def test_a_note_is_added_and_shown(desk_page, answers):
    page = claimed(desk_page())
    page.keyboard.press("t")
    page.wait_for_selector("dialog[open] textarea")
    page.keyboard.type("The second photo decides it.")
    page.click("dialog [value=yes]")

    until(page, lambda: "The second photo" in page.text_content(".notes"))


# --- what goes wrong ----------------------------------------------------------------------------


def test_a_decision_whose_answer_is_lost_is_sent_again_and_counts_once(desk_page, answers):
    page = claimed(desk_page())
    first = answers.cases[0]["review_id"]
    answers.lost.add("decision")
    page.keyboard.press("a")
    page.wait_for_selector(".note.bad")
    assert "no longer yours" not in page.text_content("#warned")
    page.keyboard.press("a")

    until(page, lambda: not page.url.endswith(first))
    assert len(asked(answers, "decision")) == 2
    assert answers.decided.keys() == {first}
    assert page.locator(".note.bad").count() == 0


@pytest.mark.parametrize(
    ("kind", "words", "claim"),
    [
        ("NoLease", "Claim it again", True),
        ("CaseTaken", "Another moderator", True),
        ("CaseDecided", "is decided", False),
        ("DeadlinePassed", "deadline", False),
    ],
)
def test_each_kind_of_refusal_says_what_happened(desk_page, answers, kind, words, claim):
    page = claimed(desk_page())
    answers.refusals["decision"] = (409, kind)
    case = answers.cases[0]
    case["lease"] = None
    if kind == "CaseDecided":
        case["state"] = "approved"
    if kind == "DeadlinePassed":
        case["decide_by"] = now() - timedelta(seconds=5)
    if kind == "CaseTaken":
        case["lease"] = {"yours": False, "until": now() + timedelta(seconds=60)}
    page.keyboard.press("a")

    until(page, lambda: words in page.text_content("#warned"))
    assert page.locator("#approve").count() == 0
    assert (page.locator("#claim").count() == 1) is claim


def test_a_case_whose_deadline_has_passed_is_not_offered(desk_page, answers):
    page = at_queue(desk_page())
    answers.cases[0]["decide_by"] = now() - timedelta(seconds=1)
    page.keyboard.press("j")
    page.keyboard.press("Enter")

    page.wait_for_selector("text=can no longer be decided")
    assert page.locator("#claim").count() == 0


def test_an_expired_link_is_revealed_again_by_one_press(desk_page, answers):
    page = claimed(desk_page())
    page.select_option("#level", "clear")
    page.focus("#title")
    page.route("**/p01.jpg**", lambda route: route.fulfill(status=403))
    page.keyboard.press("r")
    page.wait_for_selector(".note.bad")
    assert page.locator("img.clear").count() == 0
    page.unroute("**/p01.jpg**")
    page.keyboard.press("r")

    page.wait_for_selector("img.clear")
    assert len(asked(answers, "reveal")) == 2


def test_an_error_is_gone_when_its_cause_is(desk_page, answers):
    page = at_queue(desk_page())
    answers.refusals[""] = (503, "Unavailable")
    page.keyboard.press("u")
    page.wait_for_selector(".note.bad")
    del answers.refusals[""]
    page.keyboard.press("u")

    page.wait_for_selector(".note.bad", state="detached")


def test_an_account_without_a_group_is_told_so(desk_page, answers):
    answers.refusals[""] = (403, "Forbidden")
    page = desk_page()
    enter(page)

    page.wait_for_selector("text=may not use the review desk")


@pytest.mark.parametrize("place", ["case/%", "case/stats", "case/r1", "nowhere", "case/"])
def test_an_odd_address_leads_to_the_queue(desk_page, place):
    page = at_queue(desk_page())
    page.evaluate(f"location.hash = '/{place}'")

    page.wait_for_selector("tbody tr")
    assert page.title().startswith("Queue")


# --- pictures that are not looked at ------------------------------------------------------------


def test_a_clear_picture_is_covered_while_the_page_is_hidden_and_never_printed(desk_page):
    page = claimed(desk_page())
    page.keyboard.press("r")
    page.wait_for_selector("img.clear")
    seen = "getComputedStyle(document.querySelector('img.clear')).visibility"
    hide = (
        "Object.defineProperty(document, 'hidden', {value: %s, configurable: true});"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )
    page.evaluate(hide % "true")
    assert page.evaluate(seen) == "hidden"
    page.evaluate(hide % "false")
    assert page.evaluate(seen) == "visible"
    page.emulate_media(media="print")
    assert page.evaluate(seen) == "hidden"


def test_an_absent_moderator_shows_nothing_and_is_signed_out(desk_page, answers):
    page = desk_page(clock=True)
    page = claimed(page)
    page.keyboard.press("r")
    page.wait_for_selector("img.clear")
    page.clock.fast_forward(4 * 60_000 + 30_000)
    page.wait_for_selector("img.clear", state="detached")

    page.clock.fast_forward(30 * 60_000)
    page.wait_for_selector("#enter")


def test_another_tab_that_gives_the_case_back_hides_its_pictures_here(desk_page, answers):
    page = claimed(desk_page())
    page.keyboard.press("r")
    page.wait_for_selector("img.clear")
    answers.cases[0]["lease"] = None
    review = answers.cases[0]["review_id"]
    page.evaluate(
        "(review) => new BroadcastChannel('likeness-review-desk')"
        ".postMessage({kind: 'released', review})",
        review,
    )

    page.wait_for_selector("#claim")
    assert page.locator("img.clear").count() == 0


# --- looking closely ----------------------------------------------------------------------------


def test_two_photos_are_compared_and_enlarged(desk_page):
    page = claimed(desk_page())
    page.keyboard.press("v")
    until(page, lambda: page.locator(".stage").count() == 2)
    assert "Photo 1" in page.text_content(".stage.pinned")
    page.keyboard.press("3")
    until(page, lambda: "Photo 3" in page.text_content(".stage.current"))
    width = page.locator(".stage.current .frame").bounding_box()["width"]
    page.keyboard.press("+")
    until(
        page,
        lambda: page.locator(".stage.current .frame").bounding_box()["width"] > 1.4 * width,
    )
    page.keyboard.press("v")
    until(page, lambda: page.locator(".stage").count() == 1)


def test_the_rule_of_the_chosen_reason_is_at_hand(desk_page, answers):
    page = claimed(desk_page())
    page.keyboard.press("g")
    page.wait_for_selector("#rule-title")
    assert "Violence" in page.text_content("#rule-title")
    assert "Toys are allowed" in page.text_content("#rule")
    page.keyboard.press("m")
    page.keyboard.type("Drugs")
    until(page, lambda: "Drugs" in page.text_content("#rule-title"))


def test_what_the_user_had_before_is_shown_in_counts(desk_page):
    page = at_case(desk_page())

    assert "Violence × 1" in page.text_content(".context")
