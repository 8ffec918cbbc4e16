"""Gap: functions run as on AWS: a bare interpreter, real error types, complete logs."""

from __future__ import annotations

import json
import logging
import os
import queue
import tempfile
import threading
import time
import uuid
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime as runtime
from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudwatch, lambda_svc

from laptop_cloud.extension import function_code, function_process
from laptop_cloud.extension.bursts import Queue
from laptop_cloud.extension.function_memory import Use, Watch
from laptop_cloud.extension.settings import settings
from laptop_cloud.extension.worker import END_OF_LOG

log = logging.getLogger(__name__)

# Processes of one function during a burst of calls.
PROCESSES = max(2, os.cpu_count() or 2)

# "Lambda quotas" (Lambda Developer Guide), and the 100 bytes that Lambda's own message has on top.
LARGEST_RESPONSE = 6 * 1024 * 1024 + 100

_emit = lambda_svc._emit_lambda_metrics
_watch = Watch()
_peak_mb: ContextVar[int] = ContextVar("peak_mb", default=0)
_init_s: ContextVar[float] = ContextVar("init_s", default=0.0)
_peaks_mb: dict[str, int] = {}
_retired: set[Any] = set()
_queues: dict[str, Queue] = {}
_starting = threading.BoundedSemaphore(PROCESSES)


def install() -> None:
    function_code.delete_old(settings().layers)
    runtime.Worker._drain_stderr_bounded = drain_log
    runtime.Worker._spawn = spawn
    lambda_svc._execute_function_warm = execute
    lambda_svc.invalidate_worker = retire
    lambda_svc._emit_lambda_metrics = emit_throttle
    lambda_svc._probe_peak_memory_mb = lambda _function: _peak_mb.get()


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
        start(worker)
    _init_s.set(round(time.monotonic() - began, 3))


def start(worker: Any) -> None:
    """Start a process that has imported the handler. Raises RuntimeError."""
    config = worker.config
    if (wanted := config["Runtime"]) != function_process.PYTHON:
        raise RuntimeError(
            f"a function requires {wanted}, and the laptop cloud runs {function_process.PYTHON}"
        )
    worker._discard_tmpdir()
    worker._tmpdir = tempfile.mkdtemp(prefix=f"function-{worker.func_name}-")
    code = function_code.unpacked(Path(tempfile.gettempdir()) / "functions", worker.code_zip)
    zips = filter(None, map(lambda_svc._resolve_layer_zip, config.get("Layers", ())))
    layers = [function_code.unpacked(settings().layers, one) for one in zips]
    variables = own_variables(config)
    environment = function_environment(config, code, worker._tmpdir)
    worker._proc = function_process.start(
        code, layers, environment, variables, preload=settings().preload
    )
    worker._stderr_queue = queue.Queue()
    threading.Thread(target=worker._read_stderr, daemon=True).start()
    module, _, handler = config["Handler"].rpartition(".")
    init = {
        "code_dir": str(code),
        "layers": [str(one) for one in layers],
        "module": module.replace("/", "."),
        "handler": handler,
        "env": {**environment, **variables},
        "function_name": config["FunctionName"],
        "memory": config.get("MemorySize", 128),
    }
    worker._proc.stdin.write(f"{json.dumps(init)}\n")
    answer = worker._proc.stdout.readline()
    if not answer:
        raise RuntimeError(f"The process ended while it started: {drain_log(worker)}")
    if (found := json.loads(answer))["status"] != "ready":
        raise RuntimeError(f"Worker init failed: {found['error']}")


def own_variables(config: dict[str, Any]) -> dict[str, Any]:
    """Those of the function's configuration, without those that Lambda does not let it set."""
    variables = config.get("Environment", {}).get("Variables", {})
    reserved = runtime._RESERVED_RUNTIME_ENV_VARS
    return {name: value for name, value in variables.items() if name not in reserved}


def function_environment(config: dict[str, Any], code: Path, temporary: str) -> dict[str, str]:
    """AWS's variables for one process."""
    _, region = runtime._account_region_from_function_config(config)
    return {
        **function_process.shared_environment(),
        **runtime.execution_credentials(config),
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}",
        runtime.HOST_PREFIX_ENV: "true",
        "AWS_LAMBDA_FUNCTION_NAME": config["FunctionName"],
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(config.get("MemorySize", 128)),
        "AWS_LAMBDA_FUNCTION_VERSION": config.get("Version", "$LATEST"),
        "AWS_LAMBDA_LOG_STREAM_NAME": str(uuid.uuid4()),
        "LAMBDA_TASK_ROOT": str(code),
        "TMPDIR": temporary,  # of this process alone
    }


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
