"""Outputs as JSON that Airflow can keep."""

from __future__ import annotations

from typing import Any

import pytest

from flowforge_provider.exceptions import StepError
from flowforge_provider.operators.output import to_json, to_record


@pytest.mark.parametrize("value", [None, True, 1, 1.5, "é\x00", [1, [2]], {"a": {"b": None}}])
def test_json_stays_as_it_is(value: Any) -> None:
    assert to_json(value, max_bytes=1000) == value


def test_tuples_and_number_keys_become_what_json_has() -> None:
    assert to_json({1: (1, 2)}, max_bytes=1000) == {"1": [1, 2]}


def test_the_output_is_a_copy() -> None:
    value: dict[str, Any] = {"a": []}
    assert to_json(value, max_bytes=1000)["a"] is not value["a"]


@pytest.mark.parametrize("value", [float("nan"), {"a": float("inf")}, object(), {"a": {1, 2}}, b"x"])
def test_other_values_are_refused(value: Any) -> None:
    with pytest.raises(StepError) as caught:
        to_json(value, max_bytes=1000)
    assert caught.value.error_code == "output-not-json"
    assert not caught.value.retryable


def test_the_size_is_counted_in_bytes() -> None:
    assert to_json("é" * 9, max_bytes=20)
    with pytest.raises(StepError, match="22 bytes as JSON; at most 20") as caught:
        to_json("é" * 10, max_bytes=20)
    assert caught.value.detail == {"size": 22, "limit": 20}


@pytest.mark.parametrize("key", ["__classname__", "__id__", "__type", "__var"])
def test_keys_that_airflow_would_act_on_are_refused(key: str) -> None:
    with pytest.raises(StepError, match=rf"a\.0\.{key}") as caught:
        to_json({"a": [{key: "airflow.models.Connection"}]}, max_bytes=1000)
    assert caught.value.error_code == "output-reserved-key"


def test_deep_nesting_is_refused() -> None:
    value: Any = None
    for _ in range(300):
        value = [value]
    with pytest.raises(StepError, match="deeper than 200"):
        to_json(value, max_bytes=10_000)


def test_a_record_is_made_to_fit() -> None:
    record = to_record({"text": "x" * 100}, max_bytes=80)
    assert record == {"truncated": True, "size": 112, "beginning": '{"text": "'}
    assert to_record({"a": {"__type": 1}}, max_bytes=80) == {"a": {"__type (renamed)": 1}}
    assert to_record({"a": {1}}, max_bytes=80) == {"a": "{1}"}
