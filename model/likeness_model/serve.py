"""The endpoint: `python -m likeness_model serve` answers SageMaker's /ping and /invocations.

One job at a time, each in a folder of its own that is gone before the answer is sent. Models stay
loaded. Jobs run on the main thread, where signals arrive; HTTP is answered beside it.
"""

import json
import logging
import os
import queue
import shutil
import signal
import socket
import socketserver
import sys
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import IO

from likeness_model.archives import LARGEST_REQUEST, MEDIA_TYPE, pack_response, unpack_request
from likeness_model.engines import Engine
from likeness_model.errors import INTERNAL, TERMINATED, JobError
from likeness_model.folders import Folders
from likeness_model.round import draw_round
from likeness_model.workers import end_workers

log = logging.getLogger(__name__)

ADDRESS = "LIKENESS_ADDRESS"  # "host:port", or the path of a Unix socket
EVERYWHERE = "0.0.0.0:8080"  # where SageMaker asks a container
FAREWELL_S = 5.0

Job = tuple[bytes, "Future[IO[bytes]]"]


class Busy(Exception):
    """Another job is being drawn. The endpoint's queue asks again."""


class Desk:
    """Hands one job at a time from the threads that answer HTTP to the main thread."""

    def __init__(self) -> None:
        self.ready = threading.Event()  # engines are loaded
        self._free = threading.Lock()
        self._jobs: queue.SimpleQueue[Job] = queue.SimpleQueue()

    def draw(self, body: bytes) -> IO[bytes]:
        """The response's archive; raises Busy, and whatever the job raised."""
        if not self._free.acquire(blocking=False):
            raise Busy("another job is being drawn")
        try:
            answer: Future[IO[bytes]] = Future()
            self._jobs.put((body, answer))
            return answer.result()
        finally:
            self._free.release()

    def work(self, draw: Callable[[bytes], IO[bytes]]) -> None:
        """Do what is handed in, until something unforeseen happens: nobody knows what that left
        in memory, and the next user's pictures must not come from it."""
        self.ready.set()
        while self.ready.is_set():
            body, answer = self._jobs.get()
            try:
                answer.set_result(draw(body))
            except JobError as error:
                answer.set_exception(error)
            except Exception as error:  # noqa: BLE001 - whatever it was is this job's answer
                self.ready.clear()
                answer.set_exception(error)
            finally:
                del body, answer  # a photo must not wait in memory for the next job


def serve_one(body: bytes, folder: Path, workers: int, engine: Engine) -> IO[bytes]:
    """One request's archive to one response's. What lay on disk for it is gone afterwards."""
    folders = Folders(folder / "job")
    try:
        unpack_request(body, folders)
        result = draw_round(folders, workers=workers, engine=engine)
        packed = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - the answer closes it
        pack_response(result, folders.checkpoints, packed)
        packed.seek(0)
        return packed
    finally:
        shutil.rmtree(folders.base, ignore_errors=True)


class Answers(BaseHTTPRequestHandler):
    """HTTP as SageMaker speaks it to a container."""

    protocol_version = "HTTP/1.1"
    server: "Server"

    def do_GET(self) -> None:
        if self.path != "/ping":
            self._tell(HTTPStatus.NOT_FOUND, "NotFound", "there are /ping and /invocations")
        elif self.server.desk.ready.is_set():
            self._answer(HTTPStatus.OK, b"", MEDIA_TYPE)
        else:
            self._tell(HTTPStatus.SERVICE_UNAVAILABLE, "Loading", "the engine is being loaded")

    def do_POST(self) -> None:
        body = self._body()
        if body is None:
            return
        try:
            with self.server.desk.draw(body) as archive:
                self._send(archive)
        except Busy as busy:
            self._tell(HTTPStatus.SERVICE_UNAVAILABLE, "Busy", str(busy))
        except JobError as error:
            log.error("%s: %s", type(error).__name__, error)  # noqa: TRY400 - expected
            status = HTTPStatus.BAD_REQUEST if error.exit_code in {2, 3} else 500
            self._tell(HTTPStatus(status), type(error).__name__, str(error))
        except ConnectionError:
            log.warning("whoever asked has left before the answer was sent")
        except Exception as error:
            log.exception("internal error")
            self._tell(HTTPStatus.INTERNAL_SERVER_ERROR, type(error).__name__, str(error))

    def _body(self) -> bytes | None:
        """The request's body, or None where it was refused."""
        self.close_connection = True
        told = self.headers.get("Content-Length", "")
        if self.path != "/invocations":
            self._tell(HTTPStatus.NOT_FOUND, "NotFound", "there are /ping and /invocations")
        elif not told.isdigit():
            self._tell(HTTPStatus.LENGTH_REQUIRED, "OrderError", "the request has no length")
        elif int(told) > LARGEST_REQUEST:
            self._tell(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                "OrderError",
                f"the request is larger than {LARGEST_REQUEST} bytes",
            )
        else:
            return self.rfile.read(int(told))
        return None

    def _send(self, archive: IO[bytes]) -> None:
        size = archive.seek(0, os.SEEK_END)
        archive.seek(0)
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", MEDIA_TYPE)
        self.send_header("Content-Length", str(size))
        self.end_headers()
        shutil.copyfileobj(archive, self.wfile)

    def _tell(self, status: HTTPStatus, error: str, message: str) -> None:
        content = json.dumps({"error": error, "message": message}).encode()
        self._answer(status, content, "application/json")

    def _answer(self, status: HTTPStatus, content: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def address_string(self) -> str:
        return "caller"  # a Unix socket has no address to show

    def log_message(self, text: str, *values: object) -> None:
        log.debug(text, *values)  # /ping comes every few seconds


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """Listens on a port, or on a Unix socket: a process without network can be asked there."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, address: str, desk: Desk) -> None:
        self.desk = desk
        self.threads: list[threading.Thread] = []
        host, _, port = address.rpartition(":")
        if address.startswith(("/", ".")):
            Path(address).unlink(missing_ok=True)
            self.address_family = socket.AF_UNIX
            super().__init__(address, Answers)  # type: ignore[arg-type]
        else:
            super().__init__((host, int(port)), Answers)

    def answered(self) -> None:
        """Wait until whoever was told of a fault has heard it."""
        for thread in self.threads:
            thread.join(FAREWELL_S)

    def process_request(self, request: object, client_address: object) -> None:
        thread = threading.Thread(
            target=self.process_request_thread, args=(request, client_address), daemon=True
        )
        self.threads = [one for one in self.threads if one.is_alive()] + [thread]
        thread.start()


def serve(*, workers: int, load: Callable[[], Engine]) -> int:
    """Answer until told to stop. `load` brings the engine into memory; /ping says when it is.

    Raises JobError where it cannot be loaded: the endpoint then fails to start and says why. After
    a fault of ours it returns INTERNAL, and SageMaker starts the container anew.
    """
    folder = Path(tempfile.mkdtemp(prefix="likeness-"))
    signal.signal(signal.SIGTERM, lambda _number, _frame: _stop(folder))
    desk = Desk()
    server = Server(os.environ.get(ADDRESS, EVERYWHERE), desk)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        engine = load()
        log.info("engine %s is ready", engine.name)
        desk.work(lambda body: serve_one(body, folder, workers, engine))
        server.shutdown()
        server.answered()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return INTERNAL


def _stop(folder: Path) -> None:
    """End here, not by an exception, as in training; and leave no photo on the disk."""
    with suppress(Exception):
        end_workers()
    shutil.rmtree(folder, ignore_errors=True)
    sys.stdout.flush()
    os._exit(TERMINATED)
