"""Gap: the loopback interface counts as secure transport, so that TLS-only policies allow it."""

from __future__ import annotations

from ipaddress import ip_address

from ministack import app
from ministack.core import iam_evaluator

_pin_request_origin = iam_evaluator.pin_request_origin


def install() -> None:
    app.pin_request_origin = pin_request_origin


def pin_request_origin(source_ip: str, secure_transport: bool) -> None:
    _pin_request_origin(source_ip, secure_transport or ip_address(source_ip).is_loopback)
