"""Run statements on PostgreSQL in one transaction, bounded in time and rows, with results that are JSON."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from flowforge_provider.exceptions import StepError
from flowforge_provider.hooks.postgres_commit import Outcome, find_outcome
from flowforge_provider.hooks.postgres_connection import open_connection
from flowforge_provider.hooks.postgres_cursor import Cursor
from flowforge_provider.hooks.postgres_decode import decoder
from flowforge_provider.hooks.postgres_encode import encode, possible_types
from flowforge_provider.hooks.postgres_errors import to_step_error

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from flowforge_provider.sql.bound import BoundStatement
    from flowforge_provider.sql.statements import Statement

Isolation = Literal["default", "read_committed", "repeatable_read", "serializable"]
Overflow = Literal["error", "cut"]

# How soon the server notices that the worker is gone, and stops the statement (PostgreSQL 14 and newer).
_CLIENT_CHECK_MS = 2_000


@dataclass(frozen=True)
class Options:
    """
    How a transaction is run.

    :param statement_timeout_s: seconds after which the database stops a statement
    :param lock_timeout_s: seconds to wait for a lock, None for as long as the statement may take
    :param row_limit: most rows that one statement may return
    :param overflow: whether more rows than that are an error, or are cut off
    :param read_only: refuse every change
    :param isolation: level of the transaction
    :param connect_timeout_s: seconds to wait for the server
    :param bound_connecting: whether that holds even if the connection itself says more
    :param max_chars: characters of all rows of one statement that are read into memory
    """

    statement_timeout_s: float = 60
    lock_timeout_s: float | None = None
    row_limit: int = 1_000
    overflow: Overflow = "error"
    read_only: bool = False
    isolation: Isolation = "default"
    connect_timeout_s: int = 15
    bound_connecting: bool = False
    max_chars: int = 64_000_000


@dataclass
class Result:
    """
    What one statement did.

    :param command: its first word
    :param line: where it stands in the user's SQL, from 1; 0 when it was not written by a person
    :param row_count: rows that it returned or changed
    :param columns: names of the columns, distinct, in order; None when it returns no rows
    :param rows: as objects
    :param is_cut: whether rows were left out
    """

    command: str
    line: int
    row_count: int = 0
    columns: list[str] | None = None
    rows: list[dict[str, Any]] = field(default_factory=list)
    is_cut: bool = False

    def told(self) -> dict[str, Any]:
        """Return the facts as JSON, without the rows."""
        return {"line": self.line, "command": self.command, "row_count": self.row_count}


class Transaction:
    """
    One transaction on an Airflow connection.

    ::

        transaction = Transaction("orders_db", Options())
        with transaction.open():
            transaction.execute([statement])

    All statements are committed when the block ends, and none of them when it is left by an error.

    :param connection_id: Airflow connection of type postgres
    :param options: how it is run
    """

    def __init__(self, connection_id: str, options: Options) -> None:
        self.connection_id = connection_id
        self.options = options
        self._connection: Any = None
        self._cursor: Cursor | None = None
        self._stopped = False

    def stop(self) -> None:
        """Cancel the statement that is under way; may be called from a signal handler."""
        self._stopped = True
        if self._connection is not None:
            with suppress(Exception):  # The connection may be gone already.
                self._connection.cancel()

    @contextmanager
    def open(self) -> Iterator[None]:
        """
        Begin, and commit at the end.

        :raises StepError: no connection, or the commit failed; when nobody can tell whether the commit was
            done, the code is ``postgres-commit-unknown``
        """
        with self._errors():
            self._connection = open_connection(
                self.connection_id,
                connect_timeout_s=self.options.connect_timeout_s,
                is_bound=self.options.bound_connecting,
            )
        try:
            with self._errors():
                self._prepare_session()
            yield
            self._commit()
        finally:
            connection, self._connection, self._cursor = self._connection, None, None
            with suppress(Exception):
                connection.close()  # Without a commit this rolls back.

    def execute(self, statements: Sequence[BoundStatement]) -> list[Result]:
        """
        Run statements one after the other.

        :return: one result for each
        :raises StepError: the database refuses one, or it returns too many rows; the error names it
        """
        results = []
        for number, bound in enumerate(statements, start=1):
            with self._errors(statement=bound.statement, number=number, count=len(statements)):
                results.append(self._run(bound, number=number, count=len(statements)))
        return results

    def fetch_json(self, sql: str, values: list[str]) -> str:
        """Return the one text that a query of our own yields."""
        with self._errors():
            return str(self.cursor.fetch(sql, values)[0][0])

    @property
    def cursor(self) -> Cursor:
        """Return what speaks to the database while the transaction is open."""
        assert self._cursor is not None  # noqa: S101 - a mistake of ours
        return self._cursor

    def _prepare_session(self) -> None:
        import psycopg

        options, connection = self.options, self._connection
        if options.isolation != "default":
            connection.isolation_level = psycopg.IsolationLevel[options.isolation.upper()]
        connection.read_only = True if options.read_only else None
        self._cursor = Cursor(connection)
        settings = {
            "statement_timeout": str(max(1, round(options.statement_timeout_s * 1000))),
            "client_encoding": "UTF8",
            "standard_conforming_strings": "on",
            "DateStyle": "ISO",
            "IntervalStyle": "iso_8601",
            "bytea_output": "hex",
            "extra_float_digits": "1",
        }
        if options.lock_timeout_s is not None:
            settings["lock_timeout"] = str(max(1, round(options.lock_timeout_s * 1000)))
        if connection.info.server_version >= 140_000:
            settings["client_connection_check_interval"] = str(_CLIENT_CHECK_MS)
        pairs = [text for pair in settings.items() for text in pair]
        calls = [f"set_config(${index}, ${index + 1}, true)" for index in range(1, len(pairs), 2)]
        self.cursor.fetch(f"SELECT {', '.join(calls)}", pairs)

    def _run(self, bound: BoundStatement, *, number: int, count: int) -> Result:
        statement, cursor = bound.statement, self.cursor
        result = Result(command=statement.command, line=statement.line)
        described = cursor.describe(statement.text, possible_types(bound.values))
        catalog = cursor.types
        catalog.load([*described.parameters, *(oid for _, oid in described.columns)])
        values = [
            encode(value, catalog.get(oid), catalog, name=f"The value of {expression}")
            for value, oid, expression in zip(
                bound.values, described.parameters, statement.expressions or bound.names, strict=True
            )
        ]
        if not described.columns:
            result.row_count, returned = cursor.execute(statement.text, values, described.parameters)
            if returned:
                result.columns = []
                result.rows = [{} for _ in range(min(result.row_count, self.options.row_limit))]
                result.is_cut = len(result.rows) < result.row_count
                if result.is_cut and self.options.overflow == "error":
                    raise _too_many_rows(self.options.row_limit, _told(statement, number, count))
            return result
        result.columns = _distinct([name for name, _ in described.columns])
        decoders = [decoder(catalog.get(oid), catalog) for _, oid in described.columns]
        self._read(
            bound, values, described.parameters, result, decoders, told=_told(statement, number, count)
        )
        return result

    def _read(
        self,
        bound: BoundStatement,
        values: list[str | None],
        types: list[int],
        result: Result,
        decoders: list[Callable[[str], Any]],
        *,
        told: str,
    ) -> None:
        options, statement = self.options, bound.statement
        columns = result.columns or []
        size = seen = 0
        # A cursor lets the database stop working once enough is read; but it cannot work in parallel then.
        with_cursor = options.overflow == "cut" and statement.is_query
        rows = self.cursor.stream(
            statement.text, values, types, most=options.row_limit + 1 if with_cursor else None
        )
        for row in rows:
            seen += 1
            if len(result.rows) >= options.row_limit:
                if options.overflow == "error":
                    rows.close()
                    raise _too_many_rows(options.row_limit, told)
                result.is_cut = True
                continue
            size += sum(len(text) for text in row if text is not None)
            if size > options.max_chars:
                rows.close()
                raise _too_large(options.max_chars, told)
            result.rows.append(
                {
                    name: None if text is None else decode(text)
                    for name, text, decode in zip(columns, row, decoders, strict=True)
                }
            )

        # How many rows a query would have had is not known once it was cut; how many were changed is.
        result.row_count = len(result.rows) if statement.is_query else seen

    def _commit(self) -> None:
        xid = None
        with self._errors():
            xid = self.cursor.transaction_id()
        try:
            with self._errors():
                self._connection.commit()
        except StepError as error:
            if error.kind != "connection" or xid is None:
                raise
            outcome = find_outcome(self.connection_id, xid)
            if outcome is Outcome.COMMITTED:
                return
            if outcome is Outcome.ABORTED:
                raise
            raise StepError(
                f"The connection to the database of {self.connection_id!r} was lost while the changes were "
                "being committed, and the database could not be asked since. They may have been made or "
                "not: look before you run it again. Steps that write the same rows once, by an upsert, may "
                "be repeated.",
                code="postgres-commit-unknown",
                detail=error.detail,
                kind="connection",
            ) from error

    @contextmanager
    def _errors(
        self, *, statement: Statement | None = None, number: int = 0, count: int = 1
    ) -> Iterator[None]:
        import psycopg

        try:
            yield
        except psycopg.Error as error:
            if self._stopped:
                raise StepError("The statement was stopped.", code="step-stopped") from error
            raise to_step_error(
                error,
                connection_id=self.connection_id,
                statement=statement,
                number=number,
                count=count,
                timeout_s=self.options.statement_timeout_s,
            ) from error


def _told(statement: Statement, number: int, count: int) -> str:
    return f"Statement {number} (line {statement.line})" if count > 1 and statement.line else "The statement"


def _too_many_rows(limit: int, told: str) -> StepError:
    return StepError(
        f"{told} returns more than {limit} rows; nothing was changed. Add a LIMIT, raise the row limit, or "
        "have the rest cut off.",
        code="too-many-rows",
        detail={"row_limit": limit},
        retryable=False,
    )


def _too_large(limit: int, told: str) -> StepError:
    return StepError(
        f"{told} returns more than {limit} characters; nothing was changed. Select fewer rows or columns, or "
        "raise [flowforge] max_output_bytes.",
        code="output-too-large",
        detail={"limit": limit},
        retryable=False,
    )


def _distinct(names: list[str]) -> list[str]:
    """Return column names made distinct by a number, since a row becomes an object."""
    distinct: dict[str, None] = {}
    for name in names:
        candidate, number = name, 1
        while candidate in distinct:
            number += 1
            candidate = f"{name}_{number}"
        distinct[candidate] = None
    return list(distinct)
