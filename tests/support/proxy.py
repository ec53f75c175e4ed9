"""A forward proxy on the loopback interface, for plain requests and tunnels."""

from __future__ import annotations

import select
import socket
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Proxy:
    """Its address, what it was asked for (``GET http://…``, ``CONNECT host:port``), and credentials."""

    url: str
    requests: list[str] = field(default_factory=list)
    authorizations: list[str | None] = field(default_factory=list)


@contextmanager
def running_proxy(*, target: tuple[str, int]) -> Iterator[Proxy]:
    """
    Run a proxy until the block ends.

    :param target: host and port that every request is sent to, whatever it asks for: names need not resolve
    """

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Keep quiet."""

        def do_CONNECT(self) -> None:
            self._note()
            with socket.create_connection(target) as upstream:
                self.send_response(200)
                self.end_headers()
                _pump(self.connection, upstream)
            self.close_connection = True

        def forward(self) -> None:
            self._note()
            parts = urlsplit(self.path)
            with socket.create_connection(target) as upstream:
                lines = [f"{self.command} {parts.path or '/'}?{parts.query} HTTP/1.0"]
                lines += [f"{name}: {value}" for name, value in self.headers.items() if name != "Connection"]
                upstream.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
                upstream.sendall(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
                while part := upstream.recv(65_536):
                    self.wfile.write(part)
            self.close_connection = True

        do_GET = do_POST = forward  # noqa: N815

        def _note(self) -> None:
            proxy.requests.append(f"{self.command} {self.path}")
            proxy.authorizations.append(self.headers.get("Proxy-Authorization"))

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            """Keep quiet about callers that hang up."""

    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    proxy = Proxy(url=f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _pump(left: socket.socket, right: socket.socket) -> None:
    other = {left: right, right: left}
    with suppress(OSError):
        while True:
            for ready in select.select([left, right], [], [], 10)[0]:
                part = ready.recv(65_536)
                if not part:
                    return
                other[ready].sendall(part)
