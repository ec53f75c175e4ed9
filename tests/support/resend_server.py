"""
Resend's public API on the loopback interface: it checks each request as the API's reference defines it.

Source: https://resend.com/docs/api-reference/emails/send-email, /errors, /rate-limit,
https://resend.com/docs/dashboard/emails/idempotency-keys, and for received emails
/api-reference/emails/retrieve-received-email, /list-received-email-attachments, and /dashboard/receiving.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import socket
import threading
import uuid
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

_FIELDS = {
    "from", "to", "subject", "bcc", "cc", "reply_to", "html", "text", "headers", "attachments", "tags",
    "scheduled_at", "topic_id", "template",
}  # fmt: skip
_TAG = re.compile(r"[A-Za-z0-9_-]{1,256}")
_EMAIL = re.compile(r"(?:[^<>\r\n]* <)?[^@<>\s]+@[^@<>\s]+>?")
_MAX_BYTES = 40_000_000


@dataclass
class ResendServer:
    """
    The server's address, what it has received, and how it shall behave.

    :param emails: id -> request body of each email that it took
    :param received: id -> each email that has come in
    :param files: id of such an email -> what is told of its attachments, and their contents
    :param script: what to do with the next requests, first one first: an HTTP status with an error
        (``(429, "rate_limit_exceeded")``), ``"cut"`` (breaks off in the middle of the answer), ``"wait"``
        (never answers), ``"take and cut"`` and ``"take and wait"`` (the same, after it took the email),
        ``"html"`` (a proxy's error page)
    """

    url: str
    key: str
    emails: dict[str, dict[str, Any]] = field(default_factory=dict)
    requests: list[dict[str, Any]] = field(default_factory=list)
    script: list[Any] = field(default_factory=list)
    keys: dict[str, tuple[str, str]] = field(default_factory=dict)
    received: dict[str, dict[str, Any]] = field(default_factory=dict)
    files: dict[str, list[tuple[dict[str, Any], bytes]]] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    page_size: int = 100

    def receive(self, *files: tuple[str, str, bytes], **fields: Any) -> dict[str, Any]:
        """
        Take an email in, and return the event that Resend would send of it.

        :param files: name, content type and content of each attachment
        :param fields: of the email, beside those that it has by default
        """
        email_id = str(uuid.uuid4())
        email: dict[str, Any] = {
            "from": "Ann Lee <ann@example.com>",
            "to": ["orders@example.org"],
            "cc": [],
            "bcc": [],
            "reply_to": [],
            "received_for": ["orders@example.org"],
            "created_at": "2026-02-22T23:41:11.894719+00:00",
            "subject": "Order 7",
            "text": "Two, please.",
            "html": "<p>Two, please.</p>",
            "message_id": f"<{email_id}@example.com>",
            "headers": {"date": "Sun, 22 Feb 2026 23:41:10 +0000"},
            **fields,
        }
        self.files[email_id] = [
            (
                {
                    "id": str(uuid.uuid4()),
                    "filename": name,
                    "content_type": content_type,
                    "content_disposition": "attachment",
                    "content_id": None,
                },
                content,
            )
            for name, content_type, content in files
        ]
        self.received[email_id] = email
        told = ("from", "to", "cc", "bcc", "created_at", "subject", "message_id")
        data = {"email_id": email_id, "attachments": [about for about, _ in self.files[email_id]]}
        return {
            "type": "email.received",
            "created_at": "2026-02-22T23:41:12.126Z",
            "data": {**data, **{name: email[name] for name in told}},
        }

    def connection(self, **extra: Any) -> dict[str, Any]:
        """Return the fields of an Airflow connection to this server, for ``AIRFLOW_CONN_<ID>``."""
        return {
            "conn_type": "resend",
            "host": self.url,
            "password": self.key,
            "extra": {"timeout": 5, **extra},
        }


class _RefusedError(Exception):
    def __init__(self, status: int, name: str, message: str) -> None:
        super().__init__(message)
        self.status, self.name, self.message = status, name, message


@contextmanager
def running_resend_server(*, key: str = "re_loopback_123") -> Iterator[ResendServer]:
    """
    Run a server until the block ends.

    :param key: the API key that it knows
    """
    released = threading.Event()
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Keep quiet."""

        def do_GET(self) -> None:
            if self.path.startswith("/download/"):
                # Signed addresses of a content network: no key is asked for, or may be told.
                assert "Authorization" not in self.headers
                _, _, email_id, number = self.path.split("/")
                self._reply(200, server.files[email_id][int(number)][1], content_type="binary/octet-stream")
            elif self.path.startswith("/emails/receiving/"):
                self._answer({})
            else:
                self._answer({"object": "list", "data": []} if self.path == "/domains" else None)

        def do_POST(self) -> None:
            self._answer(None)

        def _answer(self, body: Any) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            server.requests.append(
                {"method": self.command, "path": self.path, "headers": headers, "body": content.decode()}
            )
            step = server.script.pop(0) if server.script else None
            with suppress(BrokenPipeError, ConnectionResetError):
                try:
                    if step == "wait":
                        released.wait(30)
                        return
                    if isinstance(step, tuple):
                        raise _RefusedError(step[0], step[1], "As the test wants it")
                    if step == "html":
                        self._reply(502, b"<html>Bad gateway</html>", content_type="text/html")
                        return
                    self._authorize(headers)
                    if self.path.startswith("/emails/receiving/"):
                        body = show_received(server, self.path)
                    elif body is None:
                        with lock:
                            body = take_email(server, headers, content)
                    if step == "take and wait":
                        released.wait(30)
                        return
                    answer = json.dumps(body).encode()
                    if step in ("cut", "take and cut"):
                        self._break_off(answer if step == "cut" else b"")
                    else:
                        self._reply(200, answer)
                except _RefusedError as error:
                    told = {"statusCode": error.status, "name": error.name, "message": error.message}
                    self._reply(error.status, json.dumps(told).encode())

        def _authorize(self, headers: dict[str, str]) -> None:
            if "user-agent" not in headers:
                raise _RefusedError(403, "validation_error", "Requests need a User-Agent.")
            given = headers.get("authorization", "")
            if not given.startswith("Bearer "):
                raise _RefusedError(401, "missing_api_key", "Missing API key in the authorization header.")
            if given.removeprefix("Bearer ") != server.key:
                raise _RefusedError(403, "invalid_api_key", "API key is invalid.")

        def _reply(self, status: int, body: bytes, *, content_type: str = "application/json") -> None:
            self.send_response(status)
            for name, value in {
                "Content-Type": content_type,
                "Content-Length": str(len(body)),
                **server.headers,
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def _break_off(self, answer: bytes) -> None:
            if answer:
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer[: len(answer) // 2])
                self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            """Keep quiet about callers that hang up."""

    http = Server(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    server = ResendServer(url=f"http://127.0.0.1:{http.server_port}", key=key)
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        released.set()
        http.shutdown()
        http.server_close()
        thread.join()


def show_received(server: ResendServer, path: str) -> dict[str, Any]:
    """Return the answer of ``GET /emails/receiving/<id>``, or of the list of its attachments."""
    address = urlsplit(path)
    query = dict(parse_qsl(address.query))
    _, _, _, email_id, *rest = address.path.split("/")
    if email_id not in server.received or rest not in ([], ["attachments"]):
        raise _RefusedError(404, "not_found", "Email not found")
    listed = [about for about, _ in server.files.get(email_id, [])]
    if not rest:
        if query.get("html_format", "data_uri") not in {"data_uri", "cid"}:
            raise _RefusedError(422, "validation_error", "Invalid `html_format`.")
        return {"object": "email", "id": email_id, "attachments": listed, **server.received[email_id]}
    limit, after = int(query.get("limit", 20)), query.get("after")
    if not 1 <= limit <= 100:
        raise _RefusedError(422, "validation_error", "Invalid `limit`.")
    start = 1 + [each["id"] for each in listed].index(after) if after else 0
    page = listed[start : start + min(limit, server.page_size)]
    data = [
        {
            **about,
            "size": len(server.files[email_id][start + number][1]),
            "download_url": f"{server.url}/download/{email_id}/{start + number}",
            "expires_at": "2030-01-01T00:00:00.000Z",
        }
        for number, about in enumerate(page)
    ]
    return {"object": "list", "has_more": start + len(page) < len(listed), "data": data}


def take_email(server: ResendServer, headers: dict[str, str], content: bytes) -> dict[str, Any]:
    """Check a request of ``POST /emails`` and return its answer."""
    path, method = server.requests[-1]["path"], server.requests[-1]["method"]
    if (method, path) != ("POST", "/emails"):
        raise _RefusedError(404, "not_found", "The requested endpoint does not exist.")
    if len(content) > _MAX_BYTES:
        raise _RefusedError(413, "validation_error", "The email is too large.")
    try:
        email = json.loads(content)
    except ValueError:
        raise _RefusedError(400, "validation_error", "The body is no JSON.") from None
    check_email(email)
    key = headers.get("idempotency-key")
    if key is None:
        return _keep(server, email)
    if not 1 <= len(key) <= 256:
        raise _RefusedError(400, "invalid_idempotency_key", "The key must have 1 to 256 characters.")
    payload = json.dumps(email, sort_keys=True)
    if key in server.keys:
        known_id, known_payload = server.keys[key]
        if known_payload != payload:
            raise _RefusedError(409, "invalid_idempotent_request", "Same key, another payload.")
        return {"id": known_id}
    answer = _keep(server, email)
    server.keys[key] = (answer["id"], payload)
    return answer


def _keep(server: ResendServer, email: dict[str, Any]) -> dict[str, Any]:
    email_id = str(uuid.uuid4())
    server.emails[email_id] = email
    return {"id": email_id}


def check_email(email: Any) -> None:
    """Refuse an email that the reference does not allow."""
    if not isinstance(email, dict):
        raise _RefusedError(422, "validation_error", "The body must be an object.")
    unknown = set(email) - _FIELDS
    if unknown:
        raise _RefusedError(422, "validation_error", f"Unknown fields: {sorted(unknown)}.")
    for name in ("from", "to", "subject"):
        if not email.get(name):
            raise _RefusedError(422, "missing_required_field", f"Missing `{name}` field.")
    if not email.get("html") and not email.get("text"):
        raise _RefusedError(422, "validation_error", "Missing `html` or `text` field.")
    _check_addresses(email)
    _check_rest(email)
    for attachment in email.get("attachments", []):
        _check_attachment(attachment)


def _check_addresses(email: dict[str, Any]) -> None:
    if not isinstance(email["from"], str) or not _EMAIL.fullmatch(email["from"]):
        raise _RefusedError(422, "invalid_from_address", "Invalid `from` field.")
    for name in ("to", "cc", "bcc", "reply_to"):
        value = email.get(name, [])
        addresses = [value] if isinstance(value, str) else value
        if len(addresses) > 50:
            raise _RefusedError(422, "validation_error", f"The `{name}` field has more than 50 recipients.")
        for address in addresses:
            bare = str(address).rpartition("<")[2]
            if not _EMAIL.fullmatch(str(address)) or not bare.isascii():
                raise _RefusedError(422, "validation_error", f"Invalid `{name}` field: {address}.")


def _check_rest(email: dict[str, Any]) -> None:
    for tag in email.get("tags", []):
        if set(tag) - {"name", "value"} or not all(_TAG.fullmatch(str(part)) for part in tag.values()):
            raise _RefusedError(422, "validation_error", "Tags hold ASCII letters, numbers, _ and - only.")
    for name, value in email.get("headers", {}).items():
        if not isinstance(value, str) or "\n" in name + value:
            raise _RefusedError(422, "validation_error", f"Invalid header {name}.")
    scheduled = email.get("scheduled_at")
    if scheduled is not None and datetime.fromisoformat(scheduled).tzinfo is None:
        raise _RefusedError(422, "validation_error", "Invalid `scheduled_at` field.")


def _check_attachment(attachment: dict[str, Any]) -> None:
    if set(attachment) - {"content", "filename", "path", "content_type", "content_id"}:
        raise _RefusedError(422, "invalid_attachment", "Unknown fields of an attachment.")
    if not attachment.get("filename") or not isinstance(attachment.get("content"), str):
        raise _RefusedError(422, "invalid_attachment", "An attachment needs a filename and content.")
    try:
        base64.b64decode(attachment["content"], validate=True)
    except binascii.Error:
        raise _RefusedError(422, "invalid_attachment", "The content is no Base64.") from None
