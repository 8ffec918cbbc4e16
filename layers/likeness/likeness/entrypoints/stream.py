"""Turn a function on changes of jobs into a target of the table's stream."""

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
    """The mapping's filter lets only items of jobs through; what left their state alone is dropped.

    `work` answers the sequence number that Lambda has to begin with again, or None.
    """

    @wraps(work)
    def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        logger.clear_state()
        logger.append_keys(request_id=context.aws_request_id)
        changes = [change for change in map(read, event["Records"]) if change]
        for change in changes:
            if change.fault:
                logger.error("a change cannot be announced", sequence=change.sequence)
        failed = work(changes)
        if failed is not None:
            logger.warning("changes are left for another time", sequence=failed)
            return {"batchItemFailures": [{"itemIdentifier": failed}]}
        logger.info("done", announced=[change.event.event_id for change in changes if change.event])
        return {"batchItemFailures": []}

    return handler


def read(record: Mapping[str, Any]) -> StreamRecord | None:
    """What a record says; None where the job's state is as it was, or where the item is gone."""
    told = record["dynamodb"]
    sequence: str = told["SequenceNumber"]
    try:
        new, old = _item(told.get("NewImage")), _item(told.get("OldImage"))
        if not new or (old and old["state"] == new["state"]):
            return None
        event = JobStateChanged.of(
            job_id=new["job_id"],
            version=new["version"],
            state=new["state"],
            previous=old["state"] if old else None,
            at=_moment(new, told),
            reason=new.get("reason"),
        )
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False, include_context=False)
        faults = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in wrong)
        return StreamRecord(sequence=sequence, fault=faults)
    except LookupError as error:
        return StreamRecord(sequence=sequence, fault=f"missing: {error}")
    except (TypeError, ValueError) as error:  # whose text may repeat what was stored
        return StreamRecord(sequence=sequence, fault=type(error).__name__)
    return StreamRecord(sequence=sequence, event=event)


def _moment(job: Mapping[str, Any], told: Mapping[str, Any]) -> str | datetime:
    """When the job says that it changed; for one that does not say, when the stream saw it."""
    last = job["timeline"][-1] if job.get("timeline") else {}
    if last.get("state") == job["state"]:
        at: str = last["at"]
        return at
    return datetime.fromtimestamp(float(told["ApproximateCreationDateTime"]), UTC)


def _item(image: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: _value(value) for name, value in (image or {}).items()}
