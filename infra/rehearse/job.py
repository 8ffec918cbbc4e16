"""One job with the demo's photos, and the evidence that its photos are deleted."""

from __future__ import annotations

import time
import uuid
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from demo.job import OWN_PHOTOS, OWN_STYLES, NoAvatars, Order, run
from infra.rehearse.results import CheckResult, Failed, Level
from likeness_client import receipts
from likeness_client.errors import ApiError, LikenessError, NotGenuine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from infra.rehearse.results import Clients
    from likeness_client import Likeness, types

ENDED_WITHIN = 5400  # s: without an instance a job tries again for hours, and then ends itself
PROVEN_WITHIN = 600  # s: a deletion that failed is repeated every five minutes
STEP_ENDS_WITHIN = 60  # s after the receipt: the last step's function has its own Timeout
POLL = 2.0  # s
PUBLISHED = "avatars/"  # the prefix of what the user may download


def run_job(
    backend: Likeness, out: Path, count: int, advice: Callable[[str], str]
) -> types.JobView:
    """The job as GET returned it last. A new user each time: one job a day. Raises Failed."""
    order = Order(
        photos=tuple(sorted(OWN_PHOTOS.glob("*.jpg"))),
        styles=OWN_STYLES[:count],
        count=count,
        out=out,
        user=f"rehearsal-{uuid.uuid4().hex[:12]}",
    )
    try:
        return run(order, backend, advice, ended_within=ENDED_WITHIN)
    except NoAvatars as error:
        todo = f"see {out}/job.json, and the execution that has the job's id"
        raise Failed(f"No avatars: {error}", todo) from None
    except ApiError as error:
        todo = "see the log group of the stage"
        raise Failed(f"The API returned {error.status}: {error}", todo) from None
    except LikenessError as error:
        raise Failed(f"The API was not reached: {error}", "make rehearse again") from None


def state_seconds(job: types.JobView) -> dict[str, float]:
    """Seconds in each state, from the job's own timeline."""
    entered = [(one["state"], datetime.fromisoformat(one["at"])) for one in job["timeline"]]
    return {
        state: round((after - at).total_seconds(), 1)
        for (state, at), (_, after) in pairwise(entered)
    }


def step_seconds(
    clients: Clients,
    machine: str,
    job_id: str,
    pause: Callable[[float], object] = time.sleep,
) -> tuple[dict[str, float], int]:
    """Seconds in each state of the state machine, and the number of transitions.

    A state that was entered twice has the sum. Retries within a state are not counted. The receipt
    is there before its step ends: waits for the end of the execution. Raises Failed.
    """
    states, execution = clients("stepfunctions"), machine.replace(":stateMachine:", ":execution:")
    arn = f"{execution}:{job_id}"
    for _ in range(round(STEP_ENDS_WITHIN / POLL)):
        if states.describe_execution(executionArn=arn)["status"] != "RUNNING":
            break
        pause(POLL)
    else:
        raise Failed(f"execution {arn} still runs", "see its last step in the console")
    pages = states.get_paginator("get_execution_history").paginate(executionArn=arn)
    found: dict[str, float] = {}
    entered: dict[str, datetime] = {}
    transitions = 0
    for event in (one for page in pages for one in page["events"]):
        if "stateEnteredEventDetails" in event:
            entered[event["stateEnteredEventDetails"]["name"]] = event["timestamp"]
            transitions += 1
        elif "stateExitedEventDetails" in event:
            name = event["stateExitedEventDetails"]["name"]
            seconds = (event["timestamp"] - entered[name]).total_seconds()
            found[name] = round(found.get(name, 0.0) + seconds, 2)
    return found, transitions


def deletion(
    clients: Clients,
    backend: Likeness,
    outputs: Mapping[str, str],
    job_id: str,
    issuer: str,
) -> Iterator[CheckResult]:
    """The receipt is genuine, and no bucket has another object of the job than its avatars."""
    until = time.monotonic() + PROVEN_WITHIN
    while (job := backend.get_job(job_id))["deletion"] != "deleted":
        if time.monotonic() > until:
            todo = "alarm deletion-pending; docs/privacy.md, What enforces the promise"
            text = f"not verified after {PROVEN_WITHIN} s: {job['deletion']}"
            yield CheckResult("deletion", Level.STOP, text, todo)
            return
        time.sleep(POLL)
    yield CheckResult("deletion", Level.OK, f"photos deleted at {job['photos_deleted_at']}")
    try:
        receipt = backend.get_receipt(job_id)["receipt"]
        keys = backend.get_keys()
        claims = receipts.verify_deletion(receipt, keys, issuer=issuer, job_id=job_id)
    except NotGenuine as error:
        yield CheckResult("receipt", Level.STOP, f"not genuine: {error}", "output ReceiptKey")
        return
    left = sum(one["left"] for one in claims["checked"])
    if (claims["state"], left) != ("deleted", 0):
        yield CheckResult("receipt", Level.STOP, f"{claims['state']}, {left} objects left")
        return
    yield CheckResult("receipt", Level.OK, f"genuine, of {claims['issuer']}")
    others = [
        f"s3://{outputs[bucket]}/{key}"
        for bucket in ("PhotosBucket", "AvatarsBucket")
        for key in _keys(clients, outputs[bucket])
        if job_id in key
    ]
    if others:
        yield CheckResult("buckets", Level.STOP, f"left: {', '.join(others)}", "docs/privacy.md")
    else:
        yield CheckResult("buckets", Level.OK, "only the avatars are left")


def _keys(clients: Clients, bucket: str) -> Iterator[str]:
    """Every key outside avatars/, also of deleted versions: these prefixes live a day at most."""
    pages = clients("s3").get_paginator("list_object_versions").paginate
    for top in pages(Bucket=bucket, Delimiter="/"):
        yield from _of(top)
        for prefix in (one["Prefix"] for one in top.get("CommonPrefixes", ())):
            if prefix != PUBLISHED:
                for page in pages(Bucket=bucket, Prefix=prefix):
                    yield from _of(page)


def _of(page: Mapping[str, Any]) -> Iterator[str]:
    for one in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
        yield one["Key"]
