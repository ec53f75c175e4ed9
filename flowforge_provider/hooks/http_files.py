"""Files that answers are."""

from __future__ import annotations

import mimetypes
from email.message import Message
from email.utils import collapse_rfc2231_value
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from flowforge_provider.files import DEFAULT_CONTENT_TYPE, File

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["file_of_answer"]

_MAX_NAME = 200


def file_of_answer(content: bytes, *, headers: Mapping[str, str], url: str) -> File:
    """
    Return the file that an answer is.

    Its name is the one of the Content-Disposition header (RFC 6266), else the last part of the address.

    :param headers: of the answer, by name, upper and lower case alike
    :param url: where it came from
    """
    content_type = headers.get("Content-Type", "").strip() or DEFAULT_CONTENT_TYPE
    name = _clean(_disposition_name(headers.get("Content-Disposition", ""))) or _clean(_last_part(url))
    if not name:
        name = "download" + (mimetypes.guess_extension(content_type.partition(";")[0].strip()) or "")
    return File(name, content_type, content)


def _disposition_name(header: str) -> str:
    message = Message()
    message["Content-Disposition"] = header
    found: list[Any] = [
        value for name, value in message.get_params([], "Content-Disposition") if name == "filename"
    ]
    encoded = [value for value in found if isinstance(value, tuple)]  # filename* (RFC 8187) wins
    if encoded:
        return collapse_rfc2231_value(encoded[0])
    name = found[0] if found else ""
    try:
        # Servers send UTF-8 here, which arrives as Latin-1.
        return str(name).encode("latin-1").decode("utf-8")
    except UnicodeError:
        return str(name)


def _last_part(url: str) -> str:
    try:
        return unquote(urlsplit(url).path.rpartition("/")[2])
    except ValueError:
        return ""


def _clean(name: str) -> str:
    """Return a name without folders and control characters."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(letter for letter in last if letter.isprintable()).strip(" .")[-_MAX_NAME:]
