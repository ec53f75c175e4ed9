"""URLs, Base64, hashes and HMACs."""

from __future__ import annotations

import base64 as base64_module
import binascii
import hashlib
import hmac
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from flowforge_provider.expressions.library import encoding
from flowforge_provider.transforms import paths
from flowforge_provider.transforms.errors import OperationError, ValueMismatchError
from flowforge_provider.transforms.files import binary_file, read_bytes
from flowforge_provider.transforms.work import Operation, Work, convert


def url(operation: Operation, value: Any, work: Work) -> Any:
    """Take URLs apart and build them, encode and decode texts for them."""
    action = operation["url_action"]

    def change(source: Any) -> Any:
        if action == "encode":
            return encoding.urlencode(work.scope(), source)
        if action == "decode":
            return encoding.urldecode(work.scope(), source)
        return _take_apart(source) if action == "parse" else _build(source)

    return convert(work, operation, value, change)


def _take_apart(source: Any) -> dict[str, Any]:
    if type(source) is not str:
        raise ValueMismatchError(f"A URL is a text, not {paths.kind_of(source)}.", field="field")
    try:
        parts = urlsplit(source.strip())
        port = parts.port
        pairs = parse_qsl(parts.query, keep_blank_values=True, max_num_fields=10_000)
    except ValueError as error:
        raise ValueMismatchError(f"{source!r:.60} is no URL: {error}.", field="field") from None
    query: dict[str, Any] = {}
    for name, text in pairs:
        if name not in query:
            query[name] = text
        elif type(query[name]) is list:
            query[name].append(text)
        else:
            query[name] = [query[name], text]
    return {
        "scheme": parts.scheme,
        "host": parts.hostname or "",
        "port": port,
        "path": parts.path,
        "query": query,
        "fragment": parts.fragment,
        "username": parts.username,
    }


def _build(source: Any) -> str:
    if type(source) is not dict:
        raise ValueMismatchError(
            f"A URL is built of an object with scheme, host, path and query, not of {paths.kind_of(source)}.",
            field="field",
        )
    unknown = source.keys() - {"scheme", "host", "port", "path", "query", "fragment", "username"}
    if unknown:
        raise ValueMismatchError(f"A URL has no part {sorted(unknown)[0]!r:.60}.", field="field")
    host = _text(source, "host")
    netloc = f"[{host}]" if ":" in host else host
    if source.get("port") is not None:
        netloc = f"{netloc}:{source['port']}"
    if source.get("username"):
        netloc = f"{quote(_text(source, 'username'), safe='')}@{netloc}"
    path = _text(source, "path")
    # What is encoded already stays so.
    path = quote(path, safe="/%:@!$&'()*+,;=~-._")
    if netloc and path and not path.startswith("/"):
        path = f"/{path}"
    query = source.get("query") or ""
    if type(query) is dict:
        query = urlencode({name: _query_value(entry) for name, entry in query.items()}, doseq=True)
    elif type(query) is not str:
        raise ValueMismatchError(f"The query is {paths.kind_of(query)}, not an object.", field="field")
    return urlunsplit(
        (
            _text(source, "scheme"),
            netloc,
            path,
            query,
            quote(_text(source, "fragment"), safe="%/?:@!$&'()*+,;=~-._"),
        )
    )


def _query_value(entry: Any) -> Any:
    if type(entry) is list:
        return [_query_value(one) for one in entry]
    if type(entry) is bool:
        return "true" if entry else "false"
    return "" if entry is None else entry


def _text(parts: dict[str, Any], name: str) -> str:
    part = parts.get(name)
    if part is not None and type(part) is not str:
        raise ValueMismatchError(f"The {name} is {paths.kind_of(part)}, not a text.", field="field")
    return part or ""


def base64(operation: Operation, value: Any, work: Work) -> Any:
    """Encode texts and files, decode to texts or files."""

    def encode(source: Any) -> str:
        content = _content(source)
        if not operation["url_safe"]:
            return base64_module.b64encode(content).decode("ascii")
        return base64_module.urlsafe_b64encode(content).decode("ascii").rstrip("=")

    def decode(source: Any) -> Any:
        if not operation["as_file"]:
            return encoding.b64decode(work.scope(), source)
        if type(source) is not str:
            raise ValueMismatchError(f"Base64 is a text, not {paths.kind_of(source)}.", field="field")
        standard = "".join(source.split()).replace("-", "+").replace("_", "/").rstrip("=")
        try:
            content = base64_module.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
        except (binascii.Error, ValueError):
            raise ValueMismatchError("The text is not Base64.", field="field") from None
        return binary_file(operation, work, content, item=source, index=0, value=value)

    return convert(work, operation, value, encode if operation["base64_action"] == "encode" else decode)


def hash_(operation: Operation, value: Any, work: Work) -> Any:
    """Return the sum of a text, a file, or of any value's JSON with sorted names; with a secret, its HMAC."""
    algorithm, connection_id = operation["algorithm"], operation["secret_connection_id"]
    key: bytes | None = None
    if connection_id:
        if work.secrets is None:
            work.note(
                f"A preview reads no secrets, so the HMAC with connection {connection_id!r} is not shown."
            )
            return convert(work, operation, value, lambda _source: f"(HMAC by {connection_id})")
        if not work.secrets.get(connection_id):
            raise OperationError(
                f"The connection {connection_id!r} has no password, which is the key of the HMAC.",
                field="secret_connection_id",
            )
        key = work.secrets[connection_id].encode()

    def sum_up(source: Any) -> str:
        if source is None:
            raise ValueMismatchError("There is nothing to sum up: the value is null.", field="field")
        content = _content(source)
        made = (
            hashlib.new(algorithm, content, usedforsecurity=False).digest()
            if key is None
            else hmac.new(key, content, algorithm).digest()
        )
        return made.hex() if operation["digest"] == "hex" else base64_module.b64encode(made).decode("ascii")

    return convert(work, operation, value, sum_up)


def _content(source: Any) -> bytes:
    found = read_bytes(source)
    if found is not None:
        return found
    if type(source) is str:
        text = source
    else:
        import json

        text = json.dumps(source, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise ValueMismatchError("The text holds half of a character.", field="field") from None
