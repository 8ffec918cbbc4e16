"""Calls of webhooks over HTTP, only to addresses that were checked."""

from __future__ import annotations

import http.client
import ipaddress
import re
import socket
import ssl
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from likeness import __version__
from likeness.domain.errors import Invalid
from likeness.domain.webhooks.address import IpAddress, Target, allowed, target
from likeness.domain.webhooks.delivery import CALL_S, SendError, SendResult

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Resolve = Callable[[str, int], list[IpAddress]]

SECONDS = re.compile(r"^[0-9]{1,9}$")  # a Retry-After may also be a date, which is ignored


class Unsendable(Exception):  # noqa: N818 - becomes a result
    def __init__(self, error: SendError) -> None:
        super().__init__(error.value)
        self.error = error


def resolve(host: str, port: int) -> list[IpAddress]:
    """All addresses of a host. Raises OSError if it has none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [ipaddress.ip_address(str(address[0])) for *_, address in found]


class HttpWebhookCaller:
    """`loopback`: the laptop's setting, which also allows http to 127.0.0.1."""

    def __init__(
        self, *, loopback: bool, resolve: Resolve = resolve, tls: ssl.SSLContext | None = None
    ) -> None:
        self._loopback = loopback
        self._resolve = resolve
        self._tls = tls or ssl.create_default_context()

    def check(self, url: str) -> None:
        try:
            self._addresses(target(url, loopback=self._loopback))
        except Unsendable as error:
            faults = {
                SendError.NAME: "url: its host has no address",
                SendError.ADDRESS: "url: must lead to a public address",
            }
            raise Invalid(faults[error.error], field="/body/url") from error

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> SendResult:
        """Runs in a thread: a name server or a slow response may take longer than the limit."""
        call = _Call(self, url, headers, body)
        call.start()
        call.join(CALL_S)
        if call.is_alive():
            call.abort()
            return SendResult(error=SendError.TIMEOUT)
        return call.result

    def connect(self, url: str) -> tuple[http.client.HTTPConnection, str]:
        """A connection to a checked address, and the path. Raises Unsendable."""
        try:
            at = target(url, loopback=self._loopback)
        except Invalid as error:  # the rules changed since it was stored
            raise Unsendable(SendError.ADDRESS) from error
        connection = http.client.HTTPConnection(at.host, at.port, timeout=CALL_S)
        connection.default_port = 443 if at.tls else 80  # which the Host header does not name
        connection.auto_open = 0  # it would resolve the name again
        connection.sock = self._socket(at)
        return connection, at.path

    def _addresses(self, at: Target) -> list[IpAddress]:
        """All of them must be allowed: which one is connected to is not the receiver's choice."""
        try:
            found = self._resolve(at.host, at.port)
        except (OSError, UnicodeError) as error:  # a label of more than 63 characters
            raise Unsendable(SendError.NAME) from error
        if not found or not all(allowed(one, loopback=self._loopback) for one in found):
            raise Unsendable(SendError.ADDRESS)
        return found

    def _socket(self, at: Target) -> socket.socket:
        """The name is resolved once: its server cannot change the response after the check."""
        connected = None
        for address in self._addresses(at):
            try:
                connected = socket.create_connection((str(address), at.port), timeout=CALL_S)
                break
            except OSError:
                continue
        if connected is None:
            raise Unsendable(SendError.CONNECTION)
        if not at.tls:
            return connected
        try:
            return self._tls.wrap_socket(connected, server_hostname=at.host)
        except (ssl.SSLError, OSError) as error:
            connected.close()
            raise Unsendable(SendError.TLS) from error


class _Call(threading.Thread):
    """One request. `abort` ends it from outside, also while the response trickles in."""

    def __init__(
        self, caller: HttpWebhookCaller, url: str, headers: Mapping[str, str], body: bytes
    ) -> None:
        super().__init__(daemon=True)
        self._caller = caller
        self._url = url
        self._headers = {"user-agent": f"likeness/{__version__}", **headers}
        self._body = body
        self._connection: http.client.HTTPConnection | None = None
        self._aborted = False
        self._lock = threading.Lock()
        self.result = SendResult(error=SendError.CONNECTION)

    def run(self) -> None:
        try:
            connection, path = self._caller.connect(self._url)
            with self._lock:
                self._connection = connection
                if self._aborted:  # nothing is sent after the time of the call
                    return
            connection.request("POST", path, self._body, self._headers)
            response = connection.getresponse()  # the body is not read
            self.result = SendResult(
                status=response.status, retry_after_s=_seconds(response.headers.get("Retry-After"))
            )
        except Unsendable as error:
            self.result = SendResult(error=error.error)
        except TimeoutError:
            self.result = SendResult(error=SendError.TIMEOUT)
        except (OSError, http.client.HTTPException, ValueError):
            pass
        finally:
            if self._connection:
                self._connection.close()

    def abort(self) -> None:
        with self._lock:
            self._aborted = True
            if self._connection is not None and self._connection.sock is not None:
                with suppress(OSError):
                    # SSLSocket.shutdown ends TLS first, and the request may be sent just then.
                    socket.socket.shutdown(self._connection.sock, socket.SHUT_RDWR)


def _seconds(retry_after: str | None) -> int | None:
    return int(retry_after) if retry_after and SECONDS.fullmatch(retry_after) else None
