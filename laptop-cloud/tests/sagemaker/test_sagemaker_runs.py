"""Training jobs that run to their end, as real processes."""

import json
import socket
from pathlib import Path

import pytest

from laptop_cloud.sagemaker import Capacity
from support.lab import ROLE, Lab

NOT_PROTECTED = "a read-only input is not available on this system"


def test_a_job_runs_on_the_opt_ml_contract(lab: Lab) -> None:
    lab.put("orders/j1/order.json", "{}")
    lab.put("photos/j1/p01.jpg", "a photo")
    lab.put("photos/j1/deep/p02.jpg", "another")
    lab.put("photos/j10/p01.jpg", "of another job")

    answer = lab.start(
        HyperParameters={"epochs": "3"},
        InputDataConfig=[
            lab.channel("order", "orders/j1/order.json"),
            lab.channel("photos", "photos/j1/"),
        ],
        Environment={"ASKED_FOR": "this"},
    )

    arn = "arn:aws:sagemaker:eu-central-1:123456789012:training-job/job-1"
    assert answer == {"TrainingJobArn": arn}
    job = lab.finished()
    model = f"s3://{lab.bucket}/output/job-1/output/model.tar.gz"
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Completed", "Completed")
    assert job["ModelArtifacts"] == {"S3ModelArtifacts": model}
    assert lab.archive("output/job-1/output/output.tar.gz") == {"note.txt": "a note"}
    seen = json.loads(lab.archive("output/job-1/output/model.tar.gz")["seen.json"])
    assert seen["arguments"] == ["train"]
    assert seen["data"] == {
        "order/order.json": "{}",
        "photos/p01.jpg": "a photo",
        "photos/deep/p02.jpg": "another",
    }
    assert seen["config"]["hyperparameters.json"] == {"epochs": "3"}
    assert set(seen["config"]["inputdataconfig.json"]) == {"order", "photos"}
    assert seen["config"]["resourceconfig.json"]["current_instance_type"] == "ml.m5.xlarge"
    assert seen["environment"]["TRAINING_JOB_NAME"] == "job-1"
    assert seen["environment"]["SM_CHANNEL_PHOTOS"].endswith("/input/data/photos")
    assert seen["environment"]["ASKED_FOR"] == "this"
    assert seen["environment"]["BAKED_IN"] == "yes"


def test_the_input_is_read_only(lab: Lab) -> None:
    lab.put("photos/p01.jpg", "a photo")
    lab.start("scribble", InputDataConfig=[lab.channel("photos", "photos/")])

    assert lab.finished()["TrainingJobStatus"] == "Completed"
    lines = (lab.logs / "job-1.log").read_text().splitlines()
    if NOT_PROTECTED in lines:
        pytest.skip("this system has no mount namespaces")
    assert lines == ["photos/p01.jpg: Read-only file system", "new.txt: Read-only file system"]
    assert lab.leftovers() == []


def test_the_program_sees_no_secret_of_the_host(lab: Lab) -> None:
    lab.start()

    lab.finished()
    seen = json.loads(lab.archive("output/job-1/output/model.tar.gz")["seen.json"])["environment"]
    assert not [name for name in seen if name.startswith("AWS_")]
    assert not [name for name in seen if name.lower() in {"http_proxy", "https_proxy"}]


def test_the_directory_is_deleted_before_the_job_ends(lab: Lab) -> None:
    for name, program in (("job-1", "report"), ("job-2", "fail")):
        lab.start(program, TrainingJobName=name, HyperParameters={"code": "1"})
        lab.finished(name)
        assert lab.leftovers() == []


def test_the_output_of_the_program_is_in_its_log(lab: Lab) -> None:
    lab.start()

    lab.finished()
    lines = set((lab.logs / "job-1.log").read_text().splitlines()) - {NOT_PROTECTED}
    assert sorted(lines) == ["and complains", "the program speaks"]


def test_each_step_has_times_and_an_event(lab: Lab) -> None:
    lab.start(Tags=[{"Key": "stage", "Value": "dev"}])

    job = lab.finished()
    steps = job["SecondaryStatusTransitions"]
    names = ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    assert [step["Status"] for step in steps] == names
    assert all(
        one["EndTime"] == two["StartTime"] for one, two in zip(steps, steps[1:], strict=False)
    )
    assert steps[-1]["EndTime"] == job["LastModifiedTime"] == job["TrainingEndTime"]
    assert job["CreationTime"] <= job["TrainingStartTime"] <= job["TrainingEndTime"]
    assert [event["SecondaryStatus"] for event in lab.events] == names
    last = lab.events[-1]
    assert last["TrainingJobStatus"] == "Completed"
    assert last["TrainingJobArn"] == job["TrainingJobArn"]
    assert int(last["CreationTime"]) == pytest.approx(job["CreationTime"] * 1000, abs=1)
    assert last["Tags"] == {"stage": "dev"}
    assert json.loads(json.dumps(last)) == last


def test_everything_is_done_as_the_jobs_role(lab: Lab) -> None:
    lab.start()

    lab.finished()
    assert set(lab.roles) == {ROLE}
    assert lab.checked == [(ROLE, "TrainingJobs", "report")]


def test_a_failure_file_is_the_reason(lab: Lab) -> None:
    lab.start("fail", HyperParameters={"code": "3", "why": "NoFace: no photo shows a face."})

    job = lab.finished()
    assert job["TrainingJobStatus"] == job["SecondaryStatus"] == "Failed"
    assert job["FailureReason"] == "AlgorithmError: NoFace: no photo shows a face., exit code: 3"
    assert lab.events[-1]["FailureReason"] == job["FailureReason"]
    assert lab.uploaded() == {"output/job-1/output/output.tar.gz"}


def test_an_exit_code_without_a_failure_file_refers_to_the_log(lab: Lab) -> None:
    lab.start("fail", HyperParameters={"code": "7"})

    reason = lab.finished()["FailureReason"]
    assert reason == "AlgorithmError: See job logs for more information, exit code: 7"


def test_a_long_failure_file_is_cut_to_the_limit_of_aws(lab: Lab) -> None:
    lab.start("fail", HyperParameters={"code": "7", "why": "x" * 2000})

    reason = lab.finished()["FailureReason"]
    assert len(reason) <= 1024
    assert reason.endswith(", exit code: 7")


def test_a_failure_file_with_exit_code_zero_is_no_failure(lab: Lab) -> None:
    lab.start("fail", HyperParameters={"code": "0", "why": "changed my mind"})

    assert lab.finished()["TrainingJobStatus"] == "Completed"


def test_a_channel_that_cannot_be_written_fails_the_job(lab: Lab) -> None:
    lab.put("photos/../../../../outside.txt", "escape")

    lab.start(InputDataConfig=[lab.channel("photos", "photos/")])

    assert lab.finished()["FailureReason"].startswith("ClientError: Data download failed")
    assert not list(lab.directory.rglob("outside.txt"))


def test_a_role_that_may_not_write_fails_the_job(lab: Lab) -> None:
    lab.start(OutputDataConfig={"S3OutputPath": "s3://another-bucket/output"})

    job = lab.finished()
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("ClientError: Upload to s3://another-bucket/")
    assert lab.leftovers() == []


def test_artifacts_are_encrypted_with_the_key_of_the_request(lab: Lab) -> None:
    key = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
    output = {"S3OutputPath": f"s3://{lab.bucket}/output", "KmsKeyId": key}

    lab.start(OutputDataConfig=output)

    lab.finished()
    for name in ("model.tar.gz", "output.tar.gz"):
        head = lab.s3.head_object(Bucket=lab.bucket, Key=f"output/job-1/output/{name}")
        assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", key)


def test_artifacts_can_be_left_unpacked(lab: Lab) -> None:
    output = {"S3OutputPath": f"s3://{lab.bucket}/output", "CompressionType": "NONE"}

    lab.start(OutputDataConfig=output)

    lab.finished()
    root = "output/job-1/output"
    assert lab.uploaded() == {f"{root}/model/seen.json", f"{root}/output/note.txt"}


def test_an_instance_type_without_capacity_fails_the_job(lab: Lab, tmp_path: Path) -> None:
    file = tmp_path / "capacity.json"
    lab.rebuild(capacity=lambda: Capacity.read(file))
    resources = {"InstanceType": "ml.p5.48xlarge", "InstanceCount": 1, "VolumeSizeInGB": 5}
    file.write_text('{"out_of_stock": ["ml.p5.48xlarge"]}')

    lab.start(ResourceConfig=resources)

    job = lab.finished()
    assert job["FailureReason"].startswith("CapacityError: Unable to provision requested")
    assert "TrainingStartTime" not in job
    file.unlink()
    lab.start(ResourceConfig=resources, TrainingJobName="job-2")
    assert lab.finished("job-2")["TrainingJobStatus"] == "Completed"


@pytest.mark.parametrize(("isolated", "answer"), [(False, "reached"), (True, "refused")])
def test_network_isolation_closes_every_port(lab: Lab, isolated: bool, answer: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        lab.start("knock", HyperParameters={"port": port}, EnableNetworkIsolation=isolated)
        lab.finished()

    log = lab.logs / "job-1.log"
    if isolated and log.exists() and "this system offers none" in log.read_text():
        pytest.skip("this system offers no network namespaces")
    assert lab.archive("output/job-1/output/model.tar.gz") == {"answer.txt": answer}
