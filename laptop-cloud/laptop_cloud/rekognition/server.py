"""Serves Rekognition's protocol (AWS JSON 1.1) on the loopback interface."""

import json
import logging
import uuid
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from laptop_cloud.rekognition.errors import ERROR_STATUS, Refused
from laptop_cloud.rekognition.operations import Rekognition

logger = logging.getLogger(__name__)

HOST = "127.0.0.1"
TARGET = "RekognitionService."
CONTENT_TYPE = "application/x-amz-json-1.1"
# Two pictures of 15 MiB as base64, and the JSON around them.
MAX_BODY = 44 * 1024 * 1024


class Server(ThreadingHTTPServer):
    """Each connection has a thread; `Rekognition` limits what is handled at the same time."""

    daemon_threads = True

    def __init__(self, port: int, rekognition: Rekognition) -> None:
        super().__init__((HOST, port), _Handler)
        self.rekognition = rekognition
        self.ready = False


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    server_version = "Rekognition"
    timeout = 60

    def do_GET(self) -> None:
        if self.path == "/health":
            self._send(HTTPStatus.OK, {"status": "ok", "models_loaded": self.server.ready})
        else:
            self._send(HTTPStatus.NOT_FOUND, {"message": "POST / or GET /health"})

    def do_POST(self) -> None:
        try:
            self._send(HTTPStatus.OK, self._answer())
        except Refused as refused:
            body = {"__type": refused.code, "message": str(refused)}
            self._send(HTTPStatus(ERROR_STATUS), body)
        except Exception:
            logger.exception("a request failed")
            body = {"__type": "InternalServerError", "message": "Internal server error"}
            self._send(HTTPStatus.INTERNAL_SERVER_ERROR, body)

    def _answer(self) -> dict[str, Any]:
        body = self._body()
        target = self.headers.get("X-Amz-Target", "")
        if not target.startswith(TARGET):
            raise Refused("UnknownOperationException", f"X-Amz-Target must begin with {TARGET}")
        try:
            request = json.loads(body or b"{}")
        except ValueError:
            raise Refused("SerializationException", "The request is not JSON") from None
        if not isinstance(request, dict):
            raise Refused("SerializationException", "The request is not a JSON object")
        return self.server.rekognition.answer(target.removeprefix(TARGET), request)

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "")
        if not length.isdigit():
            self.close_connection = True
            raise Refused("SerializationException", "Content-Length is required")
        if int(length) > MAX_BODY:
            self.close_connection = True  # the unread body must not be read as the next request
            raise Refused("ImageTooLargeException", f"A request may have {MAX_BODY} bytes at most")
        return self.rfile.read(int(length))

    def _send(self, status: HTTPStatus, answer: dict[str, Any]) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", CONTENT_TYPE)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("x-amzn-RequestId", str(uuid.uuid4()))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        logger.debug(format, *args)
