"""
FlowForge's own connections to Airflow's metadata database, for starting runs.

The api-server's pool also serves the workers. Deliveries get a small pool of their own, so that a storm of
webhooks waits for itself and never keeps a running task from reporting.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session

from flowforge_provider import settings
from flowforge_provider.runs.turns import WriteTurns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.engine import Connection, Engine

__all__ = [
    "Database",
    "Mode",
    "close_database",
    "get_database",
    "is_transient",
    "make_sqlite_transactional",
]

log = logging.getLogger(__name__)

T = TypeVar("T")

# read: SQLite's write lock is not taken. write: what the database does by default. snapshot: all statements
# see one state of the database.
Mode = Literal["read", "write", "snapshot"]

# Seconds to wait for one of our own connections, and for SQLite's write lock.
_POOL_TIMEOUT_S = 10
_SQLITE_TIMEOUT_S = 20
_ATTEMPTS = 6
_READ_ONLY = "flowforge_read_only"
# Serialization failure and deadlock of PostgreSQL; SQLAlchemy gives them no class of their own.
_CONFLICT_SQLSTATES = frozenset({"40001", "40P01"})


class Database:
    """
    A bounded pool of connections, and transactions that are repeated when they meet another one.

    :param engine: made by :func:`get_database`; tests give their own
    :param turns: those of another object on the same SQLite file; own ones when omitted
    """

    def __init__(self, engine: Engine, *, turns: WriteTurns | None = None) -> None:
        self.engine = engine
        self.is_sqlite = engine.dialect.name == "sqlite"
        options: dict[Mode, dict[str, Any]] = {
            "read": {_READ_ONLY: True} if self.is_sqlite else {},
            "write": {},
            # SQLite's transactions are snapshots anyway, because each takes the write lock when it begins.
            "snapshot": {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"},
        }
        self._engines = {mode: engine.execution_options(**given) for mode, given in options.items()}
        self.turns = (turns or WriteTurns()) if self.is_sqlite else None

    @contextmanager
    def session(self, mode: Mode = "write") -> Iterator[Session]:
        """
        Yield a session; commit when the block ends well.

        :param mode: what the transaction is for
        """
        turn = self.turns.take() if self.turns is not None and mode != "read" else nullcontext()
        session = Session(self._engines[mode], expire_on_commit=False, autoflush=False)
        with turn, session, session.begin():
            yield session

    def transaction(self, work: Callable[[Session], T], *, mode: Mode = "write") -> T:
        """
        Do something in a transaction; repeat it all when it loses against another transaction.

        :param work: gets the session; must be safe to repeat after a rollback
        :param mode: what the transaction is for
        :raises DBAPIError: the database failed, or the conflict lasted
        """
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                with self.session(mode) as session:
                    return work(session)
            except DBAPIError as exc:  # noqa: PERF203 - the attempt is the point of the loop
                if attempt == _ATTEMPTS or not _is_conflict(exc):
                    raise
                log.debug("Transaction is repeated after attempt %d: %s", attempt, exc)
                time.sleep(0.01 * 2**attempt)
        raise AssertionError("unreachable")

    def dispose(self) -> None:
        """Close the connections."""
        self.engine.dispose()


def is_transient(exc: BaseException) -> bool:
    """Tell whether a failure is the database's, and may be gone at the next attempt."""
    if isinstance(exc, DBAPIError) and not isinstance(exc, (InterfaceError, OperationalError)):
        return _is_conflict(exc)
    return isinstance(exc, (DBAPIError, PoolTimeoutError))


_lock = threading.Lock()
_database: tuple[int, Database] | None = None


def get_database() -> Database:
    """Return this process's own connections, made on first use; a forked child makes its own."""
    global _database  # noqa: PLW0603 - one pool a process is the point
    with _lock:
        if _database is None or _database[0] != os.getpid():
            _database = (os.getpid(), Database(_create_engine()))
        return _database[1]


def close_database() -> None:
    """Close this process's own connections; the next use opens them again."""
    global _database  # noqa: PLW0603
    with _lock:
        if _database is not None and _database[0] == os.getpid():
            _database[1].dispose()
        _database = None


def _create_engine() -> Engine:
    from airflow import settings as airflow_settings
    from airflow.configuration import conf

    url: str = conf.get_mandatory_value("database", "sql_alchemy_conn")
    engine_args: dict[str, Any] = airflow_settings.prepare_engine_args()  # type: ignore[no-untyped-call]
    if "pool_size" in engine_args:
        # Where Airflow is told not to pool (behind PgBouncer), neither do we; our threads bound the number
        # then.
        engine_args.update(pool_size=settings.inbox_pool_size(), max_overflow=0, pool_timeout=_POOL_TIMEOUT_S)
    connect_args: dict[str, Any] = {}
    if conf.has_option("database", "sql_alchemy_connect_args"):
        connect_args.update(conf.getimport("database", "sql_alchemy_connect_args") or {})
    is_sqlite = url.startswith("sqlite")
    if is_sqlite:
        connect_args.update(check_same_thread=False, timeout=_SQLITE_TIMEOUT_S)
    engine: Engine = airflow_settings.create_metadata_engine(
        url, engine_args=engine_args, connect_args=connect_args
    )
    from airflow.utils.orm_event_handlers import setup_event_handlers

    setup_event_handlers(engine)  # type: ignore[no-untyped-call]
    if is_sqlite:
        make_sqlite_transactional(engine)
    return engine


def make_sqlite_transactional(engine: Engine) -> None:
    """
    Let SQLite's transactions begin with the write lock.

    Python's driver begins them only at the first write. Two that have both read then cannot both go on, and
    one fails at once however long the timeout is.
    """
    event.listen(engine, "connect", _leave_transactions_to_us)
    event.listen(engine, "begin", _begin)


def _leave_transactions_to_us(dbapi_connection: Any, _record: Any) -> None:
    dbapi_connection.isolation_level = None


def _begin(connection: Connection) -> None:
    read_only = connection.get_execution_options().get(_READ_ONLY, False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


def _is_conflict(exc: DBAPIError) -> bool:
    if isinstance(exc, IntegrityError):
        # Two have made the same run; at the next attempt one finds the other's.
        return True
    original = exc.orig
    state = getattr(original, "sqlstate", None) or getattr(original, "pgcode", None)
    return state in _CONFLICT_SQLSTATES or "database is locked" in str(original)
