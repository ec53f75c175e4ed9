"""An HTTP server that lets a request wait until the test opens the gate, to hold a step in mid-run."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_MAX_WAIT_S = 120


class Gate:
    """
    A server on loopback whose answers wait; use it as a context manager.

    ``arrived`` is set when a request waits; ``open()`` lets all go on.
    """

    def __init__(self) -> None:
        self.arrived = threading.Event()
        self._opened = threading.Event()
        gate = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                gate.arrived.set()
                gate._opened.wait(_MAX_WAIT_S)
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_: Any) -> None:
                """Keep the test's output clean."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        """Address to request."""
        return f"http://127.0.0.1:{self._server.server_port}/"

    def open(self) -> None:
        """Answer what waits and what comes later at once."""
        self._opened.set()

    def __enter__(self) -> Gate:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.open()
        self._server.shutdown()
        self._server.server_close()
