"""The endpoint: `python -m likeness_model serve` implements SageMaker's /ping and /invocations.

Models stay loaded. Each request runs on its own thread and in its own folder, which is deleted
before the response is sent. Several jobs may be in progress: photos are analysed at the same time,
and one job after the other has its turn to draw. Signals arrive on the main thread, which waits.
"""

import json
import logging
import os
import shutil
import signal
import socket
import socketserver
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import IO

from likeness_model.container.archives import (
    LARGEST_REQUEST,
    MEDIA_TYPE,
    pack_response,
    unpack_request,
)
from likeness_model.container.attempt import draw_attempt
from likeness_model.container.folders import Folders
from likeness_model.errors import INTERNAL, TERMINATED, JobError
from likeness_model.generation.engine import Engine
from likeness_model.painter.workers import end_workers

log = logging.getLogger(__name__)

ADDRESS = "LIKENESS_ADDRESS"  # "host:port", or the path of a Unix socket
DEFAULT_ADDRESS = "0.0.0.0:8080"  # SageMaker's
SHUTDOWN_S = 5.0  # for each response that is still being sent

Draw = Callable[[bytes], IO[bytes]]


class Unavailable(Exception):
    """The engine is loading, or an earlier job's unexpected error ends the process."""


class Turns(AbstractContextManager[None]):
    """Gives the loaded engine to one job at a time, until one ends with an unexpected error: that
    may have corrupted memory, which the next user's pictures must not come from."""

    def __init__(self) -> None:
        self.ready = threading.Event()  # set while the engine is loaded and healthy
        self.failed = threading.Event()
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        self._lock.acquire()
        if not self.ready.is_set():
            self._lock.release()
            raise Unavailable("an earlier job failed: the container starts again")

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        if error is not None and not isinstance(error, JobError):
            self.fail()  # before the next job can enter
        self._lock.release()

    def fail(self) -> None:
        self.ready.clear()
        self.failed.set()


def serve_one(
    body: bytes, scratch: Path, engine: Engine, turn: AbstractContextManager[None]
) -> IO[bytes]:
    """Turn one request's archive into the response's; its files are deleted before it returns."""
    folders = Folders(Path(tempfile.mkdtemp(dir=scratch)))
    try:
        unpack_request(body, folders)
        result = draw_attempt(folders, load=lambda _name: engine, turn=turn)
        packed = tempfile.TemporaryFile(dir=scratch)  # noqa: SIM115 - the handler closes it
        pack_response(result, folders.checkpoints, packed)
        packed.seek(0)
        return packed
    finally:
        shutil.rmtree(folders.base, ignore_errors=True)


class Handler(BaseHTTPRequestHandler):
    """SageMaker's HTTP contract."""

    protocol_version = "HTTP/1.1"
    server: "Server"

    def do_GET(self) -> None:
        if self.path != "/ping":
            self._send_error(
                HTTPStatus.NOT_FOUND, "NotFound", "the paths are /ping and /invocations"
            )
        elif self.server.turns.ready.is_set():
            self._send(HTTPStatus.OK, b"", MEDIA_TYPE)
        else:
            self._send_error(HTTPStatus.SERVICE_UNAVAILABLE, "Loading", "the engine is loading")

    def do_POST(self) -> None:
        body = self._body()
        if body is None:
            return
        try:
            with self.server.draw(body) as archive:
                self._send_archive(archive)
        except Unavailable as unavailable:
            self._send_error(
                HTTPStatus.SERVICE_UNAVAILABLE, type(unavailable).__name__, str(unavailable)
            )
        except JobError as error:
            log.error("%s: %s", type(error).__name__, error)  # noqa: TRY400 - expected
            status = HTTPStatus.BAD_REQUEST if error.exit_code in {2, 3} else 500
            self._send_error(HTTPStatus(status), type(error).__name__, str(error))
        except ConnectionError:
            log.warning("client disconnected before the response was sent")
        except Exception as error:
            log.exception("internal error")
            self.server.turns.fail()
            self._send_error(HTTPStatus.INTERNAL_SERVER_ERROR, type(error).__name__, str(error))

    def _body(self) -> bytes | None:
        """The request's body, or None if it was rejected."""
        self.close_connection = True
        length = self.headers.get("Content-Length", "")
        if self.path != "/invocations":
            self._send_error(
                HTTPStatus.NOT_FOUND, "NotFound", "the paths are /ping and /invocations"
            )
        elif not length.isdigit():
            self._send_error(
                HTTPStatus.LENGTH_REQUIRED, "OrderError", "the request has no Content-Length"
            )
        elif int(length) > LARGEST_REQUEST:
            self._send_error(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                "OrderError",
                f"the request is larger than {LARGEST_REQUEST} bytes",
            )
        else:
            return self.rfile.read(int(length))
        return None

    def _send_archive(self, archive: IO[bytes]) -> None:
        size = archive.seek(0, os.SEEK_END)
        archive.seek(0)
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", MEDIA_TYPE)
        self.send_header("Content-Length", str(size))
        self.end_headers()
        shutil.copyfileobj(archive, self.wfile)

    def _send_error(self, status: HTTPStatus, error: str, message: str) -> None:
        content = json.dumps({"error": error, "message": message}).encode()
        self._send(status, content, "application/json")

    def _send(self, status: HTTPStatus, content: bytes, media_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def address_string(self) -> str:
        return "caller"  # a Unix socket has no address to show

    def log_message(self, text: str, *values: object) -> None:
        log.debug(text, *values)  # /ping comes every few seconds


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """Listens on a port, or on a Unix socket for a process without network."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, address: str) -> None:
        self.turns = Turns()
        self.draw: Draw = _loading
        self.threads: list[threading.Thread] = []
        host, _, port = address.rpartition(":")
        if address.startswith(("/", ".")):
            Path(address).unlink(missing_ok=True)
            self.address_family = socket.AF_UNIX
            super().__init__(address, Handler)  # type: ignore[arg-type]
        else:
            super().__init__((host, int(port)), Handler)

    def join(self) -> None:
        """Wait until the last responses are sent."""
        for thread in self.threads:
            thread.join(SHUTDOWN_S)

    def process_request(self, request: object, client_address: object) -> None:
        thread = threading.Thread(
            target=self.process_request_thread, args=(request, client_address), daemon=True
        )
        self.threads = [each for each in self.threads if each.is_alive()] + [thread]
        thread.start()


def serve(*, load: Callable[[], Engine]) -> int:
    """Serve until SIGTERM. /ping returns 200 once `load` has returned.

    Raises JobError if the engine cannot be loaded: the endpoint then fails to start with the
    reason. After an internal error it returns INTERNAL, and SageMaker restarts the container.
    """
    folder = Path(tempfile.mkdtemp(prefix="likeness-"))
    signal.signal(signal.SIGTERM, lambda _number, _frame: _stop(folder))
    server = Server(os.environ.get(ADDRESS, DEFAULT_ADDRESS))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        engine = load()
        log.info("engine %s is ready", engine.name)
        server.draw = lambda body: serve_one(body, folder, engine, server.turns)
        server.turns.ready.set()
        # A signal that arrives just before a wait does not interrupt it, so no wait is long.
        while not server.turns.failed.wait(timeout=1):
            pass
        server.shutdown()
        server.join()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return INTERNAL


def _loading(_body: bytes) -> IO[bytes]:
    raise Unavailable("the engine is loading")


def _stop(folder: Path) -> None:
    """Exit and leave no photo on the disk.

    The threads of jobs still write files. exec ends all of them at once, and the workers that they
    still start end with their parent.
    """
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with suppress(Exception):
        end_workers()
    program = f"import shutil, sys; shutil.rmtree(sys.argv[1], True); sys.exit({TERMINATED})"
    os.execv(sys.executable, [sys.executable, "-I", "-S", "-c", program, str(folder)])  # noqa: S606
