"""HTTP calls: signed with SigV4, and repeated while they may succeed."""

from __future__ import annotations

import json
import random
import time
import uuid
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from urllib.parse import quote, urlencode

import botocore.session
import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from likeness_client import errors
from likeness_client.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from botocore.credentials import Credentials

T = TypeVar("T")
TIMEOUT_S = 35  # API Gateway ends a call after 30 s
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 8.0  # between attempts, unless the API says how long
AGENT = f"likeness-client-python/{VERSION}"


class Response(Protocol):
    @property
    def status(self) -> int: ...

    @property
    def data(self) -> bytes: ...

    @property
    def headers(self) -> Mapping[str, str]: ...


class Http(Protocol):
    """What the client needs of urllib3.PoolManager. It must not retry or follow redirects."""

    def request(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response: ...


class Transport:
    """Calls of one API.

    A call is repeated for `patience_s` seconds if no response came or if the error passes
    (`ApiError.passes`): after the seconds of `Retry-After`, else after a random wait that doubles
    up to 8 s. All requests can be repeated: a POST has the same idempotency key at each attempt.
    """

    def __init__(
        self,
        api_url: str,
        region: str,
        credentials: Credentials | None,
        *,
        patience_s: float,
        http: Http | None,
    ) -> None:
        found = credentials or botocore.session.Session().get_credentials()
        if found is None:
            raise errors.NoCredentials("configure AWS credentials, or pass `credentials`")
        self._credentials = found
        self._api_url = api_url.rstrip("/")
        self._region = region
        self._patience_s = patience_s
        self.http: Http = http or urllib3.PoolManager(timeout=TIMEOUT_S, retries=False)

    def call(
        self,
        returns: type[T],  # noqa: ARG002 - the type of the JSON that the API returns
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: object = None,
        content_type: str = "application/json",
        idempotency_key: str | None = None,
    ) -> T:
        """Send a body, return JSON; path parameters are encoded by `segment`."""
        content = body if isinstance(body, bytes) else None if body is None else _json(body)
        sent = {"Accept": "application/json", "User-Agent": AGENT}
        if content is not None:
            sent["Content-Type"] = content_type
        if method == "POST":
            sent["Idempotency-Key"] = idempotency_key or str(uuid.uuid4())
        response = self.send(method, path, query=query, content=content, headers=sent)
        returned: T = json.loads(response.data)
        return returned

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        content: bytes | None = None,
        headers: Mapping[str, str],
    ) -> Response:
        """Raises ApiError or NotReached."""
        url = self._api_url + path
        if given := {name: value for name, value in (query or {}).items() if value is not None}:
            url += "?" + urlencode(given, quote_via=quote)  # SigV4 wants a space as %20

        def once() -> Response:
            signed = self._signed(method, url, content, headers)
            return self.http.request(method, url, body=content, headers=signed)

        return self.repeat(once, _api_error)

    def repeat(
        self,
        once: Callable[[], Response],
        error_of: Callable[[Response], errors.LikenessError | None],
    ) -> Response:
        """Repeat a request while its error passes and `patience_s` lasts."""
        deadline = time.monotonic() + self._patience_s
        wait = FIRST_WAIT_S
        while True:
            error: errors.LikenessError | None
            try:
                response = once()
            except urllib3.exceptions.HTTPError as lost:  # its text may have a presigned URL
                error = errors.NotReached(f"no response: {type(lost).__name__}")
            else:
                error = error_of(response)
                if error is None:
                    return response
            pause = error.retry_after_s or random.uniform(wait / 2, wait)  # noqa: S311 - jitter
            if not error.passes or time.monotonic() + pause > deadline:
                raise error
            time.sleep(pause)
            wait = min(2 * wait, LONGEST_WAIT_S)

    def _signed(
        self, method: str, url: str, content: bytes | None, headers: Mapping[str, str]
    ) -> dict[str, str]:
        """Signed again at each attempt: a signature lives five minutes, credentials may change."""
        frozen = self._credentials.get_frozen_credentials()
        request = AWSRequest(method=method, url=url, data=content, headers=dict(headers))
        SigV4Auth(frozen, "execute-api", self._region).add_auth(request)
        return dict(request.headers.items())


def _json(body: object) -> bytes:
    return json.dumps(body).encode()


def segment(value: str) -> str:
    """A path parameter, percent-encoded."""
    if value in {".", ".."}:  # urllib3 would resolve it
        raise ValueError(f"{value!r} cannot be part of a path")
    return quote(value, safe="")


def _api_error(response: Response) -> errors.ApiError | None:
    if response.status < 300:
        return None
    return errors.api_error(response.status, response.data, response.headers.get("Retry-After"))
