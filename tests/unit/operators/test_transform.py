"""The transform step."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from tests.factories import make_edge, make_graph, make_node, make_set, make_transform, make_trigger
from tests.unit.operators.runtime import FakeRun

BODY = {"id": 7, "items": [{"price": 2}, {"price": 3}]}
CONF = {"trigger": {"type": "manual", "id": "start", "body": BODY}}
KEEP = {"operation": "set_fields", "keep_other_fields": True}


def transform(*operations: dict[str, Any], **parameters: Any) -> Any:
    run = FakeRun(make_graph(make_trigger(), make_transform("make", *operations, **parameters)), conf=CONF)
    return run.execute("make")


def set_fields(*, keep: bool = False, **values: Any) -> dict[str, Any]:
    fields = [{"name": name.replace("__", "."), "value": value} for name, value in values.items()]
    return {"operation": "set_fields", "fields": fields, "keep_other_fields": keep}


def test_fields_keep_their_types() -> None:
    made = transform(set_fields(a="{{ trigger.body['items'] }}", b="{{ trigger.body.id }}", c="n{{ 1 + 1 }}"))
    assert made == {"a": BODY["items"], "b": 7, "c": "n2"}


def test_dots_make_objects() -> None:
    assert transform(set_fields(a__b__c=1, a__d=2)) == {"a": {"b": {"c": 1}, "d": 2}}


def test_a_dot_into_something_else_is_an_error() -> None:
    with pytest.raises(AirflowFailException, match=r"'a\.b' cannot be set: a is a number"):
        transform(set_fields(a=1, a__b=2))


def test_the_input_can_be_kept() -> None:
    assert transform(set_fields(keep=True, total=5)) == {**BODY, "total": 5}


def test_keeping_does_not_change_the_input() -> None:
    transform(set_fields(keep=True, new__field=1), input="{{ trigger.body }}")
    assert "new" not in BODY


def test_without_operations_the_input_is_handed_on() -> None:
    assert transform() == BODY


def test_the_input_is_the_step_before() -> None:
    run = FakeRun(make_graph(make_trigger(), make_set("a", x=1), make_transform("b", KEEP)))
    run.execute("a")
    assert run.execute("b") == {"x": 1}


def join_of_two(*operations: dict[str, Any]) -> FakeRun:
    edges = [make_edge("start", "a"), make_edge("start", "b"), make_edge("a", "c"), make_edge("b", "c")]
    nodes = [make_trigger(), make_set("a", x=1), make_set("b", x=2), make_transform("c", *operations)]
    run = FakeRun(make_graph(*nodes, edges=edges))
    run.execute("a")
    run.execute("b")
    return run


def test_with_several_steps_before_the_input_must_be_said() -> None:
    with pytest.raises(AirflowFailException, match=r"2 steps lead here \(a, b\)"):
        join_of_two(KEEP).execute("c")


def test_an_object_made_anew_needs_no_input() -> None:
    run = join_of_two(set_fields(sum="{{ steps.a.x + steps.b.x }}"))
    assert run.execute("c") == {"sum": 3}


def test_expressions_see_the_item_and_the_steps() -> None:
    made = transform(
        {"operation": "filter", "filter_by": "expression", "condition": "{{ row.price > 2 }}"},
        set_fields(
            total="{{ row.price * trigger.body.id }}", place="{{ row_index }}", of="{{ value | length }}"
        ),
        input="{{ trigger.body['items'] }}",
    )
    assert made == [{"total": 21, "place": 0, "of": 1}]


def test_what_an_item_holds_is_never_rendered() -> None:
    graph = make_graph(make_trigger(), make_transform("make", set_fields(a="{{ row.text }}")))
    body = {"text": "{{ run.id }}"}
    run = FakeRun(graph, conf={"trigger": {"type": "manual", "id": "start", "body": body}})
    assert run.execute("make") == {"a": "{{ run.id }}"}


def test_the_record_of_the_input_holds_what_counts() -> None:
    graph = make_graph(make_trigger(), make_transform("make", {"operation": "sort"}, input=[2, 1]))
    run = FakeRun(graph)
    assert run.execute("make") == [1, 2]
    assert run.input("make") == {"input": [2, 1], "operations": [{"operation": "sort", "sort_by": []}]}


def test_an_error_tells_the_operation_the_item_and_the_field() -> None:
    graph = make_graph(
        make_trigger(),
        make_transform(
            "make", {"operation": "sort"}, {"operation": "number", "field": "price"}, input=[{"price": "x"}]
        ),
    )
    run = FakeRun(graph)
    with pytest.raises(
        AirflowFailException, match=r"Operation 2 \(Numbers\), item 0, field: 'x' is not a number"
    ):
        run.execute("make")
    error = run.error("make")
    assert error["code"] == "transform-failed"
    assert error["detail"] == {"operation": 1, "field": "field", "item": 0}


@pytest.mark.parametrize(
    ("program", "result"),
    [
        (".id", 7),
        (".items[].price", [2, 3]),
        ("empty", None),
        ("{id, total: ([.items[].price] | add)}", {"id": 7, "total": 5}),
        ("# a comment\n.id", 7),
        ("$ENV | length", 0),
        ("env | length", 0),
    ],
)
def test_a_jq_program_gets_the_input(program: str, result: Any) -> None:
    assert transform({"operation": "jq", "program": program}) == result


def test_a_jq_program_is_never_rendered() -> None:
    program = '"{{ trigger.body.id }}"'
    assert transform({"operation": "jq", "program": program}) == "{{ trigger.body.id }}"


def test_an_operation_that_is_unknown_fails_the_step() -> None:
    graph = make_graph(make_trigger(), make_node("make", parameters={"operations": [{"operation": "nope"}]}))
    with pytest.raises(AirflowFailException, match=r"operations\.0\.operation"):
        FakeRun(graph).execute("make")


def test_what_an_expression_yields_is_never_rendered_again() -> None:
    graph = make_graph(make_trigger(), make_transform("make", set_fields(a="{{ trigger.body.text }}")))
    body = {"text": "{{ run.id }} {{ row }}"}
    run = FakeRun(graph, conf={"trigger": {"type": "manual", "id": "start", "body": body}})
    assert run.execute("make") == {"a": "{{ run.id }} {{ row }}"}


def test_the_record_shows_what_does_not_depend_on_the_item() -> None:
    graph = make_graph(
        make_trigger(), make_transform("make", set_fields(a="{{ 1 + 1 }}", b="{{ row }}"), input=5)
    )
    run = FakeRun(graph)
    assert run.execute("make") == {"a": 2, "b": 5}
    [operation] = run.input("make")["operations"]
    assert [field["value"] for field in operation["fields"]] == [2, "{{ row }}"]


def test_an_hmac_takes_the_password_of_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_SIGNING", '{"conn_type": "generic", "password": "key"}')
    step = {"operation": "hash", "secret_connection_id": "signing"}
    # echo -n "The quick brown fox jumps over the lazy dog" | openssl dgst -sha256 -hmac key
    expected = "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8"
    assert transform(step, input="The quick brown fox jumps over the lazy dog") == expected


def test_no_password_of_a_service_becomes_the_key_of_an_hmac(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_DB", '{"conn_type": "postgres", "host": "db", "password": "secret"}')
    with pytest.raises(AirflowFailException, match="is of type postgres; this step uses generic"):
        transform({"operation": "hash", "secret_connection_id": "db"}, input="text")


def test_a_cancelled_step_stops_its_program() -> None:
    program = {"operation": "jq", "program": "def f: f; f"}
    run = FakeRun(make_graph(make_trigger(), make_transform("make", program)), conf=CONF)
    timer = threading.Timer(1, run.operator("make").on_kill)
    timer.start()
    started = time.monotonic()
    with pytest.raises(AirflowFailException):
        run.execute("make")
    timer.join()
    assert time.monotonic() - started < 8


def test_the_time_and_the_memory_are_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__FLOWFORGE__TRANSFORM_TIME_LIMIT_S", "0.5")
    with pytest.raises(AirflowFailException, match=r"longer than 0\.\d+ s"):
        transform({"operation": "jq", "program": "def f: f; f"})
    monkeypatch.setenv("AIRFLOW__FLOWFORGE__TRANSFORM_TIME_LIMIT_S", "20")
    monkeypatch.setenv("AIRFLOW__FLOWFORGE__TRANSFORM_MEMORY_BYTES", "90000000")
    fields = [{"name": "a", "value": "{{ 'x' * (900000 + row) }}"}]
    with pytest.raises(AirflowFailException, match="memory"):
        transform({"operation": "set_fields", "fields": fields}, {"operation": "sort"}, input=list(range(90)))
