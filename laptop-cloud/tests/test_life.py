"""Starting and ending a cloud: messages, and that nothing is left behind."""

from __future__ import annotations

import os
import signal
import socket
import stat
import sys
from dataclasses import replace
from typing import TYPE_CHECKING
from unittest.mock import MagicMock

import pytest

from laptop_cloud import cloud, places, processes, sam, state
from laptop_cloud.locks import locked
from laptop_cloud.places import CannotRun, Folders
from laptop_cloud.processes import Process
from laptop_cloud.project import Container, Project, Tool
from laptop_cloud.state import State
from support.calls import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def start_sleeper(project: Project, code: str = "import time; time.sleep(60)") -> Process:
    command = [sys.executable, "-c", code]
    return processes.start("sleeper", command, {}, log_of(project), project.root)


def log_of(project: Project) -> Path:
    return project.folders.logs / "x.log"


def test_the_message_for_a_taken_port_names_the_command_for_another(project: Project) -> None:
    with socket.socket() as taken:
        taken.bind((places.HOST, 0))
        port = taken.getsockname()[1]
        described = replace(project, start_command="make demo", port_argument="PORT={port}")

        with pytest.raises(CannotRun, match=f"port {port}. .* make demo PORT={port + 1}$"):
            cloud.up(described, port=port)
    assert not project.folders.state.exists()


@pytest.mark.parametrize(
    "without",
    [
        lambda project, tool: replace(project, python=tool),
        lambda project, tool: replace(
            project, containers=(Container(image="image", program=tool),)
        ),
    ],
)
def test_the_message_for_a_missing_program_names_the_command_that_installs_it(
    project: Project, tmp_path: Path, without: Callable[[Project, Tool], Project]
) -> None:
    missing = Tool(tmp_path / "python", "make the-environment")

    with pytest.raises(CannotRun, match="is missing. Install it with: make the-environment"):
        cloud.up(without(project, missing), port=processes.free_port(), rekognition="http://x")


def test_without_a_cloud_nothing_can_be_deployed(project: Project) -> None:
    with pytest.raises(CannotRun, match="No cloud runs. Start one with: python -m laptop_cloud"):
        cloud.running(project)


def test_down_without_a_cloud_says_so(project: Project) -> None:
    messages: list[str] = []

    cloud.down(project, say=messages.append)

    assert messages == ["No cloud runs."]


def test_down_ends_the_processes_and_deletes_the_folder(project: Project) -> None:
    sleeper = start_sleeper(project)
    state.save(project.folders, State(port=1, root_secret="s", processes=(sleeper,)))

    cloud.down(project)

    assert not sleeper.runs()
    assert not project.folders.state.exists()


def test_a_program_that_ignores_sigterm_is_killed(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "GRACE_S", 0.3)
    code = (
        "import signal, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('ready', flush=True)\ntime.sleep(60)"
    )
    stubborn = start_sleeper(project, code)
    wait_for("readiness", lambda: "ready" in log_of(project).read_text())

    stubborn.end()

    assert not stubborn.runs()


def test_another_process_with_the_same_id_is_left_alone(project: Project) -> None:
    sleeper = start_sleeper(project)
    earlier = Process("MiniStack", sleeper.pid, sleeper.started - 60)
    try:
        assert not earlier.runs()
        earlier.end()
        assert sleeper.runs()
    finally:
        sleeper.end()


def test_the_message_for_a_server_that_ends_has_the_end_of_its_log(project: Project) -> None:
    failing = start_sleeper(project, "print('no such thing', flush=True); raise SystemExit(1)")

    with pytest.raises(CannotRun, match="sleeper did not start:\nno such thing"):
        processes.wait_until_it_listens(failing, processes.free_port(), log_of(project), seconds=30)
    failing.end()


def test_two_commands_do_not_work_on_one_cloud_at_once(project: Project) -> None:
    with (
        locked(project.folders.state, wait=False),
        pytest.raises(CannotRun, match="Another command works"),
    ):
        cloud.up(project, port=processes.free_port())


def test_no_other_cloud_builds_while_a_build_is_deployed(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    class DeployedEnough(Exception):
        pass

    def deploy(*_: object) -> None:
        with pytest.raises(CannotRun), locked(project.folders.build, wait=False):
            pass
        raise DeployedEnough

    monkeypatch.setattr(cloud, "_running", lambda _: State(port=1, root_secret="s"))
    monkeypatch.setattr(cloud.identities, "make_ops", lambda _: None)
    monkeypatch.setattr(cloud.Cloud, "root", lambda _: MagicMock())
    monkeypatch.setattr(cloud.Cloud, "ops_credentials", lambda _: MagicMock())
    monkeypatch.setattr(sam, "_build", lambda *_: project.folders.build / "packed.yaml")
    monkeypatch.setattr(sam, "deploy", deploy)

    with pytest.raises(DeployedEnough):
        cloud.deploy(project)


def test_a_cloud_that_other_code_started_is_started_again(project: Project) -> None:
    sleeper = start_sleeper(project)
    old = State(port=1, root_secret="s", servers="other code", processes=(sleeper,))
    state.save(project.folders, old)
    with socket.socket() as taken:
        taken.bind((places.HOST, 0))

        with pytest.raises(CannotRun, match="Another program uses port"):
            cloud.up(project, port=taken.getsockname()[1])
    assert not sleeper.runs()


def test_only_the_owner_can_read_the_state(project: Project) -> None:
    state.save(project.folders, State(port=1, root_secret="secret"))

    assert stat.S_IMODE(project.folders.record.stat().st_mode) == 0o600
    assert state.load(project.folders) == State(port=1, root_secret="secret")


def test_the_state_of_another_version_is_ignored(project: Project) -> None:
    process = {"name": "MiniStack", "pid": 1, "began": "42", "port": 2}
    text = '{"port": 1, "root_secret": "s", "more": 1, "processes": [%s]}'
    state.write_private(project.folders.record, text % str(process).replace("'", '"'))

    found = state.load(project.folders)

    assert found == State(port=1, root_secret="s")
    assert not found.runs()


def test_a_cloud_runs_only_if_all_its_processes_run(project: Project) -> None:
    one, two = start_sleeper(project), start_sleeper(project)
    both = State(port=1, root_secret="s", processes=(one, two))
    try:
        assert both.runs()
        os.killpg(two.pid, signal.SIGKILL)
        wait_for("end", lambda: not two.runs())
        assert not both.runs()
    finally:
        one.end()
        two.end()


def test_the_fingerprint_follows_every_source_and_parameter(tmp_path: Path) -> None:
    (tmp_path / "functions").mkdir()
    (tmp_path / "template.yaml").write_text("a")
    source = tmp_path / "functions" / "f.py"
    source.write_text("1")

    def fingerprint(**parameters: str) -> str:
        return Project(
            root=tmp_path,
            template=tmp_path / "template.yaml",
            sources=(tmp_path / "functions",),
            stack="s",
            artifacts="a",
            folders=Folders(state=tmp_path / "state", build=tmp_path / "build"),
            parameters=parameters,
        ).fingerprint()

    first = fingerprint()
    assert fingerprint() == first
    assert fingerprint(Stage="local") != first
    (tmp_path / "functions" / "__pycache__").mkdir()
    (tmp_path / "functions" / "__pycache__" / "f.pyc").write_text("x")
    assert fingerprint() == first
    source.write_text("2")
    assert fingerprint() != first
