"""A new version of Rekognition's moderation model, and how operators accept it."""

from dataclasses import replace

import pytest

from infra.laptop.project import ROOT, likeness
from laptop_cloud import cloud, processes
from laptop_cloud.places import Folders
from tests.stack.people import until


@pytest.fixture(scope="module")
def project(tmp_path_factory, gallery):
    folders = Folders(
        state=tmp_path_factory.mktemp("newer") / "state",
        build=ROOT / ".aws-sam" / "stack-tests",
    )
    found = likeness(
        folders=folders, gallery=gallery, program=(str(ROOT / "tests/stack/moody_container.py"),)
    )
    return replace(found, vision=replace(found.vision, module="tests.stack.newer_vision"))


@pytest.fixture(scope="module")
def running(project):
    try:
        yield cloud.up(project, port=processes.free_port(), wait_scale=0.05)
    finally:
        cloud.down(project)


def test_jobs_wait_for_operators_to_accept_a_version_and_then_continue(
    running, project, person, backend, selfies, ops
):
    job_id = person.hands_in(*selfies[:3], avatars=2)
    backend.submit_job(job_id)
    until(lambda: logged(ops, "UnknownModerationFinding"))
    assert backend.get_job(job_id)["state"] == "moderating"
    assert ops("sagemaker").list_training_jobs()["TrainingJobSummaries"] == []

    parameters = {**project.parameters, "AcceptedDetectorVersions": "8.0"}
    cloud.deploy(replace(project, parameters=parameters))

    ended = person.sees_end(job_id)
    assert ended["state"] == "completed", ended


def logged(ops, term):
    asked = {"logGroupName": "/likeness/local", "filterPattern": term}
    return bool(ops("logs").filter_log_events(**asked)["events"])
