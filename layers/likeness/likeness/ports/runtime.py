"""Ports that every use case may need: the clock and metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from datetime import datetime

Unit = Literal["Seconds", "Percent", "None"]


class Clock(Protocol):
    def now(self) -> datetime: ...


class Metrics(Protocol):
    """CloudWatch metrics of the service. Names contain no job or user id."""

    def count(self, name: str, value: int = 1) -> None: ...
    def measure(self, name: str, value: float, unit: Unit) -> None: ...
