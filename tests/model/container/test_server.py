"""The program as an endpoint: archives in and out, one turn after the other, nothing on disk."""

import http.client
import io
import json
import os
import signal
import socket
import subprocess
import sys
import tarfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import cv2
import numpy as np
import pytest

from likeness.contracts.container import GenerationResult
from likeness_model import errors
from likeness_model.container import server
from tests.model.conftest import (
    PACKAGES,
    PATIENCE_S,
    JobFolder,
    demo_bytes,
    scratch_folder,
    wait_until,
)


class AtSocket(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("endpoint", timeout=PATIENCE_S)
        self._path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(PATIENCE_S)
        self.sock.connect(self._path)


class Endpoint:
    def __init__(self, address, program, scratch):
        self.address, self.program, self.scratch = address, program, scratch

    def request(self, method, path, body=None, headers=None):
        connection = AtSocket(self.address)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def draw(self, body):
        return self.request("POST", "/invocations", body, {"Content-Type": "application/x-tar"})

    def is_ready(self):
        try:
            return self.request("GET", "/ping")[0] == 200
        except OSError:
            return False

    def left(self):
        """Every file of the program on disk."""
        return [path for path in self.scratch.rglob("*") if path.is_file()]


@contextmanager
def started(folder, **environment):
    """The program, ready on a Unix socket in `folder`; it is ended afterwards."""
    with scratch_folder() as scratch, (folder / "log").open("wb") as log:
        program = subprocess.Popen(
            [sys.executable, "-m", "likeness_model", "serve"],
            env=os.environ
            | {
                "SAGEMAKER_BASE_DIR": str(folder / "ml"),
                "LIKENESS_ADDRESS": str(folder / "socket"),
                "LIKENESS_WORKERS": "2",
                "TMPDIR": str(scratch),
                "PYTHONPATH": PACKAGES,
            }
            | environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        endpoint = Endpoint(str(folder / "socket"), program, scratch)
        try:
            wait_until(lambda: endpoint.is_ready() or program.poll() is not None)
            yield endpoint
        finally:
            program.kill()
            program.wait()


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("endpoint")


@pytest.fixture(scope="module")
def endpoint(home):
    with started(home) as found:
        yield found


def request_of(folder):
    """A job folder's channels as one archive."""
    body = io.BytesIO()
    with tarfile.open(fileobj=body, mode="w") as archive:
        archive.add(folder.base / "input/data/order/order.json", "order.json")
        for photo in sorted((folder.base / "input/data/photos").glob("*.jpg")):
            archive.add(photo, f"photos/{photo.name}")
    return body.getvalue()


@pytest.fixture(scope="module")
def request_body(tmp_path_factory):
    folder = JobFolder(tmp_path_factory.mktemp("job"))
    folder.add_photo("p01", demo_bytes("close"))
    folder.order(["glamour", "pencil"])
    return request_of(folder)


@pytest.fixture(scope="module")
def drawn(endpoint, request_body):
    """Status and body of its response."""
    return endpoint.draw(request_body)


def archive_of(**files):
    body = io.BytesIO()
    with tarfile.open(fileobj=body, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name.replace("__", "/"))
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return body.getvalue()


def test_the_response_contains_the_result_and_each_of_its_avatars(drawn):
    status, body = drawn

    assert status == 200
    with tarfile.open(fileobj=io.BytesIO(body)) as archive:
        names = archive.getnames()
        result = GenerationResult.model_validate_json(archive.extractfile("result.json").read())
        pictures = [archive.extractfile(a.file).read() for a in result.avatars]
    assert names == ["result.json", *(avatar.file for avatar in result.avatars)]
    for picture in pictures:
        assert cv2.imdecode(np.frombuffer(picture, np.uint8), 1).shape == (192, 192, 3)


def test_nothing_of_a_job_is_left_on_the_disk(endpoint, drawn):
    assert endpoint.left() == []


def test_another_users_job_in_between_does_not_change_the_avatars(
    endpoint, request_body, drawn, tmp_path
):
    other = JobFolder(tmp_path / "other")
    other.add_photo("p01", demo_bytes("tilted"))
    other.order(["cosmic"])

    endpoint.draw(request_of(other))
    again = endpoint.draw(request_body)[1]

    assert checksums(again) == checksums(drawn[1])


def checksums(body):
    with tarfile.open(fileobj=io.BytesIO(body)) as archive:
        result = json.load(archive.extractfile("result.json"))
    return {row["avatar_id"]: row["sha256"] for row in result["avatars"]}


def test_ping_responds_while_a_job_runs_and_a_second_job_waits_for_its_turn(
    endpoint, request_body, drawn, tmp_path
):
    """Both get the avatars that they get alone."""
    other = JobFolder(tmp_path / "other")
    other.add_photo("p01", demo_bytes("tilted"))
    other.order(["cosmic"])
    bodies = [request_body, request_of(other)]
    alone = [checksums(body) for _, body in (drawn, endpoint.draw(bodies[1]))]
    with ThreadPoolExecutor(2) as threads:
        together = [threads.submit(endpoint.draw, body) for body in bodies]
        wait_until(endpoint.left)
        assert endpoint.is_ready()

    assert [checksums(response.result()[1]) for response in together] == alone
    assert endpoint.left() == []


class TestTurns:
    def test_one_job_at_a_time_has_its_turn(self):
        turns = server.Turns()
        turns.ready.set()
        inside, most = [], []

        def job():
            with turns:
                inside.append(1)
                most.append(len(inside))
                time.sleep(0.01)
                inside.pop()

        with ThreadPoolExecutor(4) as threads:
            for future in [threads.submit(job) for _ in range(8)]:
                future.result()

        assert most == [1] * 8

    @pytest.mark.parametrize(
        ("error", "healthy"), [(errors.PhotosError("x"), True), (RuntimeError("x"), False)]
    )
    def test_after_an_unexpected_error_no_waiting_job_gets_the_engine(self, error, healthy):
        turns = server.Turns()
        turns.ready.set()
        started, entered = threading.Event(), []

        def failing():
            with turns:
                started.set()
                time.sleep(0.1)  # the other job waits by now
                raise error

        def waiting():
            started.wait()
            with turns:
                entered.append(1)

        with ThreadPoolExecutor(2) as threads:
            jobs = [threads.submit(failing), threads.submit(waiting)]

        assert jobs[0].exception() is error
        assert entered == [1] * healthy
        assert isinstance(jobs[1].exception(), server.Unavailable) is not healthy
        assert turns.failed.is_set() is not healthy


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        (b"not an archive", 400, "OrderError"),
        (archive_of(), 400, "OrderError"),
        (archive_of(**{"order.json": b"{"}), 400, "OrderError"),
        (archive_of(**{"..__order.json": b"{}"}), 400, "OrderError"),
        (archive_of(**{"photos__..__..__p01.jpg": b"x"}), 400, "OrderError"),
        (archive_of(photos__p01=b"x"), 400, "OrderError"),
    ],
)
def test_an_invalid_request_is_rejected_with_one_sentence(endpoint, body, status, error):
    found, content = endpoint.draw(body)

    assert (found, json.loads(content)["error"]) == (status, error)
    assert "\n" not in json.loads(content)["message"]
    assert endpoint.left() == []


def test_a_link_in_the_request_is_rejected(endpoint):
    body = io.BytesIO()
    with tarfile.open(fileobj=body, mode="w") as archive:
        member = tarfile.TarInfo("photos/p01.jpg")
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/hostname"
        archive.addfile(member)

    assert endpoint.draw(body.getvalue())[0] == 400


def test_photos_that_cannot_be_decoded_are_a_bad_request(endpoint, job_folder):
    job_folder.add_photo("p01", b"not a picture")
    job_folder.order(["glamour"])

    status, body = endpoint.draw(request_of(job_folder))

    assert status == 400
    assert json.loads(body) == {"error": "PhotosError", "message": "no photo can be decoded"}


def test_other_paths_are_not_found(endpoint):
    assert endpoint.request("GET", "/")[0] == endpoint.request("POST", "/jobs", b"")[0] == 404


def test_a_request_that_is_too_large_is_rejected_before_it_is_read(endpoint):
    headers = {"Content-Length": str(10 << 30)}

    assert endpoint.request("POST", "/invocations", b"", headers)[0] == 413


def test_the_log_names_ids_and_measures_and_no_path(drawn, home):
    log = (home / "log").read_text()
    assert "avatar a01: drawn" in log
    assert "avatars_drawn=2;" in log
    assert str(home) not in log


def test_sigterm_in_the_middle_of_a_job_ends_it_at_once_and_leaves_no_photo(tmp_path, request_body):
    with started(tmp_path) as endpoint:

        def draw():
            with pytest.raises((OSError, http.client.HTTPException)):
                endpoint.draw(request_body)

        drawing = threading.Thread(target=draw)
        drawing.start()
        wait_until(endpoint.left)

        endpoint.program.send_signal(signal.SIGTERM)
        code = endpoint.program.wait(timeout=60)
        drawing.join()

        assert code == errors.TERMINATED
        assert endpoint.left() == []


def test_an_engine_that_cannot_be_loaded_ends_the_program_with_the_reason(tmp_path):
    with started(tmp_path, LIKENESS_ENGINE="crayon") as endpoint:
        code = endpoint.program.wait(timeout=60)

    assert code == errors.WeightsError.exit_code
    assert "crayon" in (tmp_path / "ml/output/failure").read_text()


def test_an_unknown_command_is_named():
    done = subprocess.run(
        [sys.executable, "-m", "likeness_model", "paint"],
        env=os.environ | {"PYTHONPATH": PACKAGES},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == errors.USAGE
    assert done.stderr == "Unknown command paint: use train or serve.\n"


def test_the_process_ends_after_an_unexpected_error(tmp_path, request_body):
    with started(tmp_path) as endpoint:
        scratch = next(endpoint.scratch.glob("likeness-*"))
        scratch.rmdir()
        scratch.write_text("a file where the job's folder belongs")

        status, body = endpoint.draw(request_body)
        code = endpoint.program.wait(timeout=60)

    assert status == 500
    assert json.loads(body)["error"]
    assert code == errors.INTERNAL
