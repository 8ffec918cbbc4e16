"""make app: what it starts, and that Ctrl-C ends both."""

from __future__ import annotations

import socket
from types import SimpleNamespace
from typing import Any

import pytest

from examples.app import __main__ as make_app
from laptop_cloud import cloud, processes
from laptop_cloud.places import CannotRun


class Client:
    def create_webhook(self, webhook: Any) -> Any:
        self.webhook = webhook
        return {"secret": "whsec_c2VjcmV0LW9mLXRoZS10ZXN0cw=="}


@pytest.fixture
def events(monkeypatch):
    """What happened, in order."""
    found: list[Any] = []
    running = SimpleNamespace(endpoint="http://127.0.0.1:4566", api_url="http://127.0.0.1:4566/api")

    def up(project, **_):
        found.append(("up", project.parameters["WebOrigins"], project.start_command))
        return running

    client = Client()
    monkeypatch.setattr(cloud, "up", up)
    monkeypatch.setattr(cloud, "down", lambda _, **__: found.append("down"))
    monkeypatch.setattr(make_app, "app_client", lambda *_, **__: client)
    monkeypatch.setattr(make_app.Server, "run", lambda _: ends(found, client))
    return found


def ends(found, client):
    found.append(("serves", client.webhook["url"]))
    raise KeyboardInterrupt  # uvicorn raises the signal again when it has ended


def run(monkeypatch, *options):
    monkeypatch.setattr("sys.argv", ["app", *options])
    make_app.main()


def test_it_starts_the_cloud_for_its_own_origin_and_ends_it(monkeypatch, events):
    port = processes.free_port()

    run(monkeypatch, "--port", str(port))

    assert events == [
        ("up", f"http://localhost:{port}", "make app"),
        ("serves", f"http://127.0.0.1:{port}/webhook"),
        "down",
    ]


def test_ctrl_c_while_the_cloud_starts_ends_it(monkeypatch, events):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(cloud, "up", interrupted)

    run(monkeypatch, "--port", str(processes.free_port()))

    assert events == ["down"]


def test_a_port_in_use_is_said_before_anything_starts(monkeypatch, events):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SystemExit) as ended:
            run(monkeypatch, "--port", str(port))

    assert str(ended.value) == f"Port {port} is in use: make app APP_PORT={port + 1}"
    assert events == []


def test_a_cloud_that_cannot_start_says_why(monkeypatch, events):
    def cannot(*_, **__):
        raise CannotRun("It cannot start.")

    monkeypatch.setattr(cloud, "up", cannot)
    with pytest.raises(SystemExit) as ended:
        run(monkeypatch, "--port", str(processes.free_port()))

    assert str(ended.value) == "It cannot start."
    assert events == []
