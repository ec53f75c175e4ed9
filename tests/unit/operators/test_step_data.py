"""What expressions see."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from flowforge_provider.operators.step_data import run_data, steps_just_before, trigger_data, workflow_data
from tests.factories import make_edge, make_graph, make_set, make_trigger
from tests.unit.operators.runtime import FakeRun

if TYPE_CHECKING:
    from flowforge_provider.graph.models import Graph


@pytest.fixture
def graph() -> Graph:
    return make_graph(make_trigger("start"), make_set("a"))


def test_the_trigger_is_in_the_configuration_of_the_run(graph: Graph) -> None:
    trigger = {"type": "webhook", "id": "start", "body": [1], "headers": {"x": "y"}, "query": {"a": "b"}}
    data = trigger_data(FakeRun(graph, conf={"trigger": trigger}).context("a"))
    assert data == {
        "type": "webhook",
        "id": "start",
        "body": [1],
        "headers": {"x": "y"},
        "query": {"a": "b"},
        "node": None,
        "method": None,
        "path": None,
        "received_at": None,
        "scheduled_at": None,
        "delivery_id": None,
        "parent": None,
    }


def test_a_run_that_airflow_started_by_hand_has_its_configuration_as_body(graph: Graph) -> None:
    data = trigger_data(FakeRun(graph, conf={"id": 7}).context("a"))
    assert (data["type"], data["id"], data["body"]) == ("manual", "start", {"id": 7})
    assert data["received_at"] == "2030-01-02T03:04:05+00:00"


@pytest.mark.parametrize("conf", [{"trigger": "mine"}, {"trigger": {"no": "type"}}])
def test_a_configuration_that_only_looks_like_a_trigger_is_a_body(
    graph: Graph, conf: dict[str, object]
) -> None:
    assert trigger_data(FakeRun(graph, conf=conf).context("a"))["body"] == conf


def test_a_scheduled_run_knows_its_moment(graph: Graph) -> None:
    data = trigger_data(FakeRun(graph, conf={}, run_type="scheduled").context("a"))
    assert (data["type"], data["id"], data["body"]) == ("cron", "start", {})
    assert data["scheduled_at"] == "2030-01-02T03:04:05+00:00"


def test_run(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://airflow.example.com/")
    assert run_data(FakeRun(graph).context("a", try_number=2)) == {
        "id": "manual__1",
        "workflow_id": "orders",
        "started_at": "2030-01-02T03:04:05+00:00",
        "scheduled_at": None,
        "try_number": 2,
        "url": "https://airflow.example.com/plugin/flowforge/workflows/orders/executions/orders.manual__1",
    }


def test_the_revision_comes_from_the_bundle(graph: Graph) -> None:
    bundle = SimpleNamespace(revision_of={"orders": 12}.get)
    assert workflow_data(FakeRun(graph, bundle_instance=bundle).context("a"))["revision"] == 12
    assert workflow_data(FakeRun(graph, bundle_instance=SimpleNamespace()).context("a"))["revision"] is None


def test_a_port_task_stands_for_its_node() -> None:
    edges = [
        make_edge("start", "a"),
        make_edge("a", "b"),
        make_edge("a", "end", "error"),
        make_edge("b", "end"),
    ]
    graph = make_graph(make_trigger(), *map(make_set, ("a", "b", "end")), edges=edges)
    assert steps_just_before(FakeRun(graph).context("end")) == {"a", "b"}
