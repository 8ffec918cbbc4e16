"""The console in headless Chromium, with an API in memory or on the laptop cloud."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import sync_playwright

from infra import publish_console
from infra.laptop.project import ENVIRONMENTS, ROOT
from tests.browser.desk_answers import LINKS, PHOTOS, Answers
from tests.browser.pool_answers import CODE, PASSWORD, Pool
from tests.infra.documents import read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import (
        Browser,
        BrowserContext,
        ConsoleMessage,
        Page,
        Playwright,
        Request,
        Route,
    )

CHROMIUM = ENVIRONMENTS / "chromium" / "run"
PAGE = "https://desk.test"
SIGN_IN = "https://cognito-idp.eu-central-1.amazonaws.com"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.nodeid.startswith("tests/browser/"):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def driver() -> Iterator[Playwright]:
    if not CHROMIUM.exists():
        pytest.fail(f"There is no Chromium in {CHROMIUM.parent}. Put it there: make test-browser")
    with sync_playwright() as found:
        yield found


@pytest.fixture(scope="session")
def browser(driver: Playwright) -> Iterator[Browser]:
    found = driver.chromium.launch(executable_path=str(CHROMIUM))
    yield found
    found.close()


@pytest.fixture(scope="session")
def screenshot(request: pytest.FixtureRequest) -> Callable[[Page, str], None]:
    """Save a screenshot for visual inspection: build/screens/NAME.png."""
    folder = ROOT / "build" / "screens"
    folder.mkdir(parents=True, exist_ok=True)

    def shoot(page: Page, name: str, **options: Any) -> None:
        page.screenshot(path=folder / f"{name}.png", **options)

    return shoot


@pytest.fixture
def complaints() -> list[str]:
    """Errors that pages reported. A test that provokes one removes it."""
    return []


@pytest.fixture
def opened(browser: Browser, complaints: list[str]) -> Iterator[Callable[..., Page]]:
    """`opened(context options)`: an empty page. Any error that it reports fails the test."""
    contexts: list[BrowserContext] = []

    def page(**options: Any) -> Page:
        context = browser.new_context(**{"locale": "en-GB", **options})
        contexts.append(context)
        context.set_default_timeout(8_000)
        found = context.new_page()
        listen(found, complaints)
        return found

    yield page
    for context in contexts:
        context.close()
    assert complaints == [], "no script failed, and nothing broke the Content Security Policy"


def listen(page: Page, complaints: list[str]) -> None:
    """Collect script errors and Content Security Policy violations; not HTTP errors."""

    def heard(message: ConsoleMessage) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            complaints.append(message.text)

    page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
    page.on("console", heard)


@pytest.fixture
def answers() -> Answers:
    return Answers()


@pytest.fixture
def pool() -> Pool:
    return Pool()


@pytest.fixture
def desk_page(opened: Callable[..., Page], answers: Answers, pool: Pool) -> Callable[..., Page]:
    """`desk_page(options)`: the console with the headers that the template gives it, signed out."""
    headers = console_headers()

    def serve(route: Route, request: Request) -> None:
        url = urlsplit(request.url)
        if url.path == "/v1/reviews" or url.path.startswith("/v1/reviews/"):
            below = url.path.removeprefix("/v1/reviews") + (f"?{url.query}" if url.query else "")
            fulfil(route, answers.answer(request.method, below, request.post_data))
            return
        path = url.path.lstrip("/") or "index.html"
        if path == publish_console.CONFIG:
            body = json.dumps({"sign_in_url": f"{SIGN_IN}/", "client_id": "client"})
            route.fulfill(body=body, headers=headers, content_type="application/json")
            return
        file = publish_console.FILES / path
        if not file.is_file():
            route.fulfill(status=404)
            return
        kind = publish_console.content_type(path)
        route.fulfill(body=file.read_bytes(), headers={**headers, "Content-Type": kind})

    def serve_picture(route: Route, request: Request) -> None:
        number = int(Path(urlsplit(request.url).path).stem.removeprefix("p"))
        route.fulfill(
            body=PHOTOS[number - 1].read_bytes(),
            headers={"Content-Type": "image/jpeg", "Cache-Control": "private, no-store"},
        )

    def sign_in(route: Route, request: Request) -> None:
        asked = json.loads(request.post_data or "{}")
        allowed = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "*"}
        if request.method == "OPTIONS":
            route.fulfill(status=204, headers=allowed)
            return
        status, body = pool.answer(request.headers["x-amz-target"].rpartition(".")[2], asked)
        route.fulfill(status=status, body=json.dumps(body), headers=allowed)

    def page(*, clock: bool = False, **options: Any) -> Page:
        """`clock`: the browser's clock runs as a test says."""
        found = opened(**options)
        if clock:
            found.clock.install()
        found.route(f"{PAGE}/**", serve)
        found.route(f"{LINKS}/**", serve_picture)
        found.route(f"{SIGN_IN}/**", sign_in)
        found.goto(f"{PAGE}/")
        found.wait_for_selector("#enter")
        return found

    return page


def fulfil(route: Route, answer: tuple[int, str] | None) -> None:
    """None: the answer is lost on the way."""
    if answer is None:
        route.abort()
    else:
        route.fulfill(status=answer[0], body=answer[1], content_type="application/json")


def console_headers() -> dict[str, str]:
    """What the template's policy puts on each answer."""
    policy = read("infra/console.yaml")["Resources"]["Headers"]["Properties"]
    config = policy["ResponseHeadersPolicyConfig"]
    security = config["SecurityHeadersConfig"]
    csp = security["ContentSecurityPolicy"]["ContentSecurityPolicy"]["Sub"]
    for name, value in {
        "PhotosBucketName": "photos",
        "AWS::Region": "eu-central-1",
        "AWS::URLSuffix": "amazonaws.com",
    }.items():
        csp = csp.replace(f"${{{name}}}", value)
    return {
        "Content-Security-Policy": csp,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": security["ReferrerPolicy"]["ReferrerPolicy"],
        **{one["Header"]: one["Value"] for one in config["CustomHeadersConfig"]["Items"]},
    }


def enter(page: Page, name: str = "moderator", password: str = PASSWORD, code: str = CODE) -> None:
    """Sign in by keyboard: the field to fill has the focus."""
    give(page, name, password)
    page.wait_for_selector("#code")
    page.keyboard.type(code)
    page.keyboard.press("Enter")


def give(page: Page, name: str, password: str) -> None:
    """The first step of a sign-in."""
    page.keyboard.type(name)
    page.keyboard.press("Tab")
    page.keyboard.type(password)
    page.keyboard.press("Enter")


def go(page: Page, place: str, ready: str) -> None:
    """Show another view. `ready` may be in the view before it too, so that one must be gone."""
    page.goto(f"{page.url.split('#')[0]}#/{place}")
    page.wait_for_selector(f"#to-{re.split('[/?]', place)[0]}[aria-current]")
    page.wait_for_selector(ready)


def until(page: Page, true: Callable[[], object], patience: float = 30) -> None:
    """Ask until it is true, or fail after `patience` seconds. The page keeps running."""
    deadline = time.monotonic() + patience
    while not true():
        assert time.monotonic() < deadline, f"not true within {patience} s"
        page.wait_for_timeout(50)
