"""The console on the laptop cloud: three reviews, a lead's views, and no picture on the disk."""

from __future__ import annotations

import json
import re

import pytest

from infra.laptop.client import app_client
from infra.laptop.project import ROOT, likeness
from laptop_cloud import cloud, processes
from laptop_cloud.places import Folders
from likeness.domain.review.audit import AuditEntry, ChainHead, verify
from tests.browser.conftest import CHROMIUM, enter, go, listen, until
from tests.browser.desk_answers import PHOTOS
from tests.stack.people import PATIENCE, Person

JOBS = 3
# The start of an image and one of the markers that may follow it (ITU T.81, table B.1): three bytes
# alone are also in some random data.
JPEG = re.compile(rb"\xff\xd8\xff[\xc0-\xcf\xdb-\xef\xfe]")


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """Every job waits for a moderator."""
    folders = Folders(
        state=tmp_path_factory.mktemp("desk") / "state",
        build=ROOT / ".aws-sam" / "stack-tests",
    )
    project = likeness(review="all", folders=folders)
    try:
        yield cloud.up(project, port=processes.free_port(), wait_scale=0.05)
    finally:
        cloud.down(project)


@pytest.fixture(scope="module")
def backend(running):
    return app_client(running)


@pytest.fixture(scope="module")
def people(backend):
    """Three users, whose jobs wait at the desk: the first is the first in the queue."""
    found = []
    for _ in range(JOBS):
        person = Person(backend)
        job_id = person.hands_in(*(one.read_bytes() for one in PHOTOS[:3]), avatars=2)
        backend.submit_job(job_id)
        found.append((person, job_id))
    return found


@pytest.fixture
def profile(tmp_path):
    return tmp_path / "profile"


@pytest.fixture
def signed_in(driver, running, profile, complaints):
    """A browser with a profile on disk, as a moderator's."""
    context = driver.chromium.launch_persistent_context(
        profile, executable_path=CHROMIUM, viewport={"width": 1280, "height": 900}, locale="en-GB"
    )
    context.set_default_timeout(PATIENCE * 1000)  # the laptop cloud may be slow
    page = context.pages[0]
    listen(page, complaints)
    page.goto(running.page_url)
    page.wait_for_selector("#enter")
    moderator = running.user()
    enter(page, moderator.username, moderator.password, moderator.code)
    page.wait_for_selector("#count")
    yield page
    context.close()
    assert complaints == []


def is_yours(page):
    return page.locator("#release").count() == 1


def job_of(page):
    return "j" + page.url.rsplit("/", 1)[-1][1:]


def opens_next(page):
    page.keyboard.press("n")
    until(page, lambda: "#/case/" in page.url and is_yours(page), PATIENCE)
    return job_of(page)


def decides(page, key):
    """The next case opens by itself, or nothing waits: then `#next` asks again."""
    before = page.url
    page.keyboard.press(key)

    def is_next():
        opened = "#/case/" in page.url and page.url != before and is_yours(page)
        return opened or page.locator("#next").count()

    until(page, is_next, PATIENCE)


def approved(page):
    """How many approvals the figures show now."""
    go(page, "queue", "#count")
    go(page, "stats", ".figure.good")
    return page.text_content(".figure.good b")


def test_three_reviews_by_keyboard_and_what_a_lead_sees_of_them(
    signed_in, people, backend, profile, screenshot
):
    page = signed_in
    seen = {job_id: person for person, job_id in people}
    for job_id in seen:
        until(page, lambda job=job_id: backend.get_job(job)["state"] == "in_review", PATIENCE)
    page.keyboard.press("u")
    until(page, lambda: page.locator("tbody tr").count() == JOBS)
    screenshot(page, "desk-queue")

    # one photo is revealed in grey, then clearly, and approved
    first = opens_next(page)
    page.keyboard.press("r")
    page.wait_for_selector("img.clear")
    page.keyboard.press("r")
    until(page, lambda: page.evaluate("document.querySelector('img.clear').naturalWidth") > 768)
    assert page.locator(".boxes rect").count() == 2
    screenshot(page, "desk-revealed")
    decides(page, "a")

    # one is refused for its second photo
    refused = job_of(page)
    page.keyboard.press("2")
    page.keyboard.press("r")
    page.wait_for_selector("img.clear")
    page.keyboard.press("m")
    page.keyboard.type("Not them")
    page.keyboard.press("Escape")
    page.keyboard.press("h")
    page.wait_for_selector("#history")
    history = page.text_content(".audit")
    assert "revealed a photo · you" in history
    assert "photo p02" in history
    screenshot(page, "desk-refusing")
    decides(page, "d")

    # one is given back, taken up again and approved unseen
    page.keyboard.press("x")
    page.wait_for_selector("#claim")
    page.keyboard.press("Escape")
    page.wait_for_selector("#count")
    last = opens_next(page)
    decides(page, "a")
    assert {first, refused, last} == set(seen)

    job = seen[refused].sees_end(refused)
    assert (job["state"], job["reason"]["code"]) == ("refused", "RIGHTS.NOT_SELF")
    until(page, lambda: approved(page) == "2", PATIENCE)
    screenshot(page, "desk-figures", full_page=True)

    go(page, "decided", "tbody tr")
    assert page.locator("tbody tr").count() == JOBS
    assert page.locator("tbody .tag.warn", has_text="unseen").count() == 1
    assert page.locator("[id^=overturn]").count() == 0, "a lead does not reverse their own decision"
    screenshot(page, "desk-decided")

    go(page, "people", "#invite")
    page.click("#invite")
    page.fill("#ask-username", "mia")
    page.fill("#ask-email", "mia@example.org")
    page.keyboard.press("Enter")
    page.wait_for_selector("#invite-mia")
    screenshot(page, "desk-people")

    go(page, "holds", ".empty")
    go(page, "report", "#csv")
    with page.expect_download() as download:
        page.click("#export")
    *lines, end = [json.loads(line) for line in download.value.path().read_text().splitlines()]
    entries = [AuditEntry(**line) for line in lines if "anchor" not in line]
    for head in (ChainHead(**one) for one in end["heads"]):
        verify([entry for entry in entries if entry.chain == head.chain], head)
    assert f"{len(entries)} entries" in page.text_content("#export-state")
    assert {entry.action for entry in entries} >= {
        "approved",
        "refused",
        "released",
        "staff_invited",
    }
    screenshot(page, "desk-report", full_page=True)

    assert page.evaluate("caches.keys()") == []
    page.context.close()
    pictures = [file for file in profile.rglob("*") if file.is_file() and holds_a_photo(file)]
    assert pictures == [], "the browser's profile on the disk keeps no picture"


def holds_a_photo(file):
    """A JPEG, in whatever the browser wrote, and the address of one."""
    content = file.read_bytes()
    return bool(JPEG.search(content)) or b"X-Amz-Signature" in content
