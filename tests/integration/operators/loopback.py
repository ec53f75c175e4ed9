"""A small HTTP server on the loopback interface that answers as the path says."""

from __future__ import annotations

import gzip
import json
import socket
import ssl
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass
class Loopback:
    """
    The server's address and what it has received.

    ``/status/<code>``, ``/redirect/<code>?to=<url>``, ``/body?type=<content type>&hex=<bytes>``, ``/slow``
    (never answers), ``/drip`` (starts an answer, then waits), ``/trickle`` (sends a byte now and then),
    ``/endless`` (starts an answer without a length, then waits), ``/big?bytes=<n>``, ``/bomb`` (gzip of 50
    MB), ``/cut`` (closes in the middle), ``/pages/<way>`` (numbers below 7, three
    a page); any other path echoes the request as JSON.
    """

    url: str
    requests: list[dict[str, Any]] = field(default_factory=list)


@contextmanager
def running_loopback(
    host: str = "127.0.0.1", *, certificate: Path | None = None, client_ca: Path | None = None
) -> Iterator[Loopback]:
    """
    Run a server until the block ends.

    :param client_ca: file with the certificate that clients' ones must be signed by
    :param certificate: file with key and certificate; speaks https then
    """
    released = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Keep quiet."""

        def handle_any(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            received = {
                "method": self.command,
                "path": parts.path,
                "query": parts.query,
                "headers": {name.lower(): value for name, value in self.headers.items()},
                "body": body.decode("latin-1"),
            }
            server.requests.append(received)
            kind, _, rest = parts.path.strip("/").partition("/")
            with suppress(BrokenPipeError, ConnectionResetError):
                answer = getattr(self, f"answer_{kind}", None)
                if answer is None:
                    self.reply(200, json.dumps(received).encode())
                else:
                    answer(rest, query)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = handle_any  # noqa: N815

        def reply(self, status: int, body: bytes, **headers: str) -> None:
            self.send_response(status)
            sent = {"Content_Type": "application/json", "Content_Length": str(len(body)), **headers}
            for name, value in sent.items():
                if value:
                    self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def answer_status(self, rest: str, query: dict[str, str]) -> None:
            body = query.get("body", '{"told": "so"}').encode()
            self.reply(int(rest), body, Retry_After=query.get("retry_after", ""))

        def answer_redirect(self, rest: str, query: dict[str, str]) -> None:
            self.reply(int(rest), b"", Location=unquote(query["to"]), Set_Cookie=query.get("cookie", ""))

        def answer_loop(self, _rest: str, _query: dict[str, str]) -> None:
            self.reply(302, b"", Location="/loop")

        def answer_body(self, _rest: str, query: dict[str, str]) -> None:
            self.reply(200, bytes.fromhex(query.get("hex", "")), Content_Type=query.get("type", ""))

        def answer_slow(self, _rest: str, _query: dict[str, str]) -> None:
            released.wait(30)

        def answer_drip(self, _rest: str, _query: dict[str, str]) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"first part")
            self.wfile.flush()
            released.wait(30)

        def answer_trickle(self, _rest: str, _query: dict[str, str]) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            while not released.wait(0.05):
                self.wfile.write(b".")

        def answer_endless(self, _rest: str, _query: dict[str, str]) -> None:
            self.send_response(200)
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(b"first part")
            released.wait(30)

        def answer_big(self, _rest: str, query: dict[str, str]) -> None:
            self.reply(200, b"x" * int(query["bytes"]), Content_Type="text/plain")

        def answer_bomb(self, _rest: str, _query: dict[str, str]) -> None:
            self.reply(200, gzip.compress(b"\0" * 50_000_000), Content_Encoding="gzip")

        def answer_pages(self, rest: str, query: dict[str, str]) -> None:
            """Hand out the numbers below ``total``, ``limit`` at a time, as ``rest`` says."""
            sent = json.loads(server.requests[-1]["body"] or "{}") if self.command == "POST" else {}
            asked = {**query, **{name: str(value) for name, value in sent.items()}}
            size = int(asked.get("limit", 3))
            start = int(asked.get("start") or asked.get("offset") or asked.get("cursor") or 0)
            if rest == "number":
                start = (int(asked["page"]) - 1) * size
            items = list(range(start, min(start + size, int(asked.get("total", 7)))))
            following = start + size if start + size < int(asked.get("total", 7)) else None
            link = None if following is None else f"{urlsplit(self.path).path}?start={following}"
            headers = {"Link": f'<{link}>; rel="next"'} if link and rest == "link" else {}
            body = items if rest == "link" else {"data": {"items": items}, "next": following, "link": link}
            self.reply(200, json.dumps(body).encode(), **headers)

        def answer_cut(self, _rest: str, _query: dict[str, str]) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"half")
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            """Keep quiet about callers that hang up."""

    http = Server((host, 0), Handler)
    http.daemon_threads = True
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        if client_ca is not None:
            context.load_verify_locations(client_ca)
            context.verify_mode = ssl.CERT_REQUIRED
        http.socket = context.wrap_socket(http.socket, server_side=True)
    server = Loopback(url=f"{'https' if certificate else 'http'}://{host}:{http.server_port}")
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        released.set()
        http.shutdown()
        http.server_close()
        thread.join()


def free_port() -> int:
    """Return a port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(condition: Any, *, seconds: float = 5) -> None:
    """Wait until a condition holds; fail when it does not within the time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "The condition did not become true in time."
        time.sleep(0.01)


def make_certificate(folder: Path) -> Path:
    """Return a file with a new key and a certificate for 127.0.0.1 that it signed itself."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return path
