"""A user of the app, and the app backend that acts for them."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from likeness_client import receipts
from tests.clocks import morning_zone

if TYPE_CHECKING:
    from collections.abc import Callable

    from likeness_client import Likeness, types

ENDED = {"completed", "refused", "cancelled", "expired", "failed"}
PATIENCE = 180  # s: two busy cores
ISSUER = "likeness/local"  # of receipts


@dataclass
class Person:
    """A user of the app, and the app backend that acts for them."""

    backend: Likeness
    user_id: str = field(default_factory=lambda: f"user-{uuid.uuid4().hex[:8]}")
    time_zone: str = field(default_factory=lambda: morning_zone(datetime.now(UTC)))

    def order(self, *, count: int = 3, avatars: int = 4, **fields: Any) -> dict[str, Any]:
        return {
            "user_id": self.user_id,
            "styles": ["comic", "pencil"],
            "photos": [{"content_type": "image/jpeg"}] * count,
            "avatars": avatars,
            "time_zone": self.time_zone,
            "consent": {"version": "2026-11", "accepted_at": datetime.now(UTC).isoformat()},
        } | fields

    def hands_in(self, *photos: bytes, **fields: Any) -> str:
        """A job with these photos uploaded and inspected; its id."""
        created = self.backend.create_job(self.order(count=len(photos), **fields))
        for post, photo in zip(created["uploads"], photos, strict=True):
            self.backend.upload(post, photo)
        self.backend.wait_for_photos(created["job_id"], timeout_s=PATIENCE, pause=poll)
        return created["job_id"]

    def sees_end(self, job_id: str) -> types.JobView:
        return self.backend.wait_for_job(job_id, timeout_s=PATIENCE, pause=poll)


def genuine_receipt(backend: Likeness, job_id: str) -> receipts.DeletionReceipt:
    """The content of a deletion receipt, once there is one and its signature is verified."""
    until(lambda: backend.get_job(job_id)["deletion"] == "deleted")
    receipt = backend.get_receipt(job_id)["receipt"]
    said = receipts.verify_deletion(receipt, backend.get_keys(), issuer=ISSUER, job_id=job_id)
    assert said["state"] == "deleted"
    assert {one["left"] for one in said["checked"]} == {0}
    return said


def poll(_: float) -> None:
    """A test does not wait as long as an app should."""
    time.sleep(0.2)


def until(true: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Polls until it is true; fails after `patience` seconds."""
    deadline = time.monotonic() + patience
    while not true():
        assert time.monotonic() < deadline, f"not true within {patience} s"
        time.sleep(0.2)


def reached(ops, execution, state):
    history = ops("stepfunctions").get_execution_history(executionArn=execution, maxResults=1000)
    entered = [one.get("stateEnteredEventDetails", {}).get("name") for one in history["events"]]
    return state in entered
