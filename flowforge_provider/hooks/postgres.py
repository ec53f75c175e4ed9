"""Run one statement on PostgreSQL, bounded in time and rows, with results that are JSON."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from flowforge_provider.exceptions import StepError
from flowforge_provider.hooks.json_values import to_json_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
import re

# SQLSTATE classes and codes: PostgreSQL documentation, appendix A.
_QUERY_CANCELED = "57014"
_SYNTAX_OR_ACCESS = "42"
# Statements for which a cursor can be declared; comments and opening parentheses may stand before them.
_QUERY = re.compile(
    r"(?:\s|\(|--[^\n]*(?:\n|$)|/\*.*?\*/)*(?:select|values|table|with)\b", re.IGNORECASE | re.DOTALL
)


class Statement:
    """
    One statement on an Airflow connection, with psycopg 3 or 2, whichever Airflow's hook uses.

    :param connection_id: Airflow connection of type postgres
    """

    def __init__(self, *, connection_id: str) -> None:
        self.connection_id = connection_id
        self._connection: Any = None
        self._stopped = False

    def stop(self) -> None:
        """Cancel the statement that is under way; may be called from a signal handler."""
        self._stopped = True
        if self._connection is not None:
            with suppress(Exception):  # The connection may be gone already.
                self._connection.cancel()

    def run(self, sql: str, *, values: Mapping[str, Any], timeout_s: float, row_limit: int) -> dict[str, Any]:
        """
        Run the statement in a transaction and commit.

        :param sql: one statement with ``%(name)s`` placeholders
        :param values: name -> JSON; objects and lists are bound as jsonb
        :param timeout_s: seconds after which the database stops the statement
        :param row_limit: most rows that are read
        :return: {rows, row_count, columns}; ``row_count`` counts changed rows where none are returned
        :raises StepError: no connection, the database refuses the statement, or there are more rows than the
            limit
        """
        with self._errors(timeout_s=timeout_s), self._transaction(timeout_s=timeout_s) as cursor:
            columns, rows, row_count = self._execute(cursor, sql, values, row_limit=row_limit)
            return {
                "rows": [dict(zip(columns, map(to_json_value, row), strict=True)) for row in rows],
                "row_count": row_count,
                "columns": columns,
            }

    def _execute(
        self, cursor: Any, sql: str, values: Mapping[str, Any], *, row_limit: int
    ) -> tuple[list[str], list[Any], int]:
        bound = {name: self._bound(name, value) for name, value in values.items()}
        query = self._open_query(cursor, sql, bound)
        if query is None:
            cursor.execute(sql, bound)
            if cursor.description is None:
                return [], [], max(cursor.rowcount, 0)
        try:
            rows = (query or cursor).fetchmany(row_limit + 1)
            description = (query or cursor).description
        finally:
            if query is not None:
                query.close()
        if len(rows) > row_limit:
            raise StepError(
                f"The statement returns more than {row_limit} rows; nothing was committed. Add a LIMIT, or "
                "raise the row limit.",
                code="too-many-rows",
                detail={"row_limit": row_limit},
                retryable=False,
            )
        return _distinct([column[0] for column in description]), rows, len(rows)

    def _open_query(self, cursor: Any, sql: str, bound: Mapping[str, Any]) -> Any:
        """
        Return a cursor on the database's side, or None for a statement that cannot have one.

        Without one, all rows of a query would come into the worker's memory before they can be counted.
        """
        if not _QUERY.match(sql):
            return None
        cursor.execute("SAVEPOINT flowforge")
        opened = self._connection.cursor(name="flowforge", **self._plain_rows())
        try:
            opened.execute(sql, bound)
        except Exception as error:
            if _is_psycopg3(self._connection):
                opened.close()  # It complains otherwise; psycopg 2 would send a CLOSE for what is not there.
            if not _is_driver_error(error) or self._stopped:
                raise
            # Declaring a cursor runs nothing yet, so the statement can be run as it is, for its own error.
            cursor.execute("ROLLBACK TO SAVEPOINT flowforge")
            return None
        return opened

    @contextmanager
    def _transaction(self, *, timeout_s: float) -> Iterator[Any]:
        from airflow.providers.postgres.hooks.postgres import PostgresHook

        connection: Any = PostgresHook(postgres_conn_id=self.connection_id).get_conn()
        self._connection = connection
        try:
            with connection.cursor(**self._plain_rows()) as cursor:
                cursor.execute(
                    "SELECT set_config('statement_timeout', %s, true)",
                    (str(max(1, round(timeout_s * 1000))),),
                )
                yield cursor
            connection.commit()
        finally:
            self._connection = None
            with suppress(Exception):
                connection.close()  # Without a commit this rolls back.

    def _plain_rows(self) -> dict[str, Any]:
        """Return arguments of ``cursor`` that make rows tuples, whatever the connection asks for."""
        if _is_psycopg3(self._connection):
            from psycopg.rows import tuple_row

            return {"row_factory": tuple_row}
        from psycopg2.extensions import cursor

        return {"cursor_factory": cursor}

    def _bound(self, name: str, value: Any) -> Any:
        if _holds_nul(value):
            raise StepError(
                f"Value {name!r} holds the character NUL, which PostgreSQL cannot keep. Replace it.",
                code="postgres-value",
                retryable=False,
            )
        if not isinstance(value, (dict, list)):
            return value
        if _is_psycopg3(self._connection):
            from psycopg.types.json import Jsonb

            return Jsonb(value)
        from psycopg2.extras import Json

        return Json(value)

    @contextmanager
    def _errors(self, *, timeout_s: float) -> Iterator[None]:
        try:
            yield
        except StepError:
            raise
        except Exception as error:
            if not _is_driver_error(error):
                raise
            raise self._told(error, timeout_s=timeout_s) from error

    def _told(self, error: Exception, *, timeout_s: float) -> StepError:
        state = getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)
        diagnosis = getattr(error, "diag", None)
        message = getattr(diagnosis, "message_primary", None) or str(error).strip() or type(error).__name__
        detail = {
            "sqlstate": state,
            "message": message,
            **{
                name: getattr(diagnosis, attribute, None)
                for name, attribute in (
                    ("detail", "message_detail"),
                    ("hint", "message_hint"),
                    ("position", "statement_position"),
                    ("constraint", "constraint_name"),
                )
            },
        }
        if self._stopped:
            return StepError("The statement was stopped.", code="step-stopped", detail=detail)
        if state == _QUERY_CANCELED:
            return StepError(
                f"The statement ran longer than {timeout_s:g} s and was stopped by the database. Make it "
                "faster, or raise the timeout.",
                code="postgres-timeout",
                detail=detail,
            )
        if state is None and type(error).__name__ in ("OperationalError", "ConnectionTimeout"):
            return StepError(
                f"No connection to the database of {self.connection_id!r}: {message.splitlines()[0]}. Check "
                "the connection in Airflow and that the database is up.",
                code="postgres-connection",
                detail=detail,
            )
        return StepError(
            f"The database refuses the statement: {message}. [SQLSTATE {state}]" if state else f"{message}.",
            code="postgres-error",
            detail=detail,
            retryable=not (state or "").startswith(_SYNTAX_OR_ACCESS),
        )


def _is_psycopg3(connection: Any) -> bool:
    return type(connection).__module__.partition(".")[0] == "psycopg"


def _is_driver_error(error: Exception) -> bool:
    return any(
        cls.__name__ == "Error" and cls.__module__.partition(".")[0] in ("psycopg", "psycopg2")
        for cls in type(error).__mro__
    )


def _holds_nul(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_holds_nul(key) or _holds_nul(item) for key, item in value.items())
    if isinstance(value, list):
        return any(map(_holds_nul, value))
    return isinstance(value, str) and "\0" in value


def _distinct(names: list[str]) -> list[str]:
    """Return column names made distinct by a number, since a row becomes an object."""
    distinct: list[str] = []
    for name in names:
        candidate, number = name, 1
        while candidate in distinct:
            number += 1
            candidate = f"{name}_{number}"
        distinct.append(candidate)
    return distinct
