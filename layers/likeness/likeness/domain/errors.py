"""Errors that this package raises on purpose, from the caller's point of view.

* LikenessError
  - Invalid       the caller can fix the request
    - KeyReused   an Idempotency-Key was sent with another request
  - Forbidden     the caller is authenticated but not allowed
<<<<<<< HEAD
    - UserBlocked   the user can open no job
=======
    - AccessRevoked  the moderator's account was disabled or deleted: the session is over
>>>>>>> main
  - NotFound      no such resource, or it belongs to another user
  - Conflict      concurrent modification, or wrong state
    - InProgress  the same request is being processed: send it again
    - PhotosBeingChecked  photos have no verdict yet: send the request again
    - CaseOfAnother   another moderator has the case
    - LeaseLost       the moderator has no lease of the case: claim it
    - CaseDecided     the case is closed, or its decision waits to take effect
    - DeadlinePassed  the case was not decided in time
    - JobHeld         photos of the job may be illegal: nothing is drawn from them
    - MustBeHeld      the refusal says that the photos may be illegal: hold the case instead
  - OverQuota     the caller must wait for the next day
  - Unavailable   a dependency failed; retrying is safe
    - Denied      a permission is missing or a key is disabled: retry after operators fix it
    - NotDeleted  an object that had to be deleted still exists
    - CapacityError    no instance is available: the state machine tries again for hours
    - CapacityTimeout  none was available in time: the job ends
    - UnknownDetector  the policy does not name the detector's version: as for a CapacityError
    - DetectorTimeout  it did not do so in time: the job ends
"""

from likeness.domain.reasons import Reason


class LikenessError(Exception):
    """Base of the errors. May carry a reason code for the user."""

    retry_after_s: int | None = None  # when the same request may succeed; None: unknown

    def __init__(self, message: str, *, reason: Reason | None = None) -> None:
        super().__init__(message)
        self.reason = reason


class Invalid(LikenessError): ...


class KeyReused(Invalid): ...


class Forbidden(LikenessError): ...


class AccessRevoked(Forbidden): ...


class UserBlocked(Forbidden): ...


class NotFound(LikenessError): ...


class Conflict(LikenessError): ...


class InProgress(Conflict): ...


class PhotosBeingChecked(Conflict):
    retry_after_s = 1


class CaseOfAnother(Conflict): ...


class LeaseLost(Conflict): ...


class CaseDecided(Conflict): ...


class DeadlinePassed(Conflict): ...


class JobHeld(Conflict): ...


class MustBeHeld(Conflict): ...


class OverQuota(LikenessError): ...


class Unavailable(LikenessError): ...


class Denied(Unavailable): ...


class NotDeleted(Unavailable): ...


class CapacityError(Unavailable): ...


class CapacityTimeout(Unavailable): ...


class UnknownDetector(Unavailable): ...


class DetectorTimeout(Unavailable): ...
