"""A shop's HTTP API on the loopback interface, for the example workflows: it keeps what it is told."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

PRODUCTS = {
    number: {"id": number, "name": f"Product {number}", "price": 5 * number, "stock": 12 - number}
    for number in range(1, 13)
}


@dataclass
class Shop:
    """
    The shop's address and its books.

    ``GET /products/<id>``, ``GET /products?page=<n>`` (five a page, with ``next``), ``POST /orders``,
    ``GET /health``; any POST is carried out, but one with an ``Idempotency-Key`` that it knows.

    :param posts: path -> bodies of the POSTs that were carried out
    :param answers: key -> what the POST with it was answered
    """

    url: str
    port: int
    posts: dict[str, list[Any]] = field(default_factory=dict)
    answers: dict[str, Any] = field(default_factory=dict)


@contextmanager
def running_shop() -> Iterator[Shop]:
    """Run the shop until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Keep quiet."""

        def reply(self, status: int, body: Any) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            kind, _, rest = parts.path.strip("/").partition("/")
            if kind == "products" and rest:
                product = PRODUCTS.get(int(rest)) if rest.isdigit() else None
                self.reply(200 if product else 404, product or {"error": "no such product"})
            elif kind == "products":
                page = int(parse_qs(parts.query).get("page", ["1"])[0])
                items = list(PRODUCTS.values())[(page - 1) * 5 : page * 5]
                following = f"/products?page={page + 1}" if page * 5 < len(PRODUCTS) else None
                self.reply(200, {"items": items, "page": page, "next": following})
            elif kind == "health":
                self.reply(200, {"status": "ok"})
            else:
                self.reply(404, {"error": "no such path"})

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or "null")
            key = self.headers.get("Idempotency-Key")
            answer = shop.answers.get(key) if key else None
            if answer is None:
                made = shop.posts.setdefault(self.path, [])
                made.append(body)
                answer = {"number": len(made), "received": body}
            if key:
                shop.answers[key] = answer
            self.reply(201, answer)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    shop = Shop(url=f"http://127.0.0.1:{server.server_port}", port=server.server_port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield shop
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
