"""Joins, against SQLite."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from contextlib import closing
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from flowforge_provider.operators.joins import join_by_key, join_by_position

KEYS = st.one_of(st.none(), st.integers(0, 3), st.sampled_from(["0", "a", ""]))
# Without RIGHT and FULL JOIN, which only SQLite 3.39 and later have.
_INNER = "SELECT l.place, r.place FROM l JOIN r ON {on}"
_LEFT = "SELECT l.place, r.place FROM l LEFT JOIN r ON {on}"
_RIGHT = "SELECT l.place, r.place FROM r LEFT JOIN l ON {on}"
JOINS = {
    "inner": _INNER,
    "left": _LEFT,
    "right": _RIGHT,
    "full": f"{_LEFT} UNION ALL {_RIGHT} WHERE l.place IS NULL",
}


def rows(*names: str) -> Any:
    return st.lists(st.fixed_dictionaries({**dict.fromkeys(names, KEYS), "n": st.integers(0, 9)}), max_size=6)


def in_sqlite(left: list[Any], right: list[Any], *, kept: str, keys: list[tuple[str, str]]) -> Counter[Any]:
    """Return how often each (index of the left row, index of the right row) is in the join."""
    with closing(sqlite3.connect(":memory:")) as connection:
        for table, items, names in (
            ("l", left, sorted({one for one, _ in keys})),
            ("r", right, sorted({other for _, other in keys})),
        ):
            # Without a type, SQLite keeps texts and numbers apart, as JSON does.
            connection.execute(f"CREATE TABLE {table} (place, {', '.join(names)})")
            connection.executemany(
                f"INSERT INTO {table} VALUES ({', '.join('?' * (len(names) + 1))})",  # noqa: S608
                [(index, *(item[name] for name in names)) for index, item in enumerate(items)],
            )
        on = " AND ".join(f"l.{one} = r.{other}" for one, other in keys)
        return Counter(connection.execute(JOINS[kept].format(on=on)).fetchall())


def marked(items: list[Any], mark: str) -> list[Any]:
    return [{**item, mark: index} for index, item in enumerate(items)]


@given(left=rows("a", "b"), right=rows("a", "c"), kept=st.sampled_from(sorted(JOINS)), two=st.booleans())
def test_joins_are_those_of_sqlite(left: list[Any], right: list[Any], kept: Any, two: bool) -> None:
    keys = [("a", "a"), ("b", "c")] if two else [("b", "a")]
    joined = join_by_key(marked(left, "_l"), marked(right, "_r"), keys=keys, kept=kept, clash="suffix")
    found = Counter((row.get("_l"), row.get("_r")) for row in joined)
    assert found == in_sqlite(left, right, kept=kept, keys=keys)
    for row in joined:
        one, other = row.get("_l"), row.get("_r")
        if one is not None:
            assert all(row[name] == value for name, value in left[one].items())
        if other is not None:
            names = {"n": "n_right", "a": "a" if two else "a_right"} if left else {}
            assert all(row[names.get(name, name)] == value for name, value in right[other].items())


@given(left=rows("a"), right=rows("a"))
def test_a_full_join_holds_every_other_one(left: list[Any], right: list[Any]) -> None:
    def texts(kept: Any) -> Counter[str]:
        joined = join_by_key(left, right, keys=[("a", "a")], kept=kept, clash="suffix")
        return Counter(json.dumps(row, sort_keys=True) for row in joined)

    whole = texts("full")
    assert whole == texts("left") | texts("right")
    assert texts("inner") <= whole


@given(left=rows("a"), right=rows("b"), kept=st.sampled_from(sorted(JOINS)))
def test_by_position_is_a_join_by_the_place(left: list[Any], right: list[Any], kept: Any) -> None:
    by_place = join_by_key(
        marked(left, "place"), marked(right, "place"), keys=[("place", "place")], kept=kept, clash="right"
    )
    plain = [{name: value for name, value in row.items() if name != "place"} for row in by_place]
    assert join_by_position(left, right, kept=kept, clash="right") == plain


@given(st.integers(-5, 5))
def test_a_text_is_the_number_that_it_holds_where_types_are_converted(number: int) -> None:
    left, right = [{"a": number}], [{"a": str(number)}]
    assert not join_by_key(left, right, keys=[("a", "a")], kept="inner", clash="left")
    assert join_by_key(left, right, keys=[("a", "a")], kept="inner", clash="left", convert_types=True)
