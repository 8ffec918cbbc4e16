"""The console on the laptop cloud: three reviews by keyboard, and no picture in the profile."""

from __future__ import annotations

import pytest

from infra.laptop.client import app_client
from infra.laptop.project import ROOT, likeness
from laptop_cloud import cloud, processes
from laptop_cloud.places import Folders
from tests.browser.conftest import CHROMIUM, enter, listen, until
from tests.browser.desk_answers import PHOTOS
from tests.stack.people import PATIENCE, Person

JOBS = 3


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
    moderator = running.user()
    context = driver.chromium.launch_persistent_context(
        profile, executable_path=CHROMIUM, viewport={"width": 1280, "height": 900}, locale="en-GB"
    )
    page = context.pages[0]
    listen(page, complaints)
    page.goto(running.page_url)
    page.wait_for_selector("#enter")
    enter(page, moderator.username, moderator.password)
    page.wait_for_selector("#count")
    yield page
    context.close()
    assert complaints == []


def opens_next(page, patience=PATIENCE):
    until(page, lambda: page.locator("tbody tr").count(), patience)
    page.keyboard.press("n")
    page.wait_for_selector("#claim")
    page.keyboard.press("c")
    page.wait_for_selector("#release")
    return "j" + page.url.rsplit("/", 1)[-1][1:]


def decides(page, key):
    page.keyboard.press(key)
    page.wait_for_selector("dialog[open]")
    page.keyboard.press("Enter")
    page.wait_for_selector("#count")


def test_three_reviews_by_keyboard_alone(signed_in, people, backend, profile, screenshot):
    page = signed_in
    seen = {job_id: person for person, job_id in people}
    for job_id in seen:
        until(page, lambda job=job_id: backend.get_job(job)["state"] == "in_review", PATIENCE)
    page.keyboard.press("u")
    until(page, lambda: page.locator("tbody tr").count() == JOBS)
    screenshot(page, "desk-queue")

    # one photo is shown with its box and approved
    approved = opens_next(page)
    page.keyboard.press("r")
    page.wait_for_selector("img.clear")
    until(page, lambda: page.evaluate("document.querySelector('img.clear').naturalWidth") > 192)
    assert page.locator(".boxes rect").count() == 2
    screenshot(page, "desk-revealed")
    decides(page, "a")

    # one is refused for its second photo
    refused = opens_next(page)
    page.keyboard.press("2")
    page.keyboard.press("r")
    page.wait_for_selector("img.clear")
    page.keyboard.press("m")
    page.keyboard.type("Not them")
    page.keyboard.press("Escape")
    page.keyboard.press("h")
    page.wait_for_selector("#history")
    assert "revealed a photo · you · photo p02" in page.text_content(".audit")
    screenshot(page, "desk-refusing")
    decides(page, "d")

    # one is given back, taken up again and approved unseen
    opens_next(page)
    page.keyboard.press("x")
    page.wait_for_selector("#claim")
    page.keyboard.press("Escape")
    page.wait_for_selector("#count")
    last = opens_next(page)
    decides(page, "a")
    page.wait_for_selector(".empty")

    assert {approved, refused, last} == set(seen)
    job = seen[refused].sees_end(refused)
    assert (job["state"], job["reason"]["code"]) == ("refused", "RIGHTS.NOT_SELF")
    waiting = {"in_review", "moderating"}
    until(page, lambda: backend.get_job(approved)["state"] not in waiting, PATIENCE)
    page.keyboard.press("s")
    page.wait_for_selector(".figure.good")
    assert page.text_content(".figure.good b") == "2"
    screenshot(page, "desk-figures")

    assert page.evaluate("caches.keys()") == []
    page.context.close()
    pictures = [file for file in profile.rglob("*") if file.is_file() and holds_a_photo(file)]
    assert pictures == [], "the browser's profile on the disk keeps no picture"


def holds_a_photo(file):
    """A JPEG, in whatever the browser wrote, and the address of one."""
    content = file.read_bytes()
    return b"\xff\xd8\xff" in content or b"X-Amz-Signature" in content
