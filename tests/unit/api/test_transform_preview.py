"""Transform steps tried on sample data."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from flowforge_provider.api.services import transform_preview

if TYPE_CHECKING:
    from tests.support.asgi import AsgiClient

URL = "/flowforge/api/preview/transform"
ROWS = [{"id": 1, "total": 5}, {"id": 2, "total": "x"}, {"id": 3, "total": 9}]
FIRST = {"operation": "limit", "count": 1}


def preview(admin: AsgiClient, *operations: Any, **more: Any) -> dict[str, Any]:
    body = {"parameters": {"operations": list(operations)}, "input": ROWS, **more}
    answer = admin.post(URL, json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_the_result_of_each_operation_is_there(admin: AsgiClient) -> None:
    fields = [{"name": "n", "value": "{{ row.id + trigger.body }}"}]
    shown = preview(
        admin, FIRST, {"operation": "set_fields", "fields": fields}, data={"trigger": {"body": 10}}
    )
    assert shown == {
        "ok": True,
        "input": {"count": 3, "cut": False, "value": ROWS},
        "steps": [
            {"count": 1, "cut": False, "value": [ROWS[0]]},
            {"count": 1, "cut": False, "value": [{"n": 11}]},
        ],
        "error": None,
        "notes": [],
    }


def test_the_input_may_be_an_expression(admin: AsgiClient) -> None:
    parameters = {"input": "{{ steps.load.rows }}", "operations": [FIRST]}
    shown = preview(admin, parameters=parameters, data={"steps": {"load": {"rows": [7, 8]}}})
    assert [step["value"] for step in shown["steps"]] == [[7]]


@pytest.mark.parametrize(
    ("operation", "code", "field", "item"),
    [
        ({"operation": "number", "field": "total"}, "transform-failed", "field", 1),
        ({"operation": "jq", "program": ".["}, "bad-jq", "program", None),
        ({"operation": "jq", "program": ""}, "missing-parameter", "program", None),
        ({"operation": "jq", "program": 'error("no")'}, "jq-failed", "program", None),
        ({"operation": "sort", "sort_by": [{"field": "a["}]}, "wrong-parameter", "sort_by.0.field", None),
        ({"operation": "filter", "conditions": {}}, "missing-condition", "conditions", None),
        (
            {"operation": "filter", "filter_by": "expression", "condition": "{{ row.nope }}"},
            "expression-value",
            "condition",
            0,
        ),
        ({"operation": "text", "template": "{{ trigger.nope }}"}, "expression-value", "template", None),
        ({"operation": "text", "template": "{{ 1 + }}"}, "expression-syntax", "template", None),
    ],
)
def test_a_fault_names_its_operation_and_hides_nothing_before_it(
    admin: AsgiClient, operation: dict[str, Any], code: str, field: str, item: int | None
) -> None:
    same = {"operation": "limit"}
    shown = preview(admin, same, operation, same, data={"trigger": {}})
    assert shown["ok"] is False
    error = shown["error"]
    assert (error["operation"], error["code"], error["field"], error["item"]) == (1, code, field, item)
    assert error["message"]
    assert [step["count"] for step in shown["steps"]] == [3]


def test_a_wrong_input_is_told(admin: AsgiClient) -> None:
    shown = preview(admin, parameters={"input": "{{ steps.gone }}", "operations": [FIRST]})
    assert (shown["error"]["operation"], shown["error"]["field"]) == (None, "input")


def test_large_results_are_cut(admin: AsgiClient) -> None:
    shown = preview(admin, {"operation": "limit"}, input=list(range(500)))
    assert shown["steps"][0] == {"count": 500, "cut": True, "value": list(range(50))}
    shown = preview(admin, {"operation": "limit"}, input=["x" * 100_000])
    assert shown["steps"][0]["cut"] is True
    assert len(shown["steps"][0]["value"]) < 100_000


def test_no_program_runs_for_ever(admin: AsgiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transform_preview, "TIME_LIMIT_S", 0.5)
    started = time.monotonic()
    shown = preview(admin, {"operation": "jq", "program": "def f: f; f"})
    assert shown["error"]["code"] in {"jq-timeout", "transform-timeout"}
    assert time.monotonic() - started < 20


def test_no_secret_is_read(admin: AsgiClient) -> None:
    shown = preview(
        admin, {"operation": "hash", "field": "id", "secret_connection_id": "flowforge_demo", "target": "h"}
    )
    assert shown["steps"][0]["value"][0]["h"] == "(HMAC by flowforge_demo)"
    assert "reads no secrets" in shown["notes"][0]


def test_too_many_at_once_are_told_to_wait(admin: AsgiClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transform_preview, "_WAIT_S", 0.01)
    for _ in range(4):
        assert transform_preview._SLOTS.acquire(timeout=5)
    try:
        answer = admin.post(URL, json={"parameters": {"operations": [FIRST]}, "input": []})
    finally:
        for _ in range(4):
            transform_preview._SLOTS.release()
    assert answer.status_code == 503
    assert answer.json()["code"] == "overloaded"
