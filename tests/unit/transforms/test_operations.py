"""What each operation makes, and what it says when it cannot."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from flowforge_provider.transforms.errors import PipelineError
from tests.support.transforms import run

ORDERS: list[dict[str, Any]] = [
    {"id": "A-10", "city": "Rome", "total": 5, "tags": ["new", "vip"], "who": {"name": "Ann"}},
    {"id": "A-9", "city": "Oslo", "total": None, "tags": [], "who": {"name": "bob"}},
    {"id": "a-11", "city": "Rome", "total": 7, "who": {"name": "Cy"}},
]


def ids(value: Any) -> list[str]:
    return [row["id"] for row in value]


def fault(value: Any, *operations: dict[str, Any], **work: Any) -> PipelineError:
    with pytest.raises(PipelineError) as caught:
        run(value, *operations, **work)
    return caught.value


@pytest.mark.parametrize(
    ("keys", "order"),
    [
        ([{"field": "id"}], ["A-10", "A-9", "a-11"]),
        ([{"field": "id", "compare": "natural"}], ["A-9", "A-10", "a-11"]),
        ([{"field": "id", "compare": "ignore_case"}], ["A-10", "a-11", "A-9"]),
        ([{"field": "total"}], ["A-10", "a-11", "A-9"]),
        ([{"field": "total", "direction": "descending"}], ["a-11", "A-10", "A-9"]),
        ([{"field": "total", "nulls": "first"}], ["A-9", "A-10", "a-11"]),
        ([{"field": "city"}, {"field": "total", "direction": "descending"}], ["A-9", "a-11", "A-10"]),
        (
            [{"field": "who.name", "compare": "ignore_case", "direction": "descending"}],
            ["a-11", "A-9", "A-10"],
        ),
    ],
)
def test_sort(keys: list[dict[str, Any]], order: list[str]) -> None:
    assert ids(run(ORDERS, {"operation": "sort", "sort_by": keys})) == order


def test_numbers_in_texts_sort_as_numbers() -> None:
    step = {"operation": "sort", "sort_by": [{"compare": "number"}]}
    assert run(["10", "9.5", 7, "x", None], step) == [7, "9.5", "10", "x", None]


def test_digits_of_any_length_sort_naturally() -> None:
    texts = ["a" + "9" * 5000, "a1", "a" + "1" * 5001, "a02"]
    made = run(texts, {"operation": "sort", "sort_by": [{"compare": "natural"}]})
    assert [len(text) for text in made] == [2, 3, 5001, 5002]


@pytest.mark.parametrize(
    ("conditions", "kept"),
    [
        ([{"field": "city", "operator": "equals", "right": "Rome"}], ["A-10", "a-11"]),
        ([{"field": "who.name", "operator": "equals", "right": "BOB", "ignore_case": True}], ["A-9"]),
        ([{"field": "tags", "type": "list", "operator": "exists"}], ["A-10", "A-9"]),
    ],
)
def test_filter_by_conditions(conditions: list[dict[str, Any]], kept: list[str]) -> None:
    assert ids(run(ORDERS, {"operation": "filter", "conditions": {"conditions": conditions}})) == kept


def test_a_condition_on_the_wrong_type_names_the_item() -> None:
    condition = {"field": "total", "type": "number", "operator": "greater", "right": 1}
    error = fault(ORDERS, {"operation": "filter", "conditions": {"conditions": [condition]}})
    assert (error.operation, error.error.item, error.error.field) == (0, 1, "conditions")


def test_a_filter_by_an_expression_needs_an_expression() -> None:
    step = {"operation": "filter", "filter_by": "expression", "condition": "row.total > 1"}
    assert "not true or false" in fault(ORDERS, step).error.message


def test_fields_are_renamed_in_their_place_and_moved() -> None:
    renames = [{"name": "id", "value": "number"}, {"name": "who.name", "value": "customer"}]
    made = run(ORDERS[:1], {"operation": "rename_fields", "renames": renames})
    assert made == [
        {"number": "A-10", "city": "Rome", "total": 5, "tags": ["new", "vip"], "who": {}, "customer": "Ann"}
    ]
    assert next(iter(made[0])) == "number"


def test_fields_are_removed_and_kept() -> None:
    names = ["id", "tags[0]", "gone.far", "who.name"]
    kept = run(ORDERS[0], {"operation": "keep_fields", "names": names})
    assert kept == {"id": "A-10", "tags": ["new"], "who": {"name": "Ann"}}
    removed = run(ORDERS[0], {"operation": "remove_fields", "names": names})
    assert removed == {"city": "Rome", "total": 5, "tags": ["vip"], "who": {}}
    assert ORDERS[0]["tags"] == ["new", "vip"]


@pytest.mark.parametrize(("keep", "kept"), [("first", ["A-10", "A-9"]), ("last", ["A-9", "a-11"])])
def test_duplicates(keep: str, kept: list[str]) -> None:
    assert ids(run(ORDERS, {"operation": "deduplicate", "names": ["city"], "keep": keep})) == kept


def test_groups_and_figures() -> None:
    figures = [
        {"function": "count"},
        {"function": "count", "field": "total"},
        {"function": "sum", "field": "total"},
        {"function": "avg", "field": "total", "name": "mean"},
        {"function": "first", "field": "who.name", "name": "first"},
        {"function": "count_distinct", "field": "city", "name": "cities"},
    ]
    step = {"operation": "aggregate", "group_by": ["city"], "aggregates": figures}
    assert run(ORDERS, step) == [
        {
            "city": "Rome",
            "count": 2,
            "count_total": 2,
            "sum_total": 12,
            "mean": 6,
            "first": "Ann",
            "cities": 1,
        },
        {
            "city": "Oslo",
            "count": 1,
            "count_total": 0,
            "sum_total": 0,
            "mean": None,
            "first": "bob",
            "cities": 1,
        },
    ]


@pytest.mark.parametrize(
    ("values", "total"),
    [(["0.10", "0.20"], "0.30"), ([0.1, 0.2], 0.3), ([1, 0.5], 1.5), ([10**20, 1], 10**20 + 1), ([], 0)],
)
def test_sums_lose_no_digit(values: list[Any], total: Any) -> None:
    made = run(values, {"operation": "aggregate", "aggregates": [{"function": "sum"}]})
    assert made == {"sum": total}
    assert type(made["sum"]) is type(total)


def test_what_is_no_number_cannot_be_added() -> None:
    figures = [{"function": "count"}, {"function": "sum", "field": "city"}]
    error = fault(ORDERS, {"operation": "aggregate", "aggregates": figures})
    assert error.error.field == "aggregates.1.field"
    assert "'Rome' is no number" in error.error.message


@pytest.mark.parametrize(
    ("options", "made"),
    [
        ({"field": "tags"}, ["new", "vip"]),
        ({"field": "tags", "target": "tag"}, [{"tag": "new"}, {"tag": "vip"}]),
        (
            {"field": "tags", "target": "tag", "keep_other_fields": True},
            [{"id": 1, "tag": "new"}, {"id": 1, "tag": "vip"}],
        ),
        ({"field": "tags", "keep_other_fields": True}, [{"id": 1, "tags": "new"}, {"id": 1, "tags": "vip"}]),
        ({"field": "gone"}, []),
    ],
)
def test_split_out(options: dict[str, Any], made: Any) -> None:
    assert run({"id": 1, "tags": ["new", "vip"]}, {"operation": "split_out", **options}) == made


@pytest.mark.parametrize(
    ("value", "options", "made"),
    [
        (["a", 1, None], {"separator": "\\n"}, "a\n1"),
        ([{"n": "a"}, {"n": "b"}], {"field": "n"}, "a, b"),
        (
            [{"n": ["a", "b"]}, {"n": []}],
            {"field": "n", "target": "t", "separator": ""},
            [{"n": ["a", "b"], "t": "ab"}, {"n": [], "t": ""}],
        ),
        ({"n": ["a", "b"]}, {"field": "n"}, {"n": "a, b"}),
    ],
)
def test_join_text(value: Any, options: dict[str, Any], made: Any) -> None:
    assert run(value, {"operation": "join_text", **options}) == made


def test_split_text() -> None:
    step = {"operation": "split_text", "field": "t", "separator": ","}
    assert run({"t": "a, b,,c "}, step) == {"t": ["a", "b", "", "c"]}
    assert run("a\tb", {"operation": "split_text", "separator": "\\t"}) == ["a", "b"]


@pytest.mark.parametrize(
    ("policy", "made"), [("null", [{"n": 1}, {"n": None}, {"n": None}]), ("keep", [{"n": 1}, {"n": "x"}, {}])]
)
def test_values_that_do_not_fit(policy: str, made: Any) -> None:
    rows = [{"n": "1"}, {"n": "x"}, {}]
    assert run(rows, {"operation": "number", "field": "n", "on_bad_value": policy}) == made
    error = fault(rows, {"operation": "number", "field": "n"})
    assert (error.error.item, error.error.field) == (1, "field")


@pytest.mark.parametrize(
    ("text", "mark", "thousands", "number"),
    [
        ("1.234.567,89 €", "comma", "point", 1234567.89),
        ("$1,234.50", "point", "comma", 1234.5),
        ("1\u00a0234,5", "comma", "space", 1234.5),
        ("1\u202f234\u202f567", "comma", "space", 1234567),
        ("1'000", "point", "apostrophe", 1000),
        ("\u2212 5 %", "point", "none", -5),
        ("(12.50)", "point", "none", -12.5),
        (".5", "point", "none", 0.5),
        ("1e3", "point", "none", 1000),
    ],
)
def test_numbers_are_read(text: str, mark: str, thousands: str, number: Any) -> None:
    step = {"operation": "number", "decimal_mark": mark, "thousands": thousands}
    assert run(text, step) == number


@pytest.mark.parametrize(
    "text", ["", "1,5", "12,34.5", "1.2.3", "abc", "1 2", "--1", "nan", "1e9999", "9" * 500]
)
def test_what_is_no_number(text: str) -> None:
    assert "is not a number" in fault(text, {"operation": "number", "thousands": "comma"}).error.message


HOUR = {"date_action": "add", "unit": "hours", "amount": 1}
SHOW = {"date_action": "format", "pattern": "%d.%m. %H:%M"}


@pytest.mark.parametrize(
    ("source", "options", "made"),
    [
        ("2026-03-01 09:30", {"timezone": "Europe/Berlin"}, "2026-03-01T09:30:00+01:00"),
        ("01.03.2026", {"date_input": "pattern", "pattern": "%d.%m.%Y"}, "2026-03-01T00:00:00+00:00"),
        (1772357400, {"date_input": "unix_s"}, "2026-03-01T09:30:00+00:00"),
        ("1772357400000", {"date_input": "unix_ms", "timezone": "Asia/Tokyo"}, "2026-03-01T18:30:00+09:00"),
        ("Sun, 01 Mar 2026 09:30:00 +0300", {"date_input": "email"}, "2026-03-01T09:30:00+03:00"),
        ("2026-03-29T01:30:00+01:00", {**HOUR, "timezone": "Europe/Berlin"}, "2026-03-29T03:30:00+02:00"),
        ("2026-01-31", {"date_action": "add", "unit": "months", "amount": 1}, "2026-02-28T00:00:00+00:00"),
        ("2026-03-18T10:20:30Z", {"date_action": "start_of", "start": "week"}, "2026-03-16T00:00:00+00:00"),
        ("2026-03-02", {"date_action": "difference", "unit": "hours", "other_date": "2026-03-01"}, 24),
        ("2026-03-01T22:00:00Z", {**SHOW, "timezone": "Europe/Moscow"}, "02.03. 01:00"),
    ],
)
def test_dates(source: Any, options: dict[str, Any], made: Any) -> None:
    assert run({"d": source}, {"operation": "date", "field": "d", **options}) == {"d": made}


@pytest.mark.parametrize(
    "options", [{}, {"date_input": "email"}, {"date_input": "unix_s"}, {"date_input": "pattern"}]
)
def test_what_is_no_date(options: dict[str, Any]) -> None:
    assert fault("tomorrow", {"operation": "date", **options}).error.message


def test_dates_see_the_row() -> None:
    rows = [{"from": "2026-01-01", "to": "2026-01-03"}]
    step = {"operation": "date", "field": "to", "target": "days", "date_action": "difference", "unit": "days"}
    assert run(rows, {**step, "other_date": "{{ row.from }}"})[0]["days"] == 2


def test_csv_without_a_header() -> None:
    step = {"operation": "parse_csv", "header": False}
    assert run("1,2\r\n3,4\r\n", step) == [["1", "2"], ["3", "4"]]
    assert run("1,2\n", {**step, "columns": ["a", "b"], "convert_values": True}) == [{"a": 1, "b": 2}]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12),
        ("-1.5", -1.5),
        ("true", True),
        ("1.10", 1.1),
        ("", ""),
        *((text, text) for text in ("007", "-0", "1e999", "9007199254740993", "0.1234567890123456789")),
    ],
)
def test_values_of_csv_lose_nothing(text: str, value: Any) -> None:
    made = run(f"a\n{text}\n" if text else 'a\n""\n', {"operation": "parse_csv", "convert_values": True})
    assert made == [{"a": value}]
    assert type(made[0]["a"]) is type(value)


@pytest.mark.parametrize("text", ['a\n"b', "a,b\n1,2,3\n"])
def test_damaged_csv_names_the_line(text: str) -> None:
    assert "Line 2" in fault(text, {"operation": "parse_csv"}).error.message


def test_csv_of_what_rows_hold() -> None:
    rows = [{"a.b": 1, "c": {"d": "x"}}, {"a.b": True, "e": None}]
    assert run(rows, {"operation": "format_csv"}) == 'a.b,c,e\r\n1,"{""d"": ""x""}",\r\ntrue,,\r\n'
    assert run(rows, {"operation": "format_csv", "columns": ["c.d"]}) == 'c.d\r\nx\r\n""\r\n'


def test_formulas_are_disarmed() -> None:
    rows = [{"a": "=1+1", "b": -1, "c": "-1"}]
    made = run(rows, {"operation": "format_csv", "escape_formulas": True, "header": False})
    assert made == "'=1+1,-1,'-1\r\n"


def test_a_csv_file_can_be_named() -> None:
    step = {
        "operation": "format_csv",
        "as_file": True,
        "encoding": "utf-8-sig",
        "filename": "../{{ value | length }}.csv",
    }
    file = run([{"a": "é"}], step)
    assert (file["filename"], file["content_type"]) == ("1.csv", "text/csv; charset=utf-8")
    assert base64.b64decode(file["base64"]) == "\ufeffa\r\né\r\n".encode()


XML = '<?xml version="1.0" encoding="latin-1"?><o id="7"><line>é</line><line n="2">5</line></o>'


def test_xml() -> None:
    made = run(XML, {"operation": "parse_xml", "convert_values": True})
    assert made == {"o": {"@id": 7, "line": ["é", {"@n": 2, "#text": 5}]}}
    text = run(made, {"operation": "format_xml"})
    assert run(text, {"operation": "parse_xml", "convert_values": True}) == made
    one = run("<o><line/></o>", {"operation": "parse_xml", "always_lists": ["line"]})
    assert one == {"o": {"line": [None]}}
    assert "<root><item>1</item><item>2</item></root>" in run([1, 2], {"operation": "format_xml"})


BOMB = '<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;">]><a>&c;</a>'
OUTSIDE = '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'


@pytest.mark.parametrize("text", [BOMB, OUTSIDE, '<!DOCTYPE a SYSTEM "http://127.0.0.1/a.dtd"><a/>'])
def test_entities_are_refused(text: str) -> None:
    assert "document type definition" in fault(text, {"operation": "parse_xml"}).error.message


@pytest.mark.parametrize("text", ["<a>", "", "x", "<a></b>", "<a>" * 500 + "</a>" * 500])
def test_what_is_no_xml(text: str) -> None:
    assert "It is not XML" in fault(text, {"operation": "parse_xml"}).error.message


def test_names_that_xml_cannot_have() -> None:
    assert "cannot be the name" in fault({"a b": 1}, {"operation": "format_xml"}).error.message


def test_a_url_is_taken_apart() -> None:
    made = run("https://ann@example.com:8443/a%20b?x=1&x=2&y=#top", {"operation": "url"})
    assert made == {
        "scheme": "https",
        "host": "example.com",
        "port": 8443,
        "path": "/a%20b",
        "query": {"x": ["1", "2"], "y": ""},
        "fragment": "top",
        "username": "ann",
    }
    assert "port" in fault("http://a:99999999/", {"operation": "url"}).error.message.lower()


def test_files_are_decoded_and_summed_up() -> None:
    file = run(
        "aGk=", {"operation": "base64", "base64_action": "decode", "as_file": True, "filename": "a.txt"}
    )
    assert file == {"filename": "a.txt", "content_type": "text/plain", "size": 2, "base64": "aGk="}
    assert run(file, {"operation": "base64"}) == "aGk="
    assert run(file, {"operation": "hash", "algorithm": "md5"}) == "49f68a5c8493ec2c0bf489821c21fc3b"


def test_an_hmac_without_a_password_is_refused() -> None:
    step = {"operation": "hash", "secret_connection_id": "key"}
    error = fault("a", step, secrets={"key": ""}).error
    assert (error.field, "no password" in error.message) == ("secret_connection_id", True)


def test_a_text_for_each_row_or_for_all() -> None:
    rows = [{"n": 1}, {"n": 2}]
    step = {"operation": "text", "template": "{{ row_index }}:{{ row.n }}"}
    assert run(rows, step) == ["0:1", "1:2"]
    assert run(rows, {"operation": "text", "template": "{{ value | length }}", "each_item": False}) == "2"
    file = run(rows, {"operation": "text", "template": "hi", "each_item": False, "as_file": True})
    assert (file["filename"], file["content_type"]) == ("text.txt", "text/plain; charset=utf-8")


@pytest.mark.parametrize(
    "operation", ["filter", "sort", "limit", "deduplicate", "aggregate", "collect", "chunk"]
)
def test_a_list_is_needed(operation: str) -> None:
    step: dict[str, Any] = {"operation": operation}
    assert "works on a list, and gets an object" in fault({"rows": []}, step).error.message


def test_the_time_is_up() -> None:
    fields = [{"name": "a", "value": "{{ row }}"}]
    error = fault(list(range(1000)), {"operation": "set_fields", "fields": fields}, time_limit_s=0)
    assert error.error.code == "transform-timeout"


def test_expressions_make_no_heap() -> None:
    fields = [{"name": str(place), "value": "{{ 'x' * (1000000 + row) }}"} for place in range(10)]
    error = fault(list(range(100)), {"operation": "set_fields", "fields": fields}, time_limit_s=60)
    assert error.error.code == "transform-memory"
