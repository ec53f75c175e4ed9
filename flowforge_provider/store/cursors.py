"""Cursors of lists, newest first, which are read on from where they ended: moment and id of the last row."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

from flowforge_provider.exceptions import StoreError

__all__ = ["make_cursor", "read_cursor", "unknown_cursor"]

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MICROSECOND = timedelta(microseconds=1)
# No control characters: PostgreSQL answers with an error to a text with a zero.
_CURSOR = re.compile(r"([0-9]{1,17})-([^\x00-\x1f\x7f]{1,250})")


def make_cursor(moment: datetime, last_id: str) -> str:
    """Return the cursor behind a row."""
    return f"{(moment - _EPOCH) // _MICROSECOND}-{last_id}"


def read_cursor(cursor: str) -> tuple[datetime, str]:
    """
    Return the moment and the id behind which a page begins.

    :raises StoreError: ``make_cursor`` has not made it; code ``invalid-cursor``
    """
    found = _CURSOR.fullmatch(cursor)
    if found is None:
        raise unknown_cursor()
    return _EPOCH + int(found[1]) * _MICROSECOND, found[2]


def unknown_cursor() -> StoreError:
    """Return the error for a cursor that its list has not given."""
    return StoreError(
        "The cursor is not one that this list has given. Begin without one.", code="invalid-cursor"
    )
