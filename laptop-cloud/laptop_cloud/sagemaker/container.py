"""HTTP to a serving container, over its Unix socket, because it may have no network."""

from __future__ import annotations

import http.client
import os
import socket
import tempfile
from pathlib import Path
from typing import NamedTuple

PATH_LIMIT = 100  # bytes; the address of a Unix socket has about 107
SOCKET = "socket"
LONGEST = "tmp/pymp-12345678/listener-12345678"  # the socket of a Python fork server


class Response(NamedTuple):
    status: int
    kind: str
    body: bytes


class Unreachable(Exception):
    """The container does not answer: it is starting, or has ended."""


class _Connection(http.client.HTTPConnection):
    def __init__(self, address: str, timeout: float) -> None:
        super().__init__("container", timeout=timeout)
        self._address = address

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._address)


class Container:
    """The server at `socket` in a directory. `directory` has a path that is short enough for the
    addresses of sockets in it: a symlink's, if its own is too long."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._link: Path | None = None
        if len(os.fsencode(directory / LONGEST)) > PATH_LIMIT:
            self._link = Path(tempfile.mkdtemp(dir="/tmp", prefix="sm-"))  # noqa: S108
            self.directory = self._link / "d"
            self.directory.symlink_to(directory)
        self._address = str(self.directory / SOCKET)

    def close(self) -> None:
        if self._link:
            (self._link / "d").unlink(missing_ok=True)
            self._link.rmdir()
            self._link = None

    def is_healthy(self) -> bool:
        try:
            return self._request("GET", "/ping", b"", {}, 2.0).status == http.HTTPStatus.OK
        except (Unreachable, TimeoutError):
            return False

    def invoke(self, body: bytes, headers: dict[str, str], seconds: float) -> Response:
        """Raises Unreachable, or TimeoutError after `seconds`."""
        return self._request("POST", "/invocations", body, headers, seconds)

    def _request(
        self, method: str, path: str, body: bytes, headers: dict[str, str], seconds: float
    ) -> Response:
        connection = _Connection(self._address, seconds)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            kind = answer.getheader("Content-Type", "application/octet-stream")
            return Response(answer.status, kind, answer.read())
        except TimeoutError:
            raise
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(f"{type(error).__name__}") from error
        finally:
            connection.close()
