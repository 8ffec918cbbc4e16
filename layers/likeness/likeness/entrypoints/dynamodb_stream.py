"""Lambda handlers for the table's DynamoDB stream: state changes of jobs."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import wraps
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer
from pydantic import ValidationError

from likeness.events import JobStateChanged, StreamRecord
from likeness.observability import logger

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from aws_lambda_powertools.utilities.typing import LambdaContext

_value = TypeDeserializer().deserialize


def on_changes(
    work: Callable[[Sequence[StreamRecord]], str | None],
) -> Callable[[dict[str, Any], LambdaContext], dict[str, Any]]:
    """Passes on changes of a job's state. The event source mapping filters for items of jobs.

    `work` returns the sequence number from which Lambda must retry, or None.
    """

    @wraps(work)
    def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        logger.clear_state()
        logger.append_keys(request_id=context.aws_request_id)
        changes = [change for change in map(read, event["Records"]) if change]
        for change in changes:
            if change.fault:
                logger.error("unreadable stream record", sequence=change.sequence)
        failed = work(changes)
        if failed is not None:
            logger.warning("batch failed: Lambda retries from this record", sequence=failed)
            return {"batchItemFailures": [{"itemIdentifier": failed}]}
        logger.info("done", announced=[change.event.event_id for change in changes if change.event])
        return {"batchItemFailures": []}

    return handler


def read(record: Mapping[str, Any]) -> StreamRecord | None:
    """Parse a record. None if the state did not change or the item was deleted."""
    change = record["dynamodb"]
    sequence: str = change["SequenceNumber"]
    try:
        new, old = _item(change.get("NewImage")), _item(change.get("OldImage"))
        if not new or (old and old["state"] == new["state"]):
            return None
        event = JobStateChanged.of(
            job_id=new["job_id"],
            version=new["version"],
            state=new["state"],
            previous=old["state"] if old else None,
            at=_moment(new, change),
            reason=new.get("reason"),
            test="test" in new,
            photos_left_out=int(new.get("photos_left_out", 0)),
        )
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False, include_context=False)
        faults = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in wrong)
        return StreamRecord(sequence=sequence, fault=faults)
    except LookupError as error:
        return StreamRecord(sequence=sequence, fault=f"missing: {error}")
    except (TypeError, ValueError) as error:  # their text may contain stored values
        return StreamRecord(sequence=sequence, fault=type(error).__name__)
    return StreamRecord(sequence=sequence, event=event)


def _moment(job: Mapping[str, Any], change: Mapping[str, Any]) -> str | datetime:
    """The time of the change by the job's timeline, else the record's approximate time."""
    last = job["timeline"][-1] if job.get("timeline") else {}
    if last.get("state") == job["state"]:
        return str(last["at"])
    return datetime.fromtimestamp(float(change["ApproximateCreationDateTime"]), UTC)


def _item(image: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: _value(value) for name, value in (image or {}).items()}
