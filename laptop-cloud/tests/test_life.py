"""Starting and ending: what a user is told, and that nothing is left behind."""

from __future__ import annotations

import os
import signal
import socket
import stat
import sys
from typing import TYPE_CHECKING

import pytest

from laptop_cloud import cloud, places, processes, state
from laptop_cloud.locks import alone
from laptop_cloud.places import CannotRun, Places
from laptop_cloud.processes import Process
from laptop_cloud.project import Project
from laptop_cloud.state import State
from support.calls import wait_for

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def where(tmp_path: Path) -> Places:
    return Places(state=tmp_path / "state", build=tmp_path / "build")


def start_sleeper(where: Places, code: str = "import time; time.sleep(60)") -> Process:
    command = [sys.executable, "-c", code]
    return processes.start("sleeper", command, {}, where.logs / "x.log", where.logs.parent.parent)


def test_a_taken_port_is_told_with_a_way_out(where: Places) -> None:
    with socket.socket() as taken:
        taken.bind((places.HOST, 0))
        port = taken.getsockname()[1]

        with pytest.raises(CannotRun, match=f"Port {port} is taken .* PORT={port + 1}"):
            cloud.up(port=port, where=where)
    assert not where.state.exists()


def test_a_missing_environment_is_told_with_the_command_that_makes_it(
    where: Places, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(places, "ENVIRONMENTS", tmp_path)

    with pytest.raises(CannotRun, match=r"requirements/install\.sh cloud"):
        cloud.up(port=processes.free_port(), where=where, models="http://nowhere", training=["x"])


def test_without_a_cloud_there_is_nothing_to_deploy_to(where: Places) -> None:
    with pytest.raises(CannotRun, match="No cloud runs"):
        cloud.running(where=where)


def test_down_without_a_cloud_says_so(where: Places) -> None:
    said: list[str] = []

    cloud.down(where=where, say=said.append)

    assert said == ["No cloud runs."]


def test_down_ends_what_was_started_and_removes_its_folder(where: Places) -> None:
    sleeper = start_sleeper(where)
    state.save(where, State(port=1, root_secret="s", processes=(sleeper,)))

    cloud.down(where=where)

    assert not sleeper.runs()
    assert not where.state.exists()


def test_a_program_that_ignores_the_first_signal_gets_the_second(
    where: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "GRACE_S", 0.3)
    code = (
        "import signal, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('ready', flush=True)\ntime.sleep(60)"
    )
    stubborn = start_sleeper(where, code)
    log = where.logs / "x.log"
    wait_for("readiness", lambda: "ready" in log.read_text())

    stubborn.end()

    assert not stubborn.runs()


def test_a_stranger_with_the_same_id_is_left_alone(where: Places) -> None:
    sleeper = start_sleeper(where)
    stranger = Process("MiniStack", sleeper.pid, "another time")
    try:
        assert not stranger.runs()
        stranger.end()
        assert sleeper.runs()
    finally:
        sleeper.end()


def test_a_server_that_dies_at_once_is_told_with_the_end_of_its_log(where: Places) -> None:
    failing = start_sleeper(where, "print('no such thing', flush=True); raise SystemExit(1)")

    with pytest.raises(CannotRun, match="sleeper did not start:\nno such thing"):
        processes.wait_until_it_listens(
            failing, processes.free_port(), where.logs / "x.log", seconds=30
        )


def test_two_commands_do_not_work_on_one_cloud_at_once(where: Places) -> None:
    with (
        alone(where.state, wait=False),
        pytest.raises(CannotRun, match="Another command is at work"),
    ):
        cloud.up(port=processes.free_port(), where=where)


def test_a_cloud_that_other_code_started_is_not_taken_for_ours(where: Places) -> None:
    sleeper = start_sleeper(where)
    old = State(port=1, root_secret="s", servers="other code", processes=(sleeper,))
    state.save(where, old)
    with socket.socket() as taken:
        taken.bind((places.HOST, 0))

        with pytest.raises(CannotRun, match="is taken"):
            cloud.up(port=taken.getsockname()[1], where=where)
    assert not sleeper.runs()


def test_secrets_are_kept_from_other_users(where: Places) -> None:
    state.save(where, State(port=1, root_secret="secret"))

    assert stat.S_IMODE(where.record.stat().st_mode) == 0o600
    assert state.load(where) == State(port=1, root_secret="secret")


def test_a_cloud_runs_only_while_all_of_it_does(where: Places) -> None:
    one, two = start_sleeper(where), start_sleeper(where)
    both = State(port=1, root_secret="s", processes=(one, two))
    try:
        assert both.runs()
        os.killpg(two.pid, signal.SIGKILL)
        two.end()
        assert not both.runs()
    finally:
        one.end()


def test_the_fingerprint_follows_every_source_and_parameter(tmp_path: Path) -> None:
    (tmp_path / "functions").mkdir()
    (tmp_path / "template.yaml").write_text("a")
    source = tmp_path / "functions" / "f.py"
    source.write_text("1")

    def fingerprint(**parameters: str) -> str:
        sources = (tmp_path / "functions",)
        return Project(tmp_path / "template.yaml", sources, parameters=parameters).fingerprint()

    first = fingerprint()
    assert fingerprint() == first
    assert fingerprint(Stage="local") != first
    (tmp_path / "functions" / "__pycache__").mkdir()
    (tmp_path / "functions" / "__pycache__" / "f.pyc").write_text("x")
    assert fingerprint() == first
    source.write_text("2")
    assert fingerprint() != first
