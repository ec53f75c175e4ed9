"""PostgreSQL's text form of values becomes JSON, and JSON becomes that text form."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowforge_provider.exceptions import StepError
from flowforge_provider.hooks.postgres_decode import decoder, split_row, to_number
from flowforge_provider.hooks.postgres_encode import encode, possible_types
from flowforge_provider.hooks.postgres_types import PostgresType, TypeCatalog

POINT, POINTS, PART = 90_001, 90_002, 90_003
ROWS = [
    {
        "oid": POINT,
        "name": "point3",
        "kind": "c",
        "element": 0,
        "delimiter": ",",
        "base": 0,
        "attributes": [["x", 23], ["note", 25], ["raw", 17]],
    },
    {
        "oid": POINTS,
        "name": "point3[]",
        "kind": "b",
        "element": POINT,
        "delimiter": ",",
        "base": 0,
        "attributes": [],
    },
    {
        "oid": PART,
        "name": "part",
        "kind": "d",
        "element": 0,
        "delimiter": ",",
        "base": 1700,
        "attributes": [],
    },
]


@pytest.fixture
def catalog() -> TypeCatalog:
    asked: list[list[str]] = []

    def fetch(_sql: str, values: list[str]) -> str:
        asked.append(values)
        return json.dumps(ROWS)

    catalog = TypeCatalog(fetch)
    catalog.load([23, POINTS, PART])
    catalog.load([23, POINT])
    assert asked == [["{90002,90003}"]]
    return catalog


@pytest.mark.parametrize(
    ("oid", "text", "value"),
    [
        (16, "t", True),
        (16, "f", False),
        (20, "9223372036854775807", 9223372036854775807),
        (701, "1.5", 1.5),
        (701, "NaN", "NaN"),
        (701, "-Infinity", "-Infinity"),
        (1700, "12.50", 12.5),
        (1700, "3.00", 3),
        (1700, "12345678901234567890.10", "12345678901234567890.10"),
        (1700, "NaN", "NaN"),
        (PART, "1.5", 1.5),
        (1082, "2024-02-29", "2024-02-29"),
        (1082, "10000-01-01", "10000-01-01"),
        (1082, "infinity", "infinity"),
        (1114, "2024-02-29 12:34:56.7", "2024-02-29T12:34:56.7"),
        (1114, "0044-03-15 00:00:00 BC", "0044-03-15T00:00:00 BC"),
        (1184, "2024-02-29 12:34:56+03", "2024-02-29T12:34:56+03:00"),
        (1184, "2024-02-29 12:34:56-03:30", "2024-02-29T12:34:56-03:30"),
        (1184, "0044-03-15 12:00:00+00 BC", "0044-03-15T12:00:00+00:00 BC"),
        (1184, "-infinity", "-infinity"),
        (1266, "12:00:00+02", "12:00:00+02:00"),
        (17, "\\x00ff", "AP8="),
        (3802, '{"a": [1, 2.5, null, 1e400]}', {"a": [1, 2.5, None, "1" + "0" * 400]}),
        (114, "1e999999999", "1e999999999"),
        (1007, "{1,NULL,3}", [1, None, 3]),
        (1007, "[0:1]={1,2}", [1, 2]),
        (1007, "{{1,2},{3,4}}", [[1, 2], [3, 4]]),
        (1007, "{}", []),
        (1009, r'{a,"b,c","NULL","q\"\\",""}', ["a", "b,c", "NULL", 'q"\\', ""]),
        (1185, '{"2024-02-29 12:00:00+00"}', ["2024-02-29T12:00:00+00:00"]),
        (POINT, '(1,"a ""b"", \\\\",)', {"x": 1, "note": 'a "b", \\', "raw": None}),
        (POINTS, '{"(1,a,\\"\\\\\\\\x00\\")",NULL}', [{"x": 1, "note": "a", "raw": "AA=="}, None]),
        (99_999, "anything", "anything"),
    ],
)
def test_texts_become_json(catalog: TypeCatalog, oid: int, text: str, value: Any) -> None:
    got = decoder(catalog.get(oid), catalog)(text)
    assert (got, type(got)) == (value, type(value))
    json.dumps(got, allow_nan=False)


@pytest.mark.parametrize(
    ("oid", "value", "text"),
    [
        (25, None, None),
        (25, "ä'\\", "ä'\\"),
        (25, 5, "5"),
        (25, True, "true"),
        (25, {"a": [1]}, '{"a": [1]}'),
        (1700, 0.1, "0.1"),
        (1700, "12345678901234567890.10", "12345678901234567890.10"),
        (3802, "text", '"text"'),
        (3802, [1, {"a": None}], '[1, {"a": null}]'),
        (114, 5, "5"),
        (17, "AP8=", "\\x00ff"),
        (17, "\\x00ff", "\\x00ff"),
        (1007, [1, None, 3], '{"1",NULL,"3"}'),
        (1007, [[1, 2], [3, 4]], '{{"1","2"},{"3","4"}}'),
        (1009, ['a"b', "c\\", "NULL"], r'{"a\"b","c\\","NULL"}'),
        (1009, "{a,b}", "{a,b}"),
        (3807, [[1], {"a": 2}], '{"[1]","{\\"a\\": 2}"}'),
        (1001, ["AP8="], '{"\\\\x00ff"}'),
        (POINT, {"note": 'a"', "x": 1}, '("1","a\\"",)'),
        (POINT, [1, None], '("1",,)'),
    ],
)
def test_json_becomes_text(catalog: TypeCatalog, oid: int, value: Any, text: str | None) -> None:
    assert encode(value, catalog.get(oid), catalog, name="It") == text


@pytest.mark.parametrize(
    ("oid", "value", "told"),
    [
        (25, "a\0b", "NUL"),
        (3802, {"a": ["\0"]}, "NUL"),
        (25, "\ud800", "surrogate"),
        (23, [1], "= ANY("),
        (23, {"a": 1}, "an object, and PostgreSQL expects integer"),
        (17, "no base64!", "Base64"),
        (POINT, {"y": 1}, "lacks"),
        (POINT, [1, 2, 3, 4], "lacks"),
    ],
)
def test_values_that_do_not_fit(catalog: TypeCatalog, oid: int, value: Any, told: str) -> None:
    with pytest.raises(StepError, match="It ") as caught:
        encode(value, catalog.get(oid), catalog, name="It")
    assert told in caught.value.message
    assert (caught.value.error_code, caught.value.retryable) == ("postgres-value", False)


def test_numbers_have_types_of_their_own() -> None:
    values = [True, 1, 2**31, 2**63, 1.5, "a", None, [1], {}]
    own, certain, none = possible_types(values)
    assert own == [16, 23, 20, 1700, 1700, 0, 0, 0, 0]
    assert certain == [16, 23, 20, 1700, 1700, 25, 25, 3802, 3802]
    assert none == [0] * 9
    assert possible_types([]) == [[]]


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**40), max_value=10**40))
def test_no_decimal_loses_a_digit(value: Decimal) -> None:
    assert Decimal(str(to_number(format(value, "f")))) == value


@given(
    st.lists(
        st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=8), min_size=2, max_size=5
    )
)
def test_rows_are_read_back(values: list[str | None]) -> None:
    type_ = PostgresType(POINT, "t", "composite", attributes=tuple((str(i), 25) for i in range(len(values))))
    catalog = TypeCatalog(lambda _sql, _values: "[]")
    kept = [None if value is None else value.replace("\0", "") for value in values]
    text = encode(kept, type_, catalog, name="It")
    assert text is not None
    assert split_row(text) == kept


@given(st.lists(st.none() | st.text(max_size=8).map(lambda text: text.replace("\0", "")), max_size=5))
def test_arrays_are_read_back(values: list[str | None]) -> None:
    catalog = TypeCatalog(lambda _sql, _values: "[]")
    texts = [None if value is None else value.encode("utf-8", "replace").decode() for value in values]
    text = encode(texts, catalog.get(1009), catalog, name="It")
    assert text is not None
    assert decoder(catalog.get(1009), catalog)(text) == texts
