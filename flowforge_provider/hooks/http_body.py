"""Bodies of HTTP requests and answers."""

from __future__ import annotations

import base64
import json
from email.message import Message
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlencode

from flowforge_provider.exceptions import StepError

if TYPE_CHECKING:
    from collections.abc import Iterable


class _Pair(Protocol):
    name: str
    value: str


def join_values(pairs: Iterable[_Pair]) -> dict[str, str]:
    """Return headers by name; values of one name are joined by commas (RFC 9110, section 5.3)."""
    joined: dict[str, str] = {}
    spelling: dict[str, str] = {}
    for pair in pairs:
        name = spelling.setdefault(pair.name.lower(), pair.name)
        joined[name] = f"{joined[name]}, {pair.value}" if name in joined else pair.value
    return joined


def encode_body(body_type: str, body: Any) -> tuple[bytes | None, str | None]:
    """
    Return a request's body and its content type.

    :param body_type: none, json, form or text
    :param body: JSON; for a form an object whose values are scalars or lists of scalars; for text a string
    :raises StepError: the body does not fit its type
    """
    if body_type == "none":
        return None, None
    if body_type == "json":
        return json.dumps(body, ensure_ascii=False, allow_nan=False).encode(), "application/json"
    if body_type == "form":
        if not isinstance(body, dict):
            raise _misfit("A form body is an object of names and values.")
        pairs = [
            (name, _text(item))
            for name, value in body.items()
            for item in (value if isinstance(value, list) else [value])
        ]
        return urlencode(pairs).encode(), "application/x-www-form-urlencoded"
    if not isinstance(body, str):
        raise _misfit("A text body is a string.")
    return body.encode(), "text/plain; charset=utf-8"


def read_body(content: bytes, *, content_type: str) -> Any:
    """
    Return an answer's body: JSON when it says that it is JSON, else text, else Base64; None when empty.

    :param content_type: value of the Content-Type header, may be empty
    """
    if not content:
        return None
    header = Message()
    header["Content-Type"] = content_type or "application/json"
    kind = header.get_content_type()
    if kind == "application/json" or kind.endswith("+json"):
        try:
            return json.loads(content, parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            pass  # It is no JSON after all.
    charset = header.get_content_charset() or "utf-8"
    try:
        return content.decode(charset)
    except (LookupError, UnicodeDecodeError):
        return base64.b64encode(content).decode("ascii")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)


def _misfit(message: str) -> StepError:
    return StepError(message, code="http-body", retryable=False)
