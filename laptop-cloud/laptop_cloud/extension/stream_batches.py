"""Lambda's reaction to a function's result for a batch of a stream.

Source: AWS Lambda Developer Guide, "Handling errors in Amazon DynamoDB event sources" and
"Configuring partial batch response with DynamoDB and Lambda".
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

Mapping = dict[str, Any]
Record = dict[str, Any]

ALL_FAILED = 0


@dataclass(frozen=True, slots=True)
class Result:
    throttled: bool
    error: bool
    body: Any


@dataclass(frozen=True, slots=True)
class Batch:
    records: tuple[Record, ...]  # as the stream has them
    wanted: tuple[Record, ...]  # after the filter, as the function got them
    failures: int  # of this batch so far


@dataclass(frozen=True, slots=True)
class Outcome:
    """`done` records are finished; `size` is the limit of the next batch (None: a full batch).

    `condition` is why a batch was dropped, `failures` how often the next batch has failed.
    """

    done: int
    size: int | None = None
    failures: int = 0
    pause_s: float = 0.0
    condition: str = ""


def outcome(result: Result, batch: Batch, mapping: Mapping, *, now: float) -> Outcome:
    """A throttled call does not count. A failed batch is split, retried or dropped."""
    everything = len(batch.records)
    if result.throttled:
        return Outcome(0, size=everything, failures=batch.failures, pause_s=0.2)
    reached = checkpoint(result, batch, mapping)
    if reached is None:
        return Outcome(everything)
    if reached > ALL_FAILED:
        return Outcome(reached, pause_s=0.2)
    return _failed(result, batch, mapping, now)


def _failed(result: Result, batch: Batch, mapping: Mapping, now: float) -> Outcome:
    everything = len(batch.records)
    age = now - min(float(one["dynamodb"]["ApproximateCreationDateTime"]) for one in batch.wanted)
    if 0 < int(mapping.get("MaximumRecordAgeInSeconds", -1)) < age:
        return Outcome(everything, condition="MaxRecordAgeExceeded")
    split = str(mapping.get("BisectBatchOnFunctionError")).lower() == "true"
    if split and result.error and everything > 1:
        return Outcome(0, size=everything // 2, failures=batch.failures)
    if 0 <= int(mapping.get("MaximumRetryAttempts", -1)) <= batch.failures:
        return Outcome(everything, condition="RetryAttemptsExhausted")
    return Outcome(
        0, size=everything, failures=batch.failures + 1, pause_s=0.2 * 2 ** min(batch.failures, 8)
    )


def checkpoint(result: Result, batch: Batch, mapping: Mapping) -> int | None:
    """The number of finished records; None if all are.

    Lambda continues at the lowest sequence number that the function reports. A report that Lambda
    cannot read counts as a failed batch.
    """
    if result.error:
        return ALL_FAILED
    if "ReportBatchItemFailures" not in mapping.get("FunctionResponseTypes", ()):
        return None
    try:
        body = json.loads(result.body) if isinstance(result.body, str | bytes) else result.body
        failed = {one["itemIdentifier"] for one in (body or {}).get("batchItemFailures") or ()}
    except (ValueError, TypeError, KeyError, AttributeError):
        return ALL_FAILED
    if not failed:
        return None
    first = batch.wanted[0]["dynamodb"]["SequenceNumber"]
    sequences = [one["dynamodb"]["SequenceNumber"] for one in batch.records]
    if first in failed or not failed <= set(sequences):
        return ALL_FAILED
    return min(sequences.index(one) for one in failed)
