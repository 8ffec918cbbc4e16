"""Gap: a table's stream is read with the function's role; failures are retried, then reported."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError
from ministack.core.responses import _request_account_id, _request_region
from ministack.services import dynamodb, lambda_svc

from laptop_cloud.extension import roles
from laptop_cloud.extension.async_invocation import send_as
from laptop_cloud.extension.stream_batches import Batch, Mapping, Outcome, Result, outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

log = logging.getLogger(__name__)

READING = ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")
LONGEST_PAUSE_S = 5.0  # AWS pauses up to a minute


@dataclass
class Attempt:
    """The state of the batch at a mapping's position."""

    failures: int = 0
    size: int | None = None  # fewer records than BatchSize, after a batch was split
    not_before: float = 0.0


_attempts: dict[str, Attempt] = {}


def install() -> None:
    lambda_svc._poll_dynamodb_streams = poll


def poll() -> bool:
    """One pass over all mappings; returns whether one of them progressed."""
    progressed = False
    for account, region, mapping in lambda_svc._iter_all_esms():
        tokens = _request_account_id.set(account), _request_region.set(region)
        try:
            for reader in readers(mapping):
                progressed = reader.read() or progressed
        except Exception:  # as in MiniStack's loop: one mapping does not stop another
            log.exception("mapping %s could not be read", mapping.get("UUID"))
        finally:
            _request_account_id.reset(tokens[0])
            _request_region.reset(tokens[1])
    return progressed


@dataclass(frozen=True, slots=True)
class Reader:
    mapping: Mapping
    table: str
    function: dict[str, Any]

    @property
    def attempt(self) -> Attempt:
        return _attempts.setdefault(self.mapping["UUID"], Attempt())

    @property
    def config(self) -> dict[str, Any]:
        config: dict[str, Any] = self.function.get("config") or self.function
        return config

    def read(self) -> bool:
        if self.attempt.not_before > time.time():
            return False
        position = self._position()
        size = self.attempt.size or int(self.mapping.get("BatchSize", 100))
        records = dynamodb.stream_records_since(self.table, position, size)
        if not records or not self._may_read():
            return False
        wanted = lambda_svc._apply_filter_criteria(records, self.mapping)
        if not wanted:
            self._move_to(position + len(records))
            return True
        result = lambda_svc._execute_function(self.function, {"Records": wanted})
        answer = Result(
            throttled=bool(result.get("throttle")),
            error=bool(result.get("error")),
            body=result.get("body"),
        )
        batch = Batch(tuple(records), tuple(wanted), self.attempt.failures)
        return self._follow(outcome(answer, batch, self.mapping, now=time.time()), batch, position)

    def _follow(self, found: Outcome, batch: Batch, position: int) -> bool:
        if found.condition:
            log.warning("function %s dropped a batch: %s", self.name, found.condition)
            self._send_to_dead_letter_queue(batch, found.condition)
        result = "OK" if found.done == len(batch.records) else "PROBLEM: Function call failed"
        self.mapping["LastProcessingResult"] = found.condition or result
        if found.done:
            self._move_to(position + found.done)
        attempt = self.attempt
        attempt.size = found.size
        attempt.failures = found.failures
        attempt.not_before = time.time() + min(found.pause_s, LONGEST_PAUSE_S)
        return bool(found.done)

    @property
    def name(self) -> str:
        return str(self.config["FunctionName"])

    def _may_read(self) -> bool:
        arn = self.mapping["EventSourceArn"]
        lacking = [
            f"dynamodb:{action}"
            for action in READING
            if not roles.allows(self.config["Role"], f"dynamodb:{action}", arn)
        ]
        if lacking:
            problem = f"PROBLEM: the function's role lacks {', '.join(lacking)} on {arn}"
            if self.mapping.get("LastProcessingResult") != problem:
                log.warning("mapping of %s: %s", self.name, problem)
            self.mapping["LastProcessingResult"] = problem
            self.attempt.not_before = time.time() + 1
        return not lacking

    def _position(self) -> int:
        """The next position; expired records are skipped."""
        uuid, positions = self.mapping["UUID"], lambda_svc._dynamodb_stream_positions
        horizon = dynamodb.stream_start_position(self.table)
        with lambda_svc._dynamodb_stream_positions_lock:
            if uuid not in positions:
                latest = self.mapping.get("StartingPosition", "LATEST") == "LATEST"
                positions[uuid] = dynamodb.stream_end_position(self.table) if latest else horizon
            positions[uuid] = max(positions[uuid], horizon)
            found: int = positions[uuid]
        return found

    def _move_to(self, position: int) -> None:
        with lambda_svc._dynamodb_stream_positions_lock:
            lambda_svc._dynamodb_stream_positions[self.mapping["UUID"]] = position

    def _send_to_dead_letter_queue(self, batch: Batch, condition: str) -> None:
        """Send the position of the records, not the records, as Lambda does."""
        on_failure = (self.mapping.get("DestinationConfig") or {}).get("OnFailure") or {}
        if not (destination := on_failure.get("Destination")):
            return
        message = {
            "requestContext": {
                "functionArn": self.config["FunctionArn"],
                "condition": condition,
                "approximateInvokeCount": batch.failures + 1,
            },
            "responseContext": {"statusCode": 200, "functionError": "Unhandled"},
            "version": "1.0",
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "DDBStreamBatchInfo": {
                "shardId": "shardId-00000000000000000000-00000000",
                "startSequenceNumber": batch.wanted[0]["dynamodb"]["SequenceNumber"],
                "endSequenceNumber": batch.wanted[-1]["dynamodb"]["SequenceNumber"],
                "batchSize": len(batch.wanted),
                "streamArn": self.mapping["EventSourceArn"],
            },
        }
        try:
            send_as(self.config["Role"], self.name, destination, message)
        except (ClientError, BotoCoreError, roles.RoleRefused):
            log.exception("the dead letter of function %s was refused", self.name)


def readers(mapping: Mapping) -> Iterator[Reader]:
    """The reader of a mapping, if its source is the current stream of a table."""
    source = str(mapping.get("EventSourceArn", ""))
    if ":dynamodb:" not in source or not mapping.get("Enabled", True):
        return
    name = source.partition("/stream/")[0].rpartition("/")[2]
    table = dynamodb._tables.get(name)
    function, _ = lambda_svc._get_func_record_for_qualifier(
        mapping["FunctionName"], mapping.get("Qualifier")
    )
    if table and function and table.get("LatestStreamArn") == source:
        yield Reader(mapping, name, function)
