"""Ports that every use case may need: the clock and metrics."""

from datetime import datetime
from typing import Literal, Protocol

Unit = Literal["Seconds", "Percent", "None"]


class Clock(Protocol):
    def now(self) -> datetime: ...


class Metrics(Protocol):
    """CloudWatch metrics of the service. Names contain no job or user id."""

    def count(self, name: str, value: int = 1) -> None: ...
    def measure(self, name: str, value: float, unit: Unit) -> None: ...
