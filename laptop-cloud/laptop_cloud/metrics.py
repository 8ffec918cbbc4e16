"""Samples of metrics, and how a log contains them.

"Specification: Embedded metric format" (CloudWatch User Guide).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True)
class Sample:
    """One published value."""

    namespace: str
    metric: str
    value: float
    at: float
    dimensions: Mapping[str, str]
    unit: str = "None"


def read(log: str, at: float) -> Iterator[Sample]:
    """The samples in a log. CloudWatch ignores a malformed line, too."""
    for line in log.splitlines():
        if '"_aws"' not in line:
            continue
        try:
            document = json.loads(line)
            directives = document["_aws"]["CloudWatchMetrics"]
        except (ValueError, LookupError, TypeError):
            continue
        for one in directives:
            for names in one.get("Dimensions") or [[]]:
                dimensions = {name: str(document[name]) for name in names}
                for metric in one["Metrics"]:
                    name, found = metric["Name"], document[metric["Name"]]
                    unit = metric.get("Unit", "None")
                    for value in found if isinstance(found, list) else [found]:
                        yield Sample(one["Namespace"], name, float(value), at, dimensions, unit)
