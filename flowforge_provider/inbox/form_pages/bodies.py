"""What a browser sends of a form: texts and files, taken in piece by piece within bounds."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import FormParser, MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect

from flowforge_provider import settings
from flowforge_provider.files import DEFAULT_CONTENT_TYPE, File
from flowforge_provider.inbox.errors import RefusedError
from flowforge_provider.inbox.files import KeptFile, keep_file

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

__all__ = ["Sent", "read_sent"]

_MAX_FIELDS = 1000
# Seconds that a form may take to arrive: without files, and with them over a slow line.
_TIMEOUT_S = 20
_FILES_TIMEOUT_S = 300


@dataclass
class Sent:
    """
    A form as it was sent.

    :param size: bytes of the body
    """

    texts: dict[str, list[str]] = field(default_factory=dict)
    files: dict[str, list[KeptFile]] = field(default_factory=dict)
    size: int = 0


async def read_sent(headers: Headers, stream: AsyncIterator[bytes], *, takes_files: bool) -> Sent:
    """
    Read a form. Files wait on disk, not in memory, until all of it is there.

    :param takes_files: whether the form has fields for files; else it may be no larger than another body
    :raises RefusedError: 400 damaged, 408 too slow, 413 too large, 415 not a form
    """
    limit = settings.max_form_bytes() if takes_files else settings.max_body_bytes()
    declared = headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limit:
        raise _too_large(limit)
    sent = Sent()
    counted = _counted(stream, sent, limit=limit)
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    parser: MultiPartParser | FormParser
    if kind == "multipart/form-data":
        parser = MultiPartParser(
            headers,
            counted,
            max_files=settings.max_delivery_files() + _MAX_FIELDS if takes_files else _MAX_FIELDS,
            max_fields=_MAX_FIELDS,
            max_part_size=settings.max_body_bytes(),
        )
    elif kind == "application/x-www-form-urlencoded":
        parser = FormParser(headers, counted, max_fields=_MAX_FIELDS, max_part_size=settings.max_body_bytes())
    else:
        raise RefusedError(
            415, "unsupported-media-type", f'The form is sent as "{kind[:100]}". Send it as a browser does.'
        )
    timeout = _FILES_TIMEOUT_S if takes_files else _TIMEOUT_S
    try:
        form = await asyncio.wait_for(parser.parse(), timeout=timeout)
    except (asyncio.TimeoutError, TimeoutError):
        raise RefusedError(
            408, "body-timeout", f"The form did not arrive within {timeout} seconds. Send it again."
        ) from None
    except (MultiPartException, UnicodeError, KeyError) as error:
        raise RefusedError(400, "bad-request", f"The form is damaged: {str(error)[:200]}") from None
    except ClientDisconnect:
        raise RefusedError(400, "bad-request", "The sender went away before its form had arrived.") from None
    try:
        files = 0
        for name, value in form.multi_items():
            if isinstance(value, UploadFile):
                # A browser sends a field without a file as an empty file without a name.
                if value.filename:
                    files += 1
                    _check_count(files)
                    content_type = value.content_type or DEFAULT_CONTENT_TYPE
                    file = File(value.filename, content_type, await value.read())
                    sent.files.setdefault(name, []).append(keep_file(file))
            else:
                sent.texts.setdefault(name, []).append(value)
    finally:
        await form.close()
    return sent


def _check_count(files: int) -> None:
    limit = settings.max_delivery_files()
    if files > limit:
        raise RefusedError(413, "too-many-files", f"More than {limit} files came in at once. Send fewer.")


async def _counted(stream: AsyncIterator[bytes], sent: Sent, *, limit: int) -> AsyncGenerator[bytes, None]:
    async for chunk in stream:
        sent.size += len(chunk)
        if sent.size > limit:
            raise _too_large(limit)
        yield chunk


def _too_large(limit: int) -> RefusedError:
    return RefusedError(
        413,
        "body-too-large",
        f"The form is larger than {limit} bytes. Send less, or raise [flowforge] max_form_bytes.",
        headers={"Connection": "close"},
    )
