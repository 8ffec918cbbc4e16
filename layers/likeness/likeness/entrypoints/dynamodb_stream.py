"""Lambda handlers for the table's DynamoDB stream: which changes of items are events."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer
from pydantic import ValidationError

from likeness.domain.account.erasure import ErasureState
from likeness.domain.deletion.receipt import DeletionState
from likeness.domain.ids import UserId
from likeness.domain.photos.photo import PhotoState
from likeness.domain.webhooks.webhook import EventType
from likeness.entrypoints.releases import handles
from likeness.events import Draft, JobStateChanged, Owner, StreamRecord, UserErased
from likeness.observability import logger

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from aws_lambda_powertools.utilities.typing import LambdaContext

    Item = dict[str, Any]
    Work = Callable[[Sequence[StreamRecord]], str | None]

_value = TypeDeserializer().deserialize
ANY_OWNER = Owner(user_id=UserId("-"))
VERDICTS = frozenset({PhotoState.ACCEPTED, PhotoState.REFUSED, PhotoState.LEFT_OUT})


def on_changes(work: Work) -> Callable[[dict[str, Any], LambdaContext], dict[str, Any]]:
    """Passes on changes that are events. The event source mapping filters for their items.

    `work` returns the sequence number from which Lambda must retry, or None.
    """

    @handles(work)
    def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        logger.clear_state()
        logger.append_keys(request_id=context.aws_request_id)
        changes = [change for record in event["Records"] for change in read(record)]
        for change in changes:
            if change.fault:
                logger.error("unreadable stream record", sequence=change.sequence)
        failed = work(changes)
        if failed is not None:
            logger.warning("batch failed: Lambda retries from this record", sequence=failed)
            return {"batchItemFailures": [{"itemIdentifier": failed}]}
        logger.info("done", announced=[change.sequence for change in changes])
        return {"batchItemFailures": []}

    return handler


def read(record: Mapping[str, Any]) -> list[StreamRecord]:
    """Parse a record. Empty if the change is no event, or if the item was deleted."""
    change = record["dynamodb"]
    sequence: str = change["SequenceNumber"]
    try:
        new, old = _item(change.get("NewImage")), _item(change.get("OldImage"))
        if not new:
            return []
        at = datetime.fromtimestamp(float(change["ApproximateCreationDateTime"]), UTC)
        found = _reader(new)(new, old, at)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False, include_context=False)
        faults = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in wrong)
        return [StreamRecord(sequence=sequence, fault=faults)]
    except LookupError as error:
        return [StreamRecord(sequence=sequence, fault=f"missing: {error}")]
    except (TypeError, ValueError) as error:  # their text may contain stored values
        return [StreamRecord(sequence=sequence, fault=type(error).__name__)]
    return [
        StreamRecord(sequence=sequence, draft=one)
        if isinstance(one, Draft)
        else StreamRecord(sequence=sequence, event=one)
        for one in found
    ]


def _job(new: Item, old: Item, at: datetime) -> list[JobStateChanged | Draft]:
    found: list[JobStateChanged | Draft] = []
    owner = {
        "user_id": new["user_id"],
        "metadata": new.get("metadata", {}),
        "test": "test" in new,
    }
    if not old or old["state"] != new["state"]:
        found.append(
            JobStateChanged.model_validate(
                owner
                | {
                    "event_id": f"{new['job_id']}-{int(new['version'])}",
                    "job_id": new["job_id"],
                    "version": new["version"],
                    "state": new["state"],
                    "previous": old["state"] if old else None,
                    "at": _entered(new) or at,
                    "reason": new.get("reason"),
                    "photos_left_out": int(new.get("photos_left_out", 0)),
                    "avatars_expire_at": new.get("avatars_expire_at"),
                }
            )
        )
    if "avatars_deleted_at" in new and "avatars_deleted_at" not in old:
        deleted_at = new["avatars_deleted_at"]
        found.append(_draft(EventType.AVATARS_DELETED, new, "avatars-deleted", at=deleted_at))
    return found


def _entered(job: Item) -> str | None:
    """When the job entered its state, by its timeline."""
    last = job["timeline"][-1] if job.get("timeline") else {}
    return str(last["at"]) if last.get("state") == job["state"] else None


def _photo(new: Item, old: Item, at: datetime) -> list[Draft]:
    """A photo has each verdict once, so the verdict makes the id."""
    state = new["state"]
    if state not in VERDICTS or old.get("state") == state:
        return []
    when = new.get("left_out_at" if state == PhotoState.LEFT_OUT else "inspected_at")
    if old.get("state") in VERDICTS and state == PhotoState.REFUSED:
        when = None  # it was accepted when it was inspected
    photo_id = new["photo_id"]
    return [
        _draft(
            EventType.PHOTO_CHECKED,
            new,
            f"{photo_id}-{state}",
            at=when or at,
            photo_id=photo_id,
            state=state,
            reason=(new.get("problem") or {}).get("reason"),
        )
    ]


def _progress(new: Item, _old: Item, at: datetime) -> list[Draft]:
    done, total = int(new["done"]), int(new["total"])
    return [_draft(EventType.JOB_PROGRESSED, new, f"drawn-{done}", at=at, done=done, total=total)]


def _deletion(new: Item, old: Item, at: datetime) -> list[Draft]:
    """Each receipt is an event: two may be signed within a second, the precision of `at`."""
    receipt = new.get("receipt")
    if new["state"] != DeletionState.DELETED or old.get("receipt") == receipt:
        return []
    digest = hashlib.sha256(str(receipt).encode()).hexdigest()[:16]
    return [_draft(EventType.PHOTOS_DELETED, new, f"photos-deleted-{digest}", at=at)]


def _draft(kind: EventType, item: Item, name: str, **facts: Any) -> Draft:
    """The event without its owner. With any owner it is valid, so a fault is found here."""
    job_id = item["job_id"]
    draft = Draft(job_id=job_id, type=kind, facts=facts | {"event_id": f"{job_id}-{name}"})
    draft.of(ANY_OWNER)
    return draft


def _erasure(new: Item, old: Item, _at: datetime) -> list[UserErased]:
    """The finished erasure names no user any more: the image before does."""
    if new["state"] != ErasureState.DONE or not old.get("user_id"):
        return []
    return [
        UserErased(
            event_id=f"{new['erasure_id']}-done",
            at=new["finished_at"],
            user_id=old["user_id"],
            erasure_id=new["erasure_id"],
            jobs=int(new.get("jobs", 0)),
            objects=int(new.get("objects", 0)),
        )
    ]


READERS: dict[str, Callable[[Item, Item, datetime], Any]] = {
    "META": _job,
    "PHOTO": _photo,
    "PROGRESS": _progress,
    "DELETION": _deletion,
}


def _reader(item: Item) -> Callable[[Item, Item, datetime], Any]:
    if item["pk"].startswith("ERASURE#"):
        return _erasure
    return READERS[item["sk"].partition("#")[0]]


def _item(image: Mapping[str, Any] | None) -> Item:
    return {name: _value(value) for name, value in (image or {}).items()}
