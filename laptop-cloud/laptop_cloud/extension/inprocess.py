"""boto3 clients whose requests go to MiniStack's handlers directly, as root, without HTTP."""

from __future__ import annotations

import asyncio
import io
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from ministack import app
from ministack.core.responses import get_account_id, get_region

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator

Answer = tuple[int, dict[str, str], bytes]

HANDLERS = {"apigatewayv2": "apigateway", "stepfunctions": "states", "cloudwatch": "monitoring"}


class _Body(io.BytesIO):
    """A response body that botocore can read or stream."""

    def stream(self, _size: int = 65536, **_: Any) -> Iterator[bytes]:
        while chunk := self.read(65536):
            yield chunk


@cache
def _client(service: str, region: str) -> Any:
    make: Any = boto3.client  # of any service: the stubs know only names in the source
    client = make(
        service,
        region_name=region,
        endpoint_url="http://inprocess.invalid",
        aws_access_key_id=get_account_id(),  # root's access key in MiniStack
        aws_secret_access_key="inprocess",  # noqa: S106  never leaves the process, never checked
        config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}),
    )
    handler = app.SERVICE_HANDLERS[HANDLERS.get(service, service)]

    def serve(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        url = urlsplit(request.url)
        headers = {
            name.lower(): value.decode() if isinstance(value, bytes) else value
            for name, value in request.headers.items()
        }
        body = _bytes(request.body)
        query = parse_qs(url.query, keep_blank_values=True)
        status, answer_headers, answer = drive(
            handler, request.method, unquote(url.path), headers, body, query
        )
        payload = answer.encode() if isinstance(answer, str) else (answer or b"")
        found: Any = answer_headers
        return AWSResponse(request.url, status, found, _Body(payload))

    client.meta.events.register("before-send", serve)
    return client


def _bytes(body: Any) -> bytes:
    if body is None:
        return b""
    if hasattr(body, "read"):
        body = body.read()
    return body.encode() if isinstance(body, str) else bytes(body)


def client(service: str) -> Any:
    """A client in the account and region of the request that is being served."""
    return _client(service, get_region())


def drive(handler: Any, *request: Any) -> Answer:
    """Run a handler to its end, on the event loop or off it.

    CloudFormation provisions most resources on the event loop, where nothing may wait for the loop.
    The handlers used there do not await anything, so one step finishes them.
    """
    try:
        on_the_loop = asyncio.get_running_loop() is app._MAIN_LOOP
    except RuntimeError:
        on_the_loop = False
    if not on_the_loop:
        return app.call_service_handler_sync(handler, *request)  # type: ignore[no-any-return]
    coroutine: Coroutine[Any, Any, Answer] = handler(*request)
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]
    coroutine.close()
    raise RuntimeError("a service handler waited on the event loop while CloudFormation held it")
