"""Errors that this package raises on purpose, from the caller's point of view.

A class whose name is in ErrorKind is an error of the API. Another class has the kind of its nearest
ancestor that is one. The state machines catch errors by class name.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from likeness.domain.reasons import Reason


class ErrorKind(StrEnum):
    """What went wrong: one kind for each thing that a client does differently."""

    INVALID = "Invalid"
    CONSENT_NOT_IN_FORCE = "ConsentNotInForce"
    UNKNOWN_STYLE = "UnknownStyle"
    TIER_LIMIT = "TierLimit"
    UNREADABLE_PICTURE = "UnreadablePicture"
    FORBIDDEN = "Forbidden"
    TEST_MODE_OFF = "TestModeOff"
    TIER_CLOSED = "TierClosed"
    ACCESS_REVOKED = "AccessRevoked"
    USER_BLOCKED = "UserBlocked"
    NOT_FOUND = "NotFound"
    AVATARS_EXPIRED = "AvatarsExpired"
    CONFLICT = "Conflict"
    CONCURRENT_CHANGE = "ConcurrentChange"
    IN_PROGRESS = "InProgress"
    PHOTOS_BEING_CHECKED = "PhotosBeingChecked"
    NOT_ENOUGH_PHOTOS = "NotEnoughPhotos"
    TOO_MANY_PHOTOS = "TooManyPhotos"
    NO_UPLOADS_LEFT = "NoUploadsLeft"
    TOO_MANY_OPEN_JOBS = "TooManyOpenJobs"
    ALREADY_SUBMITTED = "AlreadySubmitted"
    JOB_ENDED = "JobEnded"
    JOB_RUNNING = "JobRunning"
    ERASURE_RUNNING = "ErasureRunning"
    NOT_CONTESTABLE = "NotContestable"
    APPEAL_CLOSED = "AppealClosed"
    PHOTOS_NOT_DELETED_YET = "PhotosNotDeletedYet"
    TOO_MANY_WEBHOOKS = "TooManyWebhooks"
    WEBHOOK_DISABLED = "WebhookDisabled"
    SECRET_ROTATED = "SecretRotated"  # noqa: S105 - a name
    CASE_TAKEN = "CaseTaken"
    CASE_DECIDED = "CaseDecided"
    DEADLINE_PASSED = "DeadlinePassed"
    NOT_ESCALATED = "NotEscalated"
    NOT_REVERSIBLE = "NotReversible"
    NO_LEASE = "NoLease"
    MUST_BE_HELD = "MustBeHeld"
    HOLD_DECIDED = "HoldDecided"
    ACCOUNT_EXISTS = "AccountExists"
    OWN_ACCOUNT = "OwnAccount"
    UNSUPPORTED_MEDIA_TYPE = "UnsupportedMediaType"
    KEY_REUSED = "KeyReused"
    OVER_QUOTA = "OverQuota"
    EXPOSURE_USED = "ExposureUsed"
    INTERNAL = "Internal"
    UNAVAILABLE = "Unavailable"
    NOT_ACCEPTING = "NotAccepting"


class LikenessError(Exception):
    """Base of the errors. May carry a reason code for the user."""

    retry_after_s: int | None = None  # when the same request may succeed; None: not by waiting

    def __init__(
        self, message: str, *, reason: Reason | None = None, field: str | None = None
    ) -> None:
        """`field`: a JSON pointer to the part of the request that is wrong, as `/body/styles/0`."""
        super().__init__(message)
        self.reason = reason
        self.field = field

    @property
    def details(self) -> dict[str, object]:
        """More fields of the error's body."""
        return {}

    @classmethod
    def kind(cls) -> ErrorKind:
        known = {kind.value for kind in ErrorKind}
        names = (parent.__name__ for parent in cls.__mro__)
        return ErrorKind(next((name for name in names if name in known), ErrorKind.INTERNAL))


# --- the request is wrong -------------------------------------------------------------------------


class Invalid(LikenessError):
    """The request is wrong: `field` or `faults` says where. Correct the code that sends it."""


class ConsentNotInForce(Invalid):
    """The user agreed to a text that is not in force: show one of `GET /v1/consents` and ask."""


class UnknownStyle(Invalid):
    """A style is unknown or withdrawn: read `GET /v1/styles` again and let the user choose."""


class TierLimit(Invalid):
    """The user's tier allows fewer styles or avatars: request fewer, or offer Plus."""


class UnreadablePicture(Invalid):
    """The picture is too large, or cannot be read: `reason` says why. Ask for another file."""


class UnsupportedMediaType(Invalid):
    """The body has another media type: send the `Content-Type` that the operation accepts."""


class KeyReused(Invalid):
    """The `Idempotency-Key` was sent with another request: choose a new key."""


class Forbidden(LikenessError):
    """The caller may not do this."""


class TestModeOff(Forbidden):
    """The stack accepts no test jobs: send nothing of a test, or use a stack with `TestMode`."""

    __test__ = False  # no test class, whatever pytest thinks of its name


class TierClosed(Forbidden):
    """The user's tier may not use the feature: offer Plus."""


class AccessRevoked(Forbidden):
    """The moderator's account was disabled or deleted: the session is over."""


class UserBlocked(Forbidden):
    """The user can create no job: show a neutral text."""


class NotFound(LikenessError):
    """There is no such resource, or it belongs to another user, or it is deleted."""


class AvatarsExpired(NotFound):
    """The avatars were deleted at the end of their lifetime: create a new job."""


# --- the resource is in another state -------------------------------------------------------------


class Conflict(LikenessError):
    """The resource is in a state that does not allow this: read it again."""


class ConcurrentChange(Conflict):
    """Another request changed the resource first: send the request again."""

    retry_after_s = 1


class InProgress(Conflict):
    """A request with this `Idempotency-Key` is still running: send it again, with the same key."""

    retry_after_s = 1


class PhotosBeingChecked(Conflict):
    """Photos have no verdict yet: submit again."""

    retry_after_s = 1


class NotEnoughPhotos(Conflict):
    """Too few photos were accepted: let the user replace the refused ones, then submit again."""


class TooManyPhotos(Conflict):
    """The job has the maximum number of photos, and none is refused: submit it, or delete one."""


class NoUploadsLeft(Conflict):
    """The job was given all its presigned POSTs: create a new job."""


class TooManyOpenJobs(Conflict):
    """The user has the maximum of open jobs, `job_ids`: continue or delete one of them."""

    def __init__(self, message: str, *, job_ids: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.job_ids = job_ids

    @property
    def details(self) -> dict[str, object]:
        return {"job_ids": self.job_ids} if self.job_ids else {}


class AlreadySubmitted(Conflict):
    """The job is submitted, its photos are fixed: wait for its end."""


class JobEnded(Conflict):
    """The job has ended, is being cancelled, or can no longer be submitted: create a new one."""


class JobRunning(Conflict):
    """This needs a job that has ended: wait for its end."""


class ErasureRunning(Conflict):
    """The user is being erased: nothing new can begin until that is done."""

    retry_after_s = 30


class NotContestable(Conflict):
    """There is nothing to appeal against, or it is too late."""


class AppealClosed(Conflict):
    """The appeal is with a lead, or decided: read the job's `statement`."""


class PhotosNotDeletedYet(Conflict):
    """The job's photos are still being deleted: send the request again."""

    retry_after_s = 5


class TooManyWebhooks(Conflict):
    """There is the maximum of webhooks: delete one that is not used."""


class WebhookDisabled(Conflict):
    """Nothing is sent to a webhook that is disabled: enable it first."""


class SecretRotated(Conflict):
    """The secret was rotated twice within a day, and the old ones are still valid: rotate later."""


class CaseTaken(Conflict):
    """Another moderator has the case: take another one."""


class CaseDecided(Conflict):
    """The case is decided or closed: take another one."""


class DeadlinePassed(Conflict):
    """The case had to be decided earlier: take another one."""


class NotEscalated(Conflict):
    """The case is not with the leads: there is nothing to return."""


class NotReversible(Conflict):
    """The decision cannot be reversed, or not any more: read the case again."""


class AccountExists(Conflict):
    """There is an account of that name: choose another one."""


class OwnAccount(Conflict):
    """Leads do not change their own account: ask another lead."""


class NoLease(Conflict):
    """The moderator has no lease of the case: claim it."""


class MustBeHeld(Conflict):
    """The refusal says that the photos may be illegal: hold the case."""


class HoldDecided(Conflict):
    """The hold is in another state: read it again."""


class JobHeld(Conflict):
    """The job is held: nothing is drawn from its photos."""


CASE_CONFLICTS = (CaseTaken, NoLease, CaseDecided, DeadlinePassed)


# --- too much -------------------------------------------------------------------------------------


class OverQuota(LikenessError):
    """The quota day is used: wait until `next_day_begins_at`. `job_id` is the job that has it."""

    def __init__(
        self,
        message: str,
        *,
        reason: Reason | None = None,
        job_id: str | None = None,
        next_day_begins_at: datetime | None = None,
        now: datetime | None = None,
    ) -> None:
        super().__init__(message, reason=reason)
        self.job_id = job_id
        self.next_day_begins_at = next_day_begins_at
        if next_day_begins_at and now:
            self.retry_after_s = max(1, -int((now - next_day_begins_at).total_seconds() // 1))

    @property
    def details(self) -> dict[str, object]:
        found = {"job_id": self.job_id, "next_day_begins_at": self.next_day_begins_at}
        return {name: value for name, value in found.items() if value is not None}


class ExposureUsed(OverQuota):
    """The moderator's exposure limit of the day is reached: a lead may raise it."""


# --- our side -------------------------------------------------------------------------------------


class Unavailable(LikenessError):
    """A dependency failed: send the request again."""

    retry_after_s = 2


class NotAccepting(Unavailable):
    """No new job is accepted at present: show it, and try again after `Retry-After`."""

    def __init__(self, message: str, *, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Denied(Unavailable):
    """A permission is missing or a key is disabled: operators have to fix it first."""

    retry_after_s = 60


class NotDeleted(Unavailable):
    """An object that had to be deleted still exists."""


class CapacityError(Unavailable):
    """No instance is available: the state machine tries again for hours."""


class CapacityTimeout(Unavailable):
    """No instance was available in time: the job ends."""


class UnknownDetector(Unavailable):
    """The policy does not name the detector's version: as for a CapacityError."""


class DetectorTimeout(Unavailable):
    """The policy did not name it in time: the job ends."""


class DetectorBusy(Unavailable):
    """The detector throttles: the state machine tries again for hours."""


class WorkStopped(Unavailable):
    """Operators stopped the work: as for a CapacityError."""


class JobStopped(Unavailable):
    """Operators ended the job, or their stop lasted too long: the job ends."""


class StylesOff(Unavailable):
    """Operators switched off every style of the job: it ends."""


class EndpointOff(Unavailable):
    """Operators switched the endpoint off: the state machine orders a training job."""
