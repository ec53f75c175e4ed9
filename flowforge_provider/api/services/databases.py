"""Ask users' databases what they hold."""

from __future__ import annotations

from threading import BoundedSemaphore
from typing import TYPE_CHECKING

from flowforge_provider.api.errors import ApiError
from flowforge_provider.exceptions import StepError
from flowforge_provider.hooks.postgres_catalog import list_objects

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowforge_provider.hooks.postgres_catalog import DatabaseObject, ObjectKind

# A database that does not answer holds a thread of the api-server for seconds; it must not hold all of them.
_AT_ONCE = 4
_free = BoundedSemaphore(_AT_ONCE)


def list_database_objects(
    connection_id: str, kind: ObjectKind, *, arguments: Mapping[str, str] | None = None
) -> list[DatabaseObject]:
    """
    Return what a database holds, within about ten seconds.

    :raises ApiError: 502 when the database cannot be asked, 504 when it takes too long, 503 when too many
        ask at once
    """
    if not _free.acquire(blocking=False):
        raise ApiError(
            503,
            "overloaded",
            "Too many questions to databases are under way. Try again in a moment, or type the name.",
            headers={"Retry-After": "2"},
        )
    try:
        return list_objects(connection_id, kind, arguments=arguments)
    except StepError as error:
        status = 504 if error.kind == "timeout" else 502
        raise ApiError(status, error.error_code, error.message) from error
    finally:
        _free.release()
