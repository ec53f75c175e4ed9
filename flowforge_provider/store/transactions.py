"""Transactions that several processes may attempt at once, on PostgreSQL and on SQLite."""

from __future__ import annotations

import logging
import random
import time
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

__all__ = ["begin_write", "is_transient", "run_in_transaction"]

log = logging.getLogger(__name__)

T = TypeVar("T")

# Serialization failure, deadlock, lock not available (Airflow locks a Dag's version with NOWAIT).
_TRANSIENT_SQLSTATES = frozenset({"40001", "40P01", "55P03"})
_TRIES = 10
_FIRST_DELAY_S = 0.02
_MAX_DELAY_S = 1.0


def begin_write(session: Session) -> None:
    """
    Take SQLite's write lock now, so that what is read from here on is still true when it is written.

    Without it Python's driver would begin the transaction at the first write only, and a savepoint before
    that would commit on its own. On other databases nothing is done; rows are locked there.
    """
    connection = session.connection()
    if connection.dialect.name != "sqlite":
        return
    driver_connection = connection.connection.driver_connection
    if driver_connection is not None and not driver_connection.in_transaction:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def run_in_transaction(work: Callable[[Session], T]) -> T:
    """
    Run work in a transaction of its own and commit it; repeat it when other writers were in the way.

    :param work: may run several times, each time in a fresh session; writes nothing but through it
    :return: what the work returned in the try that was committed
    """
    from airflow.utils.session import create_session

    delay_s = _FIRST_DELAY_S
    for remaining in reversed(range(_TRIES)):
        try:
            with create_session(scoped=False) as session:
                begin_write(session)
                return work(session)
        except DBAPIError as error:
            if not remaining or not is_transient(error):
                raise
            log.info("Another writer was in the way, trying again: %s", error.orig)
        # Random, so that writers who met once do not meet again.
        time.sleep(delay_s * random.uniform(0.5, 1.5))  # noqa: S311 - no secret
        delay_s = min(2 * delay_s, _MAX_DELAY_S)
    raise AssertionError("unreachable")


def is_transient(error: BaseException) -> bool:
    """Return whether a database error comes from other writers, so that trying again can help."""
    if isinstance(error, IntegrityError):
        # Two transactions inserted one row; at the next try the later one finds it.
        return True
    if not isinstance(error, DBAPIError):
        return False
    sqlstate = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None)
    if sqlstate is not None:
        return sqlstate in _TRANSIENT_SQLSTATES
    return isinstance(error, OperationalError) and "locked" in str(error.orig)
