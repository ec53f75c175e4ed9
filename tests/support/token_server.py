"""
An OAuth2 service on the loopback interface: a token endpoint, a resource that takes its tokens, and what
tells other servers whether a token is good.

It follows RFC 6749 (sections 2.3.1, 4.4, 5 and 6), RFC 6750 and RFC 7662.
"""

from __future__ import annotations

import json
import threading
from base64 import b64decode
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote_plus

if TYPE_CHECKING:
    from collections.abc import Iterator

CLIENT_ID = "id with space"
CLIENT_SECRET = "s3cret/+&é"


@dataclass
class TokenServer:
    """
    The service's address, the forms that asked for a token, and the requests for the resource.

    :param lifetime_s: ``expires_in`` of the next tokens; None leaves it out
    :param failure: (status, body) in place of the next tokens
    :param owner: whom the tokens are for, as other servers are told
    :param refresh_tokens: those that are good
    :param renews: whether each use of a refresh token ends it and gives a new one
    """

    url: str
    asked: list[dict[str, Any]] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    valid: set[str] = field(default_factory=set)
    lifetime_s: Any = 3600
    failure: tuple[int, str] | None = None
    owner: str = ""
    refresh_tokens: set[str] = field(default_factory=set)
    renews: bool = False

    @property
    def token_url(self) -> str:
        """Address of the token endpoint."""
        return f"{self.url}/token"

    @property
    def introspection_url(self) -> str:
        """Address that tells whether a token is good, and whose it is."""
        return f"{self.url}/introspect"

    def revoke(self) -> None:
        """Take no token that was given out so far."""
        self.valid.clear()


@contextmanager
def running_token_server() -> Iterator[TokenServer]:
    """Run the service until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Keep quiet."""

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            if self.path == "/token":
                self.give_token({name: values[0] for name, values in parse_qs(body).items()})
            elif self.path == "/introspect":
                is_valid = parse_qs(body)["token"][0] in server.valid
                told = {"active": is_valid, **({"username": server.owner} if is_valid else {})}
                self.reply(200, json.dumps(told))
            else:
                self.answer_resource(body)

        def do_GET(self) -> None:
            self.answer_resource("")

        def give_token(self, form: dict[str, str]) -> None:
            client = self.client_of(form)
            server.asked.append({**form, "authorization": self.headers.get("Authorization")})
            if server.failure is not None:
                self.reply(*server.failure)
            elif client != (CLIENT_ID, CLIENT_SECRET):
                self.reply(401, json.dumps({"error": "invalid_client", "error_description": "Who are you?"}))
            elif form.get("grant_type") not in {"client_credentials", "refresh_token"}:
                self.reply(400, json.dumps({"error": "unsupported_grant_type"}))
            elif form["grant_type"] == "refresh_token" and form["refresh_token"] not in server.refresh_tokens:
                self.reply(400, json.dumps({"error": "invalid_grant", "error_description": "It has ended."}))
            else:
                token = f"token-number-{len(server.asked)}"
                server.valid.add(token)
                answer = {"access_token": token, "token_type": "Bearer", "scope": "less than asked for"}
                if server.renews and "refresh_token" in form:
                    answer["refresh_token"] = f"refresh-token-number-{len(server.asked)}"
                    server.refresh_tokens = {answer["refresh_token"]}
                if server.lifetime_s is not None:
                    answer["expires_in"] = server.lifetime_s
                self.reply(200, json.dumps(answer))

        def client_of(self, form: dict[str, str]) -> tuple[str | None, str | None]:
            kind, _, pair = (self.headers.get("Authorization") or "").partition(" ")
            if kind != "Basic":
                return form.get("client_id"), form.get("client_secret")
            name, _, secret = b64decode(pair).decode().partition(":")
            return unquote_plus(name), unquote_plus(secret)

        def answer_resource(self, body: str) -> None:
            sent = self.headers.get("Authorization") or ""
            server.requests.append(
                {"authorization": sent, "body": body, "key": self.headers.get("Idempotency-Key")}
            )
            if sent.removeprefix("Bearer ") in server.valid:
                self.reply(200, json.dumps({"you_sent": sent}))
            else:
                self.reply(401, json.dumps({"error": "invalid_token"}))

        def reply(self, status: int, body: str) -> None:
            content = body.encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    server = TokenServer(url=f"http://127.0.0.1:{http.server_port}")
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()
