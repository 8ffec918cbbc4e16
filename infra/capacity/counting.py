"""Count what a job calls, on a laptop cloud that records calls.

python -m infra.capacity.counting            compares with calls.yaml
python -m infra.capacity.counting --write    writes it

Jobs of different sizes are run and their calls divided among the job, each photo and each avatar:
what a fourth photo adds is a photo's. Polls and reviews are counted apart, because their number is
the caller's choice.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
import uuid
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import urllib3
import yaml

from infra.capacity import calls as counted_calls
from infra.capacity.calls import BACKENDS, CALLS, INVOKE, REQUEST, TRANSITION, Calls, Counts, Work
from infra.laptop.client import app_client
from infra.laptop.project import ROOT, likeness
from laptop_cloud import cloud, processes
from laptop_cloud.identities import OPS_ROLE
from laptop_cloud.places import Folders

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from laptop_cloud.calls import Call
    from laptop_cloud.cloud import Cloud
    from likeness_client import Likeness

PATTERN = r"\b[jr][0-9a-f]{32}"  # ids of jobs and of their reviews: what is recorded of a call
SIZES = ((3, 1), (4, 1), (3, 5))  # photos and avatars
STYLES = ["comic", "linocut", "oil", "pencil", "watercolour"]  # one for each avatar
NO_PICTURES = [f"no picture: {n}".encode() for n in (1, 2, 3)]
DOUBTFUL = [{"photo_id": "p01", "outcome": "doubtful", "reason": "POLICY.SUGGESTIVE"}]
PATIENCE = 300.0  # s
POLL = "GET /v1/jobs/{job_id}"
OFTEN = 0.1  # of the polls: what fewer call is of a moment between two states
NESTED, MADE = "AWS::CloudFormation::Stack", {"AWS::Lambda::Function", "AWS::IAM::Role"}

# What differs between two runs of one kind. It is counted, and not compared.
VARIES = {
    "AnnounceChanges": "changes of several items may come in one batch of the stream",
    "NoteProgress": "S3's events of the container's progress file, as often as it writes it",
    "Training": "SageMaker copies checkpoints while the container writes them",
    "Endpoint": "SageMaker's own calls, as often as the model is asked",
}
ONCE = ("ssm:GetParameter",)  # by each process of a function: not of a job
# What an invocation calls, unless another one has done its work or has to come first.
WORKS_BY = {"InspectPhoto": "rekognition:DetectFaces", "SubmitJob": "states:StartExecution"}
LOOK = "dynamodb:PutItem"  # of a poll that looks for lost uploads: other polls write nothing


@dataclass(frozen=True, slots=True)
class Sized:
    photos: int
    avatars: int
    counts: Counts


def count(running: Cloud) -> Calls:
    """The calls of jobs on this cloud, which was started with PATTERN."""
    backend = app_client(running, patience_s=PATIENCE)
    photos = [one.read_bytes() for one in sorted((ROOT / "demo" / "photos").glob("*.jpg"))]
    # One after the other: on a busy machine the polls of a slow inspection ask for it again.
    jobs = [_run(backend, photos[:n], avatars) for n, avatars in SIZES]
    tests = [_run(backend, NO_PICTURES, 1, test={}), _run_reviewed(running, backend)]
    _until(lambda: all(_ended(running, job) for job, _ in (*jobs, *tests)))
    calls = of_jobs(running.calls(), logical_ids(running))
    counts = {job: _counts(calls[job], running, job) for job, _ in (*jobs, *tests)}
    real = [calls[job] for job, _ in jobs]
    return Calls(
        per={
            **divide(
                [
                    Sized(photos, avatars, counts[job])
                    for (photos, _), (job, avatars) in zip(SIZES, jobs, strict=True)
                ]
            ),
            "poll": _poll([call for of in real for call in of]),
            "review": _difference(counts[tests[1][0]], counts[tests[0][0]]),
        },
        work=_work(real),
        stored=_stored(running, [job for job, _ in jobs]),
    )


def compare(
    running: Cloud, job_id: str, *, photos: int, avatars: int, backend: str = "training-job"
) -> Iterator[str]:
    """What a job of this cloud called otherwise than calls.yaml says, a line for each call."""
    _until(lambda: _ended(running, job_id))
    golden = counted_calls.read(backend)
    calls = of_jobs(running.calls(), logical_ids(running))[job_id]
    expected = {"job": golden.of(job=1, photo=photos, avatar=avatars)}
    counted = {"job": _counts(calls, running, job_id)}
    yield from counted_calls.differences(
        replace(golden, per=expected), replace(golden, per=counted), frozenset(VARIES)
    )
    polled, most = _poll(calls), golden.per["poll"]
    for key, n in polled.calls.items():
        if n > most.calls[key]:
            yield f"{' '.join(key)}: {n:g} for each poll, and calls.yaml says {most.calls[key]:g}"


def divide(sized: Sequence[Sized]) -> dict[str, Counts]:
    """The calls of a job, a photo and an avatar. The jobs: one, with a photo more, with avatars."""
    small, photo, avatars = sized
    extra = avatars.avatars - small.avatars
    if photo.avatars != small.avatars or extra < 1:
        raise RuntimeError("the jobs drew other numbers of avatars than were asked for")
    per = {unit: Counts() for unit in ("job", "photo", "avatar")}
    for name in ("calls", "read", "write"):
        of = [getattr(one.counts, name) for one in sized]
        for key in set().union(*of):
            base, more_photos, more_avatars = (one[key] for one in of)
            a_photo, an_avatar = more_photos - base, (more_avatars - base) / extra
            rest = base - small.photos * a_photo - small.avatars * an_avatar
            for unit, n in (("job", rest), ("photo", a_photo), ("avatar", an_avatar)):
                if n:
                    getattr(per[unit], name)[key] = n
    return per


def _run(
    backend: Likeness,
    photos: Sequence[bytes],
    avatars: int,
    review: Callable[[str], None] | None = None,
    **fields: Any,
) -> tuple[str, int]:
    """A job from its creation to its receipt; its id and the number of its avatars."""
    order: Any = {
        "user_id": f"user-{uuid.uuid4().hex[:8]}",
        "styles": STYLES[:avatars],
        "photos": [{"content_type": "image/jpeg"}] * len(photos),
        "avatars": avatars,
        "time_zone": "UTC",
        "consent": {"version": "2026-11", "accepted_at": datetime.now(UTC).isoformat()},
        **fields,
    }
    created = backend.create_job(order)
    job_id = created["job_id"]
    for post, photo in zip(created["uploads"], photos, strict=True):
        backend.upload(post, photo)
    backend.wait_for_photos(job_id, timeout_s=PATIENCE)
    backend.submit_job(job_id)
    if review:
        review(job_id)
    job = backend.wait_for_job(job_id, timeout_s=PATIENCE)
    if job["state"] != "completed":
        raise RuntimeError(f"job {job_id} is {job['state']}: nothing is counted")
    _until(lambda: backend.get_job(job_id)["deletion"] == "deleted")
    return job_id, len(job["avatars"])


def _run_reviewed(running: Cloud, backend: Likeness) -> tuple[str, int]:
    """A job that a moderator claims, reads and approves, with the calls of the review desk."""
    http, token = urllib3.PoolManager(timeout=60, retries=False), running.user().token

    def call(method: str, path: str, body: object = None) -> None:
        headers = {"Authorization": token, "Content-Type": "application/json"}
        content = json.dumps(body) if body else None
        answer = http.request(method, running.api_url + path, body=content, headers=headers)
        if answer.status >= 300:  # noqa: PLR2004
            raise RuntimeError(f"{method} {path} returned {answer.status}")

    def review(job_id: str) -> None:
        _until(lambda: backend.get_job(job_id)["state"] == "in_review")
        case = f"/v1/reviews/r{job_id[1:]}"
        call("POST", f"{case}/claim")
        call("GET", case)
        call("POST", f"{case}/decision", {"approve": True, "photos": []})

    return _run(backend, NO_PICTURES, 2, review, test={"photos": DOUBTFUL})


def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > deadline:
            raise RuntimeError(f"not within {PATIENCE:g} s: nothing is counted")
        time.sleep(0.3)


def _machine(running: Cloud) -> tuple[Any, str]:
    machine = running.outputs["StateMachine"]
    return running.act_as(running.ops_credentials())("stepfunctions"), machine


def _ended(running: Cloud, job_id: str) -> bool:
    client, machine = _machine(running)
    execution = f"{machine.replace(':stateMachine:', ':execution:')}:{job_id}"
    return bool(client.describe_execution(executionArn=execution)["status"] != "RUNNING")


def _transitions(running: Cloud, job_id: str) -> int:
    client, machine = _machine(running)
    execution = f"{machine.replace(':stateMachine:', ':execution:')}:{job_id}"
    pages = client.get_paginator("get_execution_history").paginate(executionArn=execution)
    return sum("stateEnteredEventDetails" in one for page in pages for one in page["events"])


def logical_ids(running: Cloud) -> Mapping[str, str]:
    """The name of each function in the template, by the names of the function and its role."""
    client = running.act_as(running.ops_credentials())("cloudformation")
    found: dict[str, str] = {}
    stacks = [running.project.stack]
    for stack in stacks:
        pages = client.get_paginator("list_stack_resources").paginate(StackName=stack)
        for one in (one for page in pages for one in page["StackResourceSummaries"]):
            if one["ResourceType"] == NESTED:
                stacks.append(one["PhysicalResourceId"])
            elif one["ResourceType"] in MADE:
                name = one["LogicalResourceId"].removesuffix("Role").removesuffix("Function")
                found[one["PhysicalResourceId"]] = name
    return found


def of_jobs(calls: Sequence[Call], names: Mapping[str, str]) -> Mapping[str, list[Call]]:
    """The calls of each job: those that name it, and those of an invocation that has named it.

    An invocation that inspects a photo again finds it inspected, and a submit that comes before an
    inspection has ended is repeated. They are left out, and so are calls that botocore repeats:
    only a busy machine needs them. What ops ask about a job is not of it: they are the polls of
    this module too.
    """
    named: dict[str, set[str]] = defaultdict(set)
    made = {(one.trace, one.call) for one in calls}
    for call in calls:
        if call.trace:
            named[call.trace] |= _jobs(call)
    found: dict[str, list[Call]] = defaultdict(list)
    for call in calls:
        jobs = _jobs(call) or named.get(call.trace, set())
        name = names.get(call.caller, call.caller)
        again = name in WORKS_BY and (call.trace, WORKS_BY[name]) not in made
        if len(jobs) == 1 and call.attempt == 1 and not again and call.caller != OPS_ROLE:
            found[next(iter(jobs))].append(replace(call, caller=name))
    return found


def _jobs(call: Call) -> set[str]:
    return {f"j{name[1:]}" for name in call.names}


def _counts(calls: Iterable[Call], running: Cloud, job_id: str) -> Counts:
    """Without polls, and without downloads by presigned URLs: as many as the app makes of each. A
    request of the API is a call of the function that answers it."""
    found = Counts()
    polls = _poll_traces(calls := list(calls))
    for call in calls:
        if call.trace in polls or _is_download(call):
            continue
        _add(found, call)
    found.calls["Pipeline", TRANSITION] = _transitions(running, job_id)
    # Each is an invocation too, and counted there.
    found.calls.pop(("Pipeline", "lambda:InvokeFunction"), None)
    return found


def _is_download(call: Call) -> bool:
    """A presigned URL calls with the identity of the function that signed it."""
    return (call.caller, call.call) == ("GetJob", "s3:GetObject") and not call.trace


def _add(counts: Counts, call: Call) -> None:
    if call.call in ONCE:
        return
    key = (call.caller, call.call)
    counts.calls[key] += 1
    if call.read:
        counts.read[key] += call.read
    if call.write:
        counts.write[key] += call.write
    if call.route:
        counts.calls[call.caller, REQUEST] += 1


def _poll_traces(calls: Iterable[Call]) -> set[str]:
    return {one.trace for one in calls if one.route == POLL}


def _poll(calls: Sequence[Call]) -> Counts:
    """The most that a poll calls: while avatars are drawn it reads more than before and after.

    A poll that looks for lost uploads is left out: how many do depends on the machine.
    """
    looking = {one.trace for one in calls if one.call == LOOK}
    polls: dict[str, Counts] = {trace: Counts() for trace in _poll_traces(calls) - looking}
    for call in calls:
        if call.trace in polls:
            _add(polls[call.trace], call)
    most = Counts()
    for key in {key for one in polls.values() for key in one.calls}:
        ordered = sorted(one.calls[key] for one in polls.values())
        at = int(len(ordered) * (1 - OFTEN))
        if ordered[at]:
            most.calls[key] = ordered[at]
            for name in ("read", "write"):
                units = sorted(getattr(one, name)[key] for one in polls.values())[at]
                if units:
                    getattr(most, name)[key] = units
    return most


def _difference(more: Counts, less: Counts) -> Counts:
    found = Counts()
    for name in ("calls", "read", "write"):
        many, few = getattr(more, name), getattr(less, name)
        for key in many:
            if many[key] > few[key]:
                getattr(found, name)[key] = many[key] - few[key]
    return found


def _work(jobs: Sequence[Sequence[Call]]) -> dict[str, Work]:
    """The mean of each function. What it waits for is not its own, and of a laptop."""
    by_function: dict[str, list[list[Call]]] = defaultdict(lambda: [[] for _ in jobs])
    for n, calls in enumerate(jobs):
        for call in calls:
            if call.call == INVOKE:
                by_function[call.caller][n].append(call)
    extra = SIZES[2][1] - SIZES[0][1]
    work = {}
    for name, of in sorted(by_function.items()):
        small = [call.processor_s for call in (*of[0], *of[1])]
        base = sum(small) / len(small) if small else 0.0
        growing = name in {"ModerateAvatars", "PublishAvatars", "UnpackAvatars"}
        more = sum(call.processor_s for call in of[2]) / len(of[2]) - base if growing else 0.0
        everything = [call for calls in of for call in calls]
        work[name] = Work(
            processor_s=round(base, 3),
            avatar_s=round(max(0.0, more) / extra, 3),
            memory_mb=everything[0].memory_mb,
            log_bytes=sum(one.log_bytes for one in everything) // len(everything),
        )
    return work


def _stored(running: Cloud, jobs: Sequence[str]) -> dict[str, int]:
    """Bytes of the published files: of the second size of job and of the third."""
    client = running.act_as(running.ops_credentials())("s3")
    sizes = []
    for job_id in (jobs[0], jobs[2]):
        pages = client.get_paginator("list_objects_v2").paginate(
            Bucket=running.outputs["AvatarsBucket"], Prefix=f"avatars/{job_id}/"
        )
        sizes.append(sum(one["Size"] for page in pages for one in page.get("Contents", ())))
    (_, few), _, (_, many) = SIZES
    each = (sizes[1] - sizes[0]) // (many - few)
    return {"job": max(0, sizes[0] - few * each), "avatar": each}


def _count_on_a_new_cloud(backend: str, port: int) -> Calls:
    with tempfile.TemporaryDirectory() as folder:
        folders = Folders(
            state=Path(folder) / "state", build=ROOT / ".aws-sam" / f"counting-{backend}"
        )
        project = likeness(backend=backend, folders=folders, gallery=Path(folder) / "gallery")
        try:
            return count(cloud.up(project, port=port, wait_scale=0.05, calls=PATTERN))
        finally:
            cloud.down(project)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m infra.capacity.counting")
    parser.add_argument("--write", action="store_true", help="write calls.yaml")
    parser.add_argument("--backend", choices=BACKENDS, action="append", help="default: both")
    parser.add_argument("--port", type=int, default=0)
    given = parser.parse_args()
    failed = False
    for backend in given.backend or BACKENDS:
        counted = _count_on_a_new_cloud(backend, given.port or processes.free_port())
        if given.write:
            document = yaml.safe_load(CALLS.read_text()) if CALLS.exists() else {}
            document[backend] = counted.document()
            text = yaml.safe_dump(document, sort_keys=True, width=120, default_flow_style=None)
            CALLS.write_text(f"# {HEAD}\n{text}")
            continue
        for line in counted_calls.differences(
            counted_calls.read(backend), counted, frozenset(VARIES)
        ):
            failed = True
            print(f"{backend}: {line}")
    sys.exit(failed)


HEAD = "Counted calls. Written by: python -m infra.capacity.counting --write"

if __name__ == "__main__":
    main()
