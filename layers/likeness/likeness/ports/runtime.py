"""Ports that every use case may need: the clock and metrics."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime: ...


class Metrics(Protocol):
    def count(self, name: str, value: int = 1) -> None:
        """Add to a CloudWatch metric of the service. Names contain no job or user id."""
