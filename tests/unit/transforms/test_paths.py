"""Fields by path."""

from __future__ import annotations

from typing import Any

import pytest

from flowforge_provider.transforms.paths import MISSING, PathError, get, put, read_path, remove

DATA = {"a": {"b": [{"c": 1}, {"c": 2}]}, "x.y": 3, "é": 4}


@pytest.mark.parametrize(
    ("path", "keys"),
    [
        ("", ()),
        ("a", ("a",)),
        ("a.b[0].c", ("a", "b", 0, "c")),
        ("[1].a", (1, "a")),
        ("[0][-1]", (0, -1)),
        ('["x.y"].z', ("x.y", "z")),
        ("a['it\\'s']", ("a", "it's")),
        ("a.0", ("a", "0")),
        ("with space.é", ("with space", "é")),
    ],
)
def test_paths_are_read(path: str, keys: Any) -> None:
    assert read_path(path) == keys


@pytest.mark.parametrize("path", [".", "a.", ".a", "a..b", "a[", "a]", "a[x]", "a.[0]", "[0]a", "a[1", '["a'])
def test_what_is_no_path(path: str) -> None:
    with pytest.raises(PathError, match="is not the path of a field"):
        read_path(path)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("", DATA),
        ("a.b[1].c", 2),
        ("a.b.1.c", 2),
        ("a.b[-1].c", 2),
        ('["x.y"]', 3),
        ("x.y", MISSING),
        ("a.b[2]", MISSING),
        ("a.b.c", MISSING),
        ("a.b[0].c.d", MISSING),
    ],
)
def test_values_are_found(path: str, value: Any) -> None:
    assert get(DATA, path) == value or get(DATA, path) is value


def test_writing_changes_nothing_that_was_given() -> None:
    before = {"a": [{"b": 1}], "c": {}}
    assert put(before, "a[0].d", 2) == {"a": [{"b": 1, "d": 2}], "c": {}}
    assert put(before, "a[2]", 3) == {"a": [{"b": 1}, None, 3], "c": {}}
    assert put(before, "c.x[0].y", 4) == {"a": [{"b": 1}], "c": {"x": [{"y": 4}]}}
    assert remove(before, "a[0].b") == {"a": [{}], "c": {}}
    assert remove(before, "a[7].b") == before
    assert before == {"a": [{"b": 1}], "c": {}}


@pytest.mark.parametrize("path", ["a.b.c", "l.x", "l[-5]", "l[1000000]"])
def test_where_nothing_can_be_put(path: str) -> None:
    with pytest.raises(PathError):
        put({"a": {"b": 1}, "l": [1]}, path, 0)
