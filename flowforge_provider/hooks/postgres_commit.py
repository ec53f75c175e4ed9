"""What became of a commit whose answer was lost."""

from __future__ import annotations

import time
from contextlib import suppress
from enum import Enum

from flowforge_provider.hooks.postgres_connection import open_connection


class Outcome(Enum):
    """How a transaction has ended, as far as the database could be asked."""

    COMMITTED = "committed"
    ABORTED = "aborted"
    UNKNOWN = "unknown"


_PAUSE_S = 0.5


def find_outcome(connection_id: str, xid: str, *, patience_s: float = 20) -> Outcome:
    """
    Ask the database how a transaction has ended: PostgreSQL documentation, ``pg_xact_status``.

    :param connection_id: Airflow connection
    :param xid: the transaction's id, from ``pg_current_xact_id``
    :param patience_s: seconds to wait for the database to come back
    """
    import psycopg

    end = time.monotonic() + patience_s
    while True:
        with suppress(psycopg.Error):
            state = _ask(connection_id, xid)
            if state in ("committed", "aborted"):
                return Outcome(state)
            if state is None:
                return Outcome.UNKNOWN  # too old to be known, or another server has taken over
        if time.monotonic() > end:
            return Outcome.UNKNOWN
        time.sleep(_PAUSE_S)


def _ask(connection_id: str, xid: str) -> str | None:
    import psycopg

    connection = open_connection(connection_id, connect_timeout_s=5)
    try:
        cursor = psycopg.RawCursor(connection)
        cursor.execute("SET LOCAL statement_timeout = '5s'")
        cursor.execute("SELECT pg_catalog.pg_xact_status($1::text::xid8)", [xid])
        row = cursor.fetchone()
        return None if row is None else row[0]
    finally:
        connection.close()
