"""The JSON Schema of a trigger, against which bodies are checked."""

from __future__ import annotations

import asyncio
from typing import Any

from flowforge_provider.graph.issues import Issue
from flowforge_provider.inbox.errors import RefusedError

__all__ = ["check_body"]

# Larger bodies are checked in a thread: the event loop also serves the workers.
_CHECK_ON_LOOP_BYTES = 32 * 1024


async def check_body(body: Any, schema: Any, *, size: int) -> None:
    """
    Refuse a body that does not match the trigger's schema.

    :param body: as ``trigger.body`` shows it
    :param schema: empty where there is none
    :param size: bytes of the body as it came in
    :raises RefusedError: 422, with all that is wrong
    """
    if schema in ({}, None, True):
        return
    from flowforge_provider.json_schema import MAX_FAULTS, find_faults

    if size <= _CHECK_ON_LOOP_BYTES:
        faults = find_faults(body, schema, size=size)
    else:
        faults = await asyncio.to_thread(find_faults, body, schema, size=size)
    if not faults:
        return
    places = ", ".join(fault.pointer or "the whole body" for fault in faults[:5])
    more = f" The first {MAX_FAULTS} are told." if len(faults) == MAX_FAULTS else ""
    raise RefusedError(
        422,
        "schema-mismatch",
        f"The body does not match the JSON Schema of this webhook at {places}"
        f"{', and elsewhere' if len(faults) > 5 else ''}.{more}",
        issues=[
            Issue(code="schema-mismatch", message=f"{fault.message}.", field=fault.pointer)
            for fault in faults
        ],
    )
