"""The transform step."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from tests.factories import make_edge, make_graph, make_node, make_set, make_trigger
from tests.unit.operators.runtime import FakeRun

BODY = {"id": 7, "items": [{"price": 2}, {"price": 3}]}
CONF = {"trigger": {"type": "manual", "id": "start", "body": BODY}}


def transform(**parameters: Any) -> Any:
    run = FakeRun(make_graph(make_trigger(), make_node("make", parameters=parameters)), conf=CONF)
    return run.execute("make")


def fields(**values: Any) -> list[dict[str, Any]]:
    return [{"name": name.replace("__", "."), "value": value} for name, value in values.items()]


def test_fields_keep_their_types() -> None:
    made = transform(
        fields=fields(a="{{ trigger.body['items'] }}", b="{{ trigger.body.id }}", c="n{{ 1 + 1 }}")
    )
    assert made == {"a": BODY["items"], "b": 7, "c": "n2"}


def test_dots_make_objects() -> None:
    assert transform(fields=fields(a__b__c=1, a__d=2)) == {"a": {"b": {"c": 1}, "d": 2}}


def test_a_dot_into_something_else_is_an_error() -> None:
    with pytest.raises(AirflowFailException, match=r"'a\.b' cannot be set: 'a' is a number"):
        transform(fields=fields(a=1, a__b=2))


def test_the_input_can_be_kept() -> None:
    assert transform(keep_input=True, fields=fields(total=5)) == {**BODY, "total": 5}


def test_keeping_does_not_change_the_input() -> None:
    transform(keep_input=True, input="{{ trigger.body }}", fields=fields(new__field=1))
    assert "new" not in BODY


def test_only_an_object_can_be_kept() -> None:
    with pytest.raises(AirflowFailException, match="is a list, not an object"):
        transform(keep_input=True, input="{{ trigger.body['items'] }}")


def test_the_input_is_the_step_before() -> None:
    graph = make_graph(make_trigger(), make_set("a", x=1), make_node("b", parameters={"keep_input": True}))
    run = FakeRun(graph)
    run.execute("a")
    assert run.execute("b") == {"x": 1}


def test_with_several_steps_before_the_input_must_be_said() -> None:
    edges = [
        make_edge("start", "a"),
        make_edge("start", "b"),
        make_edge("a", "c"),
        make_edge("b", "c"),
    ]
    nodes = [make_trigger(), make_set("a"), make_set("b"), make_node("c", parameters={"keep_input": True})]
    with pytest.raises(AirflowFailException, match=r"2 steps lead here \(a, b\)"):
        FakeRun(make_graph(*nodes, edges=edges)).execute("c")


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
    assert transform(mode="jq", program=program) == result


def test_a_jq_program_is_never_rendered() -> None:
    assert transform(mode="jq", program='"{{ trigger.body.id }}"') == "{{ trigger.body.id }}"
