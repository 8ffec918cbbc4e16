"""The laptop cloud from a shell."""

from __future__ import annotations

import pytest

from laptop_cloud import __main__ as command_line, cloud, state
from laptop_cloud.places import CannotRun, Places
from laptop_cloud.processes import Process
from laptop_cloud.state import State


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr("sys.argv", ["laptop_cloud", *arguments])
    command_line.main()


def test_what_cannot_be_done_is_one_sentence_and_a_failure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(**_: object) -> None:
        raise CannotRun("Port 4566 is taken.")

    monkeypatch.setattr(cloud, "up", refuse)

    with pytest.raises(SystemExit) as ended:
        run(monkeypatch, "up")
    assert ended.value.code == "Port 4566 is taken."


def test_the_port_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(cloud, "up", lambda **given: asked.append(given["port"]))
    monkeypatch.setattr(command_line, "introduce", lambda _: None)

    run(monkeypatch, "up", "--port", "5000")

    assert asked == [5000]


def test_status_of_nothing_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    nowhere = Places(state=tmp_path_factory.mktemp("none") / "state")
    monkeypatch.setattr(command_line, "Places", lambda: nowhere)

    with pytest.raises(SystemExit, match="No cloud runs"):
        run(monkeypatch, "status")


def test_status_names_what_has_ended(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
    capsys: pytest.CaptureFixture[str],
) -> None:
    where = Places(state=tmp_path_factory.mktemp("some") / "state")
    gone = Process("MiniStack", 1, "long ago")
    state.save(where, State(port=4566, root_secret="s", processes=(gone,)))
    monkeypatch.setattr(command_line, "Places", lambda: where)

    with pytest.raises(SystemExit):
        run(monkeypatch, "status")
    told = capsys.readouterr().out
    assert "MiniStack has ended" in told
    assert "nothing deployed" in told
