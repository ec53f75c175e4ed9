"""
Which web pages may call a trigger from the browser.

Source: the Fetch standard, section 3.3, CORS protocol.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from flowforge_provider.inbox.incoming import Answer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowforge_provider.inbox.doors import Door
    from flowforge_provider.inbox.incoming import Incoming

__all__ = ["answer_preflight", "cors_headers"]

_EXPOSED = "Location, Retry-After"
# Seconds that a browser remembers the answer to its question.
_MAX_AGE_S = 600
_HEADER_NAMES = re.compile(r"[\w!#$%&'*+.^`|~-]+([ \t]*,[ \t]*[\w!#$%&'*+.^`|~-]+)*", re.ASCII)
_LONGEST = 2000


def cors_headers(incoming: Incoming, doors: Sequence[Door]) -> dict[str, str]:
    """
    Return the headers that let a page read the answer; none where its site is not allowed.

    :param doors: those at the call's address
    """
    origin = incoming.headers.get("origin")
    allowed = {
        name
        for door in doors
        if incoming.method in door.methods or len(doors) == 1
        for name in door.parameters.allowed_origins
    }
    if not allowed:
        return {}
    # What is allowed depends on who asks, which caches must know.
    vary = {"Vary": "Origin"}
    if origin is None or not ("*" in allowed or origin in allowed):
        return vary
    return {
        **vary,
        "Access-Control-Allow-Origin": "*" if "*" in allowed else origin,
        "Access-Control-Expose-Headers": _EXPOSED,
    }


def answer_preflight(incoming: Incoming, door: Door) -> Answer:
    """
    Return the answer to a browser that asks whether a page may make a call.

    :param incoming: with the method of the call that is asked for
    """
    headers = {"Allow": ", ".join([*sorted(door.methods), "OPTIONS"]), "Cache-Control": "no-store"}
    allowed = cors_headers(incoming, (door,))
    if "Access-Control-Allow-Origin" in allowed:
        headers |= allowed
        headers["Access-Control-Allow-Methods"] = ", ".join(sorted(door.methods))
        headers["Access-Control-Max-Age"] = str(_MAX_AGE_S)
        asked = incoming.headers.get("access-control-request-headers", "")
        if len(asked) <= _LONGEST and _HEADER_NAMES.fullmatch(asked):
            headers["Access-Control-Allow-Headers"] = asked
    return Answer(204, b"", headers)
