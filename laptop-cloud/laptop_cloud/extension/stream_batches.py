"""What follows from a function's answer to a batch of a stream, as Lambda's guide has it.

Source: AWS Lambda Developer Guide, "Handling errors in Amazon DynamoDB event sources" and
"Configuring partial batch response with DynamoDB and Lambda".
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

Mapping = dict[str, Any]
Record = dict[str, Any]

EVERYTHING_FAILED = 0


@dataclass(frozen=True, slots=True)
class Answer:
    throttled: bool
    error: bool
    body: Any


@dataclass(frozen=True, slots=True)
class Batch:
    records: tuple[Record, ...]  # as the stream has them
    wanted: tuple[Record, ...]  # as the filter let them through, and the function got them
    failures: int  # of this batch before


@dataclass(frozen=True, slots=True)
class Outcome:
    """`done` records are passed for good; then `size` at most are read next (None: a full batch).

    `condition` says why a batch was given up, `failures` how often the next one has failed.
    """

    done: int
    size: int | None = None
    failures: int = 0
    pause_s: float = 0.0
    condition: str = ""


def outcome(answer: Answer, batch: Batch, mapping: Mapping, *, now: float) -> Outcome:
    """A throttled call costs nothing. What failed is split, or tried again, or given up."""
    everything = len(batch.records)
    if answer.throttled:
        return Outcome(0, size=everything, failures=batch.failures, pause_s=0.2)
    reached = checkpoint(answer, batch, mapping)
    if reached is None:
        return Outcome(everything)
    if reached > EVERYTHING_FAILED:
        return Outcome(reached, pause_s=0.2)
    return _failed(answer, batch, mapping, now)


def _failed(answer: Answer, batch: Batch, mapping: Mapping, now: float) -> Outcome:
    everything = len(batch.records)
    age = now - min(float(one["dynamodb"]["ApproximateCreationDateTime"]) for one in batch.wanted)
    if 0 < int(mapping.get("MaximumRecordAgeInSeconds", -1)) < age:
        return Outcome(everything, condition="MaxRecordAgeExceeded")
    split = str(mapping.get("BisectBatchOnFunctionError")).lower() == "true"
    if split and answer.error and everything > 1:
        return Outcome(0, size=everything // 2, failures=batch.failures)
    if 0 <= int(mapping.get("MaximumRetryAttempts", -1)) <= batch.failures:
        return Outcome(everything, condition="RetryAttemptsExhausted")
    return Outcome(
        0, size=everything, failures=batch.failures + 1, pause_s=0.2 * 2 ** min(batch.failures, 8)
    )


def checkpoint(answer: Answer, batch: Batch, mapping: Mapping) -> int | None:
    """How many records are done; None where all are.

    The lowest sequence number that the function reports is where Lambda begins again, whatever it
    did with later ones. A report that Lambda cannot read counts as a batch that failed.
    """
    if answer.error:
        return EVERYTHING_FAILED
    if "ReportBatchItemFailures" not in mapping.get("FunctionResponseTypes", ()):
        return None
    try:
        body = json.loads(answer.body) if isinstance(answer.body, str | bytes) else answer.body
        failed = {one["itemIdentifier"] for one in (body or {}).get("batchItemFailures") or ()}
    except (ValueError, TypeError, KeyError, AttributeError):
        return EVERYTHING_FAILED
    if not failed:
        return None
    first = batch.wanted[0]["dynamodb"]["SequenceNumber"]
    sequences = [one["dynamodb"]["SequenceNumber"] for one in batch.records]
    if first in failed or not failed <= set(sequences):
        return EVERYTHING_FAILED
    return min(sequences.index(one) for one in failed)
