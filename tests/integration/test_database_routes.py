"""Pickers read names from a real database by the API of a real api-server, and nothing else."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.postgres import PASSWORD, USER
from tests.support.routes import assert_problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from tests.support.airflow import AirflowInstance
    from tests.support.postgres import PostgresServer

pytestmark = pytest.mark.integration
BASE = "/flowforge/api/connections"


@pytest.fixture(scope="module")
def described(airflow_api: AirflowInstance, postgres_server: PostgresServer) -> Iterator[dict[str, Any]]:
    """The connection ``shop_db`` and its database; gives the connection's fields."""
    name = postgres_server.create_database()
    for statement in (
        "CREATE SCHEMA sales",
        "CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, quantity int NOT NULL, "
        "note text, total numeric(12, 2) GENERATED ALWAYS AS (quantity * 2) STORED, "
        "at timestamptz DEFAULT now())",
        'CREATE TABLE sales."Odd ""name""" (a int)',
        "CREATE VIEW many AS SELECT * FROM orders",
        "CREATE FUNCTION place(customer text, amount int DEFAULT 1) RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE PROCEDURE sales.tidy(day date) LANGUAGE sql AS 'SELECT 1'",
    ):
        postgres_server.query(name, statement)
    fields = {
        "conn_type": "postgres",
        "host": "127.0.0.1",
        "port": postgres_server.port,
        "login": USER,
        "password": PASSWORD,
        "schema": name,
    }
    airflow_api.add_connection("shop_db", **fields)
    yield fields
    postgres_server.drop_database(name)


@pytest.fixture
def admin(airflow_api: AirflowInstance, described: dict[str, Any]) -> Iterator[httpx.Client]:
    with airflow_api.client("admin") as client:
        yield client


def names(client: httpx.Client, kind: str, **query: str) -> dict[str, str]:
    answer = client.get(f"{BASE}/shop_db/{kind}", params=query)
    assert answer.status_code == 200, answer.text
    return {one["name"]: one["description"] for one in answer.json()["objects"]}


def test_what_a_database_holds(admin: httpx.Client) -> None:
    assert names(admin, "schemas") == {"public": "", "sales": ""}
    assert names(admin, "tables") == {"many": "view", "orders": "table"}
    assert names(admin, "tables", schema="sales") == {'Odd "name"': "table"}
    assert names(admin, "columns", table="orders") == {
        "id": "bigint, primary key",
        "quantity": "integer, required",
        "note": "text",
        "total": "numeric(12,2), generated",
        "at": "timestamp with time zone",
    }
    assert next(iter(names(admin, "columns", schema="public", table="orders"))) == "id"
    assert names(admin, "columns", schema="sales", table='Odd "name"') == {"a": "integer"}
    assert names(admin, "columns", table="gone") == {}
    assert names(admin, "functions") == {"place": "(customer text, amount integer DEFAULT 1) → integer"}
    assert names(admin, "functions", schema="sales") == {"tidy": "procedure (IN day date)"}


@pytest.mark.parametrize("text", ["'; DROP TABLE orders; --", 'x" OR 1=1', "$1", "\\'"])
def test_what_is_asked_for_is_a_value(admin: httpx.Client, text: str) -> None:
    assert names(admin, "tables", schema=text) == {}
    assert names(admin, "columns", schema=text, table=text) == {}
    assert "orders" in names(admin, "tables")


@pytest.mark.parametrize("role", ["viewer", "user"])
def test_who_may_not_edit_or_see_connections_is_refused(
    airflow_api: AirflowInstance, described: dict[str, Any], role: str
) -> None:
    with airflow_api.client(role) as client:
        assert_problem(client.get(f"{BASE}/shop_db/tables"), status=403)


@pytest.fixture
def silent_server() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"port": 1}, "refused"),
        ({"password": "wrong"}, "password authentication failed"),
        ({"schema": "gone"}, "does not exist"),
        ({"conn_type": "http"}, "not postgres"),
    ],
)
def test_a_database_that_cannot_be_asked(
    airflow_api: AirflowInstance, described: dict[str, Any], changes: dict[str, Any], told: str
) -> None:
    name = f"broken_{next(iter(changes))}"
    airflow_api.add_connection(name, **{**described, **changes})
    with airflow_api.client("admin") as client:
        answer = client.get(f"{BASE}/{name}/tables")
    assert_problem(answer, status=502)
    assert answer.json()["code"] == "postgres-connection"
    assert told in answer.json()["detail"]
    assert PASSWORD not in answer.text


def test_an_unknown_connection(admin: httpx.Client) -> None:
    answer = admin.get(f"{BASE}/never_made/tables")
    assert_problem(answer, status=502)
    assert "never_made" in answer.json()["detail"]
    assert_problem(admin.get(f"{BASE}/a%20b/tables"), status=422)


def test_a_database_that_is_silent_is_not_waited_for(
    airflow_api: AirflowInstance, admin: httpx.Client, silent_server: int
) -> None:
    # The connection itself would wait for ten minutes.
    extra = '{"connect_timeout": 600}'
    airflow_api.add_connection(
        "silent_db", conn_type="postgres", host="127.0.0.1", port=silent_server, login=USER, extra=extra
    )
    started = time.monotonic()
    assert_problem(admin.get(f"{BASE}/silent_db/tables", timeout=30), status=502)
    assert time.monotonic() - started < 15
