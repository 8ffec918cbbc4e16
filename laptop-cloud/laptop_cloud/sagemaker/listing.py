"""ListTrainingJobs: filters, orders and pages summaries."""

import base64
import binascii
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from laptop_cloud.sagemaker.errors import invalid

_ORDER = {
    "Name": lambda job: job["TrainingJobName"],
    "CreationTime": lambda job: job["CreationTime"],
    "Status": lambda job: (job["TrainingJobStatus"], job["CreationTime"]),
}


def select(summaries: Iterable[dict[str, Any]], request: Mapping[str, Any]) -> dict[str, Any]:
    """One page; NextToken is the number of jobs in the pages before."""
    found = [summary for summary in summaries if _matches(summary, request)]
    found.sort(
        key=_ORDER[request.get("SortBy", "CreationTime")],
        reverse=request.get("SortOrder", "Descending") == "Descending",
    )
    start = _offset(request.get("NextToken"))
    end = start + request.get("MaxResults", 10)
    page: dict[str, Any] = {"TrainingJobSummaries": found[start:end]}
    if end < len(found):
        page["NextToken"] = base64.b64encode(str(end).encode()).decode()
    return page


def _matches(summary: Mapping[str, Any], request: Mapping[str, Any]) -> bool:
    if request.get("NameContains", "").lower() not in summary["TrainingJobName"].lower():
        return False
    if request.get("StatusEquals", summary["TrainingJobStatus"]) != summary["TrainingJobStatus"]:
        return False
    return all(
        _moment(request.get(f"{field}After"), 0) < summary[field]
        and summary[field] < _moment(request.get(f"{field}Before"), float("inf"))
        for field in ("CreationTime", "LastModifiedTime")
    )


def _moment(value: Any, default: float) -> float:
    """Seconds since the epoch, from a number or ISO 8601."""
    if value is None:
        return default
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value).timestamp()
        except ValueError:
            raise invalid(f"Not a time: {value}") from None
    return float(value)


def _offset(token: str | None) -> int:
    if token is None:
        return 0
    try:
        return int(base64.b64decode(token, validate=True))
    except (ValueError, binascii.Error):
        raise invalid("Invalid NextToken") from None
