"""The step that reads and writes PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowforge_provider.operators.base import FlowForgeOperator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow.sdk import Context

    from flowforge_provider.hooks.postgres import Result, Transaction
    from flowforge_provider.nodes.builtin.postgres import PostgresParameters
    from flowforge_provider.sql.bound import BoundStatement


class PostgresOperator(FlowForgeOperator):
    """
    Run one transaction on PostgreSQL and return {rows, row_count, columns, truncated, statements}.

    Expressions in ``sql`` are bound as parameters of the protocol and never become part of the text. Rows are
    objects of JSON: see ``hooks/postgres_decode.py`` for how each type looks.

    :param connection_id: Airflow connection of type postgres
    :param operation: query, execute, insert, update, upsert, delete, call
    :param sql: statements joined by semicolons, for query and execute
    :param table_schema: schema of the table or function; empty to search as the database does
    :param table: table of insert, update, upsert and delete
    :param function: function or procedure of call
    :param arguments: list of {name, value}; those without a name come first
    :param rows_from: columns for one row from ``row``, list for many from ``rows``
    :param row: list of {name, value}
    :param rows: list of objects
    :param changes: list of {name, value} that update sets
    :param where: list of {column, operator, value} that a row must all pass
    :param all_rows: whether update and delete may go without a condition
    :param conflict_columns: columns of the unique index of an upsert
    :param conflict_action: update or ignore
    :param update_columns: columns that an upsert updates; all but the key when empty
    :param returning: columns of the written rows that are handed on
    :param read_only: whether the database refuses changes by a query
    :param row_limit: most rows that one statement may return
    :param on_overflow: error or cut
    :param statement_timeout_s: seconds after which the database stops a statement
    :param lock_timeout_s: seconds to wait for a lock
    :param isolation: default, read_committed, repeatable_read or serializable
    """

    @classmethod
    def parameters_model(cls) -> type[PostgresParameters]:
        from flowforge_provider.nodes.builtin.postgres import PostgresParameters

        return PostgresParameters

    def run(self, parameters: PostgresParameters, context: Context) -> dict[str, Any]:  # noqa: ARG002
        """Run the statements, commit, and return the rows."""
        from flowforge_provider.hooks.postgres import Options, Transaction
        from flowforge_provider.settings import max_output_bytes

        options = Options(
            statement_timeout_s=parameters.statement_timeout_s,
            lock_timeout_s=parameters.lock_timeout_s,
            row_limit=parameters.row_limit,
            overflow=parameters.on_overflow,
            read_only=parameters.operation == "query" and parameters.read_only,
            isolation=parameters.isolation,
            # JSON may be shorter than PostgreSQL's text, by half at most (bytea).
            max_chars=2 * max_output_bytes(),
        )
        transaction = Transaction(parameters.connection_id, options)
        with self.stopped_by(transaction.stop), transaction.open():
            results = transaction.execute(_statements(parameters, transaction))
        return _output(results, is_sum=parameters.operation in ("insert", "upsert"))


def _statements(parameters: PostgresParameters, transaction: Transaction) -> Sequence[BoundStatement]:
    from flowforge_provider.hooks import postgres_tables as tables
    from flowforge_provider.sql.bound import BoundSql

    if isinstance(parameters.sql, BoundSql) and parameters.operation in ("query", "execute"):
        return parameters.sql.statements
    fetch = transaction.fetch_json
    if parameters.operation == "call":
        arguments = [(argument.name, argument.value) for argument in parameters.arguments]
        return [
            tables.call(fetch, schema=parameters.table_schema, name=parameters.function, arguments=arguments)
        ]
    table = tables.Table(
        fetch, transaction.cursor.types, schema=parameters.table_schema, name=parameters.table
    )
    where = [
        tables.Condition(condition.column, condition.operator, condition.value)
        for condition in parameters.where
    ]
    if parameters.operation == "update":
        changes = {change.name: change.value for change in parameters.changes}
        return [table.update(changes, where, returning=parameters.returning)]
    if parameters.operation == "delete":
        return [table.delete(where, returning=parameters.returning)]
    conflict = None
    if parameters.operation == "upsert":
        conflict = tables.Conflict(
            parameters.conflict_columns, parameters.conflict_action, parameters.update_columns
        )
    rows = (
        parameters.rows
        if parameters.rows_from == "list"
        else [{column.name: column.value for column in parameters.row}]
    )
    return list(table.insert(rows, conflict=conflict, returning=parameters.returning))


def _output(results: Sequence[Result], *, is_sum: bool) -> dict[str, Any]:
    returned = [result for result in results if result.columns is not None]
    shown = (returned if is_sum else returned[-1:]) or []
    counted = results if is_sum else results[-1:]
    return {
        "rows": [row for result in shown for row in result.rows],
        "row_count": sum(result.row_count for result in counted),
        "columns": shown[-1].columns if shown else [],
        "truncated": any(result.is_cut for result in results),
        "statements": [result.told() for result in results],
    }
