"""Operations of the transform step against what Python and jq say themselves."""

from __future__ import annotations

import base64
import csv
import hashlib
import hmac
import io
import itertools
import json
import math
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.transforms import run

jq = pytest.importorskip("jq")

SAFE = st.integers(-(2**53) + 1, 2**53 - 1)
TEXTS = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=8)
SCALARS = st.none() | st.booleans() | SAFE | st.sampled_from([0.5, -1.25, 1e10, 3.0]) | TEXTS
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(["a", "b", "c"])
ROWS = st.lists(
    st.fixed_dictionaries({"a": SCALARS, "n": st.integers(0, 5), "i": st.integers()}), max_size=12
)
DECIMALS = st.decimals(-(10**9), 10**9, places=2).map(str)


def by_jq(program: str, value: Any) -> Any:
    return json.loads(jq.compile(program).input_text(json.dumps(value)).text())


@given(st.lists(JSON, max_size=10))
def test_sorting_has_the_order_of_jq(values: list[Any]) -> None:
    # jq puts null first; here it goes where it is asked to.
    made = run(values, {"operation": "sort", "sort_by": [{"nulls": "first"}]})
    assert made == by_jq("sort", values)


@given(ROWS, st.lists(st.tuples(st.sampled_from(["a", "n"]), st.booleans()), min_size=1, max_size=2))
def test_sorting_by_several_keys_is_stable(rows: list[dict[str, Any]], keys: list[tuple[str, bool]]) -> None:
    keys = [(name, down) for name, down in keys if name == "n"] or [("n", False)]
    sort_by = [{"field": name, "direction": "descending" if down else "ascending"} for name, down in keys]
    expected = sorted(rows, key=lambda row: tuple(-row[name] if down else row[name] for name, down in keys))
    assert run(rows, {"operation": "sort", "sort_by": sort_by}) == expected


@given(st.lists(JSON, max_size=10))
def test_duplicates_are_those_of_jq(values: list[Any]) -> None:
    made = run(values, {"operation": "deduplicate"})
    assert run(made, {"operation": "sort", "sort_by": [{"nulls": "first"}]}) == by_jq("unique", values)
    first_of_each = "reduce .[] as $x ([]; if any(.[]; . == $x) then . else . + [$x] end)"
    assert made == by_jq(first_of_each, values)


@given(ROWS, st.integers(0, 15), st.none() | st.integers(0, 15))
def test_limits_are_slices(rows: list[Any], skip: int, count: int | None) -> None:
    limit = {"operation": "limit", "skip": skip, "count": count}
    assert run(rows, limit) == list(itertools.islice(rows, skip, None if count is None else skip + count))
    back = run(rows[::-1], {**limit, "from_end": True})
    assert back[::-1] == run(rows, limit)


@given(ROWS)
def test_groups_are_those_of_jq(rows: list[dict[str, Any]]) -> None:
    figures = [
        {"function": "count", "name": "count"},
        {"function": "sum", "field": "n", "name": "sum"},
        {"function": "min", "field": "n", "name": "min"},
        {"function": "max", "field": "n", "name": "max"},
        {"function": "list", "field": "n", "name": "list"},
    ]
    made = run(rows, {"operation": "aggregate", "group_by": ["a"], "aggregates": figures})
    program = (
        "group_by(.a) | map({a: .[0].a, count: length, sum: (map(.n) | add), min: (map(.n) | min), "
        "max: (map(.n) | max), list: map(.n)})"
    )
    assert run(made, {"operation": "sort", "sort_by": [{"field": "a", "nulls": "first"}]}) == by_jq(
        program, rows
    )


@given(st.lists(DECIMALS, min_size=1, max_size=20))
def test_texts_are_added_up_exactly(amounts: list[str]) -> None:
    figures = [{"function": "sum", "name": "sum"}, {"function": "avg", "name": "avg"}]
    made = run(amounts, {"operation": "aggregate", "aggregates": figures})
    exact = sum(map(Fraction, amounts), Fraction(0))
    assert isinstance(made["sum"], str)
    assert Fraction(made["sum"]) == exact
    assert math.isclose(float(made["avg"]), float(exact / len(amounts)), rel_tol=1e-15, abs_tol=1e-20)


@given(st.lists(st.integers(), max_size=20))
def test_whole_numbers_are_added_up_exactly(numbers: list[int]) -> None:
    assert run(numbers, {"operation": "aggregate", "aggregates": [{"function": "sum"}]}) == {
        "sum": sum(numbers)
    }


@given(st.lists(JSON, max_size=20), st.integers(1, 7))
def test_batches_put_together_are_the_list(values: list[Any], size: int) -> None:
    batches = run(values, {"operation": "chunk", "size": size})
    assert [value for batch in batches for value in batch] == values
    assert [len(batch) for batch in batches[:-1]] == [size] * (len(batches) - 1 if batches else 0)
    assert run(batches, {"operation": "split_out"}) == values


@given(st.lists(st.fixed_dictionaries({"x": JSON, "rest": SAFE}), max_size=8))
def test_collecting_what_was_split_out_is_the_list(rows: list[Any]) -> None:
    made = run({"rows": rows}, {"operation": "split_out", "field": "rows"})
    assert made == rows
    assert run(made, {"operation": "collect", "target": "rows"}) == {"rows": rows}


CELLS = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=10)
TABLES = st.lists(st.fixed_dictionaries({"one": CELLS, "two, too": CELLS, 'qu"ote': CELLS}), max_size=6)
DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}


@given(TABLES, st.sampled_from(sorted(DELIMITERS)), st.sampled_from(["minimal", "text", "all"]))
def test_csv_is_what_python_reads(rows: list[dict[str, str]], delimiter: str, quoting: str) -> None:
    options = {"delimiter": delimiter}
    columns = ["one", "two, too", 'qu"ote']
    written = run(rows, {"operation": "format_csv", "quoting": quoting, "columns": columns, **options})
    reader = csv.DictReader(io.StringIO(written, newline=""), delimiter=DELIMITERS[delimiter])
    assert list(reader) == rows
    assert run(written, {"operation": "parse_csv", **options}) == rows


@given(TABLES, st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
def test_a_csv_file_is_read_back(rows: list[dict[str, str]], encoding: str) -> None:
    columns = ["one", "two, too", 'qu"ote']
    file = run(rows, {"operation": "format_csv", "columns": columns, "as_file": True, "encoding": encoding})
    assert len(base64.b64decode(file["base64"])) == file["size"]
    assert run(file, {"operation": "parse_csv", "encoding": encoding}) == rows


@given(
    st.dictionaries(st.from_regex(r"[a-z][a-z0-9]{0,5}", fullmatch=True), SAFE | st.booleans(), min_size=1)
)
def test_json_comes_back(value: Any) -> None:
    for indent in (False, True):
        text = run(value, {"operation": "format_json", "indent": indent})
        assert json.loads(text) == value
        assert run({"a": text}, {"operation": "parse_json", "field": "a"}) == {"a": value}


MOMENTS = st.datetimes(datetime(1971, 1, 1), datetime(2037, 12, 31))  # noqa: DTZ001 - the zone is added
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"])


@given(MOMENTS, ZONES, ZONES)
def test_zones_are_those_of_python(moment: datetime, source: str, target: str) -> None:
    text = moment.replace(microsecond=0).isoformat()
    aware = moment.replace(microsecond=0, tzinfo=ZoneInfo(source))
    read = run(text, {"operation": "date", "timezone": source})
    assert datetime.fromisoformat(read) == datetime.fromisoformat(aware.isoformat())
    moved = run(read, {"operation": "date", "date_action": "convert", "timezone": target})
    assert moved == aware.astimezone(timezone.utc).astimezone(ZoneInfo(target)).isoformat()
    shown = run(moved, {"operation": "date", "date_action": "format", "pattern": "%d.%m.%Y %H:%M:%S"})
    assert shown == datetime.fromisoformat(moved).strftime("%d.%m.%Y %H:%M:%S")


@given(MOMENTS, st.integers(-500, 500), ZONES)
def test_days_keep_the_wall_clock_and_hours_the_time(moment: datetime, amount: int, zone: str) -> None:
    start = moment.replace(microsecond=0, tzinfo=ZoneInfo(zone))
    add = {"operation": "date", "date_action": "add", "amount": amount, "timezone": zone}
    text = moment.replace(microsecond=0).isoformat()
    assert run(text, {**add, "unit": "days"}) == (start + timedelta(days=amount)).isoformat()
    later = start.astimezone(timezone.utc) + timedelta(hours=amount)
    assert datetime.fromisoformat(run(text, {**add, "unit": "hours"})) == later


@given(st.decimals(-(10**12), 10**12, places=3), st.integers(0, 5))
def test_rounding_is_that_of_decimal(number: Decimal, digits: int) -> None:
    for name in ("half_up", "half_even", "down", "up", "floor", "ceiling"):
        step = {
            "operation": "number",
            "number_action": "round",
            "digits": digits,
            "rounding": name,
            "as_text": True,
        }
        expected = number.quantize(Decimal(1).scaleb(-digits), rounding=f"ROUND_{name.upper()}")
        assert Decimal(run(str(number), step)) == expected


@given(
    st.decimals(-(10**12), 10**12, places=2),
    st.sampled_from(["point", "comma"]),
    st.sampled_from(["none", "comma", "point", "space", "apostrophe"]),
)
def test_numbers_that_were_written_are_read_back(number: Decimal, mark: str, thousands: str) -> None:
    if mark == thousands:
        return
    how = {"operation": "number", "decimal_mark": mark, "thousands": thousands}
    written = run(str(number), {**how, "number_action": "format"})
    assert Decimal(run(written, {**how, "as_text": True})) == number
    signs = {"none": "", "comma": ",", "point": ".", "space": " ", "apostrophe": "'"}
    plain = f"{number:,.2f}".replace(",", "\1").replace(".", "," if mark == "comma" else ".")
    assert written == plain.replace("\1", signs[thousands])


@given(TEXTS, st.sampled_from(["md5", "sha1", "sha256", "sha384", "sha512", "sha3_256", "blake2b"]), TEXTS)
def test_sums_are_those_of_hashlib(text: str, algorithm: str, key: str) -> None:
    step = {"operation": "hash", "algorithm": algorithm}
    assert run(text, step) == hashlib.new(algorithm, text.encode()).hexdigest()
    told = run(text, {**step, "digest": "base64"})
    assert base64.b64decode(told) == hashlib.new(algorithm, text.encode()).digest()
    if key:
        signed = run(text, {**step, "secret_connection_id": "key"}, secrets={"key": key})
        assert hmac.compare_digest(signed, hmac.new(key.encode(), text.encode(), algorithm).hexdigest())


@given(TEXTS, st.booleans())
def test_base64_is_that_of_python(text: str, url_safe: bool) -> None:
    encoded = run(text, {"operation": "base64", "url_safe": url_safe})
    encode = base64.urlsafe_b64encode if url_safe else base64.b64encode
    assert encoded.rstrip("=") == encode(text.encode()).decode().rstrip("=")
    assert run(encoded, {"operation": "base64", "base64_action": "decode"}) == text


@given(st.dictionaries(TEXTS.filter(bool), st.lists(TEXTS, min_size=1, max_size=3), max_size=4))
def test_urls_are_those_of_urllib(query: dict[str, list[str]]) -> None:
    parts = {"scheme": "https", "host": "example.com", "port": 8443, "path": "/a b", "query": query}
    built = run(parts, {"operation": "url", "url_action": "build"})
    assert urlsplit(built).netloc == "example.com:8443"
    pairs = [(name, text) for name, texts in query.items() for text in texts]
    assert parse_qsl(urlsplit(built).query, keep_blank_values=True) == pairs
    again = run(built, {"operation": "url"})
    assert again["query"] == {name: texts if len(texts) > 1 else texts[0] for name, texts in query.items()}
    assert (again["scheme"], again["host"], again["port"], again["path"]) == (
        "https",
        "example.com",
        8443,
        "/a%20b",
    )


@given(JSON, st.lists(KEYS, min_size=1, max_size=3), SCALARS)
def test_set_fields_agree_with_jq(value: Any, keys: list[str], new: Any) -> None:
    base = value if isinstance(value, dict) else {}
    fields = [{"name": ".".join(keys), "value": new}]
    if isinstance(new, str) and "{{" in new:
        return
    step = {"operation": "set_fields", "keep_other_fields": True, "each_item": False, "fields": fields}
    program = f"setpath({json.dumps(keys)}; $new)"
    try:
        expected = json.loads(jq.compile(program, args={"new": new}).input_text(json.dumps(base)).text())
    except ValueError:
        with pytest.raises(Exception, match="cannot be set"):
            run(base, step)
        return
    assert run(base, step) == expected
    assert run(expected, {"operation": "remove_fields", "names": [".".join(keys)]}) == by_jq(
        f"delpaths([{json.dumps(keys)}])", expected
    )
