"""Bodies of answers, as JSON that later steps read."""

from __future__ import annotations

import json
from email.message import Message
from typing import TYPE_CHECKING, Any, Literal

from flowforge_provider.exceptions import StepError
from flowforge_provider.files import file_to_json
from flowforge_provider.hooks.http_files import file_of_answer

if TYPE_CHECKING:
    from flowforge_provider.hooks.guarded import Answer

__all__ = ["Reading", "read_body", "read_error_body"]

Reading = Literal["auto", "json", "text", "file"]

_TEXTS = frozenset(
    {
        "application/ecmascript",
        "application/graphql",
        "application/javascript",
        "application/sql",
        "application/toml",
        "application/x-ndjson",
        "application/x-www-form-urlencoded",
        "application/x-yaml",
        "application/xml",
        "application/yaml",
        "image/svg+xml",
    }
)


def read_body(answer: Answer, *, reading: Reading) -> Any:
    """
    Return an answer's body as JSON; None when it is empty and no file.

    :param reading: ``json`` and ``text`` whatever its content type is; ``file`` as a file; ``auto``: JSON
        when it says that it is JSON (or says nothing, and is), text when it is text, else a file
    :raises StepError: it is to be JSON, and is not
    """
    if reading == "file":
        return file_to_json(file_of_answer(answer.content, headers=answer.headers, url=answer.url))
    if not answer.content:
        return None
    header = Message()
    given = answer.headers.get("Content-Type", "")
    header["Content-Type"] = given or "application/json"
    kind = header.get_content_type() if "/" in (given or "/") else "application/octet-stream"
    charset = str(header.get_content_charset("utf8"))
    if reading == "text":
        return _decode(answer.content, charset)
    if reading == "json" or kind == "application/json" or kind.endswith("+json"):
        try:
            return json.loads(answer.content, parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as error:
            if reading == "json":
                raise _no_json(answer, error) from error
    if not given or kind.startswith("text/") or kind in _TEXTS or kind.endswith(("+xml", "json")):
        text = _decode(answer.content, charset, strict=True)
        if text is not None:
            return text
    return file_to_json(file_of_answer(answer.content, headers=answer.headers, url=answer.url))


def read_error_body(answer: Answer) -> Any:
    """Return the body of an answer that is an error, for people: JSON or text, whatever was asked for."""
    body = read_body(answer, reading="auto")
    return None if isinstance(body, dict) and "base64" in body and "filename" in body else body


def _decode(content: bytes, charset: str, *, strict: bool = False) -> str | None:
    try:
        return content.decode(charset)
    except (LookupError, UnicodeDecodeError):
        return None if strict else content.decode(errors="replace")


def _no_json(answer: Answer, error: Exception) -> StepError:
    return StepError(
        f"The answer of {answer.url} is no JSON: {error}. See its content type "
        f"({answer.headers.get('Content-Type') or 'none'}); set the answer to text or by its content type.",
        code="http-not-json",
        detail={
            "status": answer.status,
            "url": answer.url,
            "beginning": answer.content[:500].decode(errors="replace"),
        },
    )


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
