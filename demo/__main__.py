"""From photos to avatars on the laptop cloud: python -m demo [--photos DIR] ..."""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import urllib3

from demo.app_backend import ApiError, AppBackend
from demo.progress import Bar
from infra.laptop.project import ROOT, likeness, tool
from laptop_cloud import cloud, places

if TYPE_CHECKING:
    from collections.abc import Sequence

OWN_PHOTOS = Path(__file__).parent / "photos"
ENGINES = {"painter": "painter", "tiny": "tiny-lora"}  # and the template's own names
DIFFUSION = ("flux2-klein-4b-ref", "flux2-klein-4b-lora", "flux2-klein-4b-lora-ref", "sdxl-lora")
DIFFUSION += ("tiny-ref", "tiny-lora")
BACKENDS = ("training-job", "async-endpoint")
REVIEW = re.compile(r"flagged|all|sample:(100|[0-9]{1,2}([.][0-9]+)?)")
NOISE = (
    "The engine is tiny: the classes of the GPU engine with small random weights. It trains and "
    "generates, and the pictures are noise."
)
PREVIEWS = ROOT / "layers" / "likeness" / "likeness" / "policy" / "previews"  # one per style
LEAST_PHOTOS, MOST_PHOTOS, MOST_AVATARS, MOST_STYLES = 3, 10, 30, 5  # as in the API
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
class Order:
    photos: tuple[Path, ...]
    styles: tuple[str, ...]
    count: int
    out: Path
    user: str


class WrongOption(Exception):
    """An option has an invalid value; the message is one sentence."""


class NoAvatars(Exception):
    """The demo ended without avatars; the message says why, as a user reads it."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--photos", type=_path, default=OWN_PHOTOS)
    parser.add_argument("--styles", default=",".join(OWN_STYLES))
    parser.add_argument("--count", default=str(MOST_AVATARS))
    parser.add_argument("--out", type=_path, default=Path("out"))
    parser.add_argument("--user", default="demo")
    parser.add_argument("--review", default="flagged", help="flagged, all or sample:N")
    parser.add_argument("--port", default=str(places.PORT))
    parser.add_argument("--engine", default="painter", help="painter, or tiny for the GPU engine's")
    parser.add_argument("--backend", default="training-job", help=" or ".join(BACKENDS))
    given = parser.parse_args()
    try:
        engine = _engine(given.engine)
        _check(given.backend, given.review, given.out)
        order = Order(
            photos=_photos(given.photos),
            styles=_styles(given.styles),
            count=_count(given.count),
            out=given.out,
            user=given.user,
        )
        port = places.port_number(given.port)
    except (WrongOption, places.CannotRun) as error:
        say(str(error))
        sys.exit(2)
    try:
        described = likeness(engine=engine, backend=given.backend, review=given.review)
        described = replace(described, start_command="make demo")
        running = cloud.up(described, port=port, say=say)
        if engine.startswith("tiny"):
            say(NOISE)
        job = run(order, _app_backend(running), running.page_url)
    except places.CannotRun as error:
        sys.exit(str(error))
    except (NoAvatars, ApiError) as error:
        sys.exit(f"No avatars: {error}")
    if engine.startswith("tiny"):
        say(NOISE)
    say(
        f"{len(job['avatars'])} avatars are in {order.out}/avatars, all of them in "
        f"{order.out}/contact-sheet.png, the job as GET returned it last in {order.out}/job.json.\n"
        f"The photos were deleted at {job['photos_deleted_at']}.\n"
        "The cloud still runs: make down ends it."
    )


def run(order: Order, backend: AppBackend, console: str | None = None) -> dict[str, Any]:
    """Run one job from the order to files; returns the job as GET returned it last.

    Raises NoAvatars.
    """
    if order.photos[0].parent == OWN_PHOTOS:
        say("The photos are eight views of one public-domain photograph (NASA, Eileen Collins).")
    job_id = _create(order, backend)
    bar = Bar()
    refused = _wait_for_inspection(job_id, order, backend, bar)
    backend.submit(job_id)
    job = _wait_for_end(job_id, backend, bar, console)
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
        if all(photo["state"] != "awaited" for photo in job["photos"]):
            break
        if time.monotonic() > deadline:
            raise NoAvatars(f"the photos were not checked within {INSPECTED_WITHIN} s")
        time.sleep(POLL)
    bar.end()
    return _report_refused(job, order, set())


def _report_refused(job: dict[str, Any], order: Order, known: set[str]) -> set[str]:
    """Print the user's message for each newly refused photo; returns these photos."""
    refused = set()
    for photo, file in zip(job["photos"], order.photos, strict=True):
        if photo["state"] != "refused" or photo["photo_id"] in known:
            continue
        problem = photo["problem"]
        say(f"{file.name} was refused, {problem['code']}: {problem['hint']['en']}")
        refused.add(photo["photo_id"])
    return refused


def _wait_for_end(
    job_id: str, backend: AppBackend, bar: Bar, console: str | None
) -> dict[str, Any]:
    deadline, advised = time.monotonic() + ENDED_WITHIN, False
    while time.monotonic() < deadline:
        job = backend.job(job_id)
        bar.show(job)
        if job["state"] in ENDED:
            return job
        if job["state"] == "in_review":  # the review has its own deadline
            deadline = time.monotonic() + ENDED_WITHIN
            if not advised:
                bar.end()
                say(how_to_decide(job_id, console))
                advised = True
        time.sleep(POLL)
    raise NoAvatars(f"the job had not ended after {ENDED_WITHIN} s")


def how_to_decide(job_id: str, console: str | None) -> str:
    """Where the moderator decides, and the commands that decide in a shell."""
    review = f"$LIKENESS_API_URL/v1/reviews/r{job_id.removeprefix('j')}"
    call = 'curl -sS -X POST -H "Authorization: $MODERATOR_TOKEN"'
    refusal = '{"approve": false, "photos": [{"photo_id": "p01", "reason": "RIGHTS.NOT_SELF"}]}'
    return f"""The job waits in the review queue: {console or "this cloud has no review page"}
Sign in with MODERATOR_USERNAME and MODERATOR_PASSWORD of .local/env, or decide in another shell:

    eval "$(make -s env)"
    {call} "{review}/claim"
    {call} -d '{{"approve": true}}' "{review}/decision"

or, to refuse a photo:

    {call} -d '{refusal}' "{review}/decision"
"""


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
    subprocess.run(
        [
            *(tool("vision").command(), "-m", "demo.contact_sheet"),
            *(str(avatars), str(out / "contact-sheet.png")),
        ],
        check=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "model")))},
    )


def _path(text: str) -> Path:
    """Not every shell expands the ~ of PHOTOS=~/me."""
    return Path(text).expanduser()


def _engine(name: str) -> str:
    """The template's name of an engine; raises WrongOption."""
    if name not in ENGINES and name not in DIFFUSION:
        names = ", ".join([*ENGINES, *DIFFUSION])
        raise WrongOption(f"There is no ENGINE {name!r}; choose one of {names}.")
    return ENGINES.get(name, name)


def _check(backend: str, review: str, out: Path) -> None:
    """Raises WrongOption."""
    if backend not in BACKENDS:
        raise WrongOption(f"There is no BACKEND {backend!r}; choose {' or '.join(BACKENDS)}.")
    if not REVIEW.fullmatch(review):
        raise WrongOption(
            f"REVIEW cannot be {review!r}; choose flagged, all, or sample:N for N percent."
        )
    try:
        out.mkdir(parents=True, exist_ok=True)
        probe = out / ".can-be-written"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise WrongOption(f"OUT {str(out)!r} cannot be written: {error.strerror}.") from error


def _styles(given: str) -> tuple[str, ...]:
    """Raises WrongOption."""
    styles = tuple(style.strip() for style in given.split(",") if style.strip())
    known = sorted(preview.stem for preview in PREVIEWS.glob("*.webp"))
    for style in styles:
        if style not in known:
            raise WrongOption(f"There is no style {style!r}; choose from {', '.join(known)}.")
    if not 1 <= len(set(styles)) == len(styles) <= MOST_STYLES:
        raise WrongOption(f"STYLES must be 1 to {MOST_STYLES} different styles, not {given!r}.")
    return styles


def _count(given: str) -> int:
    """Raises WrongOption."""
    if not (given.isascii() and given.isdecimal() and 1 <= int(given) <= MOST_AVATARS):
        raise WrongOption(f"COUNT must be a number from 1 to {MOST_AVATARS}, not {given!r}.")
    return int(given)


def _photos(folder: Path) -> tuple[Path, ...]:
    found: Sequence[Path] = sorted(folder.iterdir()) if folder.is_dir() else ()
    photos = tuple(file for file in found if file.suffix.lower() in TYPES)
    if not photos:
        raise WrongOption(f"There is no photo in PHOTOS {folder} ({', '.join(TYPES)}).")
    if not LEAST_PHOTOS <= len(photos) <= MOST_PHOTOS:
        needed = f"{LEAST_PHOTOS} to {MOST_PHOTOS} are needed"
        raise WrongOption(f"PHOTOS {folder} has {len(photos)} photos; {needed}.")
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
