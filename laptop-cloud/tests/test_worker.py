"""The process that runs a function, and its protocol."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from laptop_cloud.extension import worker
from laptop_cloud.extension.worker import END_OF_LOG

if TYPE_CHECKING:
    from pathlib import Path

NAME = "stack-FunctionWithALongName-1A2B3C"

Run = Callable[..., tuple[list[dict[str, Any]], list[str]]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Start a worker with this code and send events; returns its replies and its log."""

    def start(code: str, *events: Any, handler: str = "handler") -> Any:
        (tmp_path / "app.py").write_text(code)
        init = {
            "code_dir": str(tmp_path),
            "layers": [],
            "module": "app",
            "handler": handler,
            "env": {"GREETING": "hello", "NUMBER": 5, "SWITCH": True},
            "function_name": NAME,
            "memory": 128,
        }
        about = {"invoked_function_arn": "arn:f", "request_id": "r-1", "timeout_ms": 3000}
        lines = [init, *({"event": event, "ctx": about} for event in events)]
        done = subprocess.run(
            [sys.executable, "-S", worker.__file__],
            input="".join(f"{json.dumps(line)}\n" for line in lines),
            env={"AWS_LAMBDA_FUNCTION_VERSION": "$LATEST", "AWS_LAMBDA_LOG_STREAM_NAME": "s"},
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
        return [json.loads(line) for line in done.stdout.splitlines()], done.stderr.rstrip(
            "\n"
        ).split("\n")

    return start


def test_the_handler_is_imported_once_and_called_for_each_event(run: Run) -> None:
    code = (
        "count = 0\n"
        "def handler(event, context):\n global count\n count += 1\n return [count, event]"
    )

    replies, _ = run(code, "a", "b")

    assert replies[0]["status"] == "ready"
    assert [reply["result"] for reply in replies[1:]] == [[1, "a"], [2, "b"]]
    assert [reply["size"] for reply in replies[1:]] == [len('[1, "a"]'), len('[2, "b"]')]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it has no name to set")
def test_a_process_is_named_after_its_function(run: Run) -> None:
    replies, _ = run("def handler(*_): return open('/proc/self/comm').read()", "event")

    assert replies[1]["result"] == "LongName-1A2B3C\n"


def test_output_is_log_and_the_log_of_each_call_has_an_end(run: Run) -> None:
    code = (
        "import os\n"
        "def handler(event, context):\n print(event)\n os.write(1, b'raw\\n')\n return None"
    )

    replies, log = run(code, "first", "second")

    assert [reply["status"] for reply in replies] == ["ready", "ok", "ok"]
    assert log == ["first", "raw", END_OF_LOG, "second", "raw", END_OF_LOG]


def test_an_exception_is_reported_with_its_class_and_the_process_continues(run: Run) -> None:
    code = (
        "class Unavailable(Exception): ...\n"
        "def handler(event, context):\n"
        " if event: raise Unavailable('asleep')\n"
        " return 'fine'"
    )

    replies, log = run(code, 1, 0)

    failed = replies[1]["failed"]
    assert (failed["errorType"], failed["errorMessage"]) == ("Unavailable", "asleep")
    assert "app.py" in failed["stackTrace"][-1]
    assert replies[2]["result"] == "fine"
    assert any("Traceback" in line for line in log)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("import nothing_like_it", "Runtime.ImportModuleError"),
        ("other = 1", "Runtime.HandlerNotFound"),
        ("1 / 0", "ZeroDivisionError"),
    ],
)
def test_a_function_that_cannot_start_reports_why(run: Run, code: str, kind: str) -> None:
    (reply,), _ = run(code)

    assert reply["status"] == "error"
    assert json.loads(reply["error"])["errorType"] == kind


def test_a_result_that_is_no_json_is_an_error(run: Run) -> None:
    replies, _ = run("def handler(event, context): return {1, 2}", 0)

    assert replies[1]["failed"]["errorType"] == "Runtime.MarshalError"


def test_the_context_knows_the_function_and_its_time(run: Run) -> None:
    code = (
        "import os\n"
        "def handler(event, context):\n"
        " return [context.function_name, context.aws_request_id, context.memory_limit_in_mb,\n"
        "         0 < context.get_remaining_time_in_millis() <= 3000, os.environ['GREETING']]"
    )

    replies, _ = run(code, 0)

    assert replies[1]["result"] == [NAME, "r-1", 128, True, "hello"]


def test_a_number_in_the_template_is_a_string_in_the_environment(run: Run) -> None:
    code = (
        "import os\n"
        "def handler(event, context): return [os.environ['NUMBER'], os.environ['SWITCH']]"
    )

    replies, _ = run(code, 0)

    assert replies[1]["result"] == ["5", "true"]
