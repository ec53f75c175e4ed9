"""Run PostgreSQL steps in this process, on the test's own database."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from flowforge_provider.exceptions import StepError
from flowforge_provider.nodes.builtin.postgres import PostgresParameters, PostgresQuery
from flowforge_provider.nodes.parameters import inspect_parameters, render_parameters
from flowforge_provider.operators.postgres import PostgresOperator
from tests.support.postgres import PASSWORD, USER

if TYPE_CHECKING:
    from tests.support.postgres import PostgresServer

CONNECTION_ID = "orders_db"


def connection(server: PostgresServer, database: str, **changes: Any) -> dict[str, str]:
    """Return the environment variable that makes ``orders_db`` a connection to a database."""
    described = {
        "conn_type": "postgres",
        "host": "127.0.0.1",
        "login": USER,
        "password": PASSWORD,
        "port": server.port,
        "schema": database,
        **changes,
    }
    return {"AIRFLOW_CONN_ORDERS_DB": json.dumps(described)}


def run_step(data: dict[str, Any] | None = None, **parameters: Any) -> dict[str, Any]:
    """
    Check, render and run a step as its operator does; return its output, which is JSON.

    :param data: what expressions see as ``trigger.body``
    :param parameters: of ``postgres.query``
    """
    given = {"connection_id": CONNECTION_ID, "statement_timeout_s": 20, **parameters}
    _, errors = inspect_parameters(PostgresParameters, given)
    problems = [problem for problem in PostgresQuery.check(given, upstream=[]) if problem.severity == "error"]
    assert not errors, errors
    assert not problems, problems
    rendered = render_parameters(PostgresParameters, given, {"trigger": {"body": data or {}}})
    json.dumps(rendered.model_dump(mode="json"))
    operator = PostgresOperator(task_id="q", **given)
    output: dict[str, Any] = operator.run(rendered, {})
    assert json.loads(json.dumps(output, allow_nan=False)) == output
    return output


def query(sql: str, data: dict[str, Any] | None = None, **parameters: Any) -> list[dict[str, Any]]:
    """Return the rows of a query."""
    rows: list[dict[str, Any]] = run_step(data, sql=sql, **parameters)["rows"]
    return rows


def execute(sql: str, data: dict[str, Any] | None = None, **parameters: Any) -> dict[str, Any]:
    """Return the output of any SQL."""
    return run_step(data, operation="execute", sql=sql, **parameters)


def value_of(expression: str, value: Any = None, **parameters: Any) -> Any:
    """Return what one SQL expression yields, in which ``{{ trigger.body.value }}`` is the value."""
    (row,) = query(f"SELECT {expression} AS value", {"value": value}, **parameters)
    return row["value"]


def error_of(data: dict[str, Any] | None = None, **parameters: Any) -> StepError:
    """Return the error of a step that fails."""
    with pytest.raises(StepError) as caught:
        run_step(data, **parameters)
    return caught.value
