"""The leads' views: what they ask of the API, and what they show of its answer."""

from __future__ import annotations

import csv
import json
from urllib.parse import urlencode

import pytest

from likeness.domain.review.audit import AuditEntry, ChainHead, SignedAnchor, verify
from tests.browser.conftest import enter, go, until
from tests.browser.leads_answers import CHAIN, EVE, LeadsAnswers, anchored, chain, decided, hold
from tests.browser.pool_answers import ME

LONG = "eve.a-rather-long-name@example.org"


@pytest.fixture
def answers():
    return LeadsAnswers()


@pytest.fixture
def leads_page(desk_page):
    """`leads_page(place)`: the page of a lead who is signed in, at a place."""

    def page(place):
        found = desk_page()
        enter(found)
        found.wait_for_selector("#count")
        go(found, place, "#title")
        return found

    return page


def sent(answers, method):
    return [(path, body) for verb, path, body in answers.calls if verb == method]


def said(page, words):
    until(page, lambda: words in page.text_content("#said") + page.text_content("#warned"))


# ---- people


def test_a_lead_invites_a_person(leads_page, answers):
    page = leads_page("people")
    page.click("#invite")
    page.keyboard.type("mia")
    page.keyboard.press("Tab")
    page.keyboard.type("mia@example.org")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type("user-9")
    page.select_option("#ask-time_zone", "Asia/Tokyo")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    said(page, "mia is invited.")
    account = {
        "username": "mia",
        "email": "mia@example.org",
        "lead": True,
        "app_user_id": "user-9",
        "time_zone": "Asia/Tokyo",
    }
    assert sent(answers, "POST") == [("/staff", account)]
    page.wait_for_selector("#change-mia")


@pytest.mark.parametrize("name", ["two words", "jürgen", ""])
def test_a_name_that_the_api_would_refuse_is_not_sent(leads_page, answers, name):
    page = leads_page("people")
    page.click("#invite")
    page.fill("#ask-username", name)
    page.fill("#ask-email", "mia@example.org")
    page.click("dialog [value=yes]")
    assert page.locator("dialog[open]").count() == 1
    assert sent(answers, "POST") == []


def test_the_name_of_another_account_is_explained(leads_page, answers):
    page = leads_page("people")
    page.click("#invite")
    page.fill("#ask-username", LONG)
    page.fill("#ask-email", "mia@example.org")
    page.click("dialog [value=yes]")
    said(page, "An account of this name is in use.")
    assert "An account of this name is in use." in page.text_content(".note.bad")
    assert page.locator(".account").count() == len(answers.staff)


def test_access_is_changed_as_a_whole(leads_page, answers):
    page = leads_page("people")
    page.click(f"[id='change-{LONG}']")
    page.uncheck("dialog [value=enabled]")
    page.check("dialog [value=lead]")
    page.click("dialog [value=yes]")
    said(page, "is changed")
    access = {
        "enabled": False,
        "moderator": True,
        "lead": True,
        "app_user_id": None,
        "time_zone": "Europe/Berlin",
    }
    assert sent(answers, "PUT") == [(f"/staff/{LONG.replace('@', '%40')}", access)]
    until(page, lambda: "Disabled" in page.text_content(f".account:has([id='change-{LONG}'])"))


def test_a_time_zone_that_waits_shows_from_when_it_applies(leads_page):
    page = leads_page("people")
    waits = page.text_content(".account:has([id='change-old'])")
    assert "America/Argentina/Buenos_Aires, from " in waits
    page.click("[id='change-old']")
    assert page.input_value("#ask-time_zone") == "America/Argentina/Buenos_Aires"
    assert page.locator("#ask-time_zone option[value=UTC]").count() == 1


def test_an_authenticator_is_reset_and_an_account_deleted_after_a_question(leads_page, answers):
    page = leads_page("people")
    page.click(f"[id='reset-{LONG}']")
    page.keyboard.press("Escape")
    page.click("[id='delete-old']")
    page.keyboard.press("Escape")
    assert sent(answers, "POST") == sent(answers, "DELETE") == []

    page.click(f"[id='reset-{LONG}']")
    page.keyboard.press("Enter")
    said(page, "sets up another authenticator")
    page.click("[id='delete-old']")
    page.keyboard.press("Enter")
    said(page, "The account of old is deleted.")
    assert [path for path, _ in sent(answers, "DELETE")] == ["/staff/old"]
    until(page, lambda: page.locator("#change-old").count() == 0)
    assert page.evaluate("document.activeElement.id") == "title"


def test_a_lead_has_no_button_for_their_own_account(leads_page):
    page = leads_page("people")
    page.wait_for_selector("#change-ben")
    assert page.locator("#change-ann, #delete-ann, #reset-ann").count() == 0


def test_a_moderator_is_shown_none_of_it(desk_page, answers, pool):
    answers.lead = pool.lead = False
    page = desk_page()
    enter(page)
    page.wait_for_selector("#count")
    assert page.locator("#to-people, #to-decided, #to-report, #to-holds").count() == 0
    page.goto(f"{page.url.split('#')[0]}#/people")
    page.wait_for_selector(".note.bad")
    assert page.locator("#invite, .account").count() == 0


# ---- figures


def test_figures_name_the_moderators_and_the_disagreements(leads_page, answers):
    page = leads_page("stats")
    page.wait_for_selector(".people tbody tr")
    names = page.locator(".people tbody th").all_text_contents()
    assert names == ["ann", LONG]
    page.click("#disagreements")
    until(page, lambda: page.locator("tbody tr").count() == 2)
    assert "first: approved" in page.text_content("tbody tr")


def test_leads_see_agreement_with_known_answers(leads_page):
    page = leads_page("stats")
    page.wait_for_selector(".people tbody tr")
    assert page.text_content(".figure:has-text('agreement with the answer') b") == "80%"
    row = page.locator("section", has_text="Known cases by reason").locator("tbody td")
    assert row.all_text_contents() == ["1", "2", "33%"]
    go(page, "decided?kind=known", "tbody tr")
    assert "known answer: p02: Violence" in page.text_content("tbody tr")
    assert page.locator("tbody .button").count() == 0, "a known case has nothing to reverse"


def test_moderators_see_nothing_of_known_cases(desk_page, answers, pool):
    answers.lead = pool.lead = False
    page = desk_page()
    enter(page)
    page.wait_for_selector("#count")
    go(page, "stats", ".figures")
    assert "nown" not in page.text_content("main")


def test_figures_show_the_forecast_and_agreement_by_reason(leads_page, answers):
    page = leads_page("stats")
    page.wait_for_selector(".people tbody tr")
    assert "Deadlines to be missed" in page.text_content(".figure.bad:has-text('forecast')")
    assert page.text_content(".figure.bad:has-text('forecast') b") == "3"
    row = page.locator(".listing tr", has_text="Violence").locator("td")
    assert row.all_text_contents() == ["3", "1", "75%"]
    page.select_option("#days", "1")
    until(page, lambda: ("/stats?days=1", None) in sent(answers, "GET"))


def test_more_exposure_is_granted_to_others_only(leads_page, answers):
    page = leads_page("stats")
    page.wait_for_selector("#grant-1")
    assert page.locator("#grant-0").count() == 0
    page.click("#grant-1")
    said(page, f"50 more points granted to {LONG}.")
    assert sent(answers, "POST") == [("/exposure", {"moderator": EVE, "more": 50})]


# ---- decided cases


def test_filters_are_the_address_and_the_query(leads_page, answers):
    page = leads_page("decided")
    page.wait_for_selector("tbody tr")
    page.select_option("#filter-state", "refused")
    until(page, lambda: page.locator("tbody tr").count() == 2)
    assert "state=refused" in page.url
    today = page.input_value("#day")
    page.click("#before")
    page.wait_for_selector("#after")
    yesterday = page.input_value("#day")
    assert yesterday < today
    asked = ("/decided?" + urlencode({"day": yesterday, "state": "refused"}), None)
    until(page, lambda: asked in sent(answers, "GET"))


def test_more_than_a_page_of_decided_cases(leads_page, answers):
    answers.done = [decided(n) for n in range(1, 70)]
    page = leads_page("decided")
    page.click("#more")
    until(page, lambda: page.locator("tbody tr").count() == len(answers.done))
    assert page.locator("#more").count() == 0


def test_an_approval_is_reversed_with_a_reason_for_a_photo(leads_page, answers):
    page = leads_page("decided")
    approved = f"r{0xB1:032x}"
    page.click(f"#overturn-{approved}")
    page.click("dialog [value=yes]")
    said(page, "Choose a reason for at least one photo first.")
    assert sent(answers, "POST") == []
    page.click(f"#overturn-{approved}")
    page.select_option("#ask-p02", "POLICY.HATE")
    page.click("dialog [value=yes]")
    said(page, "The decision of case 0000b1 is reversed.")
    photos = [{"photo_id": "p02", "reason": "POLICY.HATE"}]
    assert sent(answers, "POST") == [(f"/{approved}/overturn", {"photos": photos})]
    assert page.locator(f"#overturn-{approved}").count() == 0


def test_a_refusal_is_reversed(leads_page, answers):
    page = leads_page("decided")
    refused = f"r{0xB2:032x}"
    page.click(f"#overturn-{refused}")
    page.click("dialog [value=yes]")
    said(page, "is reversed")
    assert sent(answers, "POST") == [(f"/{refused}/overturn", {"photos": []})]


def test_appeals_and_own_decisions_are_not_reversed(leads_page, answers):
    page = leads_page("decided")
    page.wait_for_selector("tbody tr")
    shown = {one.get_attribute("id") for one in page.locator("[id^=overturn-]").all()}
    assert shown == {f"overturn-r{n:032x}" for n in (0xB1, 0xB2, 0xB3)}


def test_a_decision_that_cannot_be_reversed_is_explained(leads_page, answers):
    page = leads_page("decided")
    answers.refusals["overturn"] = (409, "NotReversible")
    page.click(f"#overturn-r{0xB2:032x}")
    page.click("dialog [value=yes]")
    said(page, "This decision cannot be reversed")


# ---- reports


def saved(page, button):
    """The name and the text of the file that a button saves."""
    with page.expect_download() as found:
        page.click(button)
    return found.value.suggested_filename, found.value.path().read_text()


def test_the_transparency_report_is_saved_as_csv_and_json(leads_page, answers):
    page = leads_page("report?first=2026-01-01&last=2026-06-30")
    page.wait_for_selector("#csv")
    assert ("/transparency?first=2026-01-01&last=2026-06-30", None) in sent(answers, "GET")
    name, text = saved(page, "#csv")
    assert name == "transparency-2026-01-01-2026-06-30.csv"
    rows = {(one["figure"], one["reason"]): one for one in csv.DictReader(text.splitlines())}
    assert rows["jobs_moderated", ""]["value"] == "1200"
    assert rows["median_seconds_of_appeals", ""]["value"] == ""
    assert rows["refused_automatically", "POLICY.VIOLENCE"]["value"] == "7"
    category = rows["appeals_granted", "POLICY.VIOLENCE"]["dsa_category"]
    assert category == "STATEMENT_CATEGORY_VIOLENCE"
    name, text = saved(page, "#json")
    assert json.loads(text)["by_reason"]["POLICY.VIOLENCE"]["refused_by_moderators"] == 5


def test_days_in_the_wrong_order_are_explained(leads_page):
    page = leads_page("report?first=2026-06-30&last=2026-01-01")
    said(page, "A field is wrong")
    assert page.locator("#csv").count() == 0


def test_the_audit_log_is_saved_whole_and_verifies(leads_page, answers):
    answers.anchors = anchored(answers.log[1].head, answers.log[3].head)
    end = answers.log[-1].head
    page = leads_page("report")
    name, text = saved(page, "#export")
    *lines, one, two, last = [json.loads(line) for line in text.splitlines()]
    assert name == f"audit-log-{end.number}.jsonl"
    assert [SignedAnchor(**line["anchor"]) for line in (one, two)] == answers.anchors
    heads = [ChainHead(**head) for head in last["heads"]]
    noted = [answers.log[1].head, answers.log[3].head]
    assert verify([AuditEntry(**line) for line in lines], heads[CHAIN], noted=noted) == end
    assert len(answers.log) > end.number, "the export is an event, and is not in itself"
    said(page, f"The log is intact: {end.number} entries, 2 anchors.")


def changed(answers):
    answers.log[3] = answers.log[3].model_copy(update={"actor": "another"})


def removed(answers):
    del answers.log[3]


def truncated(answers):
    answers.anchors = anchored(answers.log[3].head)
    del answers.log[3:]


def rewritten(answers):
    answers.anchors = anchored(answers.log[3].head)
    answers.log = chain(7, actor="another")


def without_an_anchor(answers):
    answers.anchors = anchored(answers.log[1].head, answers.log[2].head)[1:]


@pytest.mark.parametrize(
    ("harm", "where"),
    [
        (changed, "chain 3, entry 4"),
        (removed, "chain 3, entry 4"),
        (truncated, "chain 3, entry 4"),
        (rewritten, "chain 3, entry 4"),
        (without_an_anchor, "anchor 1"),
    ],
)
def test_a_broken_log_is_not_saved(leads_page, answers, harm, where):
    answers.log = chain(7)
    harm(answers)
    page = leads_page("report")
    downloads = []
    page.on("download", lambda found: downloads.append(found))  # noqa: PLW0108 - it sets an attribute
    page.click("#export")
    said(page, f"The audit log is broken at {where}.")
    assert downloads == []


# ---- holds


def test_a_hold_is_confirmed_and_its_report_recorded(leads_page, answers):
    page = leads_page("holds")
    page.wait_for_selector("tbody tr")
    page.click("tbody a")
    page.wait_for_selector(".held img")
    page.click("#confirm")
    page.click("dialog [value=yes]")
    said(page, "The hold is confirmed.")
    assert page.locator(".held img").count() == 0

    name, text = saved(page, "#save")
    job = answers.held[0]["job_id"]
    assert (name, json.loads(text)["job_id"]) == (f"report-{job}.json", job)

    page.click("#reported")
    page.fill("#ask-reference", "194871023")
    page.fill("#ask-at", "2026-11-22T13:00")
    page.click("dialog [value=yes]")
    said(page, "The report is recorded.")
    assert "194871023" in page.text_content("tbody")

    page.click("#unblock")
    page.click("dialog [value=yes]")
    said(page, "no longer blocked")
    report = {"authority": "NCMEC", "reference": "194871023"}
    asked = sent(answers, "POST")
    assert [path.rsplit("/", 1)[-1] for path, _ in asked] == ["decision", "reported", "unblock"]
    assert asked[0][1] == {"confirm": True}
    assert asked[1][1] == report | {"reported_at": asked[1][1]["reported_at"]}


def test_a_hold_is_returned_only_after_a_question(leads_page, answers):
    page = leads_page(f"holds/{answers.held[0]['job_id']}")
    page.click("#return")
    page.keyboard.press("Escape")
    assert sent(answers, "POST") == []
    page.click("#return")
    page.keyboard.press("Enter")
    said(page, "The job is returned.")
    assert page.locator("#confirm, #return, #reported").count() == 0


def test_a_hold_that_another_lead_decided_is_shown_as_it_is(leads_page, answers):
    page = leads_page(f"holds/{answers.held[0]['job_id']}")
    page.wait_for_selector("#return")
    answers.held[0] |= hold(0xC1, state="confirmed", decided_by=EVE)
    page.click("#return")
    page.click("dialog [value=yes]")
    said(page, "Another lead decided this hold.")
    page.wait_for_selector("#reported")
    assert ME not in page.text_content("main")
