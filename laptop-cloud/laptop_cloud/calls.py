"""The recorded calls of a cloud that was started with `calls=PATTERN`."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a role, an event that it puts on a bus, or an invocation ("lambda:Invoke")."""

    call: str  # "service:Operation"; of S3 the IAM action
    caller: str  # the role's name; of an invocation the function's
    status: int
    trace: str = ""  # of the invocation, or of the one that made the call; empty without tracing
    names: tuple[str, ...] = ()  # what the pattern matches in the request or the event
    attempt: int = 1  # of botocore, which repeats a call that failed or took too long
    read: float = 0.0  # DynamoDB's units
    write: float = 0.0
    route: str = ""  # of an HTTP API's event
    at: float = 0.0  # when it began, s since the epoch
    seconds: float = 0.0
    init_s: float = 0.0  # of an invocation: until its new process was ready
    processor_s: float = 0.0
    memory_mb: int = 0
    log_bytes: int = 0


def read(file: Path) -> list[Call]:
    """Every call so far, in the order in which they ended; empty if none are recorded."""
    if not file.exists():
        return []
    known = {one.name for one in fields(Call)}
    found = []
    *lines, _ = file.read_text().split("\n")  # the last line may be half written
    for line in lines:
        values = json.loads(line)
        values["names"] = tuple(values["names"])
        found.append(Call(**{name: values[name] for name in known}))
    return found
