"""From the bytes of a body to the JSON that a run sees."""

from __future__ import annotations

import asyncio
import mimetypes
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from flowforge_provider.files import DEFAULT_CONTENT_TYPE, File
from flowforge_provider.inbox.errors import RefusedError
from flowforge_provider.inbox.media_types import MediaType, charset_of, check_encoding, inflate, media_type_of
from flowforge_provider.runs.payload import PayloadError, check_payload, parse_json
from flowforge_provider.xml_documents import read_xml

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flowforge_provider.inbox.files import KeptFile
    from flowforge_provider.inbox.incoming import Incoming

__all__ = ["Content", "check_content_type", "read_content", "read_query", "reads_as_text"]

# Larger bodies are parsed in a thread: the event loop also serves the workers.
_PARSE_ON_LOOP_BYTES = 32 * 1024
_MAX_XML_PARTS = 50_000
_FORM = "application/x-www-form-urlencoded"
_TEXTS = frozenset(
    {
        "application/graphql",
        "application/javascript",
        "application/jwt",
        "application/sql",
        "application/toml",
        "application/x-ndjson",
        "application/x-yaml",
        "application/yaml",
    }
)
_DECLARED_CHARSET = re.compile(rb"""^\s*<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_FILENAME = re.compile(r"""filename\s*=\s*(?:"([^"]*)"|([^;\s]+))""", re.IGNORECASE)


@dataclass(frozen=True)
class Content:
    """
    What a body holds.

    :param body: ``trigger.body``; where it holds files, it refers to them
    :param files: to be stored with the delivery
    :param size: bytes of the body, not compressed
    :param raw: the body itself, not compressed, where it cannot be told byte by byte from ``body``
    """

    body: Any
    files: Sequence[KeptFile] = ()
    size: int = 0
    raw: bytes | None = field(default=None, repr=False)


def check_content_type(incoming: Incoming) -> None:
    """
    Refuse what cannot be read, before the body is.

    :raises RefusedError: 415
    """
    check_encoding(incoming)
    charset_of(media_type_of(incoming))


async def read_content(incoming: Incoming, *, limit: int) -> Content:
    """
    Return what the body holds.

    :param limit: bytes that it may have when it is not compressed
    :raises RefusedError: 413 it is too large, 422 it is not what its type says, or cannot be kept
    """
    if len(incoming.body) <= _PARSE_ON_LOOP_BYTES and check_encoding(incoming) == "identity":
        return read_bytes(incoming, limit=limit)
    return await asyncio.to_thread(read_bytes, incoming, limit=limit)


def read_bytes(incoming: Incoming, *, limit: int) -> Content:
    """Return what the body holds, as ``read_content``, where waiting is no harm."""
    raw = inflate(incoming.body, encoding=check_encoding(incoming), limit=limit)
    if not raw:
        return Content(None)
    media_type = media_type_of(incoming)
    content = _read(raw, media_type, incoming)
    try:
        check_payload(content.body)
    except PayloadError as exc:
        raise RefusedError(422, exc.error_code, exc.message) from exc
    # Compressed, a thousand times as much may have come in: what is done with it depends on what it is now.
    return replace(content, size=len(raw), raw=raw if _is_worth_keeping(media_type, content, raw) else None)


def reads_as_text(kind: str) -> bool:
    """Tell whether bodies of a media type are texts, and no more."""
    return bool(kind) and _reader_of(kind) is _text


def _is_worth_keeping(media_type: MediaType, content: Content, raw: bytes) -> bool:
    """Tell whether a body is kept as it was written, too, since what it holds does not tell how that was."""
    if media_type.kind == "multipart/form-data":
        return True
    if content.files or (media_type.kind and _reader_of(media_type.kind) is _json):
        return False
    return not reads_as_text(media_type.kind) or str(content.body).encode("utf-8", "replace") != raw


def _read(raw: bytes, media_type: MediaType, incoming: Incoming) -> Content:
    kind = media_type.kind
    if not kind:
        return _sniff(raw, incoming)
    if kind == "multipart/form-data":
        from flowforge_provider.inbox.forms import read_multipart

        return Content(*read_multipart(raw, boundary=media_type.parameters.get("boundary", "")))
    read = _reader_of(kind)
    return _file(raw, incoming) if read is None else Content(read(raw, media_type))


def _reader_of(kind: str) -> Callable[[bytes, MediaType], Any] | None:
    """Return what reads bodies of a kind; None for those that are kept as a file."""
    if kind == "application/json" or kind.endswith("+json"):
        return _json
    if kind == _FORM:
        return _form
    if kind in {"application/xml", "text/xml"} or (kind.startswith("application/") and kind.endswith("+xml")):
        return _xml
    return _text if kind.startswith("text/") or kind in _TEXTS else None


def _sniff(raw: bytes, incoming: Incoming) -> Content:
    """Read a body that no type is given for."""
    try:
        return Content(parse_json(raw))
    except PayloadError as exc:
        if exc.error_code == "invalid-payload":
            raise RefusedError(422, exc.error_code, exc.message) from exc
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _file(raw, incoming)
    return _file(raw, incoming) if "\x00" in text else Content(text)


def _json(raw: bytes, media_type: MediaType) -> Any:
    try:
        return parse_json(raw, codec=charset_of(media_type))
    except PayloadError as exc:
        raise RefusedError(422, exc.error_code, exc.message) from exc


def _form(raw: bytes, media_type: MediaType) -> Any:
    # A form encodes brackets. Such a beginning is JSON that curl has sent with the type that it gives by
    # itself.
    if raw.lstrip()[:1] in {b"{", b"["}:
        try:
            return parse_json(raw)
        except PayloadError:
            pass
    from flowforge_provider.inbox.forms import read_form

    return read_form(raw, charset=charset_of(media_type).removesuffix("-sig"))


def _xml(raw: bytes, media_type: MediaType) -> Any:
    declared = _DECLARED_CHARSET.match(raw)
    default = declared[1].decode("ascii") if declared else "utf-8"
    if raw[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        default = "utf-16"
    text = _text(raw, media_type, default=default)
    try:
        return read_xml(text, max_parts=_MAX_XML_PARTS)
    except ValueError as error:
        raise RefusedError(422, "invalid-body", str(error)) from None


def _text(raw: bytes, media_type: MediaType, *, default: str = "utf-8") -> str:
    codec = charset_of(media_type, default=default)
    try:
        return raw.decode(codec)
    except UnicodeDecodeError as error:
        raise RefusedError(
            422,
            "invalid-body",
            f"The body is not {codec.removesuffix('-sig')} at byte {error.start}. Name its character set in "
            "the header Content-Type.",
        ) from None


def _file(raw: bytes, incoming: Incoming) -> Content:
    from flowforge_provider.inbox.files import keep_file

    content_type = incoming.headers.get("content-type", "") or DEFAULT_CONTENT_TYPE
    given = _FILENAME.search(incoming.headers.get("content-disposition", ""))
    kind = media_type_of(incoming).kind
    name = (given[1] or given[2]) if given else f"body{mimetypes.guess_extension(kind) or ''}"
    kept = keep_file(File(name, content_type, raw))
    return Content(kept.reference(), (kept,))


def read_query(incoming: Incoming) -> dict[str, Any]:
    """
    Return name -> value, or -> list of values where the name is repeated.

    :raises RefusedError: 422 a value cannot be kept
    """
    query: dict[str, Any] = {}
    for name, value in incoming.query:
        if name not in query:
            query[name] = value
        elif isinstance(query[name], list):
            query[name].append(value)
        else:
            query[name] = [query[name], value]
    try:
        check_payload(query)
    except PayloadError as exc:
        raise RefusedError(422, exc.error_code, f"In the query: {exc.message}") from exc
    return query
