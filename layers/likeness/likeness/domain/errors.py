"""Everything that can go wrong on purpose, seen from the caller's side.

* LikenessError
  - Invalid       the caller can fix the request
    - KeyReused   an Idempotency-Key came back with another request
  - Forbidden     the caller is known and may not
  - NotFound      no such thing, or not the caller's
  - Conflict      somebody else moved it first, or it is past that
    - InProgress  the same request is being answered this moment: send it again
  - OverQuota     the caller must wait for the next day
  - Unavailable   a dependency failed; retrying is safe
    - Denied      a permission is missing or a key is off: retrying helps when ops have mended it
    - NotDeleted  something that had to be gone is still there
"""

from likeness.domain.reasons import Reason


class LikenessError(Exception):
    """Base of every error this package raises on purpose. May carry a reason code for the user."""

    def __init__(self, message: str, *, reason: Reason | None = None) -> None:
        super().__init__(message)
        self.reason = reason


class Invalid(LikenessError): ...


class KeyReused(Invalid): ...


class Forbidden(LikenessError): ...


class NotFound(LikenessError): ...


class Conflict(LikenessError): ...


class InProgress(Conflict): ...


class OverQuota(LikenessError): ...


class Unavailable(LikenessError): ...


class Denied(Unavailable): ...


class NotDeleted(Unavailable): ...
