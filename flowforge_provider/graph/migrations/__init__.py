"""
Steps that bring documents of older formats to the present one.

Each step lives in a file of its own (``v1_to_v2.py``), takes the document as plain JSON and returns a new
one. Steps are never removed, so that any document that was ever saved can still be read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flowforge_provider.exceptions import GraphFormatError
from flowforge_provider.graph.models import FORMAT

Migration = Callable[[dict[str, Any]], dict[str, Any]]

# Format that a step reads -> the step; what it returns names its own format.
MIGRATIONS: dict[str, Migration] = {}


def migrate(data: Mapping[str, Any], *, migrations: Mapping[str, Migration] | None = None) -> dict[str, Any]:
    """
    Return the document in the present format; the given one stays as it is.

    :param data: a document of any format that FlowForge ever wrote; without ``format`` it is a present one
    :param migrations: steps to use instead of the installed ones
    :raises GraphFormatError: the format is not known, or is newer than this installation
    """
    steps = MIGRATIONS if migrations is None else migrations
    document = {"format": FORMAT, **data}
    seen: set[str] = set()
    while document["format"] != FORMAT:
        name = document["format"]
        step = steps.get(name) if isinstance(name, str) else None
        if step is None or name in seen:
            raise GraphFormatError(
                f"The document's format is {name!r}; this installation reads {FORMAT!r} and older. "
                "Update FlowForge, or export the workflow again.",
                code="unknown-format",
            )
        seen.add(name)
        document = step(document)
    return document
