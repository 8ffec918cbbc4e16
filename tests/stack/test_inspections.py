"""A photo is inspected once, whatever becomes of its event or of its inspection."""

from __future__ import annotations

import json
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from infra.laptop.client import app_client
from laptop_cloud import servers
from likeness_client.client import UNDECIDED
from likeness_client.errors import ApiError
from tests.stack.people import until

AT_ONCE = 8


@pytest.fixture
def lines(ops):
    """The log lines of a job, in JSON."""

    def read(job_id):
        client, found = ops("logs"), []
        for group in client.describe_log_groups()["logGroups"]:
            pages = client.get_paginator("filter_log_events")
            for page in pages.paginate(logGroupName=group["logGroupName"], filterPattern=job_id):
                text = "\n".join(event["message"] for event in page["events"])
                found += [line for line in text.splitlines() if f'"job_id":"{job_id}"' in line]
        return [json.loads(line[line.index("{") :]) for line in found]

    return read


@pytest.fixture
def results(lines):
    """What each invocation recorded about the photos of a job.

    The log of an invocation is stored after its end, so after the verdict: this waits for `count`.
    """

    def read(job_id, count):
        found = []

        def enough():
            found[:] = [one["result"] for one in lines(job_id) if one.get("result")]
            return len(found) >= count

        until(enough)
        return sorted(found)

    return read


def patiently(call):
    """The result of a call, once it is true. On a busy machine a call may time out: 500 or 503."""
    found = []

    def done():
        try:
            found.append(call())
        except ApiError as error:
            if error.status < 500:
                raise
        return bool(found and found[-1])

    until(done)
    return found[-1]


def verdicts(backend, job_id):
    """The photos of a job, when all have a verdict."""

    def photos():
        there = backend.get_job(job_id)["photos"]
        return all(photo["state"] not in UNDECIDED for photo in there) and there

    return patiently(photos)


def uploads(person, backend, *photos):
    order = person.order(count=len(photos))
    created = patiently(lambda: backend.create_job(order, idempotency_key=person.user_id))
    for post, photo in zip(created["uploads"], photos, strict=True):
        backend.upload(post, photo)
    return created["job_id"]


def cancel(job_id, person):
    """A job that is still moderated would be a case of a later test with a celebrity."""
    patiently(lambda: person.backend.delete_job(job_id))
    assert person.sees_end(job_id)["state"] == "cancelled"


def test_eight_submits_of_four_photos_start_four_checks(person, backend, selfies, results, running):
    impatient = app_client(running, patience_s=0)
    job_id = uploads(person, backend, *selfies[:4])

    def submit(_):
        """On a busy machine a submit may also time out, or come after the checks."""
        try:
            return impatient.submit_job(job_id)["state"]
        except ApiError as error:
            return error.body.get("error"), error.retry_after_s

    with ThreadPoolExecutor(AT_ONCE) as pool:
        first = set(pool.map(submit, range(AT_ONCE)))
    verdicts(backend, job_id)
    patiently(lambda: backend.submit_job(job_id))

    assert results(job_id, count=4) == ["accepted"] * 4
    timed_out, too_late = (None, None), "moderating"
    assert first <= {("PhotosBeingChecked", 1), timed_out, too_late}
    cancel(job_id, person)


def test_reading_a_job_finds_uploads_whose_events_were_lost(
    person, backend, selfies, results, ops, resource
):
    rule = resource("InspectPhotoFunctionUploaded")
    ops("events").disable_rule(Name=rule)
    try:
        job_id = uploads(person, backend, *selfies[:3])
        photos = verdicts(backend, job_id)
    finally:
        ops("events").enable_rule(Name=rule)

    assert [photo["state"] for photo in photos] == ["accepted"] * 3
    assert results(job_id, count=3) == ["accepted"] * 3


@pytest.fixture
def silent_detector(running):
    """`with silent_detector():` Rekognition does not respond, so no inspection ends."""

    @contextmanager
    def stopped():
        detector = running.state.process(servers.REKOGNITION).pid
        os.kill(detector, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(detector, signal.SIGCONT)

    return stopped


def processes_of(function):
    """The processes of a function, whose name ends as that of no other function."""
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended
            if (folder / "comm").read_text() == f"{function[-15:]}\n":
                yield int(folder.name)


def test_a_photo_whose_check_is_killed_is_refused_at_once(
    person, backend, selfies, lines, results, resource, objects, silent_detector
):
    job_id = uploads(person, backend, *selfies[:3])
    verdicts(backend, job_id)
    jpeg = {"content_type": "image/jpeg"}
    bomb = patiently(lambda: backend.add_photo(job_id, jpeg, idempotency_key="bomb"))

    def state():
        return patiently(lambda: backend.get_job(job_id)["photos"][3]["state"])

    with silent_detector():
        backend.upload(bomb, selfies[3])
        until(lambda: state() == "checking")
        killed = list(processes_of(resource("InspectPhotoFunction")))
        for process in killed:
            os.kill(process, signal.SIGKILL)
    began = time.monotonic()
    until(lambda: state() == "refused")

    assert killed
    assert time.monotonic() - began < 60, "its lease had to expire first"
    problem = verdicts(backend, job_id)[3]["problem"]
    assert (problem["code"], problem["fix_and_retry"]) == ("FILE.CORRUPT", True)
    assert results(job_id, count=4) == ["accepted"] * 3 + ["refused"]
    assert "an upload was not inspected" in {line["message"] for line in lines(job_id)}
    assert not [key for key in objects(job_id) if key.endswith(("p04", "p04.jpg"))]
    patiently(lambda: backend.submit_job(job_id))
    cancel(job_id, person)
