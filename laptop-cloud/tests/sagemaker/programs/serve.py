"""Serves /ping and /invocations on a Unix socket."""

import os
import signal
import socketserver
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler
from multiprocessing.connection import Listener
from pathlib import Path

changed = threading.Condition()
arrived, left = [], []


def meet(count):
    """Return once `count` requests have arrived; print how many are in progress."""
    with changed:
        arrived.append(1)
        print(f"in progress: {len(arrived) - len(left)}", flush=True)
        changed.notify_all()
        met = changed.wait_for(lambda: len(arrived) >= count, timeout=20)
        left.append(1)
    return met


class Answers(BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer(200, b"")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        print(f"asked for {body.decode()}", flush=True)
        if body == b"die":
            os._exit(9)
        if body == b"hang":
            time.sleep(600)
        if body.startswith(b"slow"):
            time.sleep(0.5)
        if body.startswith(b"meet") and not meet(int(body.split()[1])):
            self.answer(500, b"the others did not come")
        elif body.startswith(b"refuse"):
            self.answer(int(body.split()[1]), b'{"error": "OrderError"}')
        elif body == b"scribble":
            try:
                Path("model/new").touch()
                self.answer(200, b"written")
            except OSError as denied:
                self.answer(200, denied.strerror.encode())
        elif body == b"listen":
            with Listener(family="AF_UNIX"):  # as Python's fork server does
                self.answer(200, b"listens")
        elif body == b"look around":
            seen = sorted(path.name for path in Path("model").iterdir())
            sent = f"{sys.argv[1:]} {seen} {os.environ.get('GREETING')} {self.headers['Accept']}"
            self.answer(200, sent.encode())
        else:
            self.answer(200, body.upper())

    def answer(self, status, content):
        self.send_response(status)
        self.send_header("Content-Type", "text/x-answer")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if content:  # after an empty response the caller may be gone
            self.wfile.write(content)

    def address_string(self):
        return "caller"

    def log_message(self, *_):
        return


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


if os.environ.get("GREETING") == "none":
    Path("output/failure").write_text("WeightsError: the weights have no manifest.json")
    sys.exit(4)
if os.environ.get("GREETING") == "stubborn":
    time.sleep(600)
print("started", flush=True)
signal.signal(signal.SIGTERM, lambda *_: os._exit(143))
Path("socket").unlink(missing_ok=True)
Server(os.environ["ADDRESS"], Answers).serve_forever()
