"""From photos to avatars on the laptop cloud: python -m demo [--photos DIR] ..."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import urllib3

from demo.app_backend import Answered, AppBackend
from demo.progress import Bar
from laptop_cloud import cloud, places
from laptop_cloud.project import likeness

if TYPE_CHECKING:
    from collections.abc import Sequence

OWN_PHOTOS = Path(__file__).parent / "photos"
LANES = ("training-job", "async-endpoint")
TINY = "tiny-lora"
NOISE = (
    "The engine is tiny: the classes of the GPU engine with small random weights. It learns and "
    "draws for real, and the pictures are noise."
)
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
ENDED = frozenset({"completed", "refused", "cancelled", "expired", "failed"})


@dataclass(frozen=True, slots=True)
class Wish:
    photos: tuple[Path, ...]
    styles: tuple[str, ...]
    count: int
    out: Path
    user: str


class NoAvatars(Exception):
    """The demo ended without avatars; the message says why, as a user would read it."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--photos", type=Path, default=OWN_PHOTOS)
    parser.add_argument("--styles", default=",".join(OWN_STYLES))
    parser.add_argument("--count", type=int, default=30)
    parser.add_argument("--out", type=Path, default=Path("out"))
    parser.add_argument("--user", default="demo")
    parser.add_argument("--review", default="flagged", help="flagged, all or sample:N")
    parser.add_argument("--port", type=int, default=places.PORT)
    parser.add_argument("--engine", default="painter", help="painter, or tiny for the GPU engine's")
    parser.add_argument("--lane", default="training-job", choices=LANES)
    asked = parser.parse_args()
    try:
        wish = Wish(
            photos=_photos(asked.photos),
            styles=tuple(style.strip() for style in asked.styles.split(",") if style.strip()),
            count=asked.count,
            out=asked.out,
            user=asked.user,
        )
        engine = TINY if asked.engine == "tiny" else asked.engine
        project = likeness(engine=engine, lane=asked.lane, review=asked.review)
        running = cloud.up(project, port=asked.port, say=say)
        if engine.startswith("tiny"):
            say(NOISE)
        job = run(wish, _app_backend(running), running.console_url)
    except places.CannotRun as error:
        sys.exit(str(error))
    except (NoAvatars, Answered) as error:
        sys.exit(f"No avatars: {error}")
    if engine.startswith("tiny"):
        say(NOISE)
    say(
        f"{len(job['avatars'])} avatars are in {wish.out}/avatars, all together in "
        f"{wish.out}/contact-sheet.png, the job's last answer in {wish.out}/job.json.\n"
        f"The photos were deleted at {job['photos_deleted_at']}.\n"
        "The cloud is still up: make down ends it."
    )


def run(wish: Wish, backend: AppBackend, console: str | None = None) -> dict[str, Any]:
    """One job from order to files; the job as GET last showed it. Raises NoAvatars."""
    if wish.photos[0].parent == OWN_PHOTOS:
        say("The photos are eight views of one public-domain photograph (NASA, Eileen Collins).")
    job_id = _create(wish, backend)
    bar = Bar()
    refused = _wait_for_inspection(job_id, wish, backend, bar)
    backend.submit(job_id)
    job = _wait_for_end(job_id, backend, bar, console)
    bar.end()
    _tell_refused(job, wish, refused)
    _write_answer(wish.out, job)
    if job["state"] != "completed":
        reason = job.get("reason") or {}
        hint = reason.get("hint", {}).get("en", "")
        raise NoAvatars(f"the job ended as {job['state']} ({reason.get('code', '?')}). {hint}")
    _write_avatars(wish.out, job, backend)
    return job


def _create(wish: Wish, backend: AppBackend) -> str:
    order = {
        "user_id": wish.user,
        "styles": wish.styles,
        "photos": [{"content_type": TYPES[photo.suffix.lower()]} for photo in wish.photos],
        "avatars": wish.count,
        "time_zone": "UTC",
        "consent": {"version": "2026-11", "accepted_at": datetime.now(UTC).isoformat()},
    }
    try:
        created = backend.create_job(order)
    except Answered as answered:
        if answered.problem.get("error") == "OverQuota":
            raise NoAvatars(f"{answered} (another user may still: USER_ID=somebody)") from None
        raise
    for photo, form in zip(wish.photos, created["uploads"], strict=True):
        backend.upload(form, photo.read_bytes())
    job_id: str = created["job_id"]
    say(f"{len(wish.photos)} photos handed in for job {job_id}.")
    return job_id


def _wait_for_inspection(job_id: str, wish: Wish, backend: AppBackend, bar: Bar) -> set[str]:
    """Until each photo has its verdict; the refused ones, which are told with their hints."""
    deadline = time.monotonic() + INSPECTED_WITHIN
    while True:
        job = backend.job(job_id)
        bar.show(job)
        if all(photo["state"] != "awaited" for photo in job["photos"]):
            break
        if time.monotonic() > deadline:
            raise NoAvatars(f"the photos were not checked within {INSPECTED_WITHIN} s")
        time.sleep(POLL)
    bar.end()
    return _tell_refused(job, wish, set())


def _tell_refused(job: dict[str, Any], wish: Wish, told: set[str]) -> set[str]:
    """Say of each refused photo that was not told yet what a user would read; those of now."""
    refused = set()
    for photo, file in zip(job["photos"], wish.photos, strict=True):
        if photo["state"] != "refused" or photo["photo_id"] in told:
            continue
        problem = photo["problem"]
        say(f"{file.name} was refused, {problem['code']}: {problem['hint']['en']}")
        refused.add(photo["photo_id"])
    return refused


def _wait_for_end(
    job_id: str, backend: AppBackend, bar: Bar, console: str | None
) -> dict[str, Any]:
    deadline, told = time.monotonic() + ENDED_WITHIN, False
    while time.monotonic() < deadline:
        job = backend.job(job_id)
        bar.show(job)
        if job["state"] in ENDED:
            return job
        if job["state"] == "in_review":  # the review has a deadline of its own
            deadline = time.monotonic() + ENDED_WITHIN
            if not told:
                bar.end()
                say(how_to_decide(job_id, console))
                told = True
        time.sleep(POLL)
    raise NoAvatars(f"the job had not ended after {ENDED_WITHIN} s")


def how_to_decide(job_id: str, console: str | None) -> str:
    """Where to decide as the laptop's moderator, or what to type into another shell."""
    review = f"$LIKENESS_API_URL/v1/reviews/r{job_id.removeprefix('j')}"
    call = 'curl -sS -X POST -H "Authorization: $MODERATOR_TOKEN"'
    refusal = '{"approve": false, "photos": [{"photo_id": "p01", "reason": "RIGHTS.NOT_SELF"}]}'
    return f"""The job waits at the review desk: {console or "it has no page here"}
Sign in with MODERATOR_USERNAME and MODERATOR_PASSWORD of .local/env, or decide in another shell:

    eval "$(.envs/cloud/bin/python -m laptop_cloud env)"
    {call} "{review}/claim"
    {call} -d '{{"approve": true}}' "{review}/decision"

or, to refuse a photo:

    {call} -d '{refusal}' "{review}/decision"
"""


def _write_answer(out: Path, job: dict[str, Any]) -> None:
    """However the job ended."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "job.json").write_text(json.dumps(job, indent=2) + "\n")


def _write_avatars(out: Path, job: dict[str, Any], backend: AppBackend) -> None:
    """The avatars, best first; what an earlier run left in the folder goes."""
    avatars = out / "avatars"
    avatars.mkdir(parents=True, exist_ok=True)
    for old in avatars.glob("[0-9][0-9]-*.png"):
        old.unlink()
    for n, avatar in enumerate(job["avatars"], start=1):
        file = avatars / f"{n:02d}-{avatar['style']}.png"
        file.write_bytes(backend.download(avatar["png"]))
    subprocess.run(
        [
            *(str(places.python_of("vision")), "-m", "demo.contact_sheet"),
            *(str(avatars), str(out / "contact-sheet.png")),
        ],
        check=True,
    )


def _photos(folder: Path) -> tuple[Path, ...]:
    found: Sequence[Path] = sorted(folder.iterdir()) if folder.is_dir() else ()
    photos = tuple(file for file in found if file.suffix.lower() in TYPES)
    if not photos:
        raise places.CannotRun(f"There is no photo in {folder}. It takes {', '.join(TYPES)}.")
    return photos


def _app_backend(running: cloud.Cloud) -> AppBackend:
    return AppBackend(
        api_url=running.api_url,
        region=places.REGION,
        credentials=running.app_credentials(),
        http=urllib3.PoolManager(timeout=30, retries=False),
    )


def say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
