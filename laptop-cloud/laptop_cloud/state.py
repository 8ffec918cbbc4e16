"""What a running cloud remembers between commands, in one private file."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

from laptop_cloud.processes import Process

if TYPE_CHECKING:
    from pathlib import Path

    from laptop_cloud.places import Places


@dataclass(frozen=True, slots=True)
class State:
    port: int
    root_secret: str
    servers: str = ""  # fingerprint of the code that was started
    processes: tuple[Process, ...] = ()
    fingerprint: str = ""  # of the sources that are deployed
    outputs: dict[str, str] = field(default_factory=dict)
    moderator_password: str = ""

    def runs(self) -> bool:
        return bool(self.processes) and all(one.runs() for one in self.processes)

    def but(self, **changes: Any) -> State:
        return replace(self, **changes)


def load(places: Places) -> State | None:
    """What was saved, if anything was; an older version of this file is read for what it has."""
    try:
        found = json.loads(places.record.read_text())
    except FileNotFoundError:
        return None
    processes = tuple(Process(**one) for one in found.pop("processes"))
    known = {one.name for one in fields(State)}
    return State(processes=processes, **{k: v for k, v in found.items() if k in known})


def save(places: Places, state: State) -> None:
    write_private(places.record, json.dumps(asdict(state), indent=2))


def write_private(path: Path, text: str) -> None:
    """Replace a file by one that nobody else can read."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    part.replace(path)
