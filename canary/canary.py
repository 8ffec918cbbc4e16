"""The canary: each hour it ends the job of the hour before and begins another one.

It calls the API as an app backend does, for one of 24 users of its own, `canary-00` to `canary-23`:
each has its hour, so each runs one job a day, as every user may. It erases the user after its job.

    {"hour": 7}     invoked by hand: ends the job of canary-06, begins one of canary-07; `url` is
                    the base of the API where it is not the stack's output (make up)
"""

from __future__ import annotations

import json
import logging
import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from likeness_client.client import Likeness
from likeness_client.errors import LikenessError

if TYPE_CHECKING:
    from collections.abc import Iterator

PHOTOS = sorted((Path(__file__).parent / "photos").glob("*.jpg"))
STYLES = ["comic"]
AVATARS = 1
VERDICTS_WITHIN_S = 120

log = logging.getLogger("canary")
log.setLevel(logging.INFO)


class Fault(Exception):
    """What the canary found; the message has no id but the job's."""


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    hour = int(event.get("hour", datetime.now(UTC).hour))
    url = event.get("url") or os.environ["LIKENESS_API_URL"]
    api = Likeness(url, os.environ["AWS_REGION"])
    faults = list(run(api, hour))
    for fault in faults:
        log.error("canary: %s", fault)
    measure("CanaryPassed", 0 if faults else 1, "Count")
    return {"faults": faults}


def run(api: Likeness, hour: int) -> Iterator[str]:
    """Each fault. One does not hide the next: the three users have nothing in common."""
    for part, user in (
        (is_erased, user_of(hour - 2)),
        (end, user_of(hour - 1)),
        (begin, user_of(hour)),
    ):
        try:
            part(api, user)
        except (Fault, LikenessError) as error:
            yield f"{part.__name__}: {error}"


def user_of(hour: int) -> str:
    return f"canary-{hour % 24:02d}"


def begin(api: Likeness, user: str) -> None:
    """Submit a job of the demo's photos."""
    consent = api.get_consents()["consents"][0]
    created = api.create_job(
        {
            "user_id": user,
            "styles": STYLES,
            "photos": [{"content_type": "image/jpeg"} for _ in PHOTOS],
            "avatars": AVATARS,
            "time_zone": "UTC",
            "consent": {
                "version": consent["version"],
                "accepted_at": datetime.now(UTC).isoformat(),
            },
        }
    )
    for photo, post in zip(PHOTOS, created["uploads"], strict=True):
        api.upload(post, photo.read_bytes())
    job = api.wait_for_photos(created["job_id"], timeout_s=VERDICTS_WITHIN_S)
    states = [photo["state"] for photo in job["photos"]]
    if states != ["accepted"] * len(PHOTOS):
        raise Fault(f"the photos of job {created['job_id']} are {', '.join(states)}")
    api.submit_job(created["job_id"])


def end(api: Likeness, user: str) -> None:
    """Check the user's job and erase the user, whatever was found. The first hour has no job."""
    jobs = api.list_jobs(user)["jobs"]
    if not jobs:
        return
    try:
        check(api, jobs[0]["job_id"])
    finally:
        api.request_erasure(user)


def check(api: Likeness, job_id: str) -> None:
    """Raises Fault unless the job completed and the deletion of its photos is proven."""
    job = api.get_job(job_id)
    found = job["state"], len(job["avatars"]), job["deletion"]
    if found != ("completed", AVATARS, "deleted"):
        state, avatars, deletion = found
        raise Fault(f"job {job_id} is {state}, {avatars} avatars, deletion {deletion}")
    entered = {one["state"]: datetime.fromisoformat(one["at"]) for one in job["timeline"]}
    took = max(entered.values()) - min(entered.values())
    measure("CanarySeconds", took.total_seconds(), "Seconds")


def is_erased(api: Likeness, user: str) -> None:
    if jobs := api.list_jobs(user)["jobs"]:
        raise Fault(f"job {jobs[0]['job_id']} is still there an hour after its user was erased")


def measure(name: str, value: float, unit: str) -> None:
    """A line in the embedded metric format."""
    namespace = os.environ["LIKENESS_METRICS_NAMESPACE"]
    metric = {"Namespace": namespace, "Dimensions": [[]], "Metrics": [{"Name": name, "Unit": unit}]}
    about = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [metric]}
    print(json.dumps({"_aws": about, name: value}), flush=True)  # noqa: T201  the function's log
