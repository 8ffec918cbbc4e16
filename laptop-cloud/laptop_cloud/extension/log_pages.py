"""Gap: FilterLogEvents has further pages. MiniStack drops what is after the first 10,000 events."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ministack.core.responses import error_response_json, json_response
from ministack.services import cloudwatch_logs

if TYPE_CHECKING:
    from laptop_cloud.extension.wire import Response

LARGEST = 10_000  # botocore's model of logs: EventsLimit

_first_page = cloudwatch_logs._filter_log_events


def install() -> None:
    cloudwatch_logs._filter_log_events = filter_log_events


def filter_log_events(data: dict[str, Any]) -> Response:
    """A token is a time in ms, and how many events of that time were returned."""
    given, returned = dict(data), 0
    if token := given.pop("nextToken", None):
        at, _, count = str(token).partition("-")
        if not (at.isdecimal() and count.isdecimal()):
            text = "The specified nextToken is invalid."
            refused: Response = error_response_json("InvalidParameterException", text, 400)
            return refused
        given["startTime"], returned = int(at), int(count)
    wanted = min(int(data.get("limit", LARGEST)) + returned, LARGEST)
    status, headers, body = _first_page(given | {"limit": wanted})
    if status != 200:
        return status, headers, body
    found = json.loads(body)
    events = found["events"]
    if len(events) == wanted > returned:
        last = events[-1]["timestamp"]
        found["nextToken"] = f"{last}-{sum(one['timestamp'] == last for one in events)}"
    answer: Response = json_response(found | {"events": events[returned:]})
    return answer
