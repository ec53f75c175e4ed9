"""Bodies of HTTP requests."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol
from urllib.parse import urlencode

from flowforge_provider.exceptions import StepError
from flowforge_provider.files import File, file_from_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from flowforge_provider.nodes.builtin.http_parameters import HttpParameters

__all__ = ["Body", "encode_body", "join_values"]


class _Pair(Protocol):
    name: str
    value: Any


class Body(NamedTuple):
    """
    A request's body; no bytes and no type when it has none.

    :param content_type: value of the Content-Type header
    """

    content: bytes | None
    content_type: str | None


def join_values(pairs: Iterable[_Pair]) -> dict[str, str]:
    """Return headers by name; values of one name are joined by commas (RFC 9110, section 5.3)."""
    joined: dict[str, str] = {}
    spelling: dict[str, str] = {}
    for pair in pairs:
        name = spelling.setdefault(pair.name.lower(), pair.name)
        joined[name] = f"{joined[name]}, {pair.value}" if name in joined else pair.value
    return joined


def encode_body(parameters: HttpParameters) -> Body:
    """
    Return the body that the parameters describe.

    :param parameters: without expressions
    :raises StepError: a part of it does not fit its kind
    """
    kind = parameters.body_type
    if kind == "json":
        return _json(parameters.body)
    if kind == "form":
        pairs = [(name, value) for name, value in _fields(parameters.form)]
        return Body(urlencode(pairs).encode(), "application/x-www-form-urlencoded")
    if kind == "multipart":
        return _multipart(parameters)
    if kind == "text":
        content_type = parameters.content_type or "text/plain; charset=utf-8"
        return Body(parameters.text.encode("utf-8", "surrogatepass"), content_type)
    if kind == "file":
        file = file_from_json(parameters.file, where="file")
        return Body(file.content, parameters.content_type or file.content_type)
    return Body(None, None)


def _json(value: Any) -> Body:
    try:
        content = json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except ValueError as error:
        raise StepError(
            f"The body cannot be written as JSON: {error}. Leave out what JSON does not know.",
            code="http-body",
            retryable=False,
        ) from error
    return Body(content, "application/json")


def _multipart(parameters: HttpParameters) -> Body:
    """Encode fields and files (RFC 7578); the same parts always give the same bytes, also on another try."""
    from urllib3.fields import RequestField
    from urllib3.filepost import encode_multipart_formdata

    parts: list[RequestField] = []
    for name, value in _fields(parameters.form):
        part = RequestField(name, value)
        part.make_multipart()
        parts.append(part)
    for name, file in _files(parameters):
        part = RequestField(name, file.content, filename=file.filename)
        part.make_multipart(content_type=file.content_type)
        parts.append(part)
    digest = hashlib.sha256()
    for part in parts:
        digest.update(repr((part.render_headers(), part.data)).encode())
    content, content_type = encode_multipart_formdata(parts, boundary=digest.hexdigest()[:48])
    return Body(content, content_type)


def _files(parameters: HttpParameters) -> Iterator[tuple[str, File]]:
    for index, part in enumerate(parameters.files):
        values = part.file if isinstance(part.file, list) else [part.file]
        for place, value in enumerate(values):
            where = f"files.{index}.file" + (f".{place}" if isinstance(part.file, list) else "")
            file = file_from_json(value, where=where)
            # One name for several files would be no help to the service.
            yield (
                part.name,
                file._replace(filename=part.filename) if part.filename and len(values) == 1 else file,
            )


def _fields(pairs: Iterable[_Pair]) -> Iterator[tuple[str, str]]:
    for pair in pairs:
        for item in pair.value if isinstance(pair.value, list) else [pair.value]:
            yield pair.name, item if isinstance(item, str) else json.dumps(item, ensure_ascii=False)
