"""What a check found, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Clients = Callable[[str], Any]  # a service's name to its client


class Level(StrEnum):
    OK = "ok"
    ADVICE = "advice"  # a job runs without it
    UNSEEN = "unseen"  # the check could not be made
    STOP = "stop"  # the next step would fail


@dataclass(frozen=True, slots=True)
class CheckResult:
    check: str
    level: Level
    text: str
    todo: str = ""  # a command, or one sentence


class Failed(Exception):
    """A step failed. The message says why, `todo` what to do before it is repeated."""

    def __init__(self, message: str, todo: str = "") -> None:
        super().__init__(message)
        self.todo = todo


def see(check: str, look: Callable[[], Iterable[CheckResult]]) -> list[CheckResult]:
    """The results of a check; one that says so if the check could not be made."""
    try:
        return list(look())
    except (ClientError, BotoCoreError, ResponseParserError) as error:
        why = error.response["Error"]["Code"] if isinstance(error, ClientError) else str(error)
        return [CheckResult(check, Level.UNSEEN, f"could not be seen: {why}")]
