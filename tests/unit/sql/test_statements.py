"""SQL with expressions is split and bound as PostgreSQL itself would read it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowforge_provider.sql.bound import bind
from flowforge_provider.sql.errors import SqlError
from flowforge_provider.sql.lexer import Kind, tokenize
from flowforge_provider.sql.statements import only_expressions, split_statements

ATOMIC = "BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END"


def texts(sql: str) -> list[str]:
    return [statement.text for statement in split_statements(sql)]


def error_of(sql: str) -> SqlError:
    with pytest.raises(SqlError) as caught:
        split_statements(sql)
    return caught.value


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT {{ a }}", ["SELECT $1"]),
        ("SELECT {{ a }}::int, {{b}};", ["SELECT $1::int, $2"]),
        ("SELECT 1; ;; SELECT {{ a }} ; -- end", ["SELECT 1", "SELECT $1"]),
        ("SELECT ';' ; SELECT 2", ["SELECT ';'", "SELECT 2"]),
        ("SELECT '100%', {{ a }}", ["SELECT '100%', $1"]),
        ("SELECT {{ a['x'] }}, {{ '}}' }}, {{ {'a': {'b': 1}} }}", ["SELECT $1, $2, $3"]),
        # A backslash is text in '…', and escapes in E'…'.
        (r"SELECT 'a\', {{ a }}", [r"SELECT 'a\', $1"]),
        (r"SELECT E'a\'b', {{ a }}", [r"SELECT E'a\'b', $1"]),
        ("SELECT E'a''b', e'\\\\', {{ a }}", ["SELECT E'a''b', e'\\\\', $1"]),
        ("SELECT E'a'\n'b\\'c', {{ a }}", ["SELECT E'a'\n'b\\'c', $1"]),
        ("SELECT E'a' -- why\n 'b\\'c', {{ a }}", ["SELECT E'a' -- why\n 'b\\'c', $1"]),
        ("SELECT 'it''s', {{ a }}", ["SELECT 'it''s', $1"]),
        ("SELECT U&'\\0041', B'01', x'0f', N'n', {{ a }}", ["SELECT U&'\\0041', B'01', x'0f', N'n', $1"]),
        ('SELECT "a""b;" FROM t WHERE x = {{ a }}', ['SELECT "a""b;" FROM t WHERE x = $1']),
        ("SELECT $$ ; ' $$, {{ a }}", ["SELECT $$ ; ' $$, $1"]),
        ("SELECT $f$ $$ ' ; $f$, {{ a }}", ["SELECT $f$ $$ ' ; $f$, $1"]),
        ("SELECT a$b$c FROM t WHERE x = {{ a }}", ["SELECT a$b$c FROM t WHERE x = $1"]),
        ("SELECT -- {{ no }} '\n {{ a }}", ["SELECT -- {{ no }} '\n $1"]),
        ("SELECT /* {{ no }} /* ' */ ; */ {{ a }}", ["SELECT /* {{ no }} /* ' */ ; */ $1"]),
        ("/* first */ SELECT 1", ["SELECT 1"]),
        ("SELECT extract(year FROM {{ a }})", ["SELECT extract(year FROM $1)"]),
        ("SELECT x IS DISTINCT FROM {{ a }} FROM t", ["SELECT x IS DISTINCT FROM $1 FROM t"]),
        ("INSERT INTO t VALUES ({{ a }}, {{ b }})", ["INSERT INTO t VALUES ($1, $2)"]),
        ("SELECT ' a' || {{ a }} || 'b'", ["SELECT ' a' || $1 || 'b'"]),
        ("ROLLBACK TO SAVEPOINT a", ["ROLLBACK TO SAVEPOINT a"]),
        (
            f"CREATE FUNCTION f() RETURNS int {ATOMIC}; SELECT 3",
            [f"CREATE FUNCTION f() RETURNS int {ATOMIC}", "SELECT 3"],
        ),
        ("DO $$ BEGIN COMMIT; END $$", ["DO $$ BEGIN COMMIT; END $$"]),
    ],
)
def test_statements(sql: str, expected: list[str]) -> None:
    assert texts(sql) == expected


@pytest.mark.parametrize(
    ("sql", "line", "column", "advice"),
    [
        ("SELECT '{{ a }}'", 1, 9, "Remove the quotes"),
        ("SELECT 1,\n  E'{{ a }}'", 2, 5, "Remove the quotes"),
        ("SELECT '%{{ a }}%'", 1, 10, "||"),
        ("SELECT '{{1,2},{3,4}}'::int[]", 1, 9, "ARRAY["),
        ("SELECT E'a\\'{{ a }}'", 1, 13, "||"),
        ("SELECT 'x''{{ a }}'", 1, 12, "||"),
        ("SELECT E'a'\n'{{ a }}'", 2, 2, "||"),
        ("DO $$ {{ a }} $$", 1, 7, "argument"),
        ('SELECT "{{ a }}"', 1, 9, "never the name"),
        ("SELECT * FROM {{ a }}", 1, 15, "never the name"),
        ("SELECT * FROM s.{{ a }}", 1, 17, "never the name"),
        ("SELECT * FROM {{ a }}.t", 1, 15, "never the name"),
        ("SELECT * FROM t_{{ a }}", 1, 17, "never the name"),
        ("SELECT * FROM {{ a }}_t", 1, 15, "never the name"),
        ("SELECT {{ a }}(1)", 1, 8, "never the name"),
        ("SELECT * FROM a JOIN {{ b }} ON true", 1, 22, "never the name"),
        ("SELECT 1 AS {{ a }}", 1, 13, "never the name"),
        ("INSERT INTO {{ a }} VALUES (1)", 1, 13, "never the name"),
        ("UPDATE {{ a }} SET x = 1", 1, 8, "never the name"),
        ("DELETE FROM {{ a }}", 1, 13, "never the name"),
        ("DROP TABLE {{ a }}", 1, 12, "never the name"),
        ("SELECT * FROM t ORDER BY {{ a }}", 1, 26, "no effect"),
        ("SELECT {{ a }}{{ b }}", 1, 15, "side by side"),
        ("{{ a }}", 1, 1, "cannot begin"),
    ],
)
def test_an_expression_where_no_value_can_be(sql: str, line: int, column: int, advice: str) -> None:
    error = error_of(sql)
    assert error.error_code == "expression-in-sql"
    assert (error.line, error.column) == (line, column)
    assert error.message.startswith(f"Line {line}, column {column}: ")
    assert advice in error.message


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("", "sql-syntax"),
        ("-- nothing", "sql-syntax"),
        ("SELECT 'a", "sql-syntax"),
        (r"SELECT E'a\'", "sql-syntax"),
        ('SELECT "a', "sql-syntax"),
        ("SELECT $a$ $$", "sql-syntax"),
        ("SELECT /* /* */", "sql-syntax"),
        ("SELECT $1", "sql-syntax"),
        ("SELECT {{ a", "expression-syntax"),
        ("BEGIN; SELECT 1", "sql-transaction"),
        ("SELECT 1; commit", "sql-transaction"),
        ("ROLLBACK", "sql-transaction"),
        ("START TRANSACTION", "sql-transaction"),
        ("PREPARE TRANSACTION 'a'", "sql-transaction"),
        (";".join(["SELECT 1"] * 201), "sql-syntax"),
    ],
)
def test_what_is_refused(sql: str, code: str) -> None:
    assert error_of(sql).error_code == code


def test_a_place_in_a_statement_is_told_as_in_the_whole_text() -> None:
    sql = "SELECT 1;\n-- why\nSELECT {{ trigger.body.name }},\n  oops"
    second = split_statements(sql)[1]
    assert (second.line, second.command) == (3, "SELECT")
    assert second.text == "SELECT $1,\n  oops"
    assert second.place(second.text.index("oops")) == (4, 3)
    assert second.place(second.text.index("$1")) == (3, 8)


def test_only_expressions_outside_of_comments_count() -> None:
    sql = "SELECT {{ a }} -- {{ b }}\n, {{ c }}"
    assert only_expressions(sql) == f"{' ' * 7}{{{{ a }}}}{' ' * 11}\n  {{{{ c }}}}"


def test_values_go_beside_the_text_and_never_into_it() -> None:
    values = {"{{ a }}": "'; DROP TABLE t; --", "{{ b }}": [1]}
    bound = bind("SELECT {{ a }}; SELECT {{ b }}, {{ a }}", values.__getitem__)
    assert bound.shown() == {
        "sql": "SELECT $1;\nSELECT $1, $2",
        "values": [["'; DROP TABLE t; --"], [[1], "'; DROP TABLE t; --"]],
    }


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
        ";",
        "{{ a }}",
        " ",
        "a",
        "1",
        "(",
        "é",
        ".",
    ]
)


@given(st.lists(PIECES, max_size=14).map("".join))
def test_tokens_cover_the_text(sql: str) -> None:
    try:
        tokens = list(tokenize(sql))
    except SqlError:
        return
    assert "".join(token.text for token in tokens) == sql
    assert all(token.text.startswith("{{") for token in tokens if token.kind is Kind.EXPRESSION)


@given(st.lists(PIECES, max_size=14).map("".join), st.text(max_size=20))
def test_no_value_changes_the_text(sql: str, value: Any) -> None:
    try:
        first = bind(sql, lambda _: value)
    except SqlError:
        return
    second = bind(sql, lambda _: None)
    assert [one.statement for one in first.statements] == [one.statement for one in second.statements]
