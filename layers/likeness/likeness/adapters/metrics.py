"""CloudWatch metrics through the log: without a call or a permission."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from likeness.ports.runtime import Unit

NAMESPACE = os.environ.get("POWERTOOLS_METRICS_NAMESPACE", "Likeness")  # each stage has its own


class EmfMetrics:
    """Writes one line of the embedded metric format for each call, immediately."""

    def count(self, name: str, value: int = 1) -> None:
        self._write(name, value, "Count")

    def measure(self, name: str, value: float, unit: Unit) -> None:
        self._write(name, value, unit)

    def _write(self, name: str, value: float, unit: str) -> None:
        # Not at the top: most functions count nothing, and it slows their cold starts.
        from aws_lambda_powertools.metrics import MetricUnit, single_metric  # noqa: PLC0415

        kind = MetricUnit.NoUnit if unit == "None" else MetricUnit(unit)
        with single_metric(name, unit=kind, value=value, namespace=NAMESPACE):
            pass
