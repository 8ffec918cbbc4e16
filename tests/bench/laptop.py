"""The laptop cloud: a warm call, and jobs from their last upload to their last avatar.

The first job starts each function, as the first one after a deployment does; the next one finds
them started, as on a stage with traffic.
"""

import re
import statistics
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from infra.capacity.counting import PATTERN
from infra.laptop.client import app_client
from infra.laptop.project import FOLDERS, ROOT, likeness, tool
from laptop_cloud import cloud, processes
from laptop_cloud.places import Folders
from likeness_client import Likeness
from tests.bench import warm
from tests.bench.trace import trace

PHOTOS = sorted((ROOT / "demo" / "photos").glob("*.jpg"))
STYLES = ["comic", "watercolour", "oil", "cyberpunk", "glamour"]
CALLS = 50
PATH = "job.last_upload_to_last_avatar_s"


def measure() -> dict[str, float]:
    """On two clouds, one after the other: recording each call for the trace takes time itself."""
    with _cloud(calls=PATTERN) as running:
        job_id, uploaded, _ = _job(app_client(running), running)
        traced = trace(running, job_id, uploaded)
    began = time.monotonic()
    with _cloud() as running:
        up = time.monotonic() - began
        backend = app_client(running)
        call = _warm_call(backend)
        job_id, _, first = _job(backend, running)
        opened = _created(backend)["job_id"]
        gets = warm.compare(backend, running, open=opened, completed=job_id)
        _, _, second = _job(backend, running)
        return {
            "laptop.up_s": round(up, 1),
            **call,
            **first,
            **traced,
            **gets,
            "warm_job.last_upload_to_last_avatar_s": second[PATH],
            **warm.memory(running),
            **_demo(running),
        }


@contextmanager
def _cloud(calls: str = "") -> Iterator[cloud.Cloud]:
    project = likeness(folders=Folders(state=ROOT / ".local-bench", build=FOLDERS.build))
    try:
        yield cloud.up(project, port=processes.free_port(), calls=calls)
    finally:
        cloud.down(project)


def _warm_call(backend: Likeness) -> dict[str, float]:
    """The quota of a user: one function, two reads of the table."""
    user = uuid.uuid4().hex
    backend.get_quota(user)
    milliseconds = []
    for _ in range(CALLS):
        began = time.perf_counter()
        backend.get_quota(user)
        milliseconds.append((time.perf_counter() - began) * 1000)
    return {"api.warm_p50_ms": round(statistics.median(milliseconds), 1)}


def _created(backend: Likeness) -> Any:
    """A job of another user, which waits for its uploads."""
    return backend.create_job(
        {
            "user_id": uuid.uuid4().hex,
            "styles": STYLES,
            "photos": [{"content_type": "image/jpeg"}] * len(PHOTOS),
            "avatars": 30,
            "time_zone": "UTC",
            "consent": {"version": "2026-11", "accepted_at": datetime.now(UTC).isoformat()},
        }
    )


def _job(backend: Likeness, running: cloud.Cloud) -> tuple[str, float, dict[str, float]]:
    """Its id, the time of its last upload, and its numbers."""
    created = _created(backend)
    for post, photo in zip(created["uploads"], PHOTOS, strict=True):
        backend.upload(post, photo.read_bytes())
    uploaded = time.time()
    job_id = created["job_id"]
    backend.wait_for_photos(job_id, pause=_as_soon_as_an_event)
    inspected = time.time()
    backend.submit_job(job_id)
    job = backend.wait_for_job(job_id)
    if job["state"] != "completed":
        raise RuntimeError(f"the job ended as {job['state']}")
    backend.wait_for_receipt(job_id)
    completed = datetime.fromisoformat(job["timeline"][-1]["at"]).timestamp()
    return (
        job_id,
        uploaded,
        {
            "job.photos_inspected_s": round(inspected - uploaded, 1),
            PATH: round(completed - uploaded, 1),
            "job.avatars": len(job["avatars"]),
            "job.state_transitions": _transitions(running, job_id),
        },
    )


def _demo(running: cloud.Cloud) -> dict[str, float]:
    """`make demo` while the cloud runs: from its start until it shows the first avatar as drawn."""
    with tempfile.TemporaryDirectory() as out:
        began = time.monotonic()
        command = [
            *(tool("cloud").command(), "-m", "demo", "--state", str(running.project.folders.state)),
            *("--port", str(running.state.port), "--user", uuid.uuid4().hex, "--out", out),
        ]
        with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as demo:
            said = demo.stderr or ()
            if not any(re.search(r"generated [1-9]", line) for line in said):
                raise RuntimeError(f"make demo ended without an avatar: {demo.wait()}")
            seconds = time.monotonic() - began
            demo.terminate()
    return {"demo.first_avatar_s": round(seconds, 1)}


def _as_soon_as_an_event(_: float) -> None:
    """Only until the photos have their verdicts, which the submit waits for. A poll of the job ten
    times a second took a quarter of the machine's processor time from it: its end is read in its
    record, and it is polled when the API says."""
    time.sleep(0.2)


def _transitions(running: cloud.Cloud, job_id: str) -> int:
    """The number of entered states, which Step Functions bills."""
    states: Any = running.act_as(running.ops_credentials())("stepfunctions")
    arn = running.outputs["StateMachine"].replace(":stateMachine:", ":execution:")
    history = states.get_execution_history(executionArn=f"{arn}:{job_id}", maxResults=1000)
    return sum(event["type"].endswith("StateEntered") for event in history["events"])
