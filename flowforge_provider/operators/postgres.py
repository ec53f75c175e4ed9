"""The step that runs a statement on PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowforge_provider.operators.base import FlowForgeOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

    from flowforge_provider.nodes.builtin.postgres import PostgresParameters


class PostgresOperator(FlowForgeOperator):
    """
    Run one statement in one transaction and return {rows, row_count, columns}.

    ``rows`` are objects. Values that JSON lacks become strings: dates and times in ISO 8601, numeric in plain
    digits so that none is lost, uuid, inet, interval in ISO 8601, bytea in Base64. Arrays become lists; json
    and jsonb stay what they are.

    :param connection_id: Airflow connection of type postgres
    :param sql: one statement with ``%(name)s`` placeholders; never holds expressions
    :param values: list of {name, value}; objects and lists are bound as jsonb
    :param statement_timeout_s: seconds after which the database stops the statement
    :param row_limit: most rows that are read; more than that fail the step
    """

    @classmethod
    def parameters_model(cls) -> type[PostgresParameters]:
        from flowforge_provider.nodes.builtin.postgres import PostgresParameters

        return PostgresParameters

    def run(self, parameters: PostgresParameters, context: Context) -> dict[str, Any]:  # noqa: ARG002
        """Run the statement, commit, and return its rows."""
        from flowforge_provider.hooks.postgres import Statement

        statement = Statement(connection_id=parameters.connection_id)
        with self.stopped_by(statement.stop):
            return statement.run(
                parameters.sql,
                values={value.name: value.value for value in parameters.values},
                timeout_s=parameters.statement_timeout_s,
                row_limit=parameters.row_limit,
            )
