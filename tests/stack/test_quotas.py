"""A whole job on the quotas of a new account: services throttle, and the job ends well."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

from infra.laptop.project import ROOT, likeness
from laptop_cloud import cloud, processes
from laptop_cloud.places import Folders
from tests.stack.people import Person, genuine_receipt


@pytest.fixture(scope="module")
def running(tmp_path_factory, gallery):
    """Another cloud, with quotas, whose state machine pauses as long as on AWS."""
    folders = Folders(
        state=tmp_path_factory.mktemp("quotas") / "state", build=ROOT / ".aws-sam" / "stack-tests"
    )
    project = likeness(folders=folders, gallery=gallery)
    try:
        yield cloud.up(project, port=processes.free_port(), quotas="aws")
    finally:
        cloud.down(project)


def test_rekognition_throttles(ops):
    def look(_):
        with pytest.raises(ClientError) as refused:
            ops("rekognition").detect_faces(Image={"Bytes": b"no picture"})
        return refused.value.response["Error"]["Code"]

    with ThreadPoolExecutor(10) as pool:
        codes = set(pool.map(look, range(60)))

    assert codes == {"InvalidImageFormatException", "ProvisionedThroughputExceededException"}


def test_ten_functions_run_at_once(ops):
    limit = ops("lambda").get_account_settings()["AccountLimit"]

    assert limit["ConcurrentExecutions"] == 10


def test_a_job_ends_well_in_spite_of_them(backend, selfies):
    person = Person(backend)
    job_id = person.hands_in(*selfies[:5])
    backend.submit_job(job_id)

    job = person.sees_end(job_id)

    assert job["state"] == "completed"
    assert len(job["avatars"]) == 4
    assert genuine_receipt(backend, job_id)
