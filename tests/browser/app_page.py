"""The example app's page on its own backend, with Likeness in memory behind it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.app.likeness import API, AVATARS, PHOTOS, POLICY, STYLES, UPLOADS, FakeLikeness

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page, Request, Route

KEY = re.compile(rb'name="key"\r\n\r\nuploads/(\w+)/(\w+)\r\n')
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "has_touch": True}


def connect(page: Page, likeness: FakeLikeness) -> None:
    """Answer for both buckets and for the previews of the API."""
    anyone = {"Access-Control-Allow-Origin": "*"}

    def take(route: Route, request: Request) -> None:
        found = KEY.search(request.post_data_buffer or b"")
        assert found, "the form has no key"
        likeness.uploaded(found[1].decode(), found[2].decode())
        route.fulfill(status=204, headers=anyone)

    def show(route: Route, request: Request) -> None:
        """The preview of a style: also in place of an avatar."""
        (style,) = {*re.split("[/.]", urlsplit(request.url).path)} & {*STYLES}
        route.fulfill(path=POLICY / "previews" / "512" / f"{style}.webp", headers=anyone)

    page.route(f"{UPLOADS}/**", take)
    page.route(f"{AVATARS}/**", show)
    page.route(f"{API}/**", show)


def sign_in(page: Page, address: str, name: str = "Ada") -> None:
    page.goto(address)
    page.fill("#name", name)
    page.keyboard.press("Enter")
    page.wait_for_selector(".today")


def choose_styles(page: Page, *styles: str) -> None:
    page.click(".today .button")
    for style in styles:
        page.click(f"#style-{style}")
    page.click("#go")
    page.wait_for_selector("#agree")


def add_photos(page: Page, *photos: Path) -> None:
    """The first opens the job: the page then shows the verdicts."""
    page.set_input_files(".pickers input[multiple]", photos)
    page.wait_for_selector(".photos")


def open_job(page: Page, *photos: Path) -> None:
    choose_styles(page, "comic", "oil", "watercolour")
    page.check("#agree")
    add_photos(page, *(photos or PHOTOS[:4]))
