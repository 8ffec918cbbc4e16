"""The command line of the laptop cloud."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import support.project
from laptop_cloud import __main__ as command_line, cloud, state
from laptop_cloud.places import CannotRun
from laptop_cloud.processes import Process
from laptop_cloud.state import State

if TYPE_CHECKING:
    from laptop_cloud.project import Project


@pytest.fixture(autouse=True)
def _probe(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """`support.project:probe` has the folders of this test."""
    monkeypatch.setattr(support.project, "probe", lambda: project)


def run(
    monkeypatch: pytest.MonkeyPatch, *arguments: str, project: str = "support.project:probe"
) -> None:
    monkeypatch.setattr("sys.argv", ["laptop_cloud", "--project", project, *arguments])
    command_line.main()


def test_what_cannot_be_done_is_one_sentence_and_a_failure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise CannotRun("Another program uses port 4566.")

    monkeypatch.setattr(cloud, "up", refuse)

    with pytest.raises(SystemExit) as ended:
        run(monkeypatch, "up")
    assert ended.value.code == "Another program uses port 4566."


def test_the_port_is_passed_on(monkeypatch: pytest.MonkeyPatch, project: Project) -> None:
    given: list[object] = []
    monkeypatch.setattr(cloud, "up", lambda one, **more: given.append((one, more["port"])))
    monkeypatch.setattr(command_line, "introduce", lambda _: None)

    run(monkeypatch, "up", "--port", "5000")

    assert given == [(project, 5000)]


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("support.project", "A project is named as module:object"),
        ("support.no_such_module:probe", "There is no project support.no_such_module:probe"),
        ("support.project:no_such_object", "There is no project support.project:no_such_object"),
        ("pathlib:Path", "pathlib:Path is not a laptop_cloud.project.Project."),
    ],
)
def test_a_wrong_project_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, reference: str, message: str
) -> None:
    with pytest.raises(SystemExit, match=message):
        run(monkeypatch, "status", project=reference)


def test_status_without_a_cloud_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit, match="No cloud runs"):
        run(monkeypatch, "status")


def test_status_names_what_has_ended(
    monkeypatch: pytest.MonkeyPatch, project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = Process("MiniStack", 1, 0.5)
    state.save(project.folders, State(port=4566, root_secret="s", processes=(ended,)))
    monkeypatch.setattr(Process, "runs", lambda _: False)

    with pytest.raises(SystemExit):
        run(monkeypatch, "status")
    text = capsys.readouterr().out
    assert "MiniStack has ended" in text
    assert "nothing is deployed" in text
