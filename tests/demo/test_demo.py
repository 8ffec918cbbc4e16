"""The demo's command line: wrong options, and what it advises."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any

import pytest

from demo import __main__ as demo
from laptop_cloud import cloud, places
from laptop_cloud.places import CannotRun
from likeness.domain.jobs.job import MAX_AVATARS, MAX_PHOTOS, MAX_STYLES, MIN_PHOTOS

if TYPE_CHECKING:
    from pathlib import Path

    from laptop_cloud.project import Project


@pytest.fixture(autouse=True)
def described(monkeypatch: pytest.MonkeyPatch) -> list[Project]:
    """What the demo hands to the laptop cloud, which cannot start."""
    found: list[Project] = []

    def up(given: Project, **_: Any) -> None:
        found.append(given)
        raise CannotRun("It cannot start.")

    monkeypatch.setattr(cloud, "up", up)
    return found


def run(monkeypatch: pytest.MonkeyPatch, *options: str) -> Any:
    monkeypatch.setattr("sys.argv", ["demo", *options])
    with pytest.raises(SystemExit) as ended:
        demo.main()
    return ended.value.code


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--engine", "crayon"), "There is no ENGINE 'crayon'; choose one of painter, tiny, "),
        (("--backend", "gpu"), "There is no BACKEND 'gpu'; choose training-job or async-endpoint."),
        (("--review", "some"), "REVIEW cannot be 'some'; choose flagged, all, or sample:N for"),
        (("--review", "sample:101"), "REVIEW cannot be 'sample:101'; choose"),
        (("--styles", "comic,nope"), "There is no style 'nope'; choose from cartoon, "),
        (("--styles", "oil,oil"), "STYLES must be 1 to 5 different styles, not 'oil,oil'."),
        (("--styles", ","), "STYLES must be 1 to 5 different styles, not ','."),
        (("--count", "0"), "COUNT must be a number from 1 to 30, not '0'."),
        (("--count", "many"), "COUNT must be a number from 1 to 30, not 'many'."),
        (("--port", "abc"), "The port must be a number from 1 to 65535, not 'abc'."),
        (("--port", "99999"), "The port must be a number from 1 to 65535, not '99999'."),
        (("--photos", "no/such/folder"), "There is no photo in PHOTOS no/such/folder"),
    ],
)
def test_a_wrong_option_is_one_sentence_and_exit_code_2(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    described: list[Project],
    tmp_path: Path,
    options: tuple[str, str],
    message: str,
) -> None:
    code = run(monkeypatch, "--out", str(tmp_path / "out"), *options)

    output = capsys.readouterr().err
    assert code == 2
    assert output.startswith(message)
    assert output.endswith(".\n")
    assert output.count("\n") == 1
    assert not described


def test_a_folder_with_too_few_photos_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "me.jpg").touch()

    code = run(monkeypatch, "--out", str(tmp_path / "out"), "--photos", str(tmp_path))

    assert code == 2
    assert capsys.readouterr().err == f"PHOTOS {tmp_path} has 1 photos; 3 to 10 are needed.\n"


def test_the_limits_are_those_of_the_api() -> None:
    assert (demo.LEAST_PHOTOS, demo.MOST_PHOTOS) == (MIN_PHOTOS, MAX_PHOTOS)
    assert (demo.MOST_STYLES, demo.MOST_AVATARS) == (MAX_STYLES, MAX_AVATARS)


@pytest.mark.parametrize("out", ["file", "file/below"])
def test_an_out_that_cannot_be_written_is_one_sentence_and_exit_code_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, out: str
) -> None:
    (tmp_path / "file").write_text("in the way")

    code = run(monkeypatch, "--out", str(tmp_path / out))

    output = capsys.readouterr().err
    assert code == 2
    assert output.startswith(f"OUT '{tmp_path / out}' cannot be written: ")
    assert output.count("\n") == 1


@pytest.mark.parametrize("review", ["flagged", "all", "sample:0", "sample:2.5", "sample:100"])
def test_options_are_parameters_of_the_template(
    monkeypatch: pytest.MonkeyPatch, described: list[Project], tmp_path: Path, review: str
) -> None:
    options = ("--engine", "tiny", "--backend", "async-endpoint", "--review", review)

    assert run(monkeypatch, "--out", str(tmp_path), *options) == "It cannot start."

    (given,) = described
    assert given.parameters["Engine"] == "tiny-lora"
    assert given.parameters["ReviewPolicy"] == review
    assert "async-endpoint" in given.parameters.values()


def test_the_message_for_a_taken_port_names_make_demo(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.undo()
    out, state = str(tmp_path / "out"), str(tmp_path / "state")
    with socket.socket() as taken:
        taken.bind((places.HOST, 0))
        port = taken.getsockname()[1]

        message = run(monkeypatch, "--out", out, "--state", state, "--port", str(port))

    assert message == (
        f"Another program uses port {port}. Choose another port: make demo PORT={port + 1}"
    )


def test_the_advice_for_a_review_has_commands_of_this_job() -> None:
    advice = demo.how_to_decide("j123", "http://127.0.0.1:4567/")

    assert "http://127.0.0.1:4567/" in advice
    assert "$LIKENESS_API_URL/v1/reviews/r123/claim" in advice
    refusal = advice.rsplit("-d '", 1)[1].split("'", 1)[0]
    assert json.loads(refusal)["approve"] is False
