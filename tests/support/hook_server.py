"""A server on the loopback interface that takes any POST request, as incoming webhooks do."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Posted:
    """One request."""

    path: str
    headers: dict[str, str]
    body: str


@dataclass
class HookServer:
    """
    The server's address and what it has received.

    :param script: status, or (status, headers, body), of the next answers; 200 with "ok" when it is empty
    """

    url: str
    requests: list[Posted] = field(default_factory=list)
    script: list[Any] = field(default_factory=list)


@contextmanager
def running_hook_server() -> Iterator[HookServer]:
    """Run a server until the block ends."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Keep quiet."""

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            headers = {name.lower(): value for name, value in self.headers.items()}
            with lock:
                server.requests.append(Posted(self.path, headers, body))
                step = server.script.pop(0) if server.script else 200
            status, extra, text = step if isinstance(step, tuple) else (step, {}, "ok")
            self.send_response(status)
            for name, value in extra.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    server = HookServer(url=f"http://127.0.0.1:{http.server_port}")
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()
