"""Many jobs at once on the laptop cloud: `make load JOBS=50 REAL=2`.

Each job has a thread that does what an app's backend does: open, upload, submit, poll, read the
receipt. Most are test jobs, with all kinds of ends; REAL of them are moderated and drawn. Fails if
a job ends in another way than it should, if an object is left, or if a message is dead.
"""

from __future__ import annotations

import argparse
import sys
import threading
import time
import uuid
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import quantiles
from typing import TYPE_CHECKING, Any

import urllib3

from infra.laptop.project import ROOT, likeness
from laptop_cloud import cloud, places
from laptop_cloud.places import REGION
from likeness_client import Credentials, Likeness, receipts
from tests.clocks import morning_zone

if TYPE_CHECKING:
    from collections.abc import Callable

    from laptop_cloud.calls import Call
    from laptop_cloud.clients import Clients
    from laptop_cloud.cloud import Cloud

PHOTOS = sorted((ROOT / "demo" / "photos").glob("*.jpg"))[:4]
ISSUER = "likeness/local"
PATIENCE_S = 1800
AVATARS = 2  # of a real job
REFUSED = {"photo_id": "p01", "outcome": "refused", "reason": "POLICY.VIOLENCE"}
DOUBTFUL = {"photo_id": "p02", "outcome": "doubtful", "reason": "MINOR.AGE_DOUBT"}
CANCELLED = "cancelled"
# The plans of test jobs (docs/test-mode.md), and how each should end.
PLANS: tuple[tuple[dict[str, Any], str], ...] = (
    ({}, "completed"),
    ({"drawing_s": 3}, "completed"),
    ({"photos": [{**REFUSED, "outcome": "left_out"}]}, "completed"),
    ({"photos": [REFUSED]}, "refused"),
    ({}, "completed"),
    ({"photos": [DOUBTFUL], "review": {"decision": "approve", "after_s": 2}}, "completed"),
    ({"photos": [DOUBTFUL], "review": {"decision": "refuse", "after_s": 1}}, "refused"),
    ({"failure": "gpu"}, "failed"),
    ({"drawing_s": 300}, CANCELLED),
    ({"photos": [DOUBTFUL], "review": {"decision": "expire", "after_s": 1}}, "expired"),
)
JOB_ID = "j[0-9a-f]{32}"  # the calls are recorded if this starts the cloud
BAD = 400
QUEUES = ("DeadLetterQueue", "EventDeadLetterQueue", "DeliveryDeadLetterQueue")


@dataclass
class CountingHttp:
    """Counts what the API returned to all clients: 503 and 429 are repeated by the client."""

    pool: urllib3.PoolManager
    statuses: Counter[str] = field(default_factory=Counter)
    took: list[float] = field(default_factory=list)

    def request(self, method: str, url: str, **more: Any) -> Any:
        started = time.monotonic()
        try:
            found = self.pool.request(method, url, **more)
        except urllib3.exceptions.HTTPError as error:
            self.statuses[type(error).__name__] += 1
            raise
        self.took.append(time.monotonic() - started)
        self.statuses[str(found.status)] += 1
        return found


@dataclass
class Load:
    backend: Likeness
    start: threading.Barrier
    durations: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def job(self, number: int, plan: dict[str, Any] | None, expected: str) -> tuple[str, str, str]:
        """Returns the job's id, how it should end and how it ended; or its error."""
        self.start.wait()
        job_id = "none"
        try:
            job_id = self._open(number, plan)
            if expected == CANCELLED:
                self._until(job_id, lambda job: job["state"] == "generating")
                self._timed("cancel", lambda: self.backend.delete_job(job_id))
            job = self._timed(
                f"to the end of a {'real' if plan is None else 'test'} job",
                lambda: self.backend.wait_for_job(job_id, timeout_s=PATIENCE_S),
            )
            receipt = self._timed(
                "from the end to the receipt",
                lambda: self.backend.wait_for_receipt(job_id, timeout_s=PATIENCE_S),
            )
            receipts.verify_deletion(
                receipt["receipt"], self.backend.get_keys(), issuer=ISSUER, job_id=job_id
            )
        except Exception as error:  # noqa: BLE001 - the report names it, the others go on
            return job_id, expected, f"{type(error).__name__}: {error}"
        return job_id, expected, job["state"]

    def _open(self, number: int, plan: dict[str, Any] | None) -> str:
        order: dict[str, Any] = {
            "user_id": f"load-{number}-{uuid.uuid4().hex[:8]}",
            "styles": ["comic"],
            "photos": [{"content_type": "image/jpeg"}] * len(PHOTOS),
            "avatars": AVATARS,
            "time_zone": morning_zone(datetime.now(UTC)),
            "consent": {"version": "2026-11", "accepted_at": datetime.now(UTC).isoformat()},
        }
        if plan is not None:
            order["test"] = plan
        created: Any = self._timed("open", lambda: self.backend.create_job(order))  # type: ignore[arg-type]
        job_id: str = created["job_id"]
        for post, photo in zip(created["uploads"], PHOTOS, strict=True):
            self._timed("upload", lambda p=post, f=photo: self.backend.upload(p, f.read_bytes()))
        self._timed(
            "from the last upload to the last verdict",
            lambda: self.backend.wait_for_photos(job_id, timeout_s=PATIENCE_S),
        )
        self._timed("submit", lambda: self.backend.submit_job(job_id))
        return job_id

    def _until(self, job_id: str, true: Callable[[Any], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not true(self.backend.get_job(job_id)):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{job_id} does not draw")
            time.sleep(0.5)

    def _timed(self, what: str, act: Callable[[], Any]) -> Any:
        started = time.monotonic()
        result = act()
        self.durations[what].append(time.monotonic() - started)
        return result


def left_objects(ops: Clients, running: Cloud, ended: dict[str, str]) -> list[str]:
    """Objects of these jobs that should not exist: all but the avatars of completed ones."""
    found = []
    for bucket in ("PhotosBucket", "AvatarsBucket"):
        pages = ops("s3").get_paginator("list_object_versions")
        for page in pages.paginate(Bucket=running.outputs[bucket]):
            for one in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
                folder, _, rest = one["Key"].partition("/")
                state = ended.get(rest.partition("/")[0])
                if state and not (state == "completed" and folder == "avatars"):
                    found.append(one["Key"])
    return found


def dead_letters(ops: Clients, running: Cloud) -> dict[str, int]:
    name = "ApproximateNumberOfMessages"
    found = {}
    for queue in QUEUES:
        asked = ops("sqs").get_queue_attributes(
            QueueUrl=running.outputs[queue], AttributeNames=[name]
        )
        found[queue] = int(asked["Attributes"][name])
    return found


def calls_of(made: list[Call]) -> None:
    """Prints calls by service, and what failed there: throttles are status 429 or 400."""
    print(f"\n{'calls':<24}{'n':>8}{'failed':>8}")
    by_service: dict[str, list[Call]] = defaultdict(list)
    for one in made:
        by_service[one.call.partition(":")[0]].append(one)
    for service, found in sorted(by_service.items()):
        failed = Counter(f"{one.call} {one.status}" for one in found if one.status >= BAD)
        print(f"{service:<24}{len(found):>8}{failed.total():>8}  {dict(failed) or ''}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="make load", description=__doc__)
    parser.add_argument("--jobs", type=int, default=50)
    parser.add_argument("--real", type=int, default=0, help="how many of them are drawn")
    parser.add_argument("--port", default=str(places.PORT))
    asked = parser.parse_args()
    try:
        port = places.port_number(asked.port)
        running = cloud.up(
            likeness(), port=port, say=lambda line: print(line, file=sys.stderr), calls=JOB_ID
        )
    except places.CannotRun as error:
        sys.exit(str(error))
    sys.exit(run(running, asked.jobs, asked.real))


def run(running: Cloud, jobs: int, real: int) -> int:
    ops = running.act_as(running.ops_credentials())
    found = running.app_credentials()
    http = CountingHttp(urllib3.PoolManager(maxsize=jobs, timeout=60, retries=False))
    signing = Credentials(found.access_key, found.secret_key, found.session_token)
    backend = Likeness(running.api_url, REGION, signing, patience_s=600, http=http)
    load = Load(backend, threading.Barrier(jobs))
    dead, calls_before = dead_letters(ops, running), len(running.calls())
    started = time.monotonic()
    with ThreadPoolExecutor(jobs) as pool:
        plans = [(None, "completed")] * real + [
            PLANS[number % len(PLANS)] for number in range(jobs - real)
        ]
        calls = [pool.submit(load.job, n, *plan) for n, plan in enumerate(plans)]
        ended = [call.result() for call in calls]
    took = time.monotonic() - started
    wrong = [one for one in ended if one[1] != one[2]]
    left = left_objects(ops, running, {job_id: state for job_id, _, state in ended})
    dead = {name: many - dead[name] for name, many in dead_letters(ops, running).items()}
    print(f"{jobs} jobs at once, {real} of them real, {took:.0f} s")
    print("ends:", dict(Counter(state for _, _, state in ended)))
    print(f"\n{'seconds':<44}{'n':>6}{'median':>9}{'90 %':>9}{'99 %':>9}{'most':>9}")
    for what, values in (*load.durations.items(), ("a call of the API", http.took)):
        cuts = quantiles(values, n=100, method="inclusive") if len(values) > 1 else values * 99
        row = "".join(f"{one:9.2f}" for one in (cuts[49], cuts[89], cuts[98], max(values)))
        print(f"{what:<44}{len(values):>6}{row}")
    print("\nresponses of the API and of uploads:", dict(http.statuses))
    calls_of(running.calls()[calls_before:])
    for what, problems in (
        ("ended in another way", wrong),
        ("objects are left", left),
        ("messages are dead", [name for name, many in dead.items() if many]),
    ):
        print(f"{what}:", problems or "none")
    return int(bool(wrong or left or any(dead.values())))


if __name__ == "__main__":
    main()
