"""Gap: with `--quotas aws`, Rekognition and KMS throttle at the default rates of an account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ministack import app

from laptop_cloud.extension import wire
from laptop_cloud.extension.quotas import KMS, REKOGNITION, Rate
from laptop_cloud.extension.settings import settings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from laptop_cloud.extension.wire import Response

    Handler = Callable[..., Awaitable[Response]]

# As each service names it: botocore's model of rekognition; KMS Developer Guide, "Throttling AWS
# KMS requests".
ERRORS = {
    "rekognition": ("ProvisionedThroughputExceededException", "Provisioned rate exceeded"),
    "kms": (
        "ThrottlingException",
        "You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.",
    ),
}

_rates: dict[tuple[str, str], Rate] = {}


def install() -> None:
    if settings().quotas:
        for service in ERRORS:
            app.SERVICE_HANDLERS[service] = throttled(service, app.SERVICE_HANDLERS[service])


def throttled(service: str, handler: Handler) -> Handler:
    async def handle(
        method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]
    ) -> Response:
        rate = rate_of(service, wire.operation(headers))
        if rate and not rate.take():
            kind, message = ERRORS[service]
            return wire.BadRequest(kind, message).response()
        return await handler(method, path, headers, body, query)

    return handle


def rate_of(service: str, operation: str) -> Rate | None:
    """The rate of an operation; None if it is not limited here."""
    if service == "kms" and operation not in KMS:
        return None
    name, per_second = KMS[operation] if service == "kms" else (operation, REKOGNITION)
    return _rates.setdefault((service, name), Rate(per_second))
