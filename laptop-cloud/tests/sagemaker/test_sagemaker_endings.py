"""Training jobs that are ended: stopped, timed out, or with the cloud."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from laptop_cloud.sagemaker import run
from support.lab import PROGRAMS, Lab, wait_for

CHECKPOINTS = {
    "checkpoints/first.txt",
    "checkpoints/pids.txt",
    "checkpoints/count.txt",
}


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        if sys.platform != "linux":
            return True
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):  # the second if it ended since the signal
        return False


def pids(lab: Lab) -> list[int]:
    wait_for(lambda: "checkpoints/pids.txt" in lab.uploaded("checkpoints/"))
    return [int(pid) for pid in lab.text("checkpoints/pids.txt").split()]


def test_checkpoints_appear_while_the_job_runs(lab: Lab) -> None:
    lab.start("wait", CheckpointConfig=lab.checkpoints())

    wait_for(lambda: lab.uploaded() >= CHECKPOINTS)
    early = int(lab.text("checkpoints/count.txt"))
    wait_for(lambda: int(lab.text("checkpoints/count.txt")) > early)
    assert lab.describe()["SecondaryStatus"] == "Training"
    assert lab.text("checkpoints/first.txt") == "one"


def test_unfinished_files_are_not_uploaded(lab: Lab) -> None:
    lab.start("wait", CheckpointConfig=lab.checkpoints())
    wait_for(lambda: lab.uploaded() >= CHECKPOINTS)

    lab.call("StopTrainingJob", TrainingJobName="job-1")

    lab.finished()
    assert lab.uploaded("checkpoints/") == CHECKPOINTS | {"checkpoints/last.txt"}


def test_a_stopped_job_may_still_save(lab: Lab) -> None:
    lab.start("wait", CheckpointConfig=lab.checkpoints())
    running = pids(lab)

    status, answer = lab.call("StopTrainingJob", TrainingJobName="job-1")

    assert (status, answer) == (200, {})
    job = lab.finished()
    assert job["TrainingJobStatus"] == job["SecondaryStatus"] == "Stopped"
    steps = [step["Status"] for step in job["SecondaryStatusTransitions"]]
    assert steps == ["Starting", "Downloading", "Training", "Stopping", "Uploading", "Stopped"]
    assert "FailureReason" not in job
    assert lab.text("checkpoints/last.txt") == "written on SIGTERM"
    assert lab.archive("output/job-1/output/model.tar.gz").keys() == {"weights.txt"}
    assert not any(map(alive, running))
    assert lab.leftovers() == []


def test_a_job_is_stopping_at_once(lab: Lab) -> None:
    lab.start("wait", HyperParameters={"stubborn": "yes"}, CheckpointConfig=lab.checkpoints())
    pids(lab)

    lab.call("StopTrainingJob", TrainingJobName="job-1")

    assert lab.describe()["TrainingJobStatus"] == lab.describe()["SecondaryStatus"] == "Stopping"
    status, answer = lab.call("StopTrainingJob", TrainingJobName="job-1")
    assert status == 400
    assert answer == {
        "__type": "ValidationException",
        "message": "The request was rejected because the training job is in status Stopping.",
    }


def test_a_job_that_ignores_sigterm_is_killed_after_the_grace_period(lab: Lab) -> None:
    lab.rebuild(grace_seconds=0.3)
    lab.start("wait", HyperParameters={"stubborn": "yes"}, CheckpointConfig=lab.checkpoints())
    running = pids(lab)

    lab.call("StopTrainingJob", TrainingJobName="job-1")

    assert lab.finished()["TrainingJobStatus"] == "Stopped"
    assert "checkpoints/last.txt" not in lab.uploaded()
    assert not any(map(alive, running))


def test_a_job_out_of_time_is_stopped(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    ahead = [0]
    clock = SimpleNamespace(monotonic=lambda: time.monotonic() + ahead[-1])
    monkeypatch.setattr(run, "time", clock)
    lab.start("wait", CheckpointConfig=lab.checkpoints())
    pids(lab)  # it handles signals now

    ahead.append(60)  # its MaxRuntimeInSeconds

    job = lab.finished()
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")
    assert job["SecondaryStatusTransitions"][-1]["StatusMessage"] == (
        "Training job runtime exceeded MaxRuntimeInSeconds provided"
    )
    assert lab.text("checkpoints/last.txt") == "written on SIGTERM"


def test_the_next_job_finds_the_checkpoints_of_the_last(lab: Lab) -> None:
    lab.start("wait", CheckpointConfig=lab.checkpoints())
    pids(lab)
    lab.call("StopTrainingJob", TrainingJobName="job-1")
    lab.finished()
    before = lab.s3.head_object(Bucket=lab.bucket, Key="checkpoints/first.txt")["LastModified"]

    lab.start("report", TrainingJobName="job-2", CheckpointConfig=lab.checkpoints())

    lab.finished("job-2")
    seen = lab.archive("output/job-2/output/model.tar.gz")["seen.json"]
    assert '"first.txt": "one"' in seen
    assert '"last.txt": "written on SIGTERM"' in seen
    after = lab.s3.head_object(Bucket=lab.bucket, Key="checkpoints/first.txt")["LastModified"]
    assert after == before, "what was restored is not sent again"


def test_a_job_that_may_not_write_checkpoints_fails(lab: Lab) -> None:
    lab.deny_writing("checkpoints/")
    lab.start("wait", CheckpointConfig=lab.checkpoints())
    wait_for((lab.jobs_directory / "job-1" / "checkpoints" / "first.txt").exists)

    lab.call("StopTrainingJob", TrainingJobName="job-1")

    job = lab.finished()
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith(f"ClientError: Upload to s3://{lab.bucket}/checkpoints/")
    assert "Access Denied" in job["FailureReason"]


def test_closing_the_cloud_ends_every_program(lab: Lab) -> None:
    lab.start("wait", HyperParameters={"stubborn": "yes"}, CheckpointConfig=lab.checkpoints())
    running = pids(lab)
    sent = len(lab.events)

    lab.sagemaker.close()

    assert not any(map(alive, running))
    assert not lab.jobs_directory.exists()
    assert lab.describe()["TrainingJobStatus"] == "Failed"
    assert len(lab.events) == sent
    status, answer = lab.call("CreateTrainingJob", **lab.request(TrainingJobName="late"))
    assert (status, answer["__type"]) == (400, "InternalFailure")


CLOUD = """
import sys, time
from pathlib import Path
from laptop_cloud.sagemaker.program import Running
directory = Path(sys.argv[1])
for name in ("tmp", "checkpoints", "model", "input/config"):
    (directory / name).mkdir(parents=True)
(directory / "input/config/hyperparameters.json").write_text('{"stubborn": "yes"}')
running = Running((sys.executable, sys.argv[2]), directory=directory,
    environment={"SAGEMAKER_BASE_DIR": str(directory)}, isolated=False,
    protected=directory / "input")
time.sleep(600)
"""


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_a_cloud_that_is_killed_leaves_nothing_behind(tmp_path: Path, end: signal.Signals) -> None:
    directory = tmp_path / "job"
    cloud = subprocess.Popen(
        [sys.executable, "-c", CLOUD, str(directory), str(PROGRAMS / "wait.py")],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    note = directory / "checkpoints" / "pids.txt"
    wait_for(note.exists)
    running = [int(pid) for pid in note.read_text().split()]
    assert all(map(alive, running))

    cloud.send_signal(end)
    cloud.wait()

    wait_for(lambda: not any(map(alive, running)))
    wait_for(lambda: not directory.exists())


def test_leftovers_of_an_earlier_cloud_are_deleted_at_the_start(lab: Lab) -> None:
    lab.sagemaker.close()
    stale = lab.jobs_directory / "old-job" / "input" / "data" / "photo.jpg"
    stale.parent.mkdir(parents=True)
    stale.write_text("a photo")

    lab.sagemaker = lab.build()

    assert lab.leftovers() == []


def test_a_listener_may_stop_the_job(lab: Lab) -> None:
    """The listener calls SageMaker during its own call: no lock may be held."""

    def stop_at_once(detail: dict[str, str]) -> None:
        lab.events.append(detail)
        if detail["SecondaryStatus"] == "Training":
            lab.call("StopTrainingJob", TrainingJobName="job-1")

    lab.listener = stop_at_once

    began = time.monotonic()
    lab.start("wait")

    assert lab.finished()["TrainingJobStatus"] == "Stopped"
    assert time.monotonic() - began < 20
    names = [event["SecondaryStatus"] for event in lab.events]
    assert names[-3:] == ["Stopping", "Uploading", "Stopped"]
