"""The image as SageMaker starts it: as root, with folders that root owns."""

import ast
import os
import signal
import socket
import sys
import time
from pathlib import Path

import pytest

from likeness_model import errors
from likeness_model.container import start
from tests.model.conftest import JobFolder, demo_bytes
from tests.model.container import image

PATIENCE_S = 120
as_root = pytest.mark.skipif(not image.AVAILABLE, reason="needs root and mount namespaces")


@pytest.fixture
def job(tmp_path):
    """A job's folders as SageMaker mounts them: root's, 0755; the input readable by root only."""
    folder = JobFolder(tmp_path / "ml")
    folder.add_photo("p01", demo_bytes("close"))
    folder.order(["pencil"])
    for name in ("checkpoints", "model", "output"):
        (folder.base / name).mkdir()
    for path in (folder.base / "input").rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    return folder


def until(process, ready):
    deadline = time.monotonic() + PATIENCE_S
    while not (found := ready()):
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < deadline, "timed out"
        time.sleep(0.02)
    return found


def program(process):
    """The process id of the container's process 1, seen from outside, once it is the program.

    setpriv gives up root step by step, and its last privileges when it becomes the program.
    """

    def running():
        path = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        pids = path.read_text().split()
        if not pids:
            return None
        found = status(pids[0])
        return int(pids[0]) if found["Uid"][0] != "0" and found["Name"] != ["setpriv"] else None

    return until(process, running)


def status(pid):
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: value.split() for name, _, value in (line.partition(":") for line in lines)}


def owners(folder):
    return {path.lstat().st_uid for path in (folder, *folder.rglob("*"))}


@as_root
def test_a_job_is_drawn_in_folders_that_root_owns(job, tmp_path):
    training = job.checkpoints / "training-old.safetensors"  # SageMaker restored it
    training.write_bytes(b"")
    process = image.start(tmp_path, "train")
    log, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, log
    assert [avatar["avatar_id"] for avatar in job.result()["avatars"]] == ["a01"]
    assert (job.base / "model/result.json").is_file()
    assert owners(job.checkpoints) == owners(job.base / "model") == {start.USER}
    assert owners(job.base / "input") == {0}


@as_root
def test_the_program_has_no_privileges_and_is_process_1(job, tmp_path):
    process = image.start(tmp_path, "train")
    found = status(program(process))
    process.communicate(timeout=PATIENCE_S)
    user = str(start.USER)
    assert found["Uid"] == found["Gid"] == [user] * 4
    assert found["Groups"] == []
    assert set(found["CapPrm"] + found["CapEff"] + found["CapAmb"]) == {"0" * 16}
    assert found["NoNewPrivs"] == ["1"]
    assert found["NSpid"][-1] == "1"


@as_root
def test_a_sigterm_reaches_the_program(job, tmp_path):
    job.order(["glamour", "cosmic", "pencil"] * 5)
    process = image.start(tmp_path, "train", LIKENESS_WORKERS="1")
    pid = program(process)
    until(process, lambda: list(job.checkpoints.glob("a*.png")))
    os.kill(pid, signal.SIGTERM)
    log, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == errors.TERMINATED, log
    assert job.failure.startswith("Terminated: ")


@as_root
def test_a_failure_has_its_exit_code_and_its_file(job, tmp_path):
    job.write_order("no order")
    process = image.start(tmp_path, "train")
    log, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == errors.OrderError.exit_code, log
    assert job.failure.startswith("OrderError: ")


@as_root
def test_a_folder_that_cannot_be_written_ends_the_job_with_its_name(job, tmp_path):
    process = image.start(tmp_path, "train", readonly="input checkpoints")
    log, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == errors.INTERNAL
    assert log.startswith("/opt/ml/checkpoints cannot be given to user 10001: Read-only file ")
    assert "/opt/ml/checkpoints" in job.failure


@as_root
def test_an_endpoint_takes_over_nothing_and_reads_its_weights(tmp_path):
    weights = tmp_path / "ml/model/weights"
    weights.mkdir(parents=True)
    (weights / "manifest.json").write_text("{}")
    process = image.start(tmp_path, "serve", LIKENESS_ADDRESS="/tmp/socket")  # noqa: S108
    pid = program(process)
    address = f"/proc/{pid}/root/tmp/socket"

    def response():
        with socket.socket(socket.AF_UNIX) as client:
            try:
                client.connect(address)
            except (FileNotFoundError, ConnectionRefusedError):
                return None
            client.sendall(b"GET /ping HTTP/1.1\r\nHost: container\r\nConnection: close\r\n\r\n")
            line = client.recv(1024).split(b"\r\n")[0]
            return line if b"503" not in line else None

    assert until(process, response) == b"HTTP/1.1 200 OK"
    os.kill(pid, signal.SIGTERM)
    process.communicate(timeout=PATIENCE_S)
    assert process.returncode == errors.TERMINATED
    assert owners(tmp_path / "ml/model") == {0}


@as_root
def test_another_user_runs_the_program_without_taking_over(job, tmp_path):
    for path in (job.base, *job.base.rglob("*")):
        os.chown(path, 4711, 4711)
    process = image.start(tmp_path, "train", user=4711)
    found = status(program(process))
    log, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, log
    assert found["Uid"] == ["4711"] * 4
    assert owners(job.checkpoints) == {4711}


# ------------------------------------------------------------------------- without root


@pytest.fixture
def given(monkeypatch):
    """The paths whose owner was changed."""
    changed = []
    monkeypatch.setattr(os, "chown", lambda path, *_user, **_how: changed.append(Path(path)))
    return changed


def test_a_training_job_gets_what_it_writes_and_nothing_else(job, given):
    (job.checkpoints / "training-old.safetensors").write_bytes(b"")
    start.take_over(job.base, 10001, serves=False)
    folders = {job.base / name for name in start.WRITTEN}
    assert set(given) == folders | {job.checkpoints / "training-old.safetensors"}


def test_missing_folders_are_made(tmp_path, given):
    start.take_over(tmp_path, 10001, serves=False)
    assert sorted(path.name for path in given) == sorted(start.WRITTEN)


def test_an_endpoint_gets_nothing(job, given):
    start.take_over(job.base, 10001, serves=True)
    assert given == []


def test_what_the_program_reads_is_readable_by_all(job, given):
    start.take_over(job.base, 10001, serves=False)
    modes = {path: path.stat().st_mode & 0o777 for path in (job.base / "input").rglob("*")}
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o755}
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o644}


def test_a_link_is_not_followed(job, given, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir(mode=0o700)
    (outside / "file").touch(mode=0o600)
    (job.checkpoints / "link").symlink_to(outside)
    (job.base / "input/link").symlink_to(outside)
    start.take_over(job.base, 10001, serves=False)
    assert outside / "file" not in given
    assert outside.stat().st_mode & 0o777 == 0o700


def test_what_runs_as_root_imports_only_the_standard_library():
    names = set()
    for node in ast.walk(ast.parse(Path(start.__file__).read_text())):
        if isinstance(node, ast.Import):
            names |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(str(node.module))
    assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names
