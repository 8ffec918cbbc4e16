"""What Lambda does with a stream's batch, depending on the function's result."""

from __future__ import annotations

from typing import Any

import pytest

from laptop_cloud.extension.stream_batches import Batch, Mapping, Outcome, Result, outcome

NOW = 1_000.0
REPORTS: Mapping = {"FunctionResponseTypes": ["ReportBatchItemFailures"]}


def batch(count: int = 4, *, skipped: int = 0, failures: int = 0, age: float = 1.0) -> Batch:
    records = tuple(
        {"dynamodb": {"SequenceNumber": f"s{n}", "ApproximateCreationDateTime": NOW - age}}
        for n in range(count)
    )
    return Batch(records, records[skipped:], failures)


def failed(*sequences: str) -> Result:
    items = [{"itemIdentifier": one} for one in sequences]
    return Result(throttled=False, error=False, body={"batchItemFailures": items})


def followed(answer: Result, to: Batch, mapping: Mapping) -> Outcome:
    return outcome(answer, to, mapping, now=NOW)


ERROR = Result(throttled=False, error=True, body={"errorType": "Boom"})


@pytest.mark.parametrize(
    "body", [None, "", "null", {}, {"batchItemFailures": []}, {"batchItemFailures": None}, "{}"]
)
def test_a_report_without_a_failure_is_a_success(body: Any) -> None:
    answer = Result(throttled=False, error=False, body=body or None)

    assert followed(answer, batch(), REPORTS) == Outcome(4)


def test_lambda_continues_at_the_lowest_failure() -> None:
    found = followed(failed("s3", "s1"), batch(), REPORTS)

    assert (found.done, found.size, found.condition) == (1, None, "")


def test_a_failure_of_the_first_is_a_failure_of_all() -> None:
    found = followed(failed("s1"), batch(skipped=1), REPORTS)

    assert (found.done, found.failures) == (0, 1)


def test_without_reports_every_result_is_a_success() -> None:
    assert followed(failed("s1"), batch(), {}) == Outcome(4)


@pytest.mark.parametrize(
    "body",
    ["no json", [1], {"batchItemFailures": [{"id": "s1"}]}, {"batchItemFailures": [{}]}],
)
def test_a_report_that_cannot_be_read_is_a_failure(body: Any) -> None:
    answer = Result(throttled=False, error=False, body=body)

    assert followed(answer, batch(), REPORTS).done == 0


def test_a_report_of_an_unknown_record_is_a_failure() -> None:
    assert followed(failed("s1", "s99"), batch(), REPORTS).done == 0


def test_a_failed_batch_is_split_without_using_a_retry() -> None:
    mapping = {"BisectBatchOnFunctionError": True, "MaximumRetryAttempts": 0}

    assert followed(ERROR, batch(5), mapping) == Outcome(0, size=2)


def test_one_record_is_dropped_after_the_retries_of_the_mapping() -> None:
    mapping = {"BisectBatchOnFunctionError": "true", "MaximumRetryAttempts": 2}

    assert followed(ERROR, batch(1, failures=1), mapping).failures == 2
    given_up = followed(ERROR, batch(1, failures=2), mapping)
    assert (given_up.done, given_up.condition) == (1, "RetryAttemptsExhausted")


def test_without_limits_a_batch_is_retried_with_growing_pauses() -> None:
    early, late = (followed(ERROR, batch(failures=n), {}) for n in (0, 6))

    assert early.condition == late.condition == ""
    assert late.pause_s > early.pause_s


def test_records_that_are_too_old_are_dropped() -> None:
    mapping = {"MaximumRecordAgeInSeconds": 60, "BisectBatchOnFunctionError": True}

    assert followed(ERROR, batch(age=59), mapping).condition == ""
    assert followed(ERROR, batch(age=61), mapping) == Outcome(4, condition="MaxRecordAgeExceeded")
    assert followed(ERROR, batch(age=61), {"MaximumRecordAgeInSeconds": -1}).condition == ""


def test_a_throttled_call_is_no_failure() -> None:
    busy = Result(throttled=True, error=True, body=None)

    found = followed(busy, batch(failures=3), {"MaximumRetryAttempts": 0})

    assert (found.done, found.failures, found.condition) == (0, 3, "")
