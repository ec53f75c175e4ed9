"""Speak PostgreSQL's extended protocol by psycopg 3, with all values as text of known types."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from flowforge_provider.hooks.postgres_types import TEXT_OID, UNKNOWN_OID, TypeCatalog

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

# Errors which say that a value of this type cannot stand there: PostgreSQL documentation, appendix A.
_TYPE_ERRORS = ("42804", "42883", "42725", "42846", "42P18", "22P02")
_SAVEPOINT = "flowforge"
# Rows that are taken from the connection at once; older versions of libpq give them one by one.
_CHUNK = 100


@dataclass(frozen=True)
class Described:
    """
    What the database says about a statement before it runs.

    :param parameters: OIDs of the types of ``$1``, ``$2``
    :param columns: pairs (name, OID) of the result
    """

    parameters: list[int]
    columns: list[tuple[str, int]]


class _Text(NamedTuple):
    """A value in text form with its type."""

    text: str
    oid: int


class Cursor:
    """
    Runs statements with ``$1`` placeholders on one connection.

    :param connection: a psycopg 3 connection that speaks UTF-8 once its first query has run; from now on it
        takes values as texts with a type, and gives all results as texts
    """

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        _adapt(connection)
        self.types = TypeCatalog(lambda sql, values: str(self.fetch(sql, values)[0][0]))

    def fetch(self, sql: str, values: Sequence[str | None] = ()) -> list[tuple[str | None, ...]]:
        """Return all rows of a query of our own as texts; values are texts too."""
        cursor = self._raw()
        cursor.execute(sql, [None if value is None else _Text(value, TEXT_OID) for value in values])
        rows: list[tuple[str | None, ...]] = cursor.fetchall()
        return rows

    def transaction_id(self) -> str | None:
        """Return the id by which a transaction that has changed something can be asked for later."""
        if self._connection.info.server_version < 130_000:
            return None
        return self.fetch("SELECT pg_catalog.pg_current_xact_id_if_assigned()::text")[0][0]

    def describe(self, sql: str, wishes: Sequence[Sequence[int]]) -> Described:
        """
        Ask the database which types the values have and what comes back. Nothing is run.

        :param wishes: lists of OIDs that the values might have, 0 where the database shall find out. The
            first list whose types fit counts.
        :raises psycopg.Error: the statement is wrong
        """
        distinct = list(dict.fromkeys(map(tuple, wishes)))
        if len(distinct) == 1:
            return self._describe(sql, distinct[0])
        import psycopg

        first: Exception | None = None
        with self._savepoint() as undo:
            for types in distinct:
                try:
                    return self._describe(sql, types)
                except psycopg.Error as error:  # noqa: PERF203 - three tries at most
                    if error.sqlstate not in _TYPE_ERRORS:
                        raise
                    first = first or error
                    undo()
            # The first wish is made of the values' own types, which are what the user knows of.
            raise first or AssertionError

    def execute(self, sql: str, values: Sequence[str | None], types: Sequence[int]) -> tuple[int, bool]:
        """
        Run a statement whose result has no columns.

        :return: how many rows it has changed or returned, 0 where that means nothing; whether they are rows
            of a result
        """
        from psycopg import pq

        cursor = self._raw()
        cursor.execute(sql, _typed(values, types))
        returned = cursor.pgresult is not None and cursor.pgresult.status == pq.ExecStatus.TUPLES_OK
        return max(int(cursor.rowcount), 0), returned

    def stream(
        self, sql: str, values: Sequence[str | None], types: Sequence[int], *, most: int | None = None
    ) -> Generator[tuple[str | None, ...], None, None]:
        """
        Yield the rows of a statement as texts, without holding all of them in memory.

        :param most: rows after which the database may stop; declares a cursor where that is possible
        """
        import psycopg

        cursor = self._raw()
        size = _CHUNK if psycopg.capabilities.has_stream_chunked() else 1
        if most is not None and self._declare(cursor, sql, _typed(values, types)):
            yield from cursor.stream(f"FETCH FORWARD {most} FROM {_SAVEPOINT}", size=size)
            cursor.execute(f"CLOSE {_SAVEPOINT}")
            return
        yield from cursor.stream(sql, _typed(values, types), size=size)

    def _declare(self, cursor: Any, sql: str, values: list[Any]) -> bool:
        import psycopg

        with self._savepoint() as undo:
            try:
                cursor.execute(f"DECLARE {_SAVEPOINT} NO SCROLL CURSOR FOR {sql}", values)
            except (psycopg.ProgrammingError, psycopg.NotSupportedError):
                # Nothing has run yet, so the statement can be run as it is, for its own error.
                undo()
                return False
        return True

    def _describe(self, sql: str, types: Sequence[int]) -> Described:
        from psycopg import errors, generators, pq

        connection = self._connection

        def converse() -> Any:
            result: Any = None
            for send, arguments in (
                (connection.pgconn.send_prepare, (b"", sql.encode(), list(types))),
                (connection.pgconn.send_describe_prepared, (b"",)),
            ):
                send(*arguments)
                (result,) = yield from generators.execute(connection.pgconn)
                if result.status == pq.ExecStatus.FATAL_ERROR:
                    raise errors.error_from_result(result, encoding="utf-8")
            return result

        with connection.lock:
            result = connection.wait(converse())
        parameters = [result.param_type(index) for index in range(result.nparams)]
        columns = [
            ((result.fname(index) or b"").decode(), result.ftype(index)) for index in range(result.nfields)
        ]
        return Described(
            parameters=[TEXT_OID if oid == UNKNOWN_OID else oid for oid in parameters],
            columns=columns,
        )

    @contextmanager
    def _savepoint(self) -> Iterator[Any]:
        """Yield a function that takes back what was done in the block, so that the transaction lives on."""
        self._raw().execute(f"SAVEPOINT {_SAVEPOINT}")
        yield lambda: self._raw().execute(f"ROLLBACK TO SAVEPOINT {_SAVEPOINT}")
        # An error that leaves the block ends the transaction anyway.
        self._raw().execute(f"RELEASE SAVEPOINT {_SAVEPOINT}")

    def _raw(self) -> Any:
        import psycopg
        from psycopg.rows import tuple_row

        return psycopg.RawCursor(self._connection, row_factory=tuple_row)


def _typed(values: Sequence[str | None], types: Sequence[int]) -> list[_Text | None]:
    return [None if value is None else _Text(value, oid) for value, oid in zip(values, types, strict=True)]


def _adapt(connection: Any) -> None:
    dumper, loader, oids = _adapters()
    connection.adapters.register_dumper(_Text, dumper)
    for oid in oids:
        connection.adapters.register_loader(oid, loader)


@lru_cache(maxsize=1)
def _adapters() -> tuple[Any, Any, list[int]]:
    import psycopg
    from psycopg.adapt import Dumper
    from psycopg.types.string import TextLoader

    class TextDumper(Dumper):
        def get_key(self, obj: _Text, format: Any) -> Any:  # noqa: A002, ARG002 - psycopg's signature
            return (self.cls, obj.oid)

        def upgrade(self, obj: _Text, format: Any) -> TextDumper:  # noqa: A002, ARG002
            upgraded = type(self)(self.cls)
            upgraded.oid = obj.oid
            return upgraded

        def dump(self, obj: _Text) -> bytes:
            return obj.text.encode()

    known = psycopg.adapters.types
    oids = {info.oid for info in known} | {info.array_oid for info in known if info.array_oid}
    return TextDumper, TextLoader, sorted(oids)
