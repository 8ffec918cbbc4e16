"""The output of programs: to CloudWatch Logs, or to files."""

from __future__ import annotations

import os
import selectors
import time
from typing import IO, TYPE_CHECKING, Any, Protocol

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

GROUP = "/aws/sagemaker/TrainingJobs"
ENDPOINTS = "/aws/sagemaker/Endpoints"
_LINE_LIMIT = 16_384  # bytes; longer lines are split
_BATCH_LIMIT = 500
_FLUSH_SECONDS = 0.5

Line = tuple[int, str]  # time of reading, ms since the epoch; text


class LogsClient(Protocol):
    """The part of boto3's CloudWatch Logs client that is used."""

    def create_log_group(self, *, logGroupName: str) -> Any: ...
    def create_log_stream(self, *, logGroupName: str, logStreamName: str) -> Any: ...
    def put_log_events(
        self, *, logGroupName: str, logStreamName: str, logEvents: list[Any]
    ) -> Any: ...


class LogSink(Protocol):
    def open(self, job_name: str) -> Callable[[list[Line]], None]:
        """Begin a job's log; returns a function that takes its lines."""
        ...


class LogFiles:
    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def open(self, job_name: str) -> Callable[[list[Line]], None]:
        self._directory.mkdir(parents=True, exist_ok=True)
        path = self._directory / f"{job_name}.log"

        def write(lines: list[Line]) -> None:
            with path.open("a", encoding="utf-8") as file:
                file.writelines(f"{text}\n" for _, text in lines)

        return write


class CloudWatchLogs:
    def __init__(self, client: LogsClient, group: str = GROUP) -> None:
        self._client = client
        self._group = group

    def open(self, job_name: str) -> Callable[[list[Line]], None]:
        stream = f"{job_name}/algo-1-{int(time.time())}"
        try:
            self._client.create_log_group(logGroupName=self._group)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceAlreadyExistsException":
                raise
        self._client.create_log_stream(logGroupName=self._group, logStreamName=stream)

        def write(lines: list[Line]) -> None:
            events = [{"timestamp": when, "message": text} for when, text in lines]
            self._client.put_log_events(
                logGroupName=self._group, logStreamName=stream, logEvents=events
            )

        return write


def pump(output: IO[bytes], write: Callable[[list[Line]], None]) -> None:
    """Pass on lines from a pipe until it closes, each within half a second."""
    pending = b""
    lines: list[Line] = []
    due = time.monotonic()
    with selectors.DefaultSelector() as selector:
        selector.register(output, selectors.EVENT_READ)
        while True:
            ready = selector.select(_FLUSH_SECONDS)
            chunk = os.read(output.fileno(), 65_536) if ready else None
            *whole, pending = (pending + (chunk or b"")).split(b"\n")
            while len(pending) > _LINE_LIMIT:
                whole.append(pending[:_LINE_LIMIT])
                pending = pending[_LINE_LIMIT:]
            ended = chunk == b""
            if ended and pending:
                whole.append(pending)
            lines += [_line(text) for text in whole if text.strip()]
            if lines and (ended or time.monotonic() >= due or len(lines) >= _BATCH_LIMIT):
                for start in range(0, len(lines), _BATCH_LIMIT):
                    write(lines[start : start + _BATCH_LIMIT])
                lines, due = [], time.monotonic() + _FLUSH_SECONDS
            if ended:
                return


def _line(text: bytes) -> Line:
    return int(time.time() * 1000), text.decode("utf-8", errors="replace").rstrip("\r")
