"""Runs one Lambda function in its own process: the handler is imported once and called many times.

The protocol is one JSON document a line: an init message, then an envelope for each invocation. It
imports only the standard library, because the process must have nothing that AWS's runtime does not
have.

With an argument it becomes the function's process only after it was forked: see `serve`.
"""

import importlib
import json
import os
import site
import sys
import time
import traceback
from contextlib import suppress
from typing import Any

COMM = 15  # characters of a process's name: proc(5)
END_OF_LOG = "\x1eend-of-log"


class Context:
    """Lambda's context object."""

    identity = None
    client_context = None

    def __init__(self, init: dict[str, Any], call: dict[str, Any]) -> None:
        self.function_name = init["function_name"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = init["memory"]
        self.invoked_function_arn = call["invoked_function_arn"]
        self.aws_request_id = call["request_id"]
        self.log_group_name = f"/aws/lambda/{self.function_name}"
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self._deadline = time.monotonic() + call["timeout_ms"] / 1000

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._deadline - time.monotonic()) * 1000))


def failure(kind: str, error: BaseException) -> dict[str, Any]:
    """An error as Lambda's runtime reports it to the caller."""
    frames = traceback.format_list(traceback.extract_tb(error.__traceback__)[1:])
    return {"errorMessage": str(error), "errorType": kind, "stackTrace": frames}


def use(layers: list[str]) -> None:
    """Put layers on the path, in AWS's order."""
    paths = [os.path.join(layer, "python") for layer in layers]  # noqa: PTH118
    sys.path[:0] = [path for path in paths if os.path.isdir(path)]  # noqa: PTH112
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for path in paths:
        site.addsitedir(os.path.join(path, "lib", version, "site-packages"))  # noqa: PTH118


def load(init: dict[str, Any]) -> Any:
    """Import the handler, with the function's code before its layers."""
    for name, value in init.get("env", {}).items():
        os.environ[name] = text(value)
    os.chdir(init["code_dir"])
    sys.path.insert(0, init["code_dir"])
    return getattr(importlib.import_module(init["module"]), init["handler"])


def text(value: Any) -> str:
    """A variable's value. CloudFormation makes strings of a template's numbers and booleans."""
    return value if isinstance(value, str) else json.dumps(value)


def processor_seconds() -> float:
    """Of this process and its children: it does not grow while other programs run."""
    return sum(os.times()[:4])


def call(handler: Any, init: dict[str, Any], envelope: dict[str, Any]) -> str:
    """The reply of one invocation. A failed handler keeps its process, as on AWS."""
    about = envelope["ctx"]
    if about.get("trace_id"):
        os.environ["_X_AMZN_TRACE_ID"] = about["trace_id"]
    else:
        os.environ.pop("_X_AMZN_TRACE_ID", None)
    began = processor_seconds()
    try:
        result = handler(envelope["event"], Context(init, about))
    except Exception as error:  # noqa: BLE001  reported as its result
        traceback.print_exc()
        return json.dumps({"status": "ok", "failed": failure(type(error).__name__, error)})
    used = round(processor_seconds() - began, 3)
    try:
        encoded = json.dumps(result)
        head = json.dumps({"status": "ok", "processor_s": used, "size": len(encoded)})
        return f'{head[:-1]}, "result": {encoded}}}'
    except (TypeError, ValueError) as error:
        return json.dumps({"status": "ok", "failed": failure("Runtime.MarshalError", error)})


def serve(layers: list[str], packages: list[str]) -> None:
    """Import packages of the layers, then fork at each request. Only a fork returns.

    A request on standard input, a socket, carries the input, output and error of a fork, and is
    answered with its process id. The end of the socket is that of the cloud.
    """
    before = set(sys.modules)
    import gc  # noqa: PLC0415  a process that does not serve has none of these
    import signal  # noqa: PLC0415
    import socket  # noqa: PLC0415

    control = socket.socket(fileno=0)
    sys.stdout = sys.stderr
    use(layers)
    read = import_packages(packages)
    if len(os.listdir("/proc/self/task")) > 1:  # noqa: PTH208
        sys.exit(f"One of {packages} starts a thread when it is imported: it cannot be preloaded.")
    imported = sorted({name.partition(".")[0] for name in set(sys.modules) - before})
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # no fork that ended stays in the process table
    gc.freeze()
    control.sendall(json.dumps({"imported": imported, "read": sorted(read)}).encode())
    while True:
        request, files, _, _ = socket.recv_fds(control, 1, 3)
        if not request:
            sys.exit()
        fork = os.fork()
        if not fork:
            break
        for file in files:
            os.close(file)
        control.sendall(str(fork).encode())
    control.detach()
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)


def import_packages(packages: list[str]) -> set[str]:
    """Import what the layers have of these. Returns the variables that it read."""
    read: set[str] = set()
    environ: Any = type(os.environ)
    get, names = environ.__getitem__, environ.__iter__

    def watched_get(self: Any, name: Any) -> Any:
        read.add(os.fsdecode(name))
        return get(self, name)

    def watched_names(self: Any) -> Any:
        read.add("AWS_LAMBDA_LOG_STREAM_NAME")  # stands for all: no two processes share it
        return names(self)

    environ.__getitem__, environ.__iter__ = watched_get, watched_names
    for package in packages:
        with suppress(Exception):  # a function that imports it fails itself
            importlib.import_module(package)
    environ.__getitem__, environ.__iter__ = get, names
    return read


def name_process(function: str) -> None:
    """As `ps -o comm` and `top` show it: the end of the name, which CloudFormation makes unique."""
    with suppress(OSError), open("/proc/self/comm", "w") as name:  # noqa: PTH123
        name.write(function[-COMM:])


def main() -> None:
    is_fork = len(sys.argv) > 1
    if is_fork:
        serve(*json.loads(sys.argv.pop()))
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what the function prints is its log, not a reply
    sys.stdout = sys.stderr
    commands = os.fdopen(os.dup(0), encoding="utf-8")

    def reply(line: str) -> None:
        sys.stderr.flush()
        os.write(2, f"{END_OF_LOG}\n".encode())
        replies.write(f"{line}\n")
        replies.flush()

    init = json.loads(commands.readline())
    name_process(init["function_name"])
    try:
        if not is_fork:
            use(init["layers"])
        handler = load(init)
    except Exception as error:  # noqa: BLE001  reported as the init's error
        kind = (
            "Runtime.ImportModuleError"
            if isinstance(error, ImportError)
            else "Runtime.HandlerNotFound"
            if isinstance(error, AttributeError)
            else type(error).__name__
        )
        reply(json.dumps({"status": "error", "error": json.dumps(failure(kind, error))}))
        return
    replies.write(json.dumps({"status": "ready", "cold": True}) + "\n")
    replies.flush()
    for line in commands:
        reply(call(handler, init, json.loads(line)))


if __name__ == "__main__":
    main()
