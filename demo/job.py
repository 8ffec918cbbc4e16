"""One job through the API, as an app backend runs it: photos in, avatars out."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from demo.app_backend import ApiError
from demo.progress import Bar, say

if TYPE_CHECKING:
    from collections.abc import Callable

    from demo.app_backend import AppBackend

OWN_PHOTOS = Path(__file__).parent / "photos"
OWN_STYLES = ("comic", "watercolour", "oil", "cyberpunk", "glamour")
TYPES = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".heic": "image/heic",
    ".heif": "image/heif",
}
INSPECTED_WITHIN = 60  # s, for all photos
ENDED_WITHIN = 900  # s, after submit
POLL = 0.5  # s
REFUSED = frozenset({"refused", "left_out"})  # states of a photo that no avatar is made from
UNDECIDED = frozenset({"awaited", "checking"})  # states of a photo without a verdict
ENDED = frozenset({"completed", "refused", "cancelled", "expired", "failed"})


@dataclass(frozen=True, slots=True)
class Order:
    photos: tuple[Path, ...]
    styles: tuple[str, ...]
    count: int
    out: Path
    user: str


class NoAvatars(Exception):
    """The job ended without avatars; the message says why, as a user reads it."""


def run(
    order: Order,
    backend: AppBackend,
    advice: Callable[[str], str],
    *,
    ended_within: float = ENDED_WITHIN,
) -> dict[str, Any]:
    """Run one job from the order to files; returns the job as GET returned it last.

    `advice` says, for a job that waits in the review queue, how to decide it. The job must end
    within `ended_within` seconds after submit; a review has as long again. Raises NoAvatars.
    """
    if order.photos[0].parent == OWN_PHOTOS:
        say("The photos are eight views of one public-domain photograph (NASA, Eileen Collins).")
    job_id = _create(order, backend)
    bar = Bar()
    refused = _wait_for_inspection(job_id, order, backend, bar)
    backend.submit(job_id)
    job = _wait_for_end(job_id, backend, bar, advice, ended_within)
    bar.end()
    _report_refused(job, order, refused)
    _write_job(order.out, job)
    if job["state"] != "completed":
        reason = job.get("reason") or {}
        hint = reason.get("hint", {}).get("en", "")
        raise NoAvatars(f"the job ended as {job['state']} ({reason.get('code', '?')}). {hint}")
    _write_avatars(order.out, job, backend)
    return job


def _create(order: Order, backend: AppBackend) -> str:
    request = {
        "user_id": order.user,
        "styles": order.styles,
        "photos": [{"content_type": TYPES[photo.suffix.lower()]} for photo in order.photos],
        "avatars": order.count,
        "time_zone": "UTC",
        "consent": {"version": "2026-11", "accepted_at": datetime.now(UTC).isoformat()},
    }
    try:
        created = backend.create_job(request)
    except ApiError as error:
        if error.problem.get("error") == "OverQuota":
            raise NoAvatars(f"{error} (another user still can: USER_ID=another)") from None
        raise
    for photo, post in zip(order.photos, created["uploads"], strict=True):
        backend.upload(post, photo.read_bytes())
    job_id: str = created["job_id"]
    say(f"{len(order.photos)} photos are uploaded for job {job_id}.")
    return job_id


def _wait_for_inspection(job_id: str, order: Order, backend: AppBackend, bar: Bar) -> set[str]:
    """Wait for the verdict on each photo; reports and returns the refused ones."""
    deadline = time.monotonic() + INSPECTED_WITHIN
    while True:
        job = backend.job(job_id)
        bar.show(job)
        if all(photo["state"] not in UNDECIDED for photo in job["photos"]):
            break
        if time.monotonic() > deadline:
            raise NoAvatars(f"the photos were not checked within {INSPECTED_WITHIN} s")
        time.sleep(POLL)
    bar.end()
    return _report_refused(job, order, set())


def _report_refused(job: dict[str, Any], order: Order, known: set[str]) -> set[str]:
    """Print the user's message for each photo that is newly refused or left out; returns these."""
    refused = set()
    for photo, file in zip(job["photos"], order.photos, strict=True):
        if photo["state"] not in REFUSED or photo["photo_id"] in known:
            continue
        problem = photo["problem"]
        state = photo["state"].replace("_", " ")
        say(f"{file.name} was {state}, {problem['code']}: {problem['hint']['en']}")
        refused.add(photo["photo_id"])
    return refused


def _wait_for_end(
    job_id: str,
    backend: AppBackend,
    bar: Bar,
    advice: Callable[[str], str],
    ended_within: float,
) -> dict[str, Any]:
    deadline, advised = time.monotonic() + ended_within, False
    while time.monotonic() < deadline:
        job = backend.job(job_id)
        bar.show(job)
        if job["state"] in ENDED:
            return job
        if job["state"] == "in_review":  # the review has its own deadline
            deadline = time.monotonic() + ended_within
            if not advised:
                bar.end()
                say(advice(job_id))
                advised = True
        time.sleep(POLL)
    raise NoAvatars(f"the job had not ended after {ended_within:.0f} s")


def _write_job(out: Path, job: dict[str, Any]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    (out / "job.json").write_text(json.dumps(job, indent=2) + "\n")


def _write_avatars(out: Path, job: dict[str, Any], backend: AppBackend) -> None:
    """Write the avatars, best first; those of an earlier run are deleted."""
    avatars = out / "avatars"
    avatars.mkdir(parents=True, exist_ok=True)
    for old in avatars.glob("[0-9][0-9]-*.png"):
        old.unlink()
    for n, avatar in enumerate(job["avatars"], start=1):
        file = avatars / f"{n:02d}-{avatar['style']}.png"
        file.write_bytes(backend.download(avatar["png"]))
