"""Parameters told from Airflow's arguments, and pinned to the Dag version."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from airflow.models.serialized_dag import SerializedDagModel
from airflow.serialization.serialized_objects import DagSerialization

from flowforge_provider.compiler.load import build_dag
from flowforge_provider.compiler.plan import build_plan
from flowforge_provider.compiler.source import to_source
from flowforge_provider.graph.models import Graph, Settings
from flowforge_provider.operators.arguments import PinnedContent
from flowforge_provider.operators.http import HttpOperator
from flowforge_provider.operators.transform import TransformOperator
from flowforge_provider.operators.trigger import TriggerOperator
from tests.factories import make_edge, make_graph, make_node, make_set, make_trigger


def test_what_airflow_does_not_know_is_a_parameter() -> None:
    operator = HttpOperator(
        task_id="call", url="x", retries=3, execution_timeout=timedelta(seconds=5), parameters={"queue": "q"}
    )
    assert operator.parameters == {"url": "x", "queue": "q"}
    assert (operator.retries, operator.queue) == (3, "default")


def test_a_trigger_keeps_its_parameters_and_needs_no_worker() -> None:
    operator = TriggerOperator(task_id="hook", trigger_type="webhook", header_name="X-Token")
    assert operator.parameters == {"header_name": "X-Token"}
    assert operator.inherits_from_empty_operator


def serialized_hash(graph: Graph) -> str:
    dag = build_dag(to_source(build_plan(graph)), fileloc="/compiled.py")
    return str(SerializedDagModel.hash(DagSerialization.to_dict(dag)))  # type: ignore[no-untyped-call]


CALL = {"url": "https://example.com", "headers": [{"name": "a", "value": "1"}, {"name": "b", "value": "2"}]}


def graph(parameters: dict[str, Any] | None = None, *, trigger: Any = None, **kwargs: Any) -> Graph:
    call = make_node("call", "http.request", parameters={**CALL, **(parameters or {})})
    return make_graph(trigger or make_trigger(), call, make_set("end"), **kwargs)


@pytest.mark.parametrize(
    "changed",
    [
        graph({"url": "https://example.org"}),
        graph({"headers": CALL["headers"][::-1]}),
        graph({"body": {"a": 1, "b": 2}}),
        graph(settings=Settings(variables={"a": [1, 2]})),
        graph(settings=Settings(variables={"a": [2, 1]})),
        graph(settings=Settings(timezone="Asia/Tokyo")),
        graph(settings=Settings(description="New.")),
        graph(trigger=make_trigger(type="webhook", parameters={"header_name": "X-Other"})),
        graph(trigger=make_trigger(type="webhook", parameters={"header_name": "X-Another"})),
        graph(edges=[make_edge("start", "call"), make_edge("call", "end", "error")]),
    ],
)
def test_a_change_of_the_graph_changes_the_serialized_dag(changed: Graph) -> None:
    assert serialized_hash(changed) != serialized_hash(graph())


def test_the_order_of_keys_counts_too() -> None:
    # It is the order of an output; Airflow's own hash sorts everything.
    one, other = ({"body": {"a": 1, "b": 2}}, {"body": {"b": 2, "a": 1}})
    assert serialized_hash(graph(one)) != serialized_hash(graph(other))


def test_the_same_graph_keeps_its_hash() -> None:
    assert serialized_hash(graph()) == serialized_hash(graph())


def test_the_digest_survives_airflow() -> None:
    dag = build_dag(to_source(build_plan(graph())), fileloc="/compiled.py")
    restored = DagSerialization.from_dict(DagSerialization.to_dict(dag))
    for task in dag.tasks:
        assert isinstance(task, PinnedContent)
        assert vars(restored.get_task(task.task_id))["flowforge_digest"] == task.flowforge_digest
    assert DagSerialization.to_dict(dag)["dag"]["tasks"][0]["__var"]["flowforge_digest"]


def test_ports_are_part_of_the_digest() -> None:
    one, other = (TransformOperator(task_id="a", ports={"error": [name]}) for name in ("b", "c"))
    assert one.flowforge_digest != other.flowforge_digest
