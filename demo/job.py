"""One job through the API, as an app backend runs it: photos in, avatars out."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from demo.progress import Bar, say
from likeness_client import errors

if TYPE_CHECKING:
    from collections.abc import Callable

    from likeness_client import Likeness, types
    from likeness_client.client import PhotoType

    Pause = Callable[[float], object] | None

OWN_PHOTOS = Path(__file__).parent / "photos"
OWN_STYLES = ("comic", "watercolour", "oil", "cyberpunk", "glamour")
TYPES: dict[str, PhotoType] = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".heic": "image/heic",
    ".heif": "image/heif",
}
CONNECTIONS = 4  # for uploads, as a browser or a phone has
INSPECTED_WITHIN = 60  # s without a change of any photo
ENDED_WITHIN = 900  # s without a change of the job
REFUSED = frozenset({"refused", "left_out"})  # states of a photo that no avatar is made from


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
    backend: Likeness,
    advice: Callable[[str], str],
    *,
    ended_within: float = ENDED_WITHIN,
    pause: Pause = None,
) -> types.JobView:
    """Run one job from the order to files; returns the job as GET returned it last.

    `advice` says, for a job that waits in the review queue, how to decide it. Except in review, the
    job must change within `ended_within` seconds. `pause` waits between polls: by default as long
    as the API says. Raises NoAvatars.
    """
    if order.photos[0].parent == OWN_PHOTOS:
        say("The photos are eight views of one public-domain photograph (NASA, Eileen Collins).")
    job_id = _create(order, backend)
    bar = Bar()
    refused = _wait_for_inspection(job_id, order, backend, bar, pause)
    backend.submit_job(job_id)
    job = _wait_for_end(job_id, backend, bar, advice, ended_within=ended_within, pause=pause)
    bar.end()
    _report_refused(job, order, refused)
    _write_job(order.out, job)
    if job["state"] != "completed":
        reason = job["reason"]
        why = f" ({reason['code']}). {reason['hint']['en']}" if reason else ""
        raise NoAvatars(f"the job ended as {job['state']}{why}")
    _write_avatars(order.out, job, backend)
    return job


def _create(order: Order, backend: Likeness) -> str:
    request: types.CreateJob = {
        "user_id": order.user,
        "styles": list(order.styles),
        "photos": [{"content_type": TYPES[photo.suffix.lower()]} for photo in order.photos],
        "avatars": order.count,
        "time_zone": "UTC",
        "consent": {"version": "2026-11", "accepted_at": datetime.now(UTC).isoformat()},
    }
    try:
        created = backend.create_job(request)
    except errors.OverQuota as error:
        raise NoAvatars(f"{error} (another user still can: USER_ID=another)") from None
    with ThreadPoolExecutor(CONNECTIONS) as connections:
        uploads = [
            connections.submit(backend.upload, post, photo.read_bytes())
            for post, photo in zip(created["uploads"], order.photos, strict=True)
        ]
    for upload in uploads:
        upload.result()
    say(f"{len(order.photos)} photos are uploaded for job {created['job_id']}.")
    return created["job_id"]


def _wait_for_inspection(
    job_id: str, order: Order, backend: Likeness, bar: Bar, pause: Pause
) -> set[str]:
    """Wait for the verdict on each photo; reports and returns the refused ones."""
    try:
        job = backend.wait_for_photos(job_id, timeout_s=INSPECTED_WITHIN, pause=pause)
    except errors.TimedOut:
        raise NoAvatars(f"the photos were not checked within {INSPECTED_WITHIN} s") from None
    bar.show(job)
    bar.end()
    return _report_refused(job, order, set())


def _report_refused(job: types.JobView, order: Order, known: set[str]) -> set[str]:
    """Print the user's message for each photo that is newly refused or left out; returns these."""
    refused = set()
    for photo, file in zip(job["photos"], order.photos, strict=True):
        if photo["state"] not in REFUSED or photo["photo_id"] in known:
            continue
        if problem := photo["problem"]:
            state = photo["state"].replace("_", " ")
            say(f"{file.name} was {state}, {problem['code']}: {problem['hint']['en']}")
        refused.add(photo["photo_id"])
    return refused


def _wait_for_end(
    job_id: str,
    backend: Likeness,
    bar: Bar,
    advice: Callable[[str], str],
    *,
    ended_within: float,
    pause: Pause,
) -> types.JobView:
    advised = False
    while True:
        try:
            for job in backend.watch_job(job_id, timeout_s=ended_within, pause=pause):
                bar.show(job)
                if job["state"] == "in_review" and not advised:
                    bar.end()
                    say(advice(job_id))
                    advised = True
        except errors.TimedOut as error:
            if error.job["state"] != "in_review":  # a review has its own deadline
                raise NoAvatars(str(error)) from None
        else:
            return job


def _write_job(out: Path, job: types.JobView) -> None:
    out.mkdir(parents=True, exist_ok=True)
    (out / "job.json").write_text(json.dumps(job, indent=2) + "\n")


def _write_avatars(out: Path, job: types.JobView, backend: Likeness) -> None:
    """Write the avatars, best first; those of an earlier run are deleted."""
    avatars = out / "avatars"
    avatars.mkdir(parents=True, exist_ok=True)
    for old in avatars.glob("[0-9][0-9]-*.png"):
        old.unlink()
    for n, avatar in enumerate(job["avatars"], start=1):
        file = avatars / f"{n:02d}-{avatar['style']}.png"
        file.write_bytes(backend.download(avatar["png"]))
