"""Each screen of the example app: screenshots, axe, and nothing that scrolls sideways."""

from __future__ import annotations

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.app.likeness import PHOTOS, FakeLikeness, now, reason, served
from tests.browser import app_page
from tests.browser.conftest import until

PHONE = app_page.PHONE
NARROW = {**PHONE, "viewport": {"width": 320, "height": 640}}
LOOKS = {
    "light-en": {**PHONE, "locale": "en-GB"},
    "dark-de": {**PHONE, "locale": "de-DE", "color_scheme": "dark"},
    "narrow-light-de": {**NARROW, "locale": "de-DE"},
    "narrow-dark-en": {**NARROW, "locale": "en-GB", "color_scheme": "dark"},
    "contrast": {**PHONE, "forced_colors": "active", "reduced_motion": "reduce"},
}
BLURRY = {
    "state": "refused",
    "problem": reason("QUALITY.BLURRY"),
    "box": {"left": 0.3, "top": 0.2, "width": 0.4, "height": 0.35},
}


def refused(job):
    """What a job that was refused by policy has."""
    ground = reason("POLICY.NUDITY") | {
        "photo_id": "p01",
        "dsa_category": "STATEMENT_CATEGORY_OTHER_VIOLATION_TC",
    }
    return {
        "reason": reason("POLICY.NUDITY"),
        "statement": {
            "issued_at": now(),
            "decision": {"en": "No avatars were made.", "de": "Es wurden keine Avatare gemacht."},
            "grounds": [ground],
            "policy_version": "1",
            "automated_detection": True,
            "automated_decision": False,
            "how_to_appeal": {"en": "Send the same photos.", "de": "Schick dieselben Fotos."},
            "appeal_until": now() + timedelta(days=80),
        },
    }


@pytest.mark.parametrize("look", LOOKS)
def test_every_screen_is_accessible_on_a_phone(opened, screenshot, look):
    likeness = FakeLikeness(problems={"p02": BLURRY})
    page = opened(**LOOKS[look])
    app_page.connect(page, likeness)

    def good(screen):
        page.evaluate("document.getAnimations().forEach((one) => one.cancel())")
        screenshot(page, f"app-{screen}-{look}", full_page=True)
        found = Axe().run(page, options={"resultTypes": ["violations"]})
        assert found.violations_count == 0, f"{screen}: {found.generate_report()}"
        wide, room = page.evaluate(
            "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        )
        assert wide <= room, f"{screen} is {wide} px wide in {room} px"

    with served(likeness) as address:
        page.goto(address)
        page.wait_for_selector("#name")
        good("01-sign-in")
        app_page.sign_in(page, address)
        good("02-home")
        page.click(".today .button")
        page.wait_for_selector(".styles")
        for style in ("comic", "oil", "watercolour"):
            page.click(f"#style-{style}")
        good("03-styles")
        page.click("#go")
        page.check("#agree")
        good("04-consent")
        app_page.add_photos(page, *PHOTOS[:4])
        page.wait_for_selector(".refused .box")
        good("05-photos")
        (job_id,) = likeness.jobs
        page.set_input_files(".refused input", PHOTOS[5])
        page.wait_for_selector("#p05.accepted")
        page.click("#go")
        page.wait_for_selector(".running")
        progress = {"done": 11, "total": 30, "ends_by": "2026-11-23T11:00:00Z"}
        progress["estimate"] = {"p50_s": 40, "p90_s": 60, "measured_jobs": 20}
        likeness.jobs[job_id] |= {"state": "generating", "progress": progress}
        page.reload()
        page.wait_for_selector("progress[value]")
        good("06-running")
        page.click("#cancel")
        page.wait_for_selector("dialog[open]")
        good("07-stop")
        page.keyboard.press("Escape")
        likeness.jobs[job_id] |= {"state": "in_review"}
        page.reload()
        page.wait_for_selector(".running")
        good("08-review")

        likeness.completes(job_id)
        page.reload()
        page.wait_for_selector(".avatars")
        page.click("#like-a01")
        page.click("#like-a03")
        loaded = "[...document.images].every((one) => one.complete && one.naturalWidth)"
        until(page, lambda: page.evaluate(loaded))
        good("09-gallery")
        page.click("#a01")
        page.wait_for_selector("dialog[open]")
        good("10-avatar")
        page.keyboard.press("Escape")
        page.click("#go")
        page.wait_for_selector("dialog[open]")
        good("11-keep")
        page.keyboard.press("Escape")
        page.click(".foot a")
        page.wait_for_selector(".receipt")
        good("12-receipt")
        page.click(".face")
        page.wait_for_selector("#erase")
        good("13-account")

        likeness.ends(job_id, "refused", avatars=[], **refused(job_id))
        page.goto(f"{address}/#/job/{job_id}")
        page.wait_for_selector("#appeal")
        good("14-refused")
        page.goto(f"{address}/#/")
        page.wait_for_selector(".today")
        good("15-history")
        page.goto(f"{address}/#/account")
        page.click("#erase")
        page.wait_for_selector("dialog[open]")
        good("16-erase")
        page.click("dialog [value=yes]")
        page.wait_for_selector(".receipt dl")
        good("17-erased")
