"""What goes into PostgreSQL as an expression comes back the same, and changes nothing else."""

from __future__ import annotations

import base64
import math
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowforge_provider.exceptions import StepError
from flowforge_provider.hooks.postgres import Options, Transaction
from flowforge_provider.hooks.postgres_tables import Table
from flowforge_provider.sql.bound import bind
from flowforge_provider.sql.errors import SqlError
from tests.integration.operators.databases import connection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.postgres import PostgresServer

pytestmark = pytest.mark.integration

# A transaction is kept open over all examples of a test: opening one takes longer than the example.
LAW = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def database(postgres_server: PostgresServer) -> Iterator[str]:
    name = postgres_server.create_database()
    postgres_server.query(name, "CREATE TYPE pair AS (a int, b text)")
    columns = ", ".join(f"c{index} {type_}" for index, type_ in enumerate(COLUMNS))
    postgres_server.query(name, f"CREATE TABLE kept (number int PRIMARY KEY, {columns})")
    postgres_server.query(name, "CREATE TABLE victim (a text)")
    postgres_server.query(name, "INSERT INTO victim VALUES ('here')")
    yield name
    postgres_server.drop_database(name)


@pytest.fixture
def transaction(
    postgres_server: PostgresServer, database: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Transaction]:
    for name, value in connection(postgres_server, database).items():
        monkeypatch.setenv(name, value)
    transaction = Transaction("orders_db", Options(statement_timeout_s=30))
    with transaction.open():
        yield transaction


characters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
any_text = st.text(characters, max_size=20) | st.text("'\"\\$;-{}%/*\n aE\u00a0é", max_size=20)
ATTACKS = [
    "'; DROP TABLE victim; --",
    "' OR '1'='1",
    "\\'; DROP TABLE victim; --",
    "1; DELETE FROM victim",
    "1) ; DELETE FROM victim; --",
    "$$; DROP TABLE victim; $$",
    "$1",
    "%s %(a)s",
    "*/ DROP TABLE victim; /*",
    "{{ trigger.body.x }}",
    '"; DROP TABLE victim; --',
    "E'\\''",
    "\u02bc; DROP TABLE victim",
    "NULL",
    "victim",
    "(SELECT a FROM victim)",
    "\ufeff'",
]
integers = st.integers(-(2**31), 2**31 - 1)
decimals = st.decimals(
    allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20, places=6
).map(lambda value: format(value, "f"))
documents = st.recursive(
    st.none() | st.booleans() | integers | any_text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(any_text, inner, max_size=3),
    max_leaves=8,
)
# type -> values that PostgreSQL shows just as they went in
COLUMNS: dict[str, st.SearchStrategy[Any]] = {
    "text": any_text | st.sampled_from(ATTACKS),
    "int": integers,
    "bigint": st.integers(-(2**63), 2**63 - 1),
    "numeric": decimals,
    "float8": st.floats(allow_nan=False, allow_infinity=False).map(lambda value: value + 0.0),
    "boolean": st.booleans(),
    "jsonb": documents.filter(lambda value: value is not None),
    "json": documents.filter(lambda value: value is not None),
    "bytea": st.binary(max_size=20).map(lambda raw: base64.b64encode(raw).decode()),
    "uuid": st.uuids().map(str),
    "date": st.dates().map(str),
    "timestamp": st.datetimes().map(lambda moment: _trimmed(moment.isoformat())),
    "timestamptz": st.datetimes().map(lambda moment: f"{_trimmed(moment.isoformat())}+00:00"),
    "text[]": st.lists(any_text | st.none(), max_size=4),
    "int[]": st.lists(integers | st.none(), max_size=4),
    "jsonb[]": st.lists(st.dictionaries(any_text, documents, max_size=2), max_size=3),
    "pair": st.fixed_dictionaries({"a": integers | st.none(), "b": any_text | st.none()}).filter(
        lambda value: any(item is not None for item in value.values())
    ),
    "pair[]": st.lists(st.fixed_dictionaries({"a": integers, "b": any_text}), max_size=3),
}
typed_values = st.sampled_from(list(COLUMNS)).flatmap(lambda type_: st.tuples(st.just(type_), COLUMNS[type_]))


def _trimmed(moment: str) -> str:
    return moment.rstrip("0") if "." in moment else moment


def same(got: Any, value: Any) -> bool:
    """Compare JSON values; numeric may change between number and text, but not its digits."""
    if isinstance(value, float) or isinstance(got, float):
        return math.isclose(got, float(value), rel_tol=0, abs_tol=0)
    return bool(got == value) and type(got) is type(value)


@LAW
@given(typed_values)
def test_a_value_comes_back_as_it_went_in(transaction: Transaction, given_value: tuple[str, Any]) -> None:
    type_, value = given_value
    bound = bind(f"SELECT {{{{ v }}}}::{type_} AS value", lambda _: value)
    (result,) = transaction.execute(bound.statements)
    got = result.rows[0]["value"]
    if type_ == "numeric":
        assert Decimal(str(got)) == Decimal(value)
    else:
        assert same(got, value)


@LAW
@given(st.fixed_dictionaries({type_: st.none() | values for type_, values in COLUMNS.items()}))
def test_a_row_comes_back_as_it_was_written(transaction: Transaction, row: dict[str, Any]) -> None:
    table = Table(transaction.fetch_json, transaction.cursor.types, schema="", name="kept")
    written = {f"c{index}": row[type_] for index, type_ in enumerate(COLUMNS)}
    transaction.execute(bind("DELETE FROM kept", lambda _: None).statements)
    (result,) = transaction.execute(list(table.insert([{"number": 1, **written}], returning=list(written))))
    for index, type_ in enumerate(COLUMNS):
        got, value = result.rows[0][f"c{index}"], row[type_]
        if type_ == "numeric" and value is not None:
            assert Decimal(str(got)) == Decimal(value)
        elif value is None:
            assert got is None
        else:
            assert same(got, value)


# Each place where SQL takes a value; whatever it is, the victim is as before.
PLACES = [
    "SELECT {{ v }}::text AS value",
    "SELECT a FROM victim WHERE a = {{ v }}",
    "SELECT a FROM victim WHERE a = {{ v }} OR a LIKE '%' || {{ v }}",
    "SELECT a FROM victim WHERE a IN ({{ v }}, 'x')",
    "SELECT a FROM victim WHERE (a, 1) = ({{ v }}, 1) -- '{{ v }}",
    "SELECT 'it''s' || {{ v }} || E'\\'' || $$'$$ AS value",
    "SELECT /* ' */ {{ v }} AS \"odd ' name\"",
    "SELECT a FROM victim ORDER BY a = {{ v }} LIMIT 1",
    "SELECT a FROM victim GROUP BY a HAVING max(a) = {{ v }}",
    "SELECT CASE WHEN a = {{ v }} THEN {{ v }} ELSE 'no' END AS value FROM victim",
    "SELECT * FROM (VALUES ({{ v }}::text), ('b')) AS t (value)",
    "SELECT coalesce(NULL, {{ v }}) AS value",
    "SELECT concat({{ v }}, {{ v }}) AS value",
    "SELECT jsonb_build_object('a', {{ v }}) AS value",
    "SELECT array_position(ARRAY[{{ v }}, 'b'], 'b') AS value",
    "WITH w AS (SELECT {{ v }}::text AS x) SELECT x FROM w",
    "UPDATE victim SET a = a WHERE a = {{ v }} || '!' RETURNING a",
    "DELETE FROM victim WHERE a = {{ v }} || '!'",
    "INSERT INTO kept (number, c0) VALUES (2, {{ v }}) ON CONFLICT (number) DO UPDATE SET c0 = {{ v }}",
    "SELECT substring('abc' FROM 1) || {{ v }} AS value",
    "SELECT overlay({{ v }} PLACING {{ v }} FROM 1) AS value",
]


def check_place(transaction: Transaction, sql: str, value: Any) -> None:
    transaction.execute(bind("SAVEPOINT before", lambda _: None).statements)
    try:
        transaction.execute(bind(sql, lambda _: value).statements)
    except StepError as error:
        state = (error.detail or {}).get("sqlstate")
    else:
        state = None
    # A value may be of a wrong type for its place; it never makes a wrong statement.
    assert state != "42601"
    transaction.execute(bind("ROLLBACK TO before", lambda _: None).statements)
    (result,) = transaction.execute(bind("SELECT a FROM victim", lambda _: None).statements)
    assert result.rows == [{"a": "here"}]


@pytest.mark.parametrize("sql", PLACES)
def test_no_attack_works_in_any_place(transaction: Transaction, sql: str) -> None:
    for attack in ATTACKS:
        check_place(transaction, sql, attack)
    check_place(transaction, sql, ATTACKS)
    check_place(transaction, sql, {"a": ATTACKS})


@LAW
@given(st.sampled_from(PLACES), any_text | documents)
def test_no_value_changes_a_statement(transaction: Transaction, sql: str, value: Any) -> None:
    check_place(transaction, sql, value)


PIECES = st.sampled_from(
    [
        "'",
        '"',
        "$$",
        "$a$",
        "--",
        "/*",
        "*/",
        "\\",
        "E'",
        "U&'",
        "\n",
        ",",
        "{{ v }}",
        " ",
        "1",
        "(",
        ")",
        "||",
        "a",
    ]
)


@LAW
@given(st.lists(PIECES, max_size=12).map("".join), st.sampled_from(ATTACKS))
def test_postgresql_reads_sql_as_we_do(transaction: Transaction, tail: str, attack: str) -> None:
    """Where we see a placeholder, PostgreSQL sees one too: else it would count fewer of them than values."""
    try:
        bound = bind(f"SELECT {tail}", lambda _: attack)
    except SqlError:
        return
    for one in bound.statements:
        transaction.execute(bind("SAVEPOINT before", lambda _: None).statements)
        try:
            described = transaction.cursor.describe(one.statement.text, [[25] * len(one.values)])
        except Exception as error:
            told = str(error)
        else:
            assert len(described.parameters) == len(one.values)
            transaction.execute(bind("ROLLBACK TO before", lambda _: None).statements)
            continue
        # PostgreSQL may find the statement wrong; but never for want of an end that we have seen.
        assert "unterminated" not in told
        transaction.cursor.execute("ROLLBACK TO before", [], [])
