"""CloudWatch metrics through the log: without a call or a permission."""

import os

NAMESPACE = os.environ.get("POWERTOOLS_METRICS_NAMESPACE", "Likeness")  # each stage has its own


class EmfMetrics:
    def count(self, name: str, value: int = 1) -> None:
        """Writes one line of the embedded metric format for each call, immediately."""
        # Not at the top: most functions count nothing, and it slows their cold starts.
        from aws_lambda_powertools.metrics import MetricUnit, single_metric  # noqa: PLC0415

        with single_metric(name, unit=MetricUnit.Count, value=value, namespace=NAMESPACE):
            pass
