"""From the bytes of a body to the JSON that a run sees."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flowforge_provider.inbox.errors import RefusedError
from flowforge_provider.runs.payload import PayloadError, check_payload, parse_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowforge_provider.inbox.files import KeptFile
    from flowforge_provider.inbox.incoming import Incoming

__all__ = ["Content", "check_content_type", "read_content", "read_query"]

# Larger bodies are parsed in a thread: the event loop also serves the workers.
_PARSE_ON_LOOP_BYTES = 32 * 1024


@dataclass(frozen=True)
class Content:
    """
    What a body holds.

    :param body: ``trigger.body``; where it holds files, it refers to them
    :param files: to be stored with the delivery
    """

    body: Any
    files: Sequence[KeptFile] = ()


def check_content_type(incoming: Incoming) -> None:
    """
    Refuse what cannot be read, before the body is. A missing type passes, since many senders leave it out.

    :raises RefusedError: 415
    """
    encoding = incoming.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in {"", "identity"}:
        raise RefusedError(
            415,
            "unsupported-media-type",
            f'The body is compressed ("{encoding[:100]}"). Send it uncompressed.',
        )
    kind = incoming.headers.get("content-type", "").partition(";")[0].strip().lower()
    if (
        kind
        and kind != "application/json"
        and not (kind.startswith("application/") and kind.endswith("+json"))
    ):
        raise RefusedError(
            415,
            "unsupported-media-type",
            f'The body is sent as "{kind[:100]}". Send JSON, with the header Content-Type: application/json.',
        )


async def read_content(incoming: Incoming) -> Content:
    """
    Return what the body holds.

    :raises RefusedError: 422 it is not what its type says, or cannot be kept
    """
    try:
        if len(incoming.body) <= _PARSE_ON_LOOP_BYTES:
            return Content(parse_json(incoming.body))
        return Content(await asyncio.to_thread(parse_json, incoming.body))
    except PayloadError as exc:
        raise RefusedError(422, exc.error_code, exc.message) from exc


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
