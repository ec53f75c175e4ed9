"""SQL of PostgreSQL steps against a real server: values, rows, limits, transactions, errors."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.operators.databases import (
    connection,
    error_of,
    execute,
    query,
    run_step,
    value_of,
)
from tests.support.postgres import PASSWORD

if TYPE_CHECKING:
    from tests.support.postgres import PostgresServer

pytestmark = pytest.mark.integration
VALUE = "{{ trigger.body.value }}"


@pytest.fixture(autouse=True)
def database(postgres_server: PostgresServer, postgres_database: str, monkeypatch: pytest.MonkeyPatch) -> str:
    for name, value in connection(postgres_server, postgres_database).items():
        monkeypatch.setenv(name, value)
    return postgres_database


def test_rows_are_objects() -> None:
    assert run_step(sql="SELECT 1 AS id, 'a' AS name UNION ALL SELECT 2, NULL ORDER BY id") == {
        "rows": [{"id": 1, "name": "a"}, {"id": 2, "name": None}],
        "row_count": 2,
        "columns": ["id", "name"],
        "truncated": False,
        "statements": [{"line": 1, "command": "SELECT", "row_count": 2}],
    }


def test_columns_of_one_name_are_told_apart() -> None:
    assert query("SELECT 1 AS a, 2 AS a, 3 AS a_2, 4 AS a") == [{"a": 1, "a_2": 2, "a_2_2": 3, "a_3": 4}]


def test_changes_are_committed(postgres_server: PostgresServer, database: str) -> None:
    postgres_server.query(database, "CREATE TABLE t (id serial, name text)")
    name = "Ёж'; DROP TABLE t; --"
    added = execute(
        "INSERT INTO t (name) VALUES ({{ trigger.body.name }}) RETURNING id, name", {"name": name}
    )
    assert added["rows"] == [{"id": 1, "name": name}]
    changed = execute("UPDATE t SET name = 'b'")
    assert (changed["rows"], changed["row_count"], changed["columns"]) == ([], 1, [])
    assert query("SELECT name FROM t") == [{"name": "b"}]


def test_a_percent_sign_is_a_percent_sign() -> None:
    assert value_of(f"'100%' || {VALUE} || '%s%%'", "!") == "100%!%s%%"


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("NULL", None),
        ("true", True),
        ("9223372036854775807::bigint", 9223372036854775807),
        ("1.5::float8", 1.5),
        ("'NaN'::float8", "NaN"),
        ("'infinity'::float8", "Infinity"),
        ("12.50::numeric", 12.5),
        ("3.00::numeric", 3),
        ("0.1::numeric", 0.1),
        ("12345678901234567890.123456789::numeric", "12345678901234567890.123456789"),
        ("'NaN'::numeric", "NaN"),
        ("'2024-02-29'::date", "2024-02-29"),
        ("'infinity'::date", "infinity"),
        ("'12:34:56.7'::time", "12:34:56.7"),
        ("'2024-02-29 12:34:56'::timestamp", "2024-02-29T12:34:56"),
        ("'1 year 2 months 3 days 04:05:06.5'::interval", "P1Y2M3DT4H5M6.5S"),
        ("'-90 minutes'::interval", "PT-1H-30M"),
        ("'0'::interval", "PT0S"),
        ("'7d444840-9dc0-11d1-b245-5ffdce74fad2'::uuid", "7d444840-9dc0-11d1-b245-5ffdce74fad2"),
        ("'\\x00ff'::bytea", "AP8="),
        ("ARRAY[1, 2, NULL]", [1, 2, None]),
        ("ARRAY[['a', 'b'], ['c', 'd']]", [["a", "b"], ["c", "d"]]),
        ("ARRAY['2024-02-29 00:00+00'::timestamptz]", ["2024-02-29T00:00:00+00:00"]),
        ("ARRAY[box '((1,1),(0,0))', box '((3,3),(2,2))']", ["(1,1),(0,0)", "(3,3),(2,2)"]),
        ("""'{"a": [1, 2.5, null]}'::jsonb""", {"a": [1, 2.5, None]}),
        ("'[1]'::json", [1]),
        ("'10.0.0.1'::inet", "10.0.0.1"),
        ("int4range(1, 5)", "[1,5)"),
        ("'{[1,3),[5,6)}'::int4multirange", "{[1,3),[5,6)}"),
        ("'1 2 3'::int2vector", "1 2 3"),
        ("ROW(1, 'a')", "(1,a)"),
        ("'(1,2)'::point", "(1,2)"),
    ],
)
def test_values_become_json(expression: str, value: Any) -> None:
    got = value_of(expression)
    assert (got, type(got)) == (value, type(value))


def test_types_of_ones_own_become_json(postgres_server: PostgresServer, database: str) -> None:
    for statement in (
        "CREATE TYPE mood AS ENUM ('sad', 'ok')",
        "CREATE DOMAIN share AS numeric CHECK (VALUE BETWEEN 0 AND 1)",
        "CREATE TYPE order_line AS (product text, amount share, moods mood[], at timestamptz)",
        'CREATE TABLE t (id int, mood mood, share share, lines order_line[], "Odd name" order_line)',
    ):
        postgres_server.query(database, statement)
    line = {"product": 'a "b", (c)', "amount": 0.5, "moods": ["sad", "ok"], "at": "2024-02-29T12:00:00+00:00"}
    row = {"id": 1, "mood": "ok", "share": 0.25, "lines": [line, None], "Odd name": line}
    values = ", ".join(f"{{{{ trigger.body['{name}'] }}}}" for name in row)
    assert execute(f"INSERT INTO t VALUES ({values}) RETURNING *", row)["rows"] == [row]  # noqa: S608 - placeholders
    assert query("SELECT * FROM t WHERE mood = {{ trigger.body.mood }}", {"mood": "ok"}) == [row]
    assert query("SELECT x FROM (SELECT 1 AS a, 'b' AS b) x") == [{"x": "(1,b)"}]


def test_a_moment_keeps_its_time_zone() -> None:
    assert value_of("'2024-02-29 12:00:00+03'::timestamptz AT TIME ZONE 'UTC'") == "2024-02-29T09:00:00"
    (row,) = execute(
        "SET LOCAL TimeZone = 'Asia/Kolkata'; SELECT '2024-02-29 12:00:00+00'::timestamptz AS at"
    )["rows"]
    assert row == {"at": "2024-02-29T17:30:00+05:30"}


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("jsonb", {"a": [1, None, {"b": "ä"}]}),
        ("jsonb", [1, 2]),
        ("jsonb", "text"),
        ("jsonb", 5),
        ("jsonb", True),
        ("json", "{}"),
        ("text", "{{ not rendered }}"),
        ("bigint", 9007199254740993),
        ("numeric", "12345678901234567890.123456789"),
        ("numeric", 0.1),
        ("float8", 0.30000000000000004),
        ("float8", 1e300),
        ("boolean", True),
        ("text", None),
        ("bytea", "AP8="),
        ("uuid", "7d444840-9dc0-11d1-b245-5ffdce74fad2"),
        ("timestamptz", "2024-02-29T12:00:00+00:00"),
        ("date", "2024-02-29"),
        ("interval", "P1Y2M3DT4H5M6.5S"),
        ("interval", "PT-1H-30M"),
        ("int[]", [1, None, 3]),
        ("text[]", ["a", 'b"', "NULL", None, ""]),
        ("jsonb[]", [[1], {"a": 2}, "x"]),
        ("int4range", "[1,5)"),
        ("inet", "10.0.0.1"),
    ],
)
def test_values_are_bound(type_: str, value: Any) -> None:
    got = value_of(f"{VALUE}::{type_}", value)
    assert (got, type(got)) == (value, type(value))


@pytest.mark.parametrize(
    ("expression", "value", "expected"),
    [
        (VALUE, "a", "a"),
        (VALUE, 5, 5),
        (VALUE, 1.5, 1.5),
        (VALUE, True, True),
        (VALUE, None, None),
        (VALUE, [1, "a"], '[1, "a"]'),
        (f"jsonb_build_object('a', {VALUE})", "x", {"a": "x"}),
        (f"jsonb_build_object('a', {VALUE})", [1], {"a": [1]}),
        (f"concat({VALUE}, {VALUE})", "x", "xx"),
        (f"{VALUE} + 1", 2**31, 2**31 + 1),
        (f"{VALUE} * {VALUE}", 30_000, 900_000_000),
        (f"{VALUE} || 'b'", "a", "ab"),
        (f"'5' = {VALUE}", 5, True),
        (f"'a' = {VALUE}", 5, False),
        (f"1 = ANY({VALUE})", [1, 2], True),
        (f"date '2024-03-01' - {VALUE}", 1, "2024-02-29"),
        (f"length({VALUE})", 123, 3),
    ],
)
def test_a_value_has_the_type_that_its_place_needs(expression: str, value: Any, expected: Any) -> None:
    got = value_of(expression, value)
    assert (got, type(got)) == (expected, type(expected))


def test_a_value_becomes_what_its_column_holds(postgres_server: PostgresServer, database: str) -> None:
    postgres_server.query(
        database,
        "CREATE TABLE t (a jsonb, b json, c timestamptz, d numeric(9, 2), e int, f text, g bytea, h jsonb)",
    )
    row = {
        "a": {"x": 1},
        "b": {"x": 1},
        "c": "2024-02-29T12:00:00+00:00",
        "d": 39.8,
        "e": 2,
        "f": 7,
        "g": "AP8=",
        "h": 5,
    }
    values = ", ".join(f"{{{{ trigger.body.{name} }}}}" for name in row)
    assert execute(f"INSERT INTO t VALUES ({values}) RETURNING *", row)["rows"] == [{**row, "f": "7"}]  # noqa: S608 - placeholders


def test_what_stands_in_a_comment_is_no_expression() -> None:
    assert query("SELECT 1 AS a -- {{ trigger.body.gone }}\n/* {{ nonsense( }} */") == [{"a": 1}]


def test_all_statements_are_one_transaction(postgres_server: PostgresServer, database: str) -> None:
    postgres_server.query(database, "CREATE TABLE t (id int PRIMARY KEY)")
    sql = (
        "INSERT INTO t VALUES ({{ trigger.body.a }});\nSELECT count(*) AS n FROM t;\n\n"
        "INSERT INTO t\nVALUES (1)"
    )
    error = error_of({"a": 1}, operation="execute", sql=sql)
    assert error.message.startswith("Statement 3 (line 4): ")
    assert (error.error_code, error.retryable) == ("postgres-constraint", False)
    assert (error.detail["statement"], error.detail["line"]) == (3, 4)
    assert query("SELECT id FROM t") == []
    done = execute(sql, {"a": 2})
    assert done["rows"] == [{"n": 1}]
    assert (done["row_count"], done["columns"]) == (1, ["n"])
    assert done["statements"] == [
        {"line": 1, "command": "INSERT", "row_count": 1},
        {"line": 2, "command": "SELECT", "row_count": 1},
        {"line": 4, "command": "INSERT", "row_count": 1},
    ]


def test_a_later_statement_sees_what_an_earlier_one_made() -> None:
    done = execute(
        "CREATE TEMPORARY TABLE t (a int[]); INSERT INTO t VALUES ({{ trigger.body.a }}); SELECT a FROM t",
        {"a": [1, 2]},
    )
    assert done["rows"] == [{"a": [1, 2]}]


def test_more_rows_than_the_limit_fail_and_commit_nothing(
    postgres_server: PostgresServer, database: str
) -> None:
    postgres_server.query(database, "CREATE TABLE t (id int)")
    insert = "INSERT INTO t SELECT generate_series(1, 11) RETURNING id"
    error = error_of(operation="execute", sql=insert, row_limit=10)
    assert (error.error_code, error.retryable) == ("too-many-rows", False)
    assert query("SELECT count(*) AS n FROM t") == [{"n": 0}]
    assert len(query("SELECT generate_series(1, 10)", row_limit=10)) == 10
    assert error_of(sql="SELECT FROM generate_series(1, 11)", row_limit=10).error_code == "too-many-rows"


def test_more_rows_than_the_limit_are_cut_where_that_is_wanted(
    postgres_server: PostgresServer, database: str
) -> None:
    postgres_server.query(database, "CREATE TABLE t (id int)")
    cut: dict[str, Any] = {"row_limit": 3, "on_overflow": "cut"}
    added = execute("INSERT INTO t SELECT generate_series(1, 11) RETURNING id", **cut)
    assert (added["rows"], added["truncated"]) == ([{"id": 1}, {"id": 2}, {"id": 3}], True)
    assert (added["row_count"], query("SELECT count(*) AS n FROM t")) == (11, [{"n": 11}])
    read = run_step(sql="SELECT id FROM t ORDER BY id", **cut)
    assert (read["rows"], read["truncated"], read["row_count"]) == (added["rows"], True, 3)
    assert run_step(sql="SELECT id FROM t WHERE id <= 3", **cut)["truncated"] is False
    moved = execute("WITH gone AS (DELETE FROM t RETURNING id) SELECT id FROM gone", **cut)
    assert (len(moved["rows"]), moved["truncated"]) == (3, True)
    assert query("SELECT count(*) AS n FROM t") == [{"n": 0}]


def test_a_row_limit_of_zero_allows_statements_without_rows() -> None:
    assert execute("CREATE TABLE t (id int)", row_limit=0)["rows"] == []


@pytest.mark.parametrize("on_overflow", ["error", "cut"])
@pytest.mark.parametrize(
    "sql",
    [
        "SELECT generate_series(1, 2000000000)",
        "  -- all of them\n/* really */ (SELECT generate_series(1, 2000000000))",
        "SELECT i, j FROM generate_series(1, 5) j, LATERAL (SELECT generate_series(1, 2000000000) AS i) n",
    ],
)
def test_a_query_without_end_is_not_read_to_its_end(sql: str, on_overflow: str) -> None:
    started = time.monotonic()
    options: dict[str, Any] = {"row_limit": 10, "on_overflow": on_overflow, "statement_timeout_s": 60}
    if on_overflow == "cut":
        assert len(query(sql, **options)) == 10
    else:
        assert error_of(sql=sql, **options).error_code == "too-many-rows"
    assert time.monotonic() - started < 20


def test_wide_rows_are_not_read_without_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__FLOWFORGE__MAX_OUTPUT_BYTES", "100000")
    error = error_of(sql="SELECT repeat('x', 10000) FROM generate_series(1, 1000)", row_limit=100_000)
    assert (error.error_code, error.retryable) == ("output-too-large", False)


def test_queries_that_change_rows_work_too(postgres_server: PostgresServer, database: str) -> None:
    postgres_server.query(database, "CREATE TABLE t (id int)")
    added = execute("WITH new AS (INSERT INTO t VALUES (1), (2) RETURNING id) SELECT id FROM new")
    assert added["row_count"] == 2
    made = execute("SELECT id INTO u FROM t")
    assert (made["rows"], made["row_count"]) == ([], 2)
    assert query("VALUES (1)") == [{"column1": 1}]
    assert query("SELECT FROM u") == [{}, {}]
    assert len(query("TABLE u")) == 2
    nothing = run_step(sql="SELECT id FROM u WHERE false")
    assert (nothing["rows"], nothing["columns"]) == ([], ["id"])
    assert execute("SELECT id FROM u ORDER BY id FOR UPDATE")["rows"] == [{"id": 1}, {"id": 2}]
    assert query("SHOW standard_conforming_strings") == [{"standard_conforming_strings": "on"}]
    assert query("EXPLAIN SELECT 1")[0]["QUERY PLAN"].startswith("Result")


def test_a_query_only_reads(postgres_server: PostgresServer, database: str) -> None:
    postgres_server.query(database, "CREATE TABLE t (id int)")
    error = error_of(sql="INSERT INTO t VALUES (1)")
    assert error.detail["sqlstate"] == "25006"
    assert "Choose the operation Execute" in error.message
    assert query("INSERT INTO t VALUES (1) RETURNING id", read_only=False) == [{"id": 1}]


@pytest.mark.parametrize("level", ["read_committed", "repeatable_read", "serializable"])
def test_the_isolation_level_is_that_of_the_step(level: str) -> None:
    assert query("SHOW transaction_isolation", isolation=level) == [
        {"transaction_isolation": level.replace("_", " ")}
    ]


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("SELECT 1 WHERE 1 IN {{ trigger.body.a }}", "where PostgreSQL takes no value"),
        ("SELECT 1 WHERE 1 IN ({{ trigger.body.a }})", "= ANY({{ … }})"),
        ("CREATE TABLE t (a int DEFAULT {{ trigger.body.a[0] }})", "takes values in SELECT"),
        ("SELECT 1 {{ trigger.body.a }} 2", "where PostgreSQL takes no value"),
        ("SELECT oops, {{ trigger.body.a }}", 'column "oops" does not exist'),
        ("VACUUM", "inside a transaction"),
        ("COPY pg_class TO STDOUT", "COPY"),
    ],
)
def test_what_cannot_work_is_told(sql: str, told: str) -> None:
    assert told in error_of({"a": [1]}, operation="execute", sql=sql).message


def test_the_place_of_a_mistake_is_that_in_the_users_text() -> None:
    error = error_of({"a": 1}, sql="SELECT {{ trigger.body.a }},\n   oops")
    assert error.message.startswith("Line 2, column 4: ")
    assert (error.detail["line"], error.detail["line_column"]) == (2, 4)


def test_a_wrong_statement_is_not_tried_again() -> None:
    error = error_of(sql="SELECT nonsense FROM nowhere")
    assert (error.error_code, error.retryable, error.kind) == ("postgres-error", False, None)
    assert 'relation "nowhere" does not exist' in error.message
    assert error.detail["sqlstate"] == "42P01"


def test_a_violated_constraint_is_told(postgres_server: PostgresServer, database: str) -> None:
    postgres_server.query(database, "CREATE TABLE t (id int CONSTRAINT one_each UNIQUE)")
    execute("INSERT INTO t VALUES (1)")
    error = error_of(operation="execute", sql="INSERT INTO t VALUES (1)")
    assert (error.detail["sqlstate"], error.detail["constraint"]) == ("23505", "one_each")
    assert "(id)=(1)" in error.message


def test_a_constraint_that_is_checked_at_the_end(postgres_server: PostgresServer, database: str) -> None:
    postgres_server.query(
        database, "CREATE TABLE t (id int CONSTRAINT late UNIQUE DEFERRABLE INITIALLY DEFERRED)"
    )
    error = error_of(operation="execute", sql="INSERT INTO t VALUES (1), (1)")
    assert (error.error_code, error.detail["constraint"]) == ("postgres-constraint", "late")


@pytest.mark.parametrize("value", [{"x": ["a\0b"]}, "\0"])
def test_a_value_that_postgres_cannot_keep(value: Any) -> None:
    error = error_of({"value": value}, sql=f"SELECT {VALUE}")
    assert error.error_code == "postgres-value"
    assert VALUE in error.message


def test_a_backslash_is_no_escape() -> None:
    assert value_of(VALUE, "\\u0000 \\\\u0000 \\'") == "\\u0000 \\\\u0000 \\'"


def test_a_connection_may_ask_for_other_cursors(
    monkeypatch: pytest.MonkeyPatch, postgres_server: PostgresServer, database: str
) -> None:
    changes = connection(postgres_server, database, extra={"cursor": "dictcursor"})
    monkeypatch.setenv("AIRFLOW_CONN_ORDERS_DB", changes["AIRFLOW_CONN_ORDERS_DB"])
    assert value_of("1") == 1


def test_no_secret_is_told(monkeypatch: pytest.MonkeyPatch, postgres_server: PostgresServer) -> None:
    changes = connection(postgres_server, "gone")
    monkeypatch.setenv("AIRFLOW_CONN_ORDERS_DB", changes["AIRFLOW_CONN_ORDERS_DB"])
    error = error_of(sql="SELECT 1")
    assert error.error_code == "postgres-connection"
    assert PASSWORD not in error.message
    assert PASSWORD not in str(error.detail)


def test_airflows_own_test_of_the_connection_works() -> None:
    from airflow.providers.postgres.hooks.postgres import PostgresHook

    hook: Any = PostgresHook(postgres_conn_id="orders_db")
    assert hook.test_connection() == (True, "Connection successfully tested")


@pytest.mark.parametrize(
    ("described", "told"),
    [
        ('{"conn_type": "http", "host": "127.0.0.1"}', "is of the type 'http'"),
        (None, "Airflow has no connection"),
    ],
)
def test_a_connection_that_is_none(monkeypatch: pytest.MonkeyPatch, described: str | None, told: str) -> None:
    if described is None:
        monkeypatch.delenv("AIRFLOW_CONN_ORDERS_DB")
    else:
        monkeypatch.setenv("AIRFLOW_CONN_ORDERS_DB", described)
    error = error_of(sql="SELECT 1")
    assert (error.error_code, error.retryable) == ("postgres-connection", False)
    assert told in error.message
