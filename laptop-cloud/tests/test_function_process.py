"""A function's process is a fork that has its packages, and is as a new process is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from laptop_cloud.extension import function_memory, function_process
from support.calls import wait_for
from support.project import PACKAGE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere each process is new")

PARENT = "def handler(event, context):\n import os\n return os.getppid()"


class Functions:
    """Starts functions with one layer, and sends each of them an event."""

    def __init__(self, folder: Path) -> None:
        self.layer, self.folder = folder / "layer", folder
        (self.layer / "python").mkdir(parents=True)
        self.processes: list[Any] = []

    def package(self, name: str, code: str) -> None:
        (self.layer / "python" / f"{name}.py").write_text(code)

    def start(self, code: str, *, preload: tuple[str, ...], files: Any = (), **own: Any) -> Any:
        """The first reply of the function, and a call that sends it an event."""
        folder = self.folder / f"code-{len(self.processes)}"
        folder.mkdir()
        for name, content in {"app.py": code, **dict(files)}.items():
            (folder / name).write_text(content)
        environment = {
            **function_process.shared_environment(),
            "AWS_LAMBDA_FUNCTION_NAME": "f",
            "AWS_LAMBDA_FUNCTION_VERSION": "1",
            "AWS_LAMBDA_LOG_STREAM_NAME": folder.name,
        }
        process = function_process.start(folder, [self.layer], environment, own, preload=preload)
        self.processes.append(process)
        init = {
            **{"code_dir": str(folder), "layers": [str(self.layer)], "module": "app"},
            **{"handler": "handler", "function_name": "f", "memory": 128},
            "env": {**environment, **own},
        }

        def send(line: Any) -> Any:
            process.stdin.write(f"{json.dumps(line)}\n")
            return json.loads(process.stdout.readline())

        def call(event: Any = None) -> Any:
            about = {"invoked_function_arn": "arn:f", "request_id": "r", "timeout_ms": 3000}
            reply = send({"event": event, "ctx": about})
            return reply.get("result", reply)

        return send(init), call

    def call(self, code: str, *, preload: tuple[str, ...] = ("shared",), **more: Any) -> Any:
        """The result of the function's first call."""
        ready, call = self.start(code, preload=preload, **more)
        assert ready["status"] == "ready", ready
        return call()


Modes = Callable[..., tuple[Any, Any]]


@pytest.fixture
def functions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Functions]:
    monkeypatch.setattr(function_process, "_servers", {})
    started = Functions(tmp_path)
    yield started
    for process in started.processes:
        process.kill()
        process.wait(5)
        for file in (process.stdin, process.stdout, process.stderr):
            file.close()
    for server in function_process._servers.values():
        server.end()


@pytest.fixture
def both(functions: Functions) -> Modes:
    """The result of a function in a fork, and in a new process."""

    def call(code: str, **more: Any) -> tuple[Any, Any]:
        return functions.call(code, **more), functions.call(code, preload=(), **more)

    return call


def test_functions_with_the_same_layers_import_a_package_once(functions: Functions) -> None:
    imports = functions.folder / "imports"
    functions.package("shared", f"open({str(imports)!r}, 'a').write('x')")
    code = f"import shared\n{PARENT}"

    servers = {functions.call(code), functions.call(code)}

    assert imports.read_text() == "x"
    assert len(servers) == 1
    assert os.getpid() not in servers


def test_a_package_that_the_layers_lack_is_lacking_in_the_function_only(
    functions: Functions, capfd: pytest.CaptureFixture[str]
) -> None:
    ready, _ = functions.start("import shared", preload=("shared", "pydantic"))

    assert json.loads(ready["error"])["errorType"] == "Runtime.ImportModuleError"
    assert functions.call(PARENT, preload=("shared", "pydantic")) != os.getpid()
    assert capfd.readouterr() == ("", "")


def test_a_fork_has_only_the_variables_of_its_function(both: Modes) -> None:
    code = "import os\ndef handler(event, context):\n return dict(os.environ)"

    fork, new = both(code, OWN="1", NUMBER=5)

    different = {name for name in fork.keys() | new.keys() if fork.get(name) != new.get(name)}
    assert different <= {"AWS_LAMBDA_LOG_STREAM_NAME"}
    assert (fork["OWN"], fork["NUMBER"]) == ("1", "5")
    assert "PYTEST_CURRENT_TEST" not in fork


@pytest.mark.parametrize(
    "reading", ["os.environ.get('MOOD')", "os.getenv('MOOD')", "dict(os.environ).get('MOOD')"]
)
def test_a_variable_that_a_package_reads_while_it_is_imported_is_the_functions(
    functions: Functions, reading: str
) -> None:
    functions.package("shared", f"import os\nMOOD = {reading}")
    code = "import shared\ndef handler(event, context):\n return shared.MOOD"

    assert functions.call(code) is None
    assert functions.call(code, MOOD="good") == "good"
    assert functions.call(code, MOOD="bad") == "bad"


@pytest.mark.parametrize("name", ["shared.py", "colorsys.py"])
def test_a_file_of_the_function_comes_before_a_package(functions: Functions, name: str) -> None:
    functions.package("shared", "import colorsys")
    code = f"import {name[:-3]} as one\ndef handler(event, context):\n return one.OWN"

    assert functions.call(code, files={name: "OWN = True"})


def test_a_fork_has_the_path_the_folder_and_the_arguments_of_a_new_process(both: Modes) -> None:
    code = (
        "import os, sys\n"
        "def handler(event, context):\n"
        " return [sys.path[1:], sys.path[0] == os.getcwd(), sys.argv, sys.stdout is sys.stderr]"
    )

    fork, new = both(code)

    assert fork == new
    assert fork[1]
    assert not any(path.startswith((sys.prefix, str(PACKAGE))) for path in fork[0])


def test_a_fork_has_no_open_file_more_than_a_new_process(both: Modes) -> None:
    code = (
        "import os, threading\n"
        "def handler(event, context):\n"
        " kinds = [os.readlink(f'/proc/self/fd/{one}').split(':')[0]"
        " for one in os.listdir('/proc/self/fd')[:-1]]\n"
        " return [kinds, threading.active_count()]"
    )

    fork, new = both(code)

    assert fork == new == [["pipe"] * 5, 1]


def test_two_forks_draw_different_numbers(functions: Functions) -> None:
    functions.package("shared", "import random")
    code = (
        "import random, tempfile, uuid\n"
        "def handler(event, context):\n"
        " return [random.random(), next(tempfile._get_candidate_names()), str(uuid.uuid4())]"
    )

    one, other = functions.call(code), functions.call(code)

    assert not set(one) & set(other)


def test_the_memory_of_a_fork_is_counted_as_that_of_a_new_process(functions: Functions) -> None:
    code = "import decimal, sqlite3, ssl\ndef handler(event, context): ..."
    functions.call(code, preload=("decimal", "sqlite3", "ssl"))
    functions.call(code, preload=())

    fork, new = map(function_memory.peak_mb, functions.processes)

    assert abs(fork - new) <= 1


def test_a_fork_can_wait_for_its_own_children(both: Modes) -> None:
    code = (
        "import subprocess\n"
        "def handler(event, context):\n return subprocess.run(['sh', '-c', 'exit 3']).returncode"
    )

    assert both(code) == (3, 3)


def test_a_fork_ends_as_a_process_does(functions: Functions) -> None:
    functions.start(PARENT, preload=("shared",))
    functions.start(PARENT, preload=("shared",))
    one, other = functions.processes

    assert one.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        one.wait(0.01)
    one.terminate()
    assert one.wait(5) is not None
    assert one.poll() is not None
    one.kill()  # no error: it has ended
    assert not runs(one.pid)  # nor is it a zombie
    other.stdin.close()
    other.wait(5)


def test_a_package_that_starts_a_thread_is_refused(functions: Functions) -> None:
    functions.package(
        "shared", "import threading, time\nthreading.Thread(target=time.sleep, args=(9,)).start()"
    )

    with pytest.raises(RuntimeError, match="has ended"):
        functions.start(PARENT, preload=("shared",))


def test_after_the_end_of_a_fork_server_there_is_another(functions: Functions) -> None:
    first = functions.call(PARENT)
    os.kill(first, 9)
    wait_for("end", lambda: not function_process._servers[functions.layer,].runs())

    assert functions.call(PARENT) not in {first, os.getpid()}


def test_fork_servers_of_old_layers_end_and_their_forks_do_not(
    functions: Functions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(function_process, "MOST", 1)
    _, call = functions.start(PARENT, preload=("json",))
    old = call()
    functions.layer = functions.folder

    new = functions.call(PARENT)

    assert old != new
    assert not runs(old)
    assert call() != old


def test_fork_servers_end_with_the_process_that_started_them() -> None:
    code = (
        "import os\n"
        "from laptop_cloud.extension.function_process import ForkServer\n"
        "server = ForkServer([], ['json'])\n"
        "print(server._process.pid, flush=True)\n"
        "os.kill(os.getpid(), 9)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(PACKAGE)},
        capture_output=True,
        text=True,
        check=False,
    )

    wait_for("end", lambda: not runs(int(done.stdout)))


def runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
