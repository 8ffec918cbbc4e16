"""The counted calls of a job: calls.yaml, which infra.capacity.counting writes."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PROGRESS_EVENTS = 10  # of a job at most: docs/events.md
NAMES = ("calls", "read", "write")
CALLS = Path(__file__).with_name("calls.yaml")
BACKENDS = ("training-job", "async-endpoint")

Key = tuple[str, str]  # the function or role, and the call
INVOKE, TRANSITION, REQUEST = "lambda:Invoke", "states:Transition", "execute-api:Request"


class Tally(dict[Key, float]):
    """Counts; what is not counted is 0."""

    def __missing__(self, key: Key) -> float:
        return 0.0


@dataclass(slots=True)
class Counts:
    """How often each call is made, and DynamoDB's units of it."""

    calls: Tally = field(default_factory=Tally)
    read: Tally = field(default_factory=Tally)
    write: Tally = field(default_factory=Tally)


@dataclass(frozen=True, slots=True)
class Work:
    """The processor's time of an invocation, what each further avatar adds, and its memory."""

    processor_s: float
    memory_mb: int
    log_bytes: int = 0
    avatar_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Calls:
    """Each count by what it is for: a job, a photo, an avatar, a poll, a review."""

    per: Mapping[str, Counts]
    work: Mapping[str, Work]  # by function; measured on a laptop, so never compared
    stored: Mapping[str, int]  # bytes of published files, by job and avatar; never compared

    def of(self, **amounts: float) -> Counts:
        """The calls of so many of each: `of(job=1, photo=5, avatar=30)`."""
        found = Counts()
        for unit, amount in amounts.items():
            counts = self.per[unit]
            for name in ("calls", "read", "write"):
                total, part = getattr(found, name), getattr(counts, name)
                for key, n in part.items():
                    total[key] += n * _most(unit, key, amount)
        return found

    def document(self) -> dict[str, Any]:
        rows: dict[str, dict[str, Any]] = {}
        for unit, counts in self.per.items():
            for key, n in counts.calls.items():
                row = rows.setdefault(" ".join(key), {})
                row[unit] = _plain(n)
            for name in ("read", "write"):
                for key, n in getattr(counts, name).items():
                    row = rows.setdefault(" ".join(key), {})
                    row.setdefault(name, {})[unit] = _plain(n)
        work = {
            name: {key: value for key, value in asdict(one).items() if value}
            for name, one in sorted(self.work.items())
        }
        return {"calls": dict(sorted(rows.items())), "work": work, "stored": dict(self.stored)}


def read(backend: str, file: Path = CALLS) -> Calls:
    document = yaml.safe_load(file.read_text())[backend]
    per: dict[str, Counts] = {}
    for text, row in document["calls"].items():
        function, call = text.split(" ")
        for unit, n in row.items():
            if unit in {"read", "write"}:
                for of, units in n.items():
                    getattr(per.setdefault(of, Counts()), unit)[function, call] = units
            else:
                per.setdefault(unit, Counts()).calls[function, call] = n
    work = {name: Work(**one) for name, one in document["work"].items()}
    return Calls(per, work, document["stored"])


def stored_bytes(calls: Calls, avatars: int) -> int:
    return calls.stored["job"] + avatars * calls.stored["avatar"]


def differences(golden: Calls, counted: Calls, but: frozenset[str]) -> Iterator[str]:
    """What a run counted otherwise than calls.yaml says, a line for each call.

    Calls are compared exactly. Read and write units depend on the size of items, which has times
    and distances of varying length: they may differ by a tenth, or by one.
    """
    for unit in sorted(golden.per.keys() | counted.per.keys()):
        ours, theirs = golden.per.get(unit, Counts()), counted.per.get(unit, Counts())
        for key in sorted(ours.calls.keys() | theirs.calls.keys()):
            if but & set(key):
                continue
            before, now = ours.calls[key], theirs.calls[key]
            if before != now:
                yield f"{' '.join(key)}: {now:g} for each {unit}, and calls.yaml says {before:g}"
                continue
            for name in ("read", "write"):
                was, is_ = getattr(ours, name)[key], getattr(theirs, name)[key]
                if abs(was - is_) > max(1.0, 0.1 * was):
                    yield (
                        f"{' '.join(key)}: {is_:g} {name} units for each {unit}, "
                        f"and calls.yaml says {was:g}"
                    )


def _most(unit: str, key: Key, amount: float) -> float:
    """Progress is an event for each tenth of the avatars, so more than ten avatars add none."""
    of_progress = key[0] == "AnnounceChanges" or key == ("NoteProgress", "dynamodb:PutItem")
    return min(amount, PROGRESS_EVENTS) if unit == "avatar" and of_progress else amount


def _plain(n: float) -> float:
    rounded = round(n, 2)
    return int(rounded) if rounded == int(rounded) else rounded
