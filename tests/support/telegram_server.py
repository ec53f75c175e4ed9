"""
The Telegram Bot API on the loopback interface: the calls that send, with their limits and errors.

Source: https://core.telegram.org/bots/api, in particular #making-requests, #sending-files and so on.
"""

from __future__ import annotations

import json
import socket
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from tests.support.telegram_entities import EntityError, shown, utf16

if TYPE_CHECKING:
    from collections.abc import Iterator

_MEDIA = {"sendPhoto": "photo", "sendDocument": "document", "sendVideo": "video"} | {
    "sendAudio": "audio",
    "sendAnimation": "animation",
}


@dataclass
class Call:
    """
    One call that the server has understood.

    :param fields: parameters, with those that are JSON parsed
    :param files: field or attachment -> (file name, content)
    """

    method: str
    fields: dict[str, Any]
    files: dict[str, tuple[str, bytes]]


@dataclass
class TelegramServer:
    """
    The server's address, what it has sent out, and how it shall behave.

    :param chats: number or @name -> "member", "blocked" (403), or the new number of a group that has moved
    :param calls: every call, also refused ones
    :param sent: (number of the chat, call) of each message that people got
    :param script: what to do with the next calls, first one first: ``429`` (asks to wait 7 s), any other
        status, ``"cut"`` (breaks off in the middle of the answer, after sending), ``"drop"`` (hangs up before
        it sends), ``"wait"`` (never answers), ``"take and wait"`` (sends, never answers), ``None`` (as usual)
    """

    url: str
    token: str
    chats: dict[str, str | int] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    sent: list[tuple[int, Call]] = field(default_factory=list)
    script: list[Any] = field(default_factory=list)
    _next_message: int = 100

    def connection(self, *, chat: str = "", **extra: Any) -> dict[str, Any]:
        """Return the fields of an Airflow connection to this server, for ``AIRFLOW_CONN_<ID>``."""
        return {
            "conn_type": "telegram",
            "password": self.token,
            "host": chat,
            "extra": {"base_url": self.url, "timeout": 5, **extra},
        }

    def number(self) -> int:
        """Return the number of a new message."""
        self._next_message += 1
        return self._next_message

    def texts(self, chat: int | None = None) -> list[str]:
        """Return the texts and captions that a chat, or everybody, has got."""
        return [
            str(call.fields.get("text", call.fields.get("caption", "")))
            for number, call in self.sent
            if chat in (None, number)
        ]


class RefusedError(Exception):
    """An answer that is no success."""

    def __init__(self, code: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.code = code
        self.answer: dict[str, Any] = {"ok": False, "error_code": code, "description": description}
        if parameters:
            self.answer["parameters"] = parameters


@contextmanager
def running_telegram_server(*, token: str = "123456:loopback-TOKEN_abc") -> Iterator[TelegramServer]:  # noqa: S107
    """
    Run a server until the block ends.

    :param token: the token of the one bot that it knows
    """
    released = threading.Event()
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Keep quiet."""

        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            with suppress(BrokenPipeError, ConnectionResetError):
                try:
                    call = read_call(
                        self.path, self.headers.get("Content-Type", ""), content, token=server.token
                    )
                    with lock:
                        server.calls.append(call)
                        step = server.script.pop(0) if server.script else None
                    self._follow(step, call)
                except RefusedError as error:
                    self._reply(error.code, error.answer)

        do_GET = do_POST  # noqa: N815

        def _follow(self, step: Any, call: Call) -> None:
            if step == "wait":
                released.wait(30)
                return
            if step == "drop":
                self._hang_up()
                return
            if step == 429:
                raise RefusedError(429, "Too Many Requests: retry after 7", retry_after=7)
            if isinstance(step, int):
                raise RefusedError(step, "As the test wants it")
            with lock:
                result = answer_call(server, call)
            if step == "take and wait":
                released.wait(30)
                return
            if step == "cut":
                self._reply(200, {"ok": True, "result": result}, bytes_sent=20)
                self._hang_up()
                return
            self._reply(200, {"ok": True, "result": result})

        def _reply(self, status: int, answer: Any, *, bytes_sent: int | None = None) -> None:
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[:bytes_sent])
            self.wfile.flush()

        def _hang_up(self) -> None:
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            """Keep quiet about callers that hang up."""

    http = Server(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    server = TelegramServer(url=f"http://127.0.0.1:{http.server_port}", token=token)
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        released.set()
        http.shutdown()
        http.server_close()
        thread.join()


def read_call(path: str, content_type: str, content: bytes, *, token: str) -> Call:
    """Return the call that a request makes."""
    bot, _, method = urlsplit(path).path.strip("/").partition("/")
    if not bot.startswith("bot") or ":" not in bot:
        raise RefusedError(404, "Not Found")
    if bot.removeprefix("bot") != token:
        raise RefusedError(401, "Unauthorized")
    fields: dict[str, Any] = {}
    files: dict[str, tuple[str, bytes]] = {}
    if content_type.startswith("multipart/form-data"):
        head = f"Content-Type: {content_type}\r\n\r\n".encode()
        for part in message_from_bytes(head + content, policy=policy.HTTP).iter_parts():
            name = str(part.get_param("name", header="Content-Disposition"))
            payload: Any = part.get_payload(decode=True)
            if part.get_filename() is None:
                fields[name] = payload.decode()
            else:
                files[name] = (str(part.get_filename()), payload)
    elif content_type.startswith("application/json"):
        fields = json.loads(content)
    else:
        fields = {
            name: values[0] for name, values in parse_qs(content.decode(), keep_blank_values=True).items()
        }
    for name in ("reply_markup", "reply_parameters", "link_preview_options", "media"):
        if isinstance(fields.get(name), str):
            fields[name] = json.loads(fields[name])
    return Call(method, fields, files)


def answer_call(server: TelegramServer, call: Call) -> Any:
    """Do what a call asks for and return its result."""
    if call.method == "getMe":
        return {"id": 123456, "is_bot": True, "first_name": "Loopback", "username": "loopback_bot"}
    if call.method not in {"sendMessage", "sendMediaGroup", *_MEDIA}:
        raise RefusedError(404, "Not Found")
    number = _find_chat(server, str(call.fields.get("chat_id", "")))
    count = _check(call)
    server.sent.append((number, call))
    chat = {"id": number, "type": "supergroup", "title": "Test"}
    messages = [{"message_id": server.number(), "date": 1_900_000_000, "chat": chat} for _ in range(count)]
    return messages if call.method == "sendMediaGroup" else messages[0]


def _find_chat(server: TelegramServer, chat: str) -> int:
    state = server.chats.get(chat)
    if state is None:
        raise RefusedError(400, "Bad Request: chat not found")
    if state == "blocked":
        raise RefusedError(403, "Forbidden: bot was blocked by the user")
    if isinstance(state, int):
        raise RefusedError(
            400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=state
        )
    return int(chat) if chat.lstrip("-").isdigit() else -1_009_999


def _check(call: Call) -> int:
    """Refuse a call that breaks the rules of its method; return how many messages it makes."""
    fields = call.fields
    for row in fields.get("reply_markup", {}).get("inline_keyboard", []):
        for button in row:
            if not button.get("text") or not str(button.get("url", "")).startswith(("http", "tg:")):
                raise RefusedError(400, "Bad Request: inline keyboard button URL is invalid")
    if call.method == "sendMessage":
        _check_text(str(fields.get("text", "")), fields.get("parse_mode"), limit=4096, name="message")
        return 1
    if call.method == "sendMediaGroup":
        return _check_album(call)
    _check_text(str(fields.get("caption", "")), fields.get("parse_mode"), limit=1024, name="caption")
    kind = _MEDIA[call.method]
    if kind not in fields and kind not in call.files:
        raise RefusedError(400, f"Bad Request: there is no {kind} in the request")
    if str(fields.get(kind, "")).startswith("attach://"):
        _attached(call, str(fields[kind]))
    return 1


def _check_text(text: str, parse_mode: Any, *, limit: int, name: str) -> None:
    try:
        visible = shown(text, parse_mode).strip()
    except EntityError as error:
        raise RefusedError(400, f"Bad Request: can't parse entities: {error}") from error
    if not visible and name == "message":
        raise RefusedError(400, "Bad Request: message text is empty")
    if utf16(visible) > limit:
        raise RefusedError(400, f"Bad Request: {name} is too long")


def _check_album(call: Call) -> int:
    media = call.fields.get("media", [])
    kinds = {item["type"] for item in media}
    if not 2 <= len(media) <= 10:
        raise RefusedError(400, "Bad Request: there are too few or too many media in the group")
    if not (kinds <= {"photo", "video"} or kinds in ({"document"}, {"audio"})):
        raise RefusedError(400, "Bad Request: media of these types cannot be in one group")
    if "reply_markup" in call.fields:
        raise RefusedError(400, "Bad Request: a group has no keyboard")
    for item in media:
        _check_text(item.get("caption", ""), item.get("parse_mode"), limit=1024, name="caption")
        if item["media"].startswith("attach://"):
            _attached(call, item["media"])
    return len(media)


def _attached(call: Call, reference: str) -> tuple[str, bytes]:
    name = reference.removeprefix("attach://")
    if name not in call.files:
        raise RefusedError(400, f"Bad Request: there is no file {name} in the request")
    return call.files[name]
