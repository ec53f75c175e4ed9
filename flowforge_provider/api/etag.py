"""ETags of drafts: the version in quotation marks (RFC 9110, sections 8.8.3 and 13.1.1)."""

import re
from typing import Annotated

from fastapi import Depends, Header

from flowforge_provider.api.errors import ApiError

_ENTITY_TAG = re.compile(r'^"(\d{1,18})"$')


def etag_of(version: int) -> str:
    """Return the ETag of a draft's version."""
    return f'"{version}"'


def parse_if_match(value: str) -> int | None:
    """
    Return the version that an If-Match header names, ``None`` for ``*`` (any version).

    :raises ApiError: 400 ``if-match-invalid``
    """
    text = value.strip()
    if text == "*":
        return None
    match = _ENTITY_TAG.match(text)
    if match is None:
        raise ApiError(
            400,
            "if-match-invalid",
            f'If-Match is {text!r}. Send the ETag that came with the workflow, for example "7", or *.',
        )
    return int(match.group(1))


_DESCRIPTION = (
    'ETag of the draft that the change is based on, for example `"7"`; `*` overwrites whatever is there.'
)


def _required(
    if_match: Annotated[str | None, Header(alias="If-Match", description=_DESCRIPTION)] = None,
) -> int | None:
    if if_match is None:
        raise ApiError(
            428,
            "if-match-missing",
            "Send the workflow's ETag in an If-Match header, so that nobody's changes are overwritten.",
        )
    return parse_if_match(if_match)


def _optional(
    if_match: Annotated[str | None, Header(alias="If-Match", description=_DESCRIPTION)] = None,
) -> int | None:
    return None if if_match is None else parse_if_match(if_match)


ExpectedVersion = Annotated[int | None, Depends(_required)]
OptionalVersion = Annotated[int | None, Depends(_optional)]
