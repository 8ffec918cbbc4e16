"""The errors that no kind of the API names, and their base."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar, cast

if TYPE_CHECKING:
    from likeness_client.types import ErrorBody, JobView


class LikenessError(Exception):
    """Base of the client's errors."""

    retry_after_s: float | None = None

    @property
    def passes(self) -> bool:
        """The same request may succeed later. The client has repeated it before it raises this."""
        return False


class NoCredentials(LikenessError):
    """botocore found no AWS credentials."""


class NotReached(LikenessError):
    """No response came. The request may have had its effect: repeat it with the same key."""

    @property
    def passes(self) -> bool:
        return True


class UploadRefused(LikenessError):
    """S3 refused an upload; `code` is S3's, for example EntityTooLarge or AccessDenied."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"S3 refused the upload: {status} {code}")
        self.status = status
        self.code = code

    @property
    def passes(self) -> bool:
        return self.status >= 500


class DownloadFailed(LikenessError):
    """A presigned URL did not return the file. 403: it has expired, get the job again."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the presigned URL returned {status}")
        self.status = status

    @property
    def passes(self) -> bool:
        return self.status >= 500


class TimedOut(LikenessError):
    """The job did not change for the given time; `job` is what get_job returned last."""

    def __init__(self, job: JobView, timeout_s: float) -> None:
        super().__init__(f"the job has been {job['state']} for {timeout_s:g} s without a change")
        self.job = job


class NotGenuine(LikenessError):
    """A webhook or a receipt is not from Likeness, or not the expected one."""


class ApiError(LikenessError):
    """The API returned an error. Each kind that this client knows has a class of its own.

    `kind` is None for an error of API Gateway; a kind of a later API has this class. `body` is the
    whole error, with the fields of its kind.
    """

    kinds: ClassVar[dict[str, type[ApiError]]] = {}

    def __init__(
        self, status: int, body: dict[str, Any], retry_after_s: float | None = None
    ) -> None:
        super().__init__(body.get("message") or f"HTTP {status}")
        self.status = status
        self.body = cast("ErrorBody", body)
        self.kind: str | None = body.get("error")
        self.retry_after_s = retry_after_s

    def __init_subclass__(cls) -> None:
        ApiError.kinds[cls.__name__] = cls

    @property
    def passes(self) -> bool:
        """The API says when to repeat, or the failure is a server's or API Gateway's."""
        if self.retry_after_s is not None or self.status >= 500:
            return True
        return self.status == 429 and self.kind is None  # too many requests


def api_error(status: int, content: bytes, retry_after: str | None) -> ApiError:
    """The error of a response. The body may be a proxy's and not JSON."""
    try:
        body = json.loads(content)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        body = {}
    seconds = float(retry_after) if retry_after and retry_after.isdecimal() else None
    return ApiError.kinds.get(str(body.get("error")), ApiError)(status, body, seconds)
