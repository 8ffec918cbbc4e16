"""The state of a running cloud between commands, in one private file."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

from laptop_cloud.processes import Process

if TYPE_CHECKING:
    from pathlib import Path

    from laptop_cloud.places import Folders


@dataclass(frozen=True, slots=True)
class State:
    port: int
    root_secret: str
    servers: str = ""  # fingerprint of the code that was started
    processes: tuple[Process, ...] = ()
    fingerprint: str = ""  # of the sources that are deployed
    outputs: dict[str, str] = field(default_factory=dict)
    user_password: str = ""
    user_totp: str = ""  # key of the user's authenticator

    def runs(self) -> bool:
        return bool(self.processes) and all(one.runs() for one in self.processes)

    def process(self, name: str) -> Process | None:
        return next((one for one in self.processes if one.name == name), None)

    def but(self, **changes: Any) -> State:
        return replace(self, **changes)


def load(folders: Folders) -> State | None:
    """The saved state, or None. What another version has saved is ignored."""
    try:
        found = json.loads(folders.record.read_text())
    except FileNotFoundError:
        return None
    processes = [one for one in found.pop("processes") if one.keys() == _names(Process)]
    known = {name: value for name, value in found.items() if name in _names(State)}
    return State(processes=tuple(Process(**one) for one in processes), **known)


def _names(record: type[Any]) -> set[str]:
    return {one.name for one in fields(record)}


def save(folders: Folders, state: State) -> None:
    write_private(folders.record, json.dumps(asdict(state), indent=2))


def write_private(path: Path, text: str) -> None:
    """Replace a file by one that only its owner can read."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    part.replace(path)
