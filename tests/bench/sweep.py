"""The daily sweep over a million objects in memory, with a kill in the middle.

`python -m tests.bench.sweep --objects 1000000`. The use cases and the adapters of S3 and DynamoDB
are the real ones; their clients answer from memory, after the latency of a request. The ranges are
walked as the state machine does it: 16 at once, each from its last marker.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from bisect import bisect_right
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any, NamedTuple

from likeness.adapters.clock import SystemClock
from likeness.adapters.deletion.bucket_sweep import BucketSweep
from likeness.adapters.deletion.swept_jobs import SweptJobsTable
from likeness.adapters.dynamodb.items import fields
from likeness.adapters.policy_files import load_retention
from likeness.contracts.sweep import RangeSweep
from likeness.domain.deletion.key_ranges import FOLDERS, ranges_of
from likeness.domain.jobs.job import JobState
from likeness.services.deletion import sweep_range as step
from tests.builders import a_job
from tests.fakes import FakeMetrics

AT_ONCE = 16  # MaxConcurrency of infra/sweep.asl.yaml
PER_JOB = {"uploads": 5, "photos": 5, "work": 30, "drawn": 30}
GONE = 0.05  # of the jobs have ended, so their objects are orphans
LATENCY_S = 0.05  # of a request


class Killed(Exception):
    pass


class Memory:
    """The clients of S3 and DynamoDB, and the table."""

    name = "table"

    def __init__(self, objects: int, latency_s: float) -> None:
        drawn = random.Random(1)  # noqa: S311 - no secret
        self.requests: Counter[str] = Counter()
        self.pages: Counter[tuple[str, str]] = Counter()
        self.kill_after: int | None = None  # pages
        self._latency_s = latency_s
        self._lock = Lock()
        self._written = datetime.now(UTC) - timedelta(hours=2)
        self._deleted: set[str] = set()
        keys: dict[str, list[str]] = {bucket: [] for bucket in FOLDERS}
        self._running: set[str] = set()
        while sum(map(len, keys.values())) < objects:
            job_id = f"j{drawn.getrandbits(128):032x}"
            if drawn.random() > GONE:
                self._running.add(job_id)
            for bucket, folders in FOLDERS.items():
                for folder in set(folders) & set(PER_JOB):
                    keys[bucket] += [f"{folder}/{job_id}/{n:02}" for n in range(PER_JOB[folder])]
        self._keys = {bucket: sorted(found) for bucket, found in keys.items()}
        self._item = fields(a_job(JobState.GENERATING))

    @property
    def left(self) -> int:
        return sum(map(len, self._keys.values())) - len(self._deleted)

    @property
    def orphans(self) -> int:
        return sum(
            one.split("/")[1] not in self._running
            for keys in self._keys.values()
            for one in keys
            if one not in self._deleted
        )

    def _asked(self, operation: str) -> None:
        with self._lock:
            self.requests[operation] += 1
            if operation == "ListObjectVersions" and self.kill_after is not None:
                self.kill_after -= 1
                if self.kill_after < 0:
                    raise Killed
        time.sleep(self._latency_s)

    # --- S3

    def list_object_versions(
        self, *, Bucket: str, KeyMarker: str = "", VersionIdMarker: str = ""
    ) -> Any:
        assert not VersionIdMarker or VersionIdMarker == "null"
        self.pages[Bucket, KeyMarker] += 1
        self._asked("ListObjectVersions")
        keys = self._keys[Bucket]
        found: list[str] = []
        place = bisect_right(keys, KeyMarker)
        while place < len(keys) and len(found) < 1000:
            if keys[place] not in self._deleted:
                found.append(keys[place])
            place += 1
        more = place < len(keys)
        version = {"VersionId": "null", "ETag": '"e"', "IsLatest": True}
        marker = {"NextKeyMarker": found[-1], "NextVersionIdMarker": "null"} if more else {}
        versions = [{"Key": key, "LastModified": self._written, **version} for key in found]
        return {"Versions": versions, "IsTruncated": more, **marker}

    def get_paginator(self, operation: str) -> Any:
        assert operation == "list_multipart_uploads"
        return self

    def paginate(self, **_: Any) -> list[Any]:
        self._asked("ListMultipartUploads")
        return [{}]

    def delete_objects(self, *, Bucket: str, Delete: Any) -> Any:
        assert Bucket in self._keys
        self._asked("DeleteObjects")
        keys = {one["Key"] for one in Delete["Objects"]}
        assert not keys & self._deleted, "deleted twice"
        self._deleted |= keys
        return {}

    # --- DynamoDB

    @property
    def meta(self) -> Any:
        return self

    @property
    def client(self) -> Any:
        return self

    def batch_get_item(self, *, RequestItems: Any) -> Any:
        self._asked("BatchGetItem")
        found = []
        for key in RequestItems[self.name]["Keys"]:
            job_id = key["pk"].removeprefix("JOB#")
            if key["sk"] == "META" and job_id in self._running:
                found.append(self._item | key | {"job_id": job_id})
        return {"Responses": {self.name: found}}


class Engine(NamedTuple):
    """What Step Functions keeps of a sweep: the last result of each range."""

    memory: Any
    ranges: list[RangeSweep]

    def run(self) -> None:
        """Walks every range that is not done. Raises Killed; what was returned before is kept."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            calls = [pool.submit(self._walk, n) for n in range(len(self.ranges))]
        for call in calls:
            call.result()

    def _walk(self, number: int) -> None:
        while not self.ranges[number].done:
            self.ranges[number] = step.sweep_range(
                self.ranges[number],
                buckets=BucketSweep(self.memory, photos="photos", avatars="avatars"),
                jobs=SweptJobsTable(self.memory),
                metrics=FakeMetrics(),
                clock=SystemClock(),
                rules=load_retention(),
            )


def measure(objects: int = 1_000_000, latency_s: float = LATENCY_S) -> dict[str, float]:
    step.PATIENCE = timedelta(seconds=1)  # so that a range takes several calls
    memory = Memory(objects, latency_s)
    there, orphans = memory.left, memory.orphans
    plan = (RangeSweep.model_validate(one.model_dump()) for one in ranges_of(datetime.now(UTC)))
    engine = Engine(memory, list(plan))
    memory.kill_after = objects // 2000  # half of the pages
    started, used = time.monotonic(), time.process_time()
    with suppress(Killed):
        engine.run()
    memory.kill_after = None
    left = memory.orphans
    engine.run()
    took, used = time.monotonic() - started, time.process_time() - used
    assert memory.orphans == 0, "an orphan is left"
    assert memory.left == there - orphans, "an object of a running job was deleted"
    return {
        "sweep.objects": there,
        "sweep.orphans": orphans,
        "sweep.orphans_left_by_the_kill": left,
        "sweep.pages_listed_again": sum(many - 1 for many in memory.pages.values()),
        "sweep.s": round(took, 1),
        "sweep.processor_s": round(used, 1),
        "sweep.latency_of_a_request_s": latency_s,
        **{f"sweep.requests.{name}": many for name, many in sorted(memory.requests.items())},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--objects", type=int, default=1_000_000)
    parser.add_argument("--latency", type=float, default=LATENCY_S, help="of a request, s")
    asked = parser.parse_args()
    sys.stdout.write(json.dumps(measure(asked.objects, asked.latency), indent=2) + "\n")


if __name__ == "__main__":
    main()
