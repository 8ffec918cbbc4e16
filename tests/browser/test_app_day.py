"""A whole day with the example app on the laptop cloud, in a browser."""

from __future__ import annotations

import re
from typing import Any

import pytest
from PIL import Image

from examples.app.backend import Settings
from infra.laptop.client import app_client
from infra.laptop.project import ROOT, STAGE, likeness
from laptop_cloud import cloud, processes
from laptop_cloud.places import Folders
from tests.app.likeness import PHOTOS, served
from tests.browser import app_page
from tests.browser.conftest import until
from tests.stack.people import PATIENCE

AVATARS = 4
PATIENT = PATIENCE * 1000  # ms


class AsAsked:
    """The client, which adds to each job what the test asks for."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.more: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self.client, name)

    def create_job(self, order: Any, **options: Any) -> Any:
        return self.client.create_job(order | self.more, **options)


@pytest.fixture(scope="module")
def port():
    return processes.free_port()


@pytest.fixture(scope="module")
def running(tmp_path_factory, port):
    folders = Folders(
        state=tmp_path_factory.mktemp("app") / "state",
        build=ROOT / ".aws-sam" / "stack-tests",
    )
    project = likeness(folders=folders, web_origin=f"http://localhost:{port}")
    try:
        yield cloud.up(project, port=processes.free_port(), wait_scale=0.05)
    finally:
        cloud.down(project)


@pytest.fixture(scope="module")
def client(running):
    return AsAsked(app_client(running, patience_s=20))


@pytest.fixture(scope="module")
def address(running, client, port):
    created = client.create_webhook({"url": f"http://127.0.0.1:{port}/webhook"})
    settings = Settings(
        api_url=running.api_url,
        issuer=f"likeness/{STAGE}",
        session_secret="secret",
        webhook_secret=created["secret"],
        media=(running.endpoint,),
        https=False,
    )
    with served(client, settings, port) as found:
        yield found


@pytest.fixture
def phone(opened):
    """An empty page on a phone. The laptop cloud may be slow."""

    def page(**options):
        found = opened(**app_page.PHONE, **options)
        found.set_default_timeout(PATIENT)
        return found

    return page


def two_people(folder):
    """A photo that is refused: with two faces of one size."""
    with Image.open(PHOTOS[5]) as one:
        picture = Image.new("RGB", (2 * one.width, one.height))
        picture.paste(one, (0, 0))
        picture.paste(one, (one.width, 0))
    picture.save(folder / "two.jpg")
    return folder / "two.jpg"


def test_a_whole_day(phone, address, client, screenshot, tmp_path):
    """Photos, a refused one replaced, avatars, some kept, a second job refused, Plus, erased."""
    client.more = {"avatars": AVATARS}
    page = phone()
    app_page.sign_in(page, address, "Ada")
    app_page.open_job(page, *PHOTOS[:3], two_people(tmp_path))

    page.wait_for_selector(".refused .box")
    assert "more than one person" in page.text_content(".refused p")
    until(page, lambda: page.locator("#go").is_enabled(), PATIENCE)  # three others are good
    page.set_input_files(".refused input", PHOTOS[5])
    until(page, lambda: page.locator(".photos .accepted").count() == 4, PATIENCE)
    page.click("#go")
    page.wait_for_selector(".running")
    page.wait_for_selector(".avatars")
    assert page.locator(".avatars li").count() == AVATARS
    loaded = "[...document.images].every((one) => one.complete && one.naturalWidth)"
    until(page, lambda: page.evaluate(loaded), PATIENCE)
    screenshot(page, "app-day-avatars")

    page.click(".show >> nth=0")
    page.click("#set-picture")
    page.wait_for_selector(".face img")
    with page.expect_download() as download:
        page.click(".show >> nth=0")
        page.click("dialog button:has-text('Download')")
    assert download.value.path().read_bytes().startswith(b"\x89PNG")
    page.keyboard.press("Escape")
    page.click(".like >> nth=0")
    page.click(".like >> nth=2")
    page.click("#go")
    page.click("dialog [value=yes]")
    until(page, lambda: page.locator(".avatars li").count() == 2, PATIENCE)

    page.click(".foot a")
    page.wait_for_selector(".receipt dl")
    assert re.search(r"0 files left in \d places", page.text_content(".receipt"))
    assert f"likeness/{STAGE}" in page.text_content(".receipt")

    page.goto(f"{address}/#/")
    page.wait_for_selector(".jobs img")
    assert "Done for today" in page.text_content(".today")
    assert "2 avatars" in page.text_content(".jobs")
    page.goto(f"{address}/#/new")  # from a bookmark
    page.wait_for_selector(".styles")
    page.click("#style-oil")
    page.click("#go")
    page.check("#agree")
    page.set_input_files(".pickers input[multiple]", PHOTOS[:3])
    page.wait_for_selector("#failed")
    assert "today's avatars" in page.text_content("#failed")

    page.click(".face")
    page.click("#buy-plus")
    page.wait_for_selector("#end-plus")
    page.click("#erase")
    page.click("dialog [value=yes]")
    page.wait_for_selector(".receipt dl")
    deleted = page.text_content(".receipt")
    assert int(re.search(r"(\d+) files", deleted)[1]) > 2 * AVATARS
    app_page.sign_in(page, address, "Ada")
    assert page.locator(".jobs").count() == 0
    assert page.locator(".face img").count() == 0


def submits_test(page, address, client, name, **plan):
    """A test job of a new user, submitted: docs/test-mode.md says what a plan can ask for."""
    client.more = {"avatars": AVATARS, "test": plan}
    app_page.sign_in(page, address, name)
    app_page.open_job(page, *PHOTOS[:3])
    until(page, lambda: page.locator("#go").is_enabled(), PATIENCE)
    page.click("#go")


def test_a_refusal_is_explained_and_can_be_appealed(phone, address, client):
    page = phone()
    photo = {"photo_id": "p01", "outcome": "refused", "reason": "POLICY.GESTURE"}
    submits_test(page, address, client, "Grace", photos=[photo])

    page.wait_for_selector(".grounds")
    assert "offensive gesture" in page.text_content(".grounds")
    until(page, lambda: page.locator(".foot a").count(), PATIENCE)  # the photos are deleted
    page.click("#appeal")
    page.set_input_files(".card input[type=file]", PHOTOS[1])
    page.wait_for_selector(".note.bad")
    assert "another file than photo 1" in page.text_content(".note.bad")
    page.set_input_files(".card input[type=file]", PHOTOS[0])
    until(page, lambda: "takes another look" in page.text_content("main"), PATIENCE)


def test_a_review_and_the_progress_are_shown_without_reloading(phone, address, client):
    page = phone()
    photo = {"photo_id": "p02", "outcome": "doubtful", "reason": "POLICY.NUDITY"}
    review = {"decision": "approve", "after_s": 6}
    submits_test(page, address, client, "Linus", photos=[photo], review=review, drawing_s=15)

    shown = set()

    def completed():
        if heading := page.locator(".running h2").all_text_contents():
            shown.add(re.sub(r"^\d", "N", heading[0]))
        return page.locator(".avatars").count()

    until(page, completed, PATIENCE)
    assert {"A person looks at your photos", f"N of {AVATARS} are painted"} <= shown
    page.click("#delete")
    page.click("dialog [value=yes]")
    until(page, lambda: "are deleted" in page.text_content("h1"), PATIENCE)
    page.goto(f"{address}/#/")
    page.wait_for_selector(".jobs")
    until(page, lambda: "Avatars deleted" in page.text_content(".jobs"), PATIENCE)


def test_a_failed_job_costs_nothing(phone, address, client):
    page = phone(locale="de-DE")
    submits_test(page, address, client, "Konrad", failure="gpu")

    until(page, lambda: "schiefgegangen" in page.text_content("h1"), PATIENCE)
    page.click("main >> text=Neu anfangen")
    page.wait_for_selector(".styles")
