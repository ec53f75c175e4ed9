"""PostgreSQL steps against a real server, with both drivers that Airflow's hook may use."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.postgres.hooks import postgres as airflow_postgres

from flowforge_provider.exceptions import StepError
from flowforge_provider.hooks.postgres import Statement
from tests.support.postgres import PASSWORD, USER

if TYPE_CHECKING:
    from tests.support.postgres import PostgresServer

pytestmark = pytest.mark.integration


@pytest.fixture(params=["psycopg3", "psycopg2"], autouse=True)
def driver(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(airflow_postgres, "USE_PSYCOPG3", request.param == "psycopg3")
    return str(request.param)


def set_connection(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
    connection = {
        "conn_type": "postgres",
        "host": "127.0.0.1",
        "login": USER,
        "password": PASSWORD,
        **changes,
    }
    monkeypatch.setenv("AIRFLOW_CONN_ORDERS_DB", json.dumps(connection))


@pytest.fixture(autouse=True)
def database(postgres_server: PostgresServer, postgres_database: str, monkeypatch: pytest.MonkeyPatch) -> str:
    set_connection(monkeypatch, port=postgres_server.port, schema=postgres_database)
    return postgres_database


def run(sql: str, *, timeout_s: float = 10, row_limit: int = 100, **values: Any) -> dict[str, Any]:
    statement = Statement(connection_id="orders_db")
    result = statement.run(sql, values=values, timeout_s=timeout_s, row_limit=row_limit)
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    return result


def error_of(sql: str, **options: Any) -> StepError:
    with pytest.raises(StepError) as caught:
        run(sql, **options)
    return caught.value


def value_of(expression: str, **values: Any) -> Any:
    return run(f"SELECT {expression} AS value", **values)["rows"][0]["value"]


def test_rows_are_objects() -> None:
    assert run("SELECT 1 AS id, 'a' AS name UNION ALL SELECT 2, NULL ORDER BY id") == {
        "rows": [{"id": 1, "name": "a"}, {"id": 2, "name": None}],
        "row_count": 2,
        "columns": ["id", "name"],
    }


def test_columns_of_one_name_are_told_apart() -> None:
    assert run("SELECT 1 AS a, 2 AS a, 3 AS a_2, 4 AS a")["rows"] == [
        {"a": 1, "a_2": 2, "a_2_2": 3, "a_3": 4}
    ]


def test_changes_are_committed(postgres_server: PostgresServer, database: str) -> None:
    postgres_server.query(database, "CREATE TABLE t (id serial, name text)")
    added = run("INSERT INTO t (name) VALUES (%(name)s) RETURNING id, name", name="Ёж'; DROP TABLE t; --")
    assert added["rows"] == [{"id": 1, "name": "Ёж'; DROP TABLE t; --"}]
    assert run("UPDATE t SET name = 'b'") == {"rows": [], "row_count": 1, "columns": []}
    assert run("SELECT name FROM t")["rows"] == [{"name": "b"}]


def test_a_percent_sign_is_written_twice() -> None:
    assert value_of("'100%%'") == "100%"
    assert value_of("'100%%' || %(a)s", a="!") == "100%!"


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("NULL", None),
        ("true", True),
        ("9223372036854775807::bigint", 9223372036854775807),
        ("1.5::float8", 1.5),
        ("'NaN'::float8", "nan"),
        ("'infinity'::float8", "inf"),
        ("12.50::numeric", 12.5),
        ("3.00::numeric", 3),
        ("sum(x) FROM (VALUES (1::bigint), (2)) AS t (x)", 3),
        ("0.1::numeric", 0.1),
        ("12345678901234567890.123456789::numeric", "12345678901234567890.123456789"),
        ("'NaN'::numeric", "NaN"),
        ("'2024-02-29'::date", "2024-02-29"),
        ("'12:34:56.7'::time", "12:34:56.700000"),
        ("'2024-02-29 12:34:56'::timestamp", "2024-02-29T12:34:56"),
        ("'1 day 2 hours 0.5 seconds'::interval", "P1DT2H0.5S"),
        ("'-90 minutes'::interval", "-PT1H30M"),
        ("'0'::interval", "PT0S"),
        ("'7d444840-9dc0-11d1-b245-5ffdce74fad2'::uuid", "7d444840-9dc0-11d1-b245-5ffdce74fad2"),
        ("'\\x00ff'::bytea", "AP8="),
        ("ARRAY[1, 2, NULL]", [1, 2, None]),
        ("ARRAY[['a', 'b'], ['c', 'd']]", [["a", "b"], ["c", "d"]]),
        ("""'{"a": [1, 2.5, null]}'::jsonb""", {"a": [1, 2.5, None]}),
        ("'[1]'::json", [1]),
        ("'10.0.0.1'::inet", "10.0.0.1"),
    ],
)
def test_values_become_json(expression: str, value: Any) -> None:
    got = run(f"SELECT {expression}")
    assert list(got["rows"][0].values()) == [value]


def test_a_moment_keeps_its_time_zone() -> None:
    got = value_of("'2024-02-29 12:00:00+03'::timestamptz AT TIME ZONE 'UTC'")
    assert got == "2024-02-29T09:00:00"
    assert value_of("'2024-02-29 12:00:00+00'::timestamptz").endswith(("+00:00", "Z"))


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("jsonb", {"a": [1, None, {"b": "ä"}]}),
        ("jsonb", [1, 2]),
        ("text", "{{ not rendered }}"),
        ("bigint", 9007199254740993),
        ("float8", 1.5),
        ("boolean", True),
        ("text", None),
    ],
)
def test_values_are_bound(type_: str, value: Any) -> None:
    assert value_of(f"%(value)s::{type_}", value=value) == value


def test_an_object_goes_into_a_json_column(postgres_server: PostgresServer, database: str) -> None:
    postgres_server.query(database, "CREATE TABLE t (a jsonb, b json, c timestamptz, d numeric, e int)")
    got = run(
        "INSERT INTO t VALUES (%(a)s, %(a)s, %(c)s, %(d)s, %(e)s) RETURNING a, b, d, e",
        a={"x": 1},
        c="2024-02-29T12:00:00+00:00",
        d=39.8,
        e=2,
    )
    assert got["rows"] == [{"a": {"x": 1}, "b": {"x": 1}, "d": 39.8, "e": 2}]


def test_more_rows_than_the_limit_fail_and_commit_nothing(
    postgres_server: PostgresServer, database: str
) -> None:
    postgres_server.query(database, "CREATE TABLE t (id int)")
    error = error_of("INSERT INTO t SELECT generate_series(1, 11) RETURNING id", row_limit=10)
    assert error.error_code == "too-many-rows"
    assert run("SELECT count(*) AS n FROM t")["rows"] == [{"n": 0}]
    assert len(run("SELECT generate_series(1, 10)", row_limit=10)["rows"]) == 10


def test_a_row_limit_of_zero_allows_statements_without_rows() -> None:
    assert run("CREATE TABLE t (id int)", row_limit=0)["rows"] == []


def test_the_database_stops_a_statement_that_is_too_slow() -> None:
    started = time.monotonic()
    error = error_of("SELECT pg_sleep(20)", timeout_s=0.2)
    assert error.error_code == "postgres-timeout"
    assert "longer than 0.2 s" in error.message
    assert time.monotonic() - started < 10


def test_a_statement_can_be_stopped() -> None:
    statement = Statement(connection_id="orders_db")
    threading.Timer(0.5, statement.stop).start()
    started = time.monotonic()
    with pytest.raises(StepError) as caught:
        statement.run("SELECT pg_sleep(20)", values={}, timeout_s=30, row_limit=1)
    assert caught.value.error_code == "step-stopped"
    assert time.monotonic() - started < 10


def test_a_wrong_statement_is_not_tried_again() -> None:
    error = error_of("SELECT nonsense FROM nowhere")
    assert error.error_code == "postgres-error"
    assert 'relation "nowhere" does not exist' in error.message
    assert error.detail["sqlstate"] == "42P01"
    assert not error.retryable


def test_a_violated_constraint_is_told(postgres_server: PostgresServer, database: str) -> None:
    postgres_server.query(database, "CREATE TABLE t (id int CONSTRAINT one_each UNIQUE)")
    run("INSERT INTO t VALUES (1)")
    error = error_of("INSERT INTO t VALUES (1)")
    assert (error.detail["sqlstate"], error.detail["constraint"]) == ("23505", "one_each")


def test_a_value_that_postgres_cannot_keep() -> None:
    assert error_of("SELECT %(a)s", a={"x": ["a\0b"]}).error_code == "postgres-value"
    assert value_of("%(a)s::text", a="\\u0000 \\\\u0000") == "\\u0000 \\\\u0000"


def test_no_database_there(monkeypatch: pytest.MonkeyPatch) -> None:
    set_connection(monkeypatch, port=1, schema="none")
    error = error_of("SELECT 1")
    assert error.error_code == "postgres-connection"
    assert error.retryable
    assert PASSWORD not in error.message


def test_a_wrong_password(
    monkeypatch: pytest.MonkeyPatch, postgres_server: PostgresServer, database: str
) -> None:
    set_connection(monkeypatch, port=postgres_server.port, schema=database, password="wrong")
    assert error_of("SELECT 1").error_code == "postgres-connection"


def test_a_connection_may_ask_for_other_cursors(
    monkeypatch: pytest.MonkeyPatch, postgres_server: PostgresServer, database: str
) -> None:
    set_connection(monkeypatch, port=postgres_server.port, schema=database, extra={"cursor": "dictcursor"})
    assert value_of("1") == 1


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT generate_series(1, 2000000000)",
        "  -- all of them\n/* really */ (SELECT generate_series(1, 2000000000))",
        "WITH n AS (SELECT generate_series(1, 2000000000) AS i) SELECT i FROM n, generate_series(1, 5)",
    ],
)
def test_a_query_without_end_is_not_read_to_its_end(sql: str) -> None:
    assert error_of(sql, timeout_s=20, row_limit=10).error_code in ("too-many-rows", "postgres-timeout")


def test_queries_that_change_rows_work_too(postgres_server: PostgresServer, database: str) -> None:
    postgres_server.query(database, "CREATE TABLE t (id int)")
    added = run("WITH new AS (INSERT INTO t VALUES (1), (2) RETURNING id) SELECT id FROM new")
    assert added["row_count"] == 2
    assert run("SELECT id INTO u FROM t") == {"rows": [], "row_count": 2, "columns": []}
    assert run("VALUES (1)")["row_count"] == 1
    assert run("SELECT FROM u") == {"rows": [{}, {}], "row_count": 2, "columns": []}
    assert run("TABLE u")["row_count"] == 2
    assert run("SELECT id FROM u WHERE false") == {"rows": [], "row_count": 0, "columns": ["id"]}
    assert run("SELECT id FROM u ORDER BY id FOR UPDATE")["rows"] == [{"id": 1}, {"id": 2}]


def test_the_position_of_a_mistake_is_that_in_the_statement() -> None:
    assert str(error_of("SELECT  oops").detail["position"]) == "9"
