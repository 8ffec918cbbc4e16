"""Calls of webhooks, to a receiver on this machine."""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from likeness.adapters.webhooks import webhook_caller
from likeness.adapters.webhooks.webhook_caller import HttpWebhookCaller
from likeness.domain.errors import Invalid
from likeness.domain.webhooks.delivery import SendError, SendResult
from tests.builders import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME = "app.example"
BODY = b'{"type":"JobStateChanged"}'
LIMIT_S = 0.5


@dataclass
class Receiver:
    """Responds with `status` and `headers`; records what it gets."""

    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    trickle_s: float = 0  # between the bytes of the response
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    port: int = 0

    @contextmanager
    def serving(self, tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((self.path, dict(self.headers.items()), body))
                if receiver.trickle_s:
                    for byte in b"HTTP/1.1 204 No Content\r\nX-Long: " + b"x" * 100:
                        time.sleep(receiver.trickle_s)
                        self.wfile.write(bytes([byte]))
                self.send_response(receiver.status)
                for name, value in receiver.headers.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *_: Any) -> None: ...

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.handle_error = lambda *_: None  # type: ignore[method-assign] - callers hang up
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        self.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver().serving() as receiver:
        yield receiver


@pytest.fixture
def short(monkeypatch) -> None:
    monkeypatch.setattr(webhook_caller, "CALL_S", LIMIT_S)


def caller(*addresses: str, loopback: bool = True, **more: Any) -> HttpWebhookCaller:
    """Every name has these addresses."""
    found = [ipaddress.ip_address(one) for one in addresses or ("127.0.0.1",)]
    return HttpWebhookCaller(loopback=loopback, resolve=lambda *_: found, **more)


def post(receiver: Receiver, of: HttpWebhookCaller | None = None, **more: Any) -> SendResult:
    url = f"http://127.0.0.1:{receiver.port}/events?a=b"
    return (of or HttpWebhookCaller(loopback=True)).post(url, {"webhook-id": "e-1"}, BODY, **more)


def test_a_request_has_path_headers_and_body(receiver):
    assert post(receiver) == SendResult(status=204)

    ((path, headers, body),) = receiver.got
    assert (path, body) == ("/events?a=b", BODY)
    assert headers["webhook-id"] == "e-1"
    assert headers["user-agent"].startswith("likeness/")
    assert headers["Host"] == f"127.0.0.1:{receiver.port}"


@pytest.mark.parametrize(
    ("text", "seconds"), [("120", 120), ("-1", None), ("Fri, 31 Dec 1999 23:59:59 GMT", None)]
)
def test_a_status_is_returned_with_its_retry_after(receiver, text, seconds):
    receiver.status, receiver.headers = 503, {"Retry-After": text}

    assert post(receiver) == SendResult(status=503, retry_after_s=seconds)


def test_a_redirect_is_not_followed(receiver):
    receiver.status = 307
    receiver.headers = {"Location": f"http://127.0.0.1:{receiver.port}/elsewhere"}

    assert post(receiver).status == 307
    assert len(receiver.got) == 1


# --- no response ----------------------------------------------------------------------------------


def test_a_receiver_that_does_not_listen_is_a_failed_connection():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/"

        assert caller().post(url, {}, BODY).error is SendError.CONNECTION


def test_a_receiver_that_hangs_up_is_a_failed_connection():
    with socket.create_server(("127.0.0.1", 0)) as server:

        def hang_up() -> None:
            server.accept()[0].close()

        threading.Thread(target=hang_up, daemon=True).start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"

        assert caller().post(url, {}, BODY).error is SendError.CONNECTION


def test_a_receiver_that_does_not_respond_in_time_is_a_timeout(short):
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        began = time.monotonic()

        assert caller().post(url, {}, BODY).error is SendError.TIMEOUT
        assert time.monotonic() - began < LIMIT_S + 10


def test_a_response_that_trickles_in_is_a_timeout_and_its_connection_ends(receiver, short):
    receiver.trickle_s = 0.05

    assert post(receiver).error is SendError.TIMEOUT

    until = time.monotonic() + 5
    while time.monotonic() < until and _calls():
        time.sleep(0.02)
    assert not _calls(), "the call's thread goes on"


def _calls() -> list[threading.Thread]:
    return [one for one in threading.enumerate() if isinstance(one, webhook_caller._Call)]  # noqa: SLF001


def test_a_slow_name_server_is_a_timeout_and_nothing_is_sent_after_it(receiver, short):
    """The event will be sent again: a late request could come after a later event."""

    late = threading.Event()

    def slowly(*_: Any) -> list[Any]:
        late.wait(60)
        return [ipaddress.ip_address("127.0.0.1")]

    slow = HttpWebhookCaller(loopback=True, resolve=slowly)

    assert post(receiver, slow).error is SendError.TIMEOUT

    late.set()
    for thread in _calls():
        thread.join()
    assert not receiver.got


def test_a_name_without_an_address_says_so():
    def unknown(*_: Any) -> list[Any]:
        raise socket.gaierror(-2, "Name or service not known")

    nowhere = HttpWebhookCaller(loopback=False, resolve=unknown)

    assert nowhere.post(f"https://{NAME}/", {}, BODY).error is SendError.NAME
    with pytest.raises(Invalid, match="no address"):
        nowhere.check(f"https://{NAME}/")


# --- addresses ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["10.0.0.1"],
        ["169.254.169.254"],
        ["fd00:ec2::254"],
        ["::ffff:127.0.0.1"],
        ["93.184.215.14", "10.0.0.1"],
        [],
    ],
)
def test_a_name_with_a_private_address_is_refused_when_registered_and_at_each_call(
    addresses, monkeypatch
):
    found = [ipaddress.ip_address(one) for one in addresses]
    public = HttpWebhookCaller(loopback=False, resolve=lambda *_: found)
    monkeypatch.setattr(socket, "create_connection", lambda *_: pytest.fail("it connects"))

    with pytest.raises(Invalid, match="public address"):
        public.check(f"https://{NAME}/")
    assert public.post(f"https://{NAME}/", {}, BODY).error is SendError.ADDRESS


def test_a_public_address_may_be_registered():
    caller("93.184.215.14", "2606:4700:4700::1111", loopback=False).check(f"https://{NAME}/")


def test_the_address_that_was_checked_is_connected_to(monkeypatch):
    """A name server that gives another address the second time (DNS rebinding)."""
    answers = iter([["93.184.215.14"], ["127.0.0.1"], ["127.0.0.1"]])
    connected = []

    def connect(address: tuple[str, int], **_: Any) -> Any:
        connected.append(address)
        raise OSError("not in a test")

    monkeypatch.setattr(socket, "create_connection", connect)
    changing = HttpWebhookCaller(
        loopback=False, resolve=lambda *_: [ipaddress.ip_address(one) for one in next(answers)]
    )

    assert changing.post(f"https://{NAME}/", {}, BODY).error is SendError.CONNECTION
    assert changing.post(f"https://{NAME}/", {}, BODY).error is SendError.ADDRESS
    assert connected == [("93.184.215.14", 443)]


def test_a_stored_url_that_is_no_longer_allowed_is_not_called(receiver):
    assert post(receiver, HttpWebhookCaller(loopback=False)).error is SendError.ADDRESS
    assert not receiver.got


# --- TLS ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tls:
    server: ssl.SSLContext
    trusting: ssl.SSLContext


@pytest.fixture(scope="module")
def tls(tmp_path_factory) -> Tls:
    """A receiver's certificate for NAME, and a client that trusts it."""
    folder: Path = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW - timedelta(days=9000))
        .not_valid_after(NOW + timedelta(days=9000))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    trusting = ssl.create_default_context(cafile=str(folder / "certificate.pem"))
    return Tls(server, trusting)


def test_https_verifies_the_name_although_it_connects_to_an_address(tls):
    with Receiver().serving(tls.server) as receiver:
        trusting = caller(tls=tls.trusting)

        assert trusting.post(f"https://{NAME}:{receiver.port}/", {}, BODY).status == 204
        other = trusting.post(f"https://other.example:{receiver.port}/", {}, BODY)
        unknown = caller().post(f"https://{NAME}:{receiver.port}/", {}, BODY)

    assert (other.error, unknown.error) == (SendError.TLS, SendError.TLS)
    ((_, headers, _),) = receiver.got
    assert headers["Host"] == f"{NAME}:{receiver.port}"


@pytest.mark.parametrize(("port", "host"), [(443, NAME), (8443, f"{NAME}:8443")])
def test_the_host_header_names_a_port_only_if_it_is_not_the_schemes(port, host, monkeypatch):
    class Recorder:
        sent = b""

        def sendall(self, data: bytes) -> None:
            self.sent += data

        def close(self) -> None: ...

    recorder = Recorder()
    made = caller("93.184.215.14", loopback=False)
    monkeypatch.setattr(made, "_socket", lambda _: recorder)
    connection, path = made.connect(f"https://{NAME}:{port}/x")

    connection.request("POST", path, BODY)

    assert f"\r\nHost: {host}\r\n".encode() in recorder.sent


def test_a_call_that_is_aborted_sends_nothing_without_tls():
    """SSLSocket.shutdown ends TLS first: what another thread sends then would be plain text."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        context = ssl.create_default_context()
        sock = context.wrap_socket(ours, server_hostname=NAME, do_handshake_on_connect=False)
        call = webhook_caller._Call(caller(), f"https://{NAME}/", {}, BODY)
        call._connection = http.client.HTTPConnection(NAME)
        call._connection.sock = sock

        call.abort()

        assert sock._sslobj is not None
        assert theirs.recv(1) == b"", "the connection has ended"
        sock.close()
