"""The laptop's edge: the console's CloudFront distribution at an address of its own.

What it answers is what the deployed distribution answers: its files out of its bucket, with its
headers. Two things differ. It speaks HTTP, so addresses of AWS in the Content Security Policy
become the laptop's. And the desk's routes go to the API from here: MiniStack's CloudFront reaches
no API.
"""

from __future__ import annotations

import argparse
import re
from http import HTTPStatus
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from laptop_cloud.places import HOST

DESK = "/v1/reviews"
AWS = re.compile(r"https://[a-z0-9.-]+\.amazonaws\.com")
# They belong to one connection; the length and the date are written anew.
OWN = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "date"})
SECONDS = 30


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m laptop_cloud.edge", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--domain", required=True, help="of the distribution")
    parser.add_argument("--cloud", required=True, help="address of MiniStack")
    parser.add_argument("--api", required=True, help="base of the API's paths")
    asked = parser.parse_args()
    Edge.domain, Edge.cloud, Edge.api = asked.domain, asked.cloud, asked.api
    with ThreadingHTTPServer((HOST, asked.port), Edge) as server:
        server.serve_forever()


class Edge(BaseHTTPRequestHandler):
    """One viewer's requests."""

    domain: str
    cloud: str
    api: str
    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        path = urlsplit(self.path).path
        if path == DESK or path.startswith(f"{DESK}/"):
            base = urlsplit(self.api)
            self.forward(base.netloc, base.path + self.path, {"Host": base.netloc})
        else:
            viewer = {"Host": self.domain, "X-Forwarded-Proto": "https"}
            self.forward(urlsplit(self.cloud).netloc, self.path, viewer)

    do_GET = do_HEAD = do_POST = answer

    def forward(self, where: str, path: str, extra: dict[str, str]) -> None:
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name: value for name, value in self.headers.items() if name.lower() not in OWN}
        origin = HTTPConnection(where, timeout=SECONDS)
        try:
            origin.request(self.command, path, sent or None, {**headers, **extra})
            answer = origin.getresponse()
            body = answer.read()
        except OSError:
            self.send_error(HTTPStatus.BAD_GATEWAY, "The cloud does not answer")
            return
        finally:
            origin.close()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in OWN:
                self.send_header(name, AWS.sub(self.cloud, value))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Log nothing: a path names a case."""


if __name__ == "__main__":
    main()
