from __future__ import annotations

from typing import Any

import pytest

from flowforge_provider.runs.differences import diff_values


def _told(left: Any, right: Any) -> list[tuple[str, str, Any, Any]]:
    return [(one.op, one.path, one.left, one.right) for one in diff_values(left, right).changes]


@pytest.mark.parametrize(
    ("left", "right", "changes"),
    [
        ({"a": 1}, {"a": 1}, []),
        (1, 1.0, []),
        (1, True, [("replace", "", 1, True)]),
        ([0], [False], [("replace", "/0", 0, False)]),
        (
            {"a": 1, "b": 2},
            {"a": 2, "c": 3},
            [
                ("replace", "/a", 1, 2),
                ("remove", "/b", 2, None),
                ("add", "/c", None, 3),
            ],
        ),
        ({"x/y": {"~": 1}}, {"x/y": {"~": 2}}, [("replace", "/x~1y/~0", 1, 2)]),
        ([1, 2, 3], [1, 9, 2, 3], [("add", "/1", None, 9)]),
        ([1, 2, 3], [1, 3], [("remove", "/1", 2, None)]),
        ([{"id": 1}, {"id": 2}], [{"id": 1}, {"id": 3}], [("replace", "/1/id", 2, 3)]),
        (None, {"a": 1}, [("replace", "", None, {"a": 1})]),
    ],
)
def test_differences(left: Any, right: Any, changes: list[Any]) -> None:
    assert _told(left, right) == changes


def test_many_differences_and_long_values_are_cut_off() -> None:
    found = diff_values(list(range(1000)), list(range(1, 1001))[::-1])
    assert found.truncated
    assert len(found.changes) == 200
    (change,) = diff_values("x" * 5000, {"y": "z" * 5000}).changes
    assert len(change.left) < 2100
    assert len(change.right) < 2100


def test_deep_values_take_no_time() -> None:
    left: Any = 1
    right: Any = 2
    for _ in range(60):
        left, right = [left], [right]
    (change,) = diff_values(left, right).changes
    assert change.path == "/0" * 60
