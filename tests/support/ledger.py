"""A service that books what it is asked under the caller's idempotency key, and can keep callers waiting."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Ledger:
    """
    The service's address and its books: ``POST /<anything>`` with an ``Idempotency-Key``.

    :param calls: (path, key) of each call, in the order of arrival
    :param booked: key -> what was booked under it: the body of its first call
    """

    url: str
    calls: list[tuple[str, str]] = field(default_factory=list)
    booked: dict[str, Any] = field(default_factory=dict)
    _open: threading.Event = field(default_factory=threading.Event, repr=False)

    def hold(self) -> None:
        """Book what comes, but answer nobody until :meth:`release`."""
        self._open.clear()

    def release(self) -> None:
        """Answer everybody."""
        self._open.set()

    def bodies(self, path: str) -> list[Any]:
        """Return what was booked by calls of a path, each key once."""
        keys = {key for called, key in list(self.calls) if called == path}
        return [self.booked[key] for key in keys]


@contextmanager
def running_ledger() -> Iterator[Ledger]:
    """Run the service until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Keep quiet."""

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or "null")
            key = self.headers["Idempotency-Key"]
            ledger.booked.setdefault(key, body)
            ledger.calls.append((self.path, key))
            ledger._open.wait(120)
            data = json.dumps({"booked": ledger.booked[key], "key": key}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            """Keep quiet about callers that were killed."""

    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    ledger = Ledger(url=f"http://127.0.0.1:{server.server_port}")
    ledger.release()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield ledger
    finally:
        ledger.release()
        server.shutdown()
        server.server_close()
        thread.join()
