"""Gap: functions run as on AWS: a bare interpreter, real error types, complete logs."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from contextvars import ContextVar
from importlib.metadata import distribution
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ministack.core import lambda_runtime as runtime
from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudwatch, lambda_svc

from laptop_cloud.extension.bursts import Queue
from laptop_cloud.extension.function_memory import Use, Watch
from laptop_cloud.extension.settings import settings
from laptop_cloud.extension.worker import END_OF_LOG
from laptop_cloud.locks import locked

log = logging.getLogger(__name__)

# The packages of AWS's Python runtime.
PROVIDED = ("boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "six", "urllib3")
# The only variables of the server's environment that a function gets.
PASSED_ON = ("HOME", "LANG", "PATH", "TZ", "SSL_CERT_FILE")
LAMBDA_SETS = ("AWS_", "LAMBDA_", "_LAMBDA_")
# Processes of one function during a burst of calls.
PROCESSES = max(2, os.cpu_count() or 2)

MOST_LAYERS = 6
# "Lambda quotas" (Lambda Developer Guide), and the 100 bytes that Lambda's own message has on top.
LARGEST_RESPONSE = 6 * 1024 * 1024 + 100

_emit = lambda_svc._emit_lambda_metrics
_spawn = runtime.Worker._spawn
_watch = Watch()
_peak_mb: ContextVar[int] = ContextVar("peak_mb", default=0)
_init_s: ContextVar[float] = ContextVar("init_s", default=0.0)
_peaks_mb: dict[str, int] = {}
_retired: set[Any] = set()
_queues: dict[str, Queue] = {}
_starting = threading.BoundedSemaphore(PROCESSES)


def install() -> None:
    delete_old_layers(settings().layers)
    provided = provide()
    script = (Path(__file__).parent / "worker.py").read_text()
    interpreter = getattr(sys, "_base_executable", sys.executable)

    def binary_and_script(name: str) -> tuple[str, str]:
        wanted = f"python{sys.version_info.major}.{sys.version_info.minor}"
        if name != wanted:
            raise RuntimeError(f"a function requires {name}, and the laptop cloud runs {wanted}")
        return interpreter, script

    def popen(command: list[str], *, env: dict[str, str], **options: Any) -> Any:
        binary, worker = command
        variables = function_environment(env, provided)
        Path(variables["TMPDIR"]).mkdir()
        return subprocess.Popen([binary, "-S", worker], env=variables, **options)

    runtime._detect_runtime_binary = binary_and_script
    runtime.subprocess = SimpleNamespace(Popen=popen, PIPE=subprocess.PIPE)
    runtime.zipfile = SimpleNamespace(
        ZipFile=SharedLayer,
        BadZipFile=zipfile.BadZipFile,
        LargeFileError=zipfile.LargeZipFile,  # MiniStack uses this name
    )
    runtime.Worker._drain_stderr_bounded = drain_log
    runtime.Worker._spawn = spawn
    lambda_svc._execute_function_warm = execute
    lambda_svc.invalidate_worker = retire
    lambda_svc._emit_lambda_metrics = emit_throttle
    lambda_svc._probe_peak_memory_mb = lambda _function: _peak_mb.get()


def provide() -> Path:
    """A folder with the packages of AWS's runtime and nothing else.

    Anything more would hide that a package is missing from the project's layers.
    """
    folder = Path(tempfile.mkdtemp(prefix="lambda-runtime-"))
    for name in PROVIDED:
        found = distribution(name)
        tops = {Path(str(file)).parts[0] for file in found.files or () if file.suffix == ".py"}
        for top in tops - {".."}:
            (folder / top).symlink_to(Path(str(found.locate_file(top))))
    return folder


def delete_old_layers(folder: Path) -> None:
    """Delete all but those that were used last: other clouds may use them."""
    with locked(folder, wait=True):
        found = sorted(folder.glob("*"), key=lambda one: one.stat().st_mtime, reverse=True)
        for old in found[MOST_LAYERS:]:
            shutil.rmtree(old, ignore_errors=True)


def function_environment(spawn: dict[str, str], provided: Path) -> dict[str, str]:
    """AWS's variables. The function's own come with its init message."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return {
        **{name: value for name, value in os.environ.items() if name in PASSED_ON},
        **{name: value for name, value in spawn.items() if name.startswith(LAMBDA_SETS)},
        "PYTHONPATH": str(provided),
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{version}",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "TMPDIR": str(Path(spawn["LAMBDA_TASK_ROOT"]).parent / "tmp"),  # of this process alone
    }


class SharedLayer(zipfile.ZipFile):
    """Unpacks each layer once and links it into every worker that uses it.

    Unpacked layers outlive the cloud, with the bytecode of their first import.
    """

    def shared(self) -> Path:
        name = hashlib.sha256(Path(str(self.filename)).read_bytes()).hexdigest()[:24]
        return settings().layers / name

    def namelist(self) -> list[str]:
        """The names to check before unpacking: none if the layer is unpacked already."""
        if Path(str(self.filename)).name.startswith("layer_") and self.shared().is_dir():
            return []
        return super().namelist()

    def extractall(self, path: Any = None, *args: Any, **kwargs: Any) -> None:
        target = Path(path)
        if not target.name.startswith("layer_"):
            super().extractall(path, *args, **kwargs)
            return
        shared = self.shared()
        with locked(shared.parent, wait=True):  # other clouds may share the folder
            if not shared.is_dir():
                part = shared.with_suffix(".part")
                shutil.rmtree(part, ignore_errors=True)
                part.mkdir(parents=True)
                super().extractall(part, *args, **kwargs)
                part.rename(shared)
            os.utime(shared)  # `delete_old_layers` goes by it
        for entry in shared.iterdir():
            (target / entry.name).symlink_to(entry)


def drain_log(worker: Any, _first: float = 0, _idle: float = 0, hard_cap: float = 1.0) -> str:
    """The lines of an invocation, up to the marker that the worker writes after it."""
    lines: list[str] = []
    deadline = time.monotonic() + hard_cap
    while (left := deadline - time.monotonic()) > 0:
        try:
            line = worker._stderr_queue.get(timeout=left)
        except queue.Empty:
            break
        if line == END_OF_LOG:
            break
        lines.append(line)
    return "\n".join(lines)


def spawn(worker: Any) -> None:
    """Start a process and wait until it is ready. A process that starts keeps a core busy: at most
    as many start at once, so that none misses its time."""
    began = time.monotonic()
    with _starting:
        _spawn(worker)
    _init_s.set(round(time.monotonic() - began, 3))


def emit_throttle(name: str, duration_ms: float, error: bool, throttle: bool) -> None:
    """What is left of MiniStack's metrics of the Invoke API: `execute` counts every invocation."""
    if throttle:
        emit(name, duration_ms, error, throttle)


def emit(name: str, duration_ms: float, error: bool, throttle: bool) -> None:
    """Each metric of the function, and across all functions ("Types of metrics", Lambda Developer
    Guide)."""
    _emit(name, duration_ms, error, throttle)
    counts = {"Invocations": 1, "Errors": int(error), "Throttles": int(throttle)}
    for metric, value in counts.items():
        cloudwatch.record_metric("AWS/Lambda", metric, value, "Count")


def retire(name: str, qualifier: str | None = None, **scope: Any) -> None:
    """End the processes of a function that changed; one that is in use ends after its invocation.

    On AWS an invocation ends in the environment in which it began ("Lambda execution environment").
    MiniStack kills it.
    """
    with runtime._lock:
        for key, workers in runtime._workers.items():
            if key.split(":")[-2] == name:
                _retired.update(one for one in workers if one.in_use)
                workers[:] = [one for one in workers if not one.in_use]
    runtime.invalidate_worker(name, qualifier=qualifier, **scope)


def execute(function: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
    """Run an invocation on a warm process of the function; a burst waits for one."""
    config = function.get("config") or function
    waiting = _queues.setdefault(config["FunctionArn"], Queue(PROCESSES))
    has_place = waiting.enter(float(config.get("Timeout", 30)))
    try:
        began = time.monotonic()
        result = _execute(function, config, event, request_id)
        milliseconds = (time.monotonic() - began) * 1000
        emit(config["FunctionName"], milliseconds, result.get("error", False), False)
        return result
    finally:
        if has_place:
            waiting.leave()


def _execute(
    function: dict[str, Any], config: dict[str, Any], event: Any, request_id: str
) -> dict[str, Any]:
    lambda_svc._ensure_reaper_thread()
    name, qualifier = config["FunctionName"], config.get("Version", "$LATEST")
    _init_s.set(0.0)
    worker, _ = runtime.acquire_worker(name, config, function["code_zip"], qualifier=qualifier)
    with _watch.watching(Use.of(worker, config)) as use:
        try:
            answer = worker.invoke(
                event,
                request_id,
                trace_id=lambda_svc._xray_trace_id_for_invocation(config),
                invoked_function_arn=config["FunctionArn"],
            )
            use.look()
        except RuntimeError as error:  # the process did not come up
            runtime.invalidate_worker(
                name, qualifier=qualifier, account=get_account_id(), region=get_region()
            )
            failed = init_failure(str(error))
            answer = {"failed": failed, "status": "ok", "log": str(error), "unstarted": True}
        finally:
            use.reap()
            note(name, use)
            runtime.release_worker(worker)
            if worker in _retired:
                _retired.discard(worker)
                runtime.kill_workers([worker])
    return outcome(answer, use, request_id) | {"init_s": _init_s.get()}


def note(name: str, use: Use) -> None:
    """Log a function's highest peak of memory so far, and each end because of it."""
    _peak_mb.set(use.peak_mb)
    if use.killed or use.peak_mb > _peaks_mb.get(name, 0):
        _peaks_mb[name] = use.peak_mb
        ending = ": killed" if use.killed else ""
        log.info("function %s used %d of %d MB%s", name, use.peak_mb, use.limit_mb, ending)


def outcome(answer: dict[str, Any], use: Use, request_id: str) -> dict[str, Any]:
    """The result or the error of an invocation, as Lambda returns it."""
    text, failed = answer.get("log", ""), None
    if use.killed:
        failed = exited(request_id, "Runtime exited with error: signal: killed")
    elif answer.get("status") != "ok":
        timed_out = "timed out" in answer["error"]
        failed = exited(request_id, answer["error"], "Sandbox.Timedout" if timed_out else None)
    elif answer.get("failed"):  # its trace is in the log
        unstarted = answer.get("unstarted", False)
        return {"body": answer["failed"], "error": True, "log": text, "unstarted": unstarted}
    elif (size := answer["size"]) > LARGEST_RESPONSE:
        failed = {
            "errorType": "Function.ResponseSizeTooLarge",
            "errorMessage": f"Response payload size ({size} bytes) exceeded maximum allowed "
            f"payload size ({LARGEST_RESPONSE} bytes).",
        }
    if not failed:
        used = answer.get("processor_s", 0.0)
        return {"body": answer.get("result"), "log": text, "processor_s": used}
    return {"body": failed, "error": True, "log": f"{text}\n{failed['errorMessage']}"}


def exited(request_id: str, reason: str, kind: str | None = None) -> dict[str, str]:
    """The error of a process that ended, or was ended, during an invocation."""
    message = f"RequestId: {request_id} Error: {reason}"
    return {"errorType": kind or "Runtime.ExitError", "errorMessage": message}


def init_failure(message: str) -> dict[str, Any]:
    """The error of a function whose handler could not be loaded."""
    _, _, detail = message.partition("Worker init failed: ")
    try:
        found: dict[str, Any] = json.loads(detail)
    except ValueError:
        return {"errorMessage": message, "errorType": "Runtime.ExitError"}
    return found
