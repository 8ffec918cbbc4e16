"""From photos to avatars on the laptop cloud: python -m demo [--photos DIR] ..."""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from demo.job import OWN_PHOTOS, OWN_STYLES, TYPES, NoAvatars, Order, run
from demo.progress import say
from infra.laptop.client import app_client
from infra.laptop.project import FOLDERS, ROOT, likeness, tool
from laptop_cloud import cloud, places
from likeness.domain.generation.engine import Engine
from likeness_client.errors import LikenessError

if TYPE_CHECKING:
    from collections.abc import Sequence

ENGINES: dict[str, str] = {"painter": "painter", "tiny": "tiny-lora"}
ENGINES |= {name: name for name in get_args(Engine)}
BACKENDS = ("training-job", "async-endpoint")
REVIEW = re.compile(r"flagged|all|sample:(100|[0-9]{1,2}([.][0-9]+)?)")
NOISE = (
    "The engine is tiny: the classes of the GPU engine with small random weights. It trains and "
    "generates, and the pictures are noise."
)
PREVIEWS = ROOT / "layers" / "likeness" / "likeness" / "policy" / "previews" / "256"
POLL_S = 0.4
LEAST_PHOTOS, MOST_PHOTOS, MOST_AVATARS, MOST_STYLES = 3, 10, 30, 5  # as in the API


class WrongOption(Exception):
    """An option has an invalid value; the message is one sentence."""


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
    parser.add_argument("--state", type=_path, default=FOLDERS.state, help="folder of the cloud")
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
        folders = replace(FOLDERS, state=given.state)
        described = replace(described, start_command="make demo", folders=folders)
        running = cloud.up(described, port=port, say=say)
        if engine.startswith("tiny"):
            say(NOISE)
        page = running.page_url
        job = run(
            order, app_client(running), lambda job_id: how_to_decide(job_id, page), pause=_pause
        )
        _draw_contact_sheet(order.out)
    except places.CannotRun as error:
        sys.exit(str(error))
    except (NoAvatars, LikenessError) as error:
        sys.exit(f"No avatars: {error}")
    if engine.startswith("tiny"):
        say(NOISE)
    say(
        f"{len(job['avatars'])} avatars are in {order.out}/avatars, all of them in "
        f"{order.out}/contact-sheet.png, the job as GET returned it last in {order.out}/job.json.\n"
        f"The photos were deleted at {job['photos_deleted_at']}.\n"
        "The cloud still runs: make down ends it."
    )


def _pause(seconds: float) -> None:
    """The API's 2 to 5 s are for many callers. This cloud has one, who watches."""
    time.sleep(min(seconds, POLL_S))


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


def _draw_contact_sheet(out: Path) -> None:
    subprocess.run(
        [
            *(tool("vision").command(), "-m", "demo.contact_sheet"),
            *(str(out / "avatars"), str(out / "contact-sheet.png")),
        ],
        check=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "model")))},
    )


def _path(text: str) -> Path:
    """Not every shell expands the ~ of PHOTOS=~/me."""
    return Path(text).expanduser()


def _engine(name: str) -> str:
    """The template's name of an engine; raises WrongOption."""
    if name not in ENGINES:
        raise WrongOption(f"There is no ENGINE {name!r}; choose one of {', '.join(ENGINES)}.")
    return ENGINES[name]


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


if __name__ == "__main__":
    main()
