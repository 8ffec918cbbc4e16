"""The program itself: `python -m laptop_cloud.rekognition`."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support import pictures
from support.rekognition import client

TESTS = Path(__file__).parents[1]
DEADLINE = 30.0


def start(port: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [
            sys.executable,
            "-m",
            "laptop_cloud.rekognition",
            "--port",
            str(port),
            "--vision",
            "support.vision",
        ],
        cwd=TESTS,
        env={**os.environ, "PYTHONPATH": f"{TESTS}:{TESTS.parent}"},
        stderr=subprocess.PIPE,
        text=True,
    )


def health(port: int) -> dict[str, Any] | None:
    try:
        address = f"http://127.0.0.1:{port}/health"
        with urllib.request.urlopen(address, timeout=5) as response:
            answer: dict[str, Any] = json.load(response)
            return answer
    except OSError:
        return None


def healthy(port: int) -> dict[str, Any]:
    end = time.monotonic() + DEADLINE
    while time.monotonic() < end:
        if (answer := health(port)) and answer["models_loaded"]:
            return answer
        time.sleep(0.05)
    raise AssertionError(f"not healthy within {DEADLINE} s")


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        number: int = server.getsockname()[1]
        return number


@pytest.fixture
def program(port: int) -> Iterator[subprocess.Popen[str]]:
    with start(port) as process:
        yield process
        process.kill()


def test_it_reports_when_it_is_ready_serves_and_ends_on_sigterm(
    port: int, program: subprocess.Popen[str]
) -> None:
    assert healthy(port) == {"status": "ok", "models_loaded": True}
    picture = pictures.encode(pictures.faces(pictures.ADA))
    assert len(client(port).detect_faces(Image={"Bytes": picture})["FaceDetails"]) == 1

    program.send_signal(signal.SIGTERM)

    assert program.wait(DEADLINE) == 0
    assert health(port) is None


def test_a_taken_port_is_reported_in_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = server.getsockname()[1]
        with start(taken) as process:
            _, output = process.communicate(timeout=DEADLINE)

    assert process.returncode == 1
    assert output.strip() == (
        f"Another program uses port {taken} on 127.0.0.1: choose another --port."
    )


def test_it_listens_on_the_loopback_alone(port: int, program: subprocess.Popen[str]) -> None:
    healthy(port)

    with socket.socket() as probe, pytest.raises(OSError, match="refused"):
        probe.connect(("127.0.0.2", port))
