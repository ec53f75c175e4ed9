"""Steps that write tables and call functions without SQL, against a real server."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.operators.databases import connection, error_of, query, run_step

if TYPE_CHECKING:
    from tests.support.postgres import PostgresServer

pytestmark = pytest.mark.integration


@pytest.fixture(autouse=True)
def database(postgres_server: PostgresServer, postgres_database: str, monkeypatch: pytest.MonkeyPatch) -> str:
    for name, value in connection(postgres_server, postgres_database).items():
        monkeypatch.setenv(name, value)
    for statement in (
        "CREATE TYPE state AS ENUM ('new', 'paid')",
        "CREATE TYPE line AS (product text, raw bytea)",
        "CREATE SCHEMA sales",
        "CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY, key text UNIQUE, "
        "quantity int DEFAULT 1, total numeric(12, 2), at timestamptz, day date, token uuid, state state, "
        "tags text[], grid int[], raw bytea, raws bytea[], details jsonb, spans int4range, "
        "part public.line, code varchar(3), pad char(3))",
        'CREATE TABLE sales."Odd ""name""" ("Some column" int PRIMARY KEY, "select" text)',
    ):
        postgres_server.query(postgres_database, statement.replace("line", "order_line"))
    return postgres_database


ROW: dict[str, Any] = {
    "key": "a",
    "quantity": 3,
    "total": 12.5,
    "at": "2024-02-29T12:00:00+00:00",
    "day": "2024-02-29",
    "token": "7d444840-9dc0-11d1-b245-5ffdce74fad2",
    "state": "paid",
    "tags": ["x", 'y"', None],
    "grid": [[1, 2], [3, 4]],
    "raw": "AP8=",
    "raws": ["AA==", None],
    "details": {"a": [1, 0.1, None]},
    "spans": "[1,5)",
    "part": {"product": "p", "raw": "AQ=="},
    "code": "abc",
    "pad": "a  ",
}


def row_of(values: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"name": name, "value": value} for name, value in values.items()]


def insert(row: dict[str, Any], **parameters: Any) -> dict[str, Any]:
    return run_step(
        row,
        operation="insert",
        table="orders",
        row=row_of({name: f"{{{{ trigger.body.{name} }}}}" for name in row}),
        **parameters,
    )


def test_one_row_keeps_every_type() -> None:
    added = insert(ROW, returning=["*"])
    assert added["rows"] == [{"id": 1, **ROW}]
    assert (added["row_count"], added["truncated"]) == (1, False)
    assert added["statements"] == [{"line": 0, "command": "INSERT", "row_count": 1}]


def test_columns_that_are_left_out_get_their_default() -> None:
    assert insert({"key": "a"}, returning=["quantity"])["rows"] == [{"quantity": 1}]
    assert insert({"key": "b", "quantity": None}, returning=["quantity"])["rows"] == [{"quantity": None}]


def test_rows_of_a_list_may_have_different_columns() -> None:
    rows = [{"key": "a", "quantity": 5}, {"key": "b"}, {"quantity": 6, "key": "c"}]
    added = run_step(
        {"rows": rows}, operation="insert", table="orders", rows_from="list", rows="{{ trigger.body.rows }}"
    )
    assert added["row_count"] == 3
    assert query("SELECT key, quantity FROM orders ORDER BY key") == [
        {"key": "a", "quantity": 5},
        {"key": "b", "quantity": 1},
        {"key": "c", "quantity": 6},
    ]


def test_an_empty_list_writes_nothing() -> None:
    done = run_step(
        {"rows": []}, operation="insert", table="orders", rows_from="list", rows="{{ trigger.body.rows }}"
    )
    assert (done["row_count"], done["rows"], done["statements"]) == (0, [], [])


def test_ten_thousand_rows_go_in_one_statement() -> None:
    rows = [{"key": f"k{index}", "quantity": index, "total": 0.1, "tags": ["a"]} for index in range(25_000)]
    started = time.monotonic()
    done = run_step({}, operation="insert", table="orders", rows_from="list", rows=rows)
    took = time.monotonic() - started
    print(f"25,000 rows: {took:.2f} s")
    assert [each["row_count"] for each in done["statements"]] == [10_000, 10_000, 5_000]
    assert done["row_count"] == 25_000
    # A round trip for each row would take several times as long; here the machine may be busy.
    assert took < 20
    (sums,) = query("SELECT count(*) AS n, sum(quantity) AS q, sum(total) AS t FROM orders")
    assert sums == {"n": 25_000, "q": 312_487_500, "t": 2500}


def test_one_bad_row_keeps_all_out() -> None:
    rows = [{"key": "a"}, {"key": "b"}, {"key": "a"}]
    error = error_of(
        {"rows": rows}, operation="insert", table="orders", rows_from="list", rows="{{ trigger.body.rows }}"
    )
    assert (error.error_code, error.retryable) == ("postgres-constraint", False)
    assert query("SELECT * FROM orders") == []


def upsert(row: dict[str, Any], **parameters: Any) -> dict[str, Any]:
    given = {"conflict_columns": ["key"], "returning": ["id", "quantity", "code"], **parameters}
    return run_step({}, operation="upsert", table="orders", row=row_of(row), **given)


def test_an_upsert_updates_the_row_that_is_there() -> None:
    assert upsert({"key": "a", "quantity": 1, "code": "x"})["rows"] == [{"id": 1, "quantity": 1, "code": "x"}]
    assert upsert({"key": "a", "quantity": 2, "code": "y"})["rows"] == [{"id": 1, "quantity": 2, "code": "y"}]
    kept = upsert({"key": "a", "quantity": 3, "code": "z"}, update_columns=["quantity"])
    assert kept["rows"] == [{"id": 1, "quantity": 3, "code": "y"}]
    assert upsert({"key": "a"})["rows"] == [{"id": 1, "quantity": 3, "code": "y"}]


def test_an_upsert_may_leave_the_row_alone() -> None:
    upsert({"key": "a", "quantity": 1})
    left = upsert({"key": "a", "quantity": 2}, conflict_action="ignore")
    assert (left["rows"], left["row_count"]) == ([], 0)
    left = upsert({"key": "a", "quantity": 2}, conflict_action="ignore", conflict_columns=[])
    assert (left["rows"], left["row_count"]) == ([], 0)
    assert query("SELECT quantity FROM orders") == [{"quantity": 1}]


def test_an_upsert_without_its_index_says_so() -> None:
    assert (
        "unique index"
        in error_of(
            {}, operation="upsert", table="orders", row=row_of({"code": "a"}), conflict_columns=["code"]
        ).message
    )
    rows = [{"key": "a"}, {"key": "a"}]
    error = error_of(
        {}, operation="upsert", table="orders", rows_from="list", rows=rows, conflict_columns=["key"]
    )
    assert "same key" in error.message


def where(*conditions: tuple[str, str, Any]) -> list[dict[str, Any]]:
    return [
        {"column": column, "operator": operator, "value": value} for column, operator, value in conditions
    ]


@pytest.mark.parametrize(
    ("conditions", "keys"),
    [
        ([("key", "eq", "a")], ["a"]),
        ([("key", "ne", "a")], ["b", "c"]),
        ([("quantity", "lt", 2)], ["a"]),
        ([("quantity", "le", 2)], ["a", "b"]),
        ([("quantity", "gt", 1), ("quantity", "lt", 3)], ["b"]),
        ([("quantity", "ge", "2")], ["b", "c"]),
        ([("key", "in", ["a", "c", "'; DROP TABLE orders; --"])], ["a", "c"]),
        ([("key", "not_in", ["a"])], ["b", "c"]),
        ([("key", "like", "%b%")], ["b"]),
        ([("code", "is_null", None)], ["b", "c"]),
        ([("code", "not_null", None)], ["a"]),
        ([("tags", "eq", ["t"])], ["a"]),
        ([("key", "eq", "' OR 1=1 --")], []),
    ],
)
def test_conditions_choose_rows(conditions: list[tuple[str, str, Any]], keys: list[str]) -> None:
    rows = [
        {"key": "a", "quantity": 1, "code": "x", "tags": ["t"]},
        {"key": "b", "quantity": 2},
        {"key": "c", "quantity": 3},
    ]
    run_step({}, operation="insert", table="orders", rows_from="list", rows=rows)
    changed = run_step(
        {},
        operation="update",
        table="orders",
        changes=row_of({"details": ["seen"], "raw": "AA==", "total": "1.10"}),
        where=where(*conditions),
        returning=["key", "details", "raw", "total"],
    )
    assert sorted(row["key"] for row in changed["rows"]) == keys
    assert all(
        (row["details"], row["raw"], row["total"]) == (["seen"], "AA==", 1.1) for row in changed["rows"]
    )
    gone = run_step({}, operation="delete", table="orders", where=where(*conditions))
    assert gone["row_count"] == len(keys)
    assert query("SELECT count(*) AS n FROM orders") == [{"n": 3 - len(keys)}]


def test_all_rows_only_when_that_is_said() -> None:
    insert({"key": "a"})
    with pytest.raises(AssertionError, match="every row"):
        run_step({}, operation="delete", table="orders")
    assert run_step({}, operation="delete", table="orders", all_rows=True)["row_count"] == 1


@pytest.mark.parametrize("operator", ["eq", "in"])
def test_a_condition_that_meets_nothing_by_mistake(operator: str) -> None:
    value = "{{ trigger.body.gone }}" if operator == "eq" else "{{ trigger.body.text }}"
    error = error_of(
        {"gone": None, "text": "a"}, operation="delete", table="orders", where=where(("key", operator, value))
    )
    assert (error.error_code, error.retryable) == ("postgres-value", False)


def test_names_are_quoted() -> None:
    odd = {"table_schema": "sales", "table": 'Odd "name"'}
    added = run_step(
        {}, operation="insert", row=row_of({"Some column": 1, "select": "x"}), returning=["select"], **odd
    )
    assert added["rows"] == [{"select": "x"}]
    run_step(
        {},
        operation="upsert",
        row=row_of({"Some column": 1, "select": "y"}),
        conflict_columns=["Some column"],
        **odd,
    )
    changed = run_step(
        {},
        operation="update",
        changes=row_of({"select": "z"}),
        where=where(("Some column", "eq", 1), ("select", "eq", "y")),
        returning=["*"],
        **odd,
    )
    assert changed["rows"] == [{"Some column": 1, "select": "z"}]


@pytest.mark.parametrize("name", ["orders; DROP TABLE orders", 'orders" --', "ORDERS", "gone", "pg_class"])
def test_names_that_are_not_there(name: str) -> None:
    error = error_of({}, operation="insert", table=name, row=row_of({"key": "a"}))
    assert (error.error_code, error.retryable) == ("postgres-unknown-name", False)
    assert query("SELECT count(*) AS n FROM orders") == [{"n": 0}]


@pytest.mark.parametrize(
    "parameters",
    [
        {"row": row_of({"kee": "a"})},
        {"row": row_of({"key": "a"}), "returning": ["kee"]},
        {"row": row_of({"key": "a"}), "operation": "upsert", "conflict_columns": ["kee"]},
    ],
)
def test_a_misspelt_column_is_told_with_the_right_one(parameters: dict[str, Any]) -> None:
    error = error_of({}, **{"operation": "insert", "table": "orders", **parameters})
    assert error.error_code == "postgres-unknown-name"
    assert "Did you mean key?" in error.message


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"key": "a\0"}, "NUL"),
        ({"raw": "no base64!"}, "Base64"),
        ({"code": "too long"}, "too long"),
        ({"state": "gone"}, "invalid input value for enum"),
        ({"quantity": "x"}, "invalid input syntax for type integer"),
    ],
)
def test_values_that_do_not_fit(row: dict[str, Any], told: str) -> None:
    error = error_of({}, operation="insert", table="orders", row=row_of(row))
    assert told in error.message
    assert not error.retryable


def test_rows_must_be_objects() -> None:
    from pydantic import ValidationError

    with pytest.raises(ValidationError, match="rows"):
        run_step(
            {"rows": [1]},
            operation="insert",
            table="orders",
            rows_from="list",
            rows="{{ trigger.body.rows }}",
        )


@pytest.fixture
def functions(postgres_server: PostgresServer, database: str) -> None:
    for statement in (
        "CREATE FUNCTION add(a int, b int DEFAULT 10) RETURNS int LANGUAGE sql AS 'SELECT a + b'",
        "CREATE FUNCTION sales.many(tags text[], details jsonb) RETURNS TABLE (tag text, n int) LANGUAGE sql "
        "AS $$ SELECT t, (details ->> 'n')::int FROM unnest(tags) t $$",
        "CREATE PROCEDURE note(INOUT key text) LANGUAGE sql "
        "AS $$ INSERT INTO orders (key) VALUES (key) RETURNING orders.key $$",
        "CREATE PROCEDURE quiet(text) LANGUAGE sql AS $$ INSERT INTO orders (key) VALUES ($1) $$",
    ):
        postgres_server.query(database, statement)


def test_functions_are_called(functions: None) -> None:
    call = {"operation": "call", "function": "add"}
    assert run_step({}, arguments=row_of({"a": 1, "b": 2}), **call)["rows"] == [{"add": 3}]
    by_place = [{"value": "{{ trigger.body.x }}"}, {"name": "b", "value": 5}]
    assert run_step({"x": 4}, arguments=by_place, **call)["rows"] == [{"add": 9}]
    assert run_step({}, arguments=[{"value": 1}], **call)["rows"] == [{"add": 11}]
    many = run_step(
        {},
        operation="call",
        table_schema="sales",
        function="many",
        arguments=row_of({"tags": ["a", "b'"], "details": {"n": 7}}),
    )
    assert many["rows"] == [{"tag": "a", "n": 7}, {"tag": "b'", "n": 7}]


def test_procedures_are_called(functions: None) -> None:
    noted = run_step({}, operation="call", function="note", arguments=[{"value": "x'; --"}])
    assert noted["rows"] == [{"key": "x'; --"}]
    assert run_step({}, operation="call", function="quiet", arguments=[{"value": "y"}])["rows"] == []
    assert query("SELECT key FROM orders ORDER BY key") == [{"key": "x'; --"}, {"key": "y"}]


@pytest.mark.parametrize("name", ["gone", "add(1,2); --", "sum", "ADD"])
def test_functions_that_are_not_there(functions: None, name: str) -> None:
    error = error_of({}, operation="call", function=name)
    assert (error.error_code, error.retryable) == ("postgres-unknown-name", False)
