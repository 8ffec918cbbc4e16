"""A CloudFront distribution at a local address.

It returns what the deployed distribution returns: the files of its bucket with its headers. Two
things differ. It speaks HTTP, so it replaces AWS addresses in headers such as the Content Security
Policy by its own. And it sends the API's paths to the API itself, because MiniStack's CloudFront
cannot.
"""

from __future__ import annotations

import argparse
import re
from http import HTTPStatus
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from laptop_cloud.places import HOST

AWS = re.compile(r"https://[a-z0-9.-]+\.amazonaws\.com")
# Headers of one connection, and those that are written again here.
NOT_FORWARDED = frozenset(
    {"connection", "keep-alive", "transfer-encoding", "content-length", "date"}
)
SECONDS = 30


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m laptop_cloud.edge", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--domain", required=True, help="the distribution's domain")
    parser.add_argument("--cloud", required=True, help="MiniStack's address")
    parser.add_argument("--api", required=True, help="the base of the API's paths")
    parser.add_argument("--api-path", action="append", default=[], help="a prefix of API paths")
    given = parser.parse_args()
    Edge.domain, Edge.cloud, Edge.api = given.domain, given.cloud, given.api
    Edge.api_paths = tuple(given.api_path)
    with ThreadingHTTPServer((HOST, given.port), Edge) as server:
        server.serve_forever()


class Edge(BaseHTTPRequestHandler):
    """The requests of one viewer."""

    domain: str
    cloud: str
    api: str
    api_paths: tuple[str, ...]
    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        path = urlsplit(self.path).path
        if any(path == one or path.startswith(f"{one}/") for one in self.api_paths):
            base = urlsplit(self.api)
            self.forward(base.netloc, base.path + self.path, {"Host": base.netloc})
        else:
            viewer = {"Host": self.domain, "X-Forwarded-Proto": "https"}
            self.forward(urlsplit(self.cloud).netloc, self.path, viewer)

    do_GET = do_HEAD = do_POST = answer

    def forward(self, where: str, path: str, extra: dict[str, str]) -> None:
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {
            name: value for name, value in self.headers.items() if name.lower() not in NOT_FORWARDED
        }
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
            if name.lower() not in NOT_FORWARDED:
                self.send_header(name, AWS.sub(self.cloud, value))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Log nothing: a path may name a person."""


if __name__ == "__main__":
    main()
