"""Items of a loop at the steps of its body, as the API tells them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from tests.factories import make_edge, make_graph, make_node, make_set, make_trigger
from tests.support.front_door import open_front_door, publish_graph

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.asgi import AsgiClient

URL = "/flowforge/api/executions"
NOW = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)


@pytest.fixture(autouse=True)
def front_door(database: None) -> Iterator[None]:
    with open_front_door():
        yield


@pytest.fixture
def run(admin: AsgiClient) -> dict[str, Any]:
    """A run of start -> each(ask -> told) -> after, whose three tasks per step take five items."""
    each = make_node("each", "for_each", parameters={"items": "{{ trigger.body.items }}"})
    edges = [
        make_edge("start", "each"),
        make_edge("each", "ask", "item"),
        make_edge("ask", "told"),
        make_edge("each", "after", "done"),
    ]
    nodes = [make_trigger(), each, make_set("ask"), make_set("told"), make_set("after")]
    publish_graph(make_graph(*nodes, edges=edges))
    answer = admin.post(URL, json={"workflow_id": "orders", "payload": {}})
    assert answer.status_code == 201, answer.text
    execution: dict[str, Any] = answer.json()
    return execution


def report(run: dict[str, Any], task_id: str, *, state: str | None, index: int = -1, **xcoms: Any) -> None:
    """Do to a task what Airflow and a worker would have done; the first mapped one was the unmapped one."""
    from airflow.models.serialized_dag import SerializedDagModel
    from airflow.models.taskinstance import TaskInstance
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        query = select(TaskInstance).where(
            TaskInstance.run_id == run["run_id"], TaskInstance.task_id == task_id
        )
        tis = {ti.map_index: ti for ti in session.scalars(query)}
        ti = tis.get(index) or tis.get(-1)
        if ti is None:
            dag: Any = SerializedDagModel.get_dag("orders", session=session)
            version = next(iter(tis.values())).dag_version_id
            ti = TaskInstance(dag.get_task(task_id), version, run["run_id"], map_index=index)
            session.add(ti)
        ti.map_index = index
        ti.state = state
        ti.try_number = 1
        ti.start_date = NOW + timedelta(seconds=max(index, 0))
        ti.end_date = ti.start_date + timedelta(seconds=2) if state in ("success", "failed") else None
        session.flush()
        for key, value in xcoms.items():
            XComModel.set(
                key=key,
                value=value,
                dag_id="orders",
                task_id=task_id,
                run_id=run["run_id"],
                map_index=index,
                serialize=False,
                session=session,
            )


def make_batches(run: dict[str, Any]) -> None:
    batches = [[{"id": 0, "password": "pw"}, {"id": 1}], [{"id": 2}, {"id": 3}], [{"id": 4}]]
    report(
        run,
        "each-items",
        state="success",
        return_value=batches,
        flowforge_batches={"total": 5, "size": 2},
        flowforge_input={"items": [0, 1, 2, 3, 4]},
    )


def step_of(admin: AsgiClient, run: dict[str, Any], node_id: str) -> dict[str, Any]:
    steps = admin.get(f"{URL}/{run['id']}").json()["steps"]
    found: dict[str, Any] = next(step for step in steps if step["node_id"] == node_id)
    return found


def items_of(admin: AsgiClient, run: dict[str, Any], node_id: str, **query: Any) -> dict[str, Any]:
    answer = admin.get(f"{URL}/{run['id']}/steps/{node_id}/items", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_before_its_batches_are_made_a_loop_has_no_items(admin: AsgiClient, run: dict[str, Any]) -> None:
    assert (step_of(admin, run, "each")["state"], step_of(admin, run, "ask")["state"]) == ("none", "none")
    assert step_of(admin, run, "ask")["items"] is None
    assert items_of(admin, run, "ask") == {"items": [], "total_entries": 0}
    answer = admin.get(f"{URL}/{run['id']}/steps/ask", params={"item": 0})
    assert (answer.status_code, answer.json()["code"]) == (404, "item-not-found")


def test_a_loop_runs_from_its_first_task_to_its_last(admin: AsgiClient, run: dict[str, Any]) -> None:
    report(run, "each-items", state="running")
    assert step_of(admin, run, "each")["state"] == "running"
    make_batches(run)
    each = step_of(admin, run, "each")
    assert (each["state"], each["input"], each["ended_at"]) == ("running", {"items": [0, 1, 2, 3, 4]}, None)
    report(run, "each", state="success", return_value={"results": []}, flowforge_input={"no": 1})
    each = step_of(admin, run, "each")
    assert (each["state"], each["output"]) == ("success", {"results": []})
    assert each["input"] == {"items": [0, 1, 2, 3, 4]}
    assert each["started_at"].startswith("2026-01-01T12:00:00")


def test_a_loop_that_cannot_begin_waits_with_its_first_task(admin: AsgiClient, run: dict[str, Any]) -> None:
    report(run, "each-items", state="up_for_retry")
    assert step_of(admin, run, "each")["state"] == "up_for_retry"


def test_items_are_counted_by_their_state(admin: AsgiClient, run: dict[str, Any]) -> None:
    make_batches(run)
    assert step_of(admin, run, "ask")["items"] == {"loop_id": "each", "total": 5, "counts": {"none": 5}}
    report(run, "ask", state="success", index=0, flowforge_ports={"0": "success", "1": None})
    report(run, "ask", state="running", index=1)
    report(run, "ask", state="queued", index=2)
    ask = step_of(admin, run, "ask")
    assert ask["state"] == "running"
    assert ask["items"]["counts"] == {"failed": 1, "queued": 1, "running": 2, "success": 1}
    report(run, "ask", state="failed", index=1, flowforge_ports={"2": None})
    report(run, "ask", state="failed", index=2)
    report(run, "told", state="success", index=0, flowforge_ports={"0": "success", "1": "-"})
    ask = step_of(admin, run, "ask")
    # Item 3 was not begun; the task of item 4 died.
    assert (ask["state"], ask["items"]["counts"]) == ("failed", {"failed": 3, "skipped": 1, "success": 1})
    assert ask["duration_s"] == 4
    assert ask["error"] is None
    told = step_of(admin, run, "told")
    assert told["items"]["counts"] == {"none": 3, "success": 1, "upstream_failed": 1}


def test_items_are_listed_in_order_and_by_state(admin: AsgiClient, run: dict[str, Any]) -> None:
    make_batches(run)
    report(run, "ask", state="success", index=0, flowforge_ports={"0": "success", "1": "error"})
    report(run, "ask", state="success", index=1, flowforge_ports={"3": None})
    listed = items_of(admin, run, "ask")
    assert [item["state"] for item in listed["items"]] == ["success", "success", "skipped", "failed", "none"]
    assert listed["items"][0]["label"] == '{"id": 0, "password": "***"}'
    assert items_of(admin, run, "ask", state="success", limit=1, offset=1) == {
        "items": [listed["items"][1]],
        "total_entries": 2,
    }


def test_one_item_shows_what_the_step_recorded_of_it(admin: AsgiClient, run: dict[str, Any]) -> None:
    make_batches(run)
    report(
        run,
        "ask",
        state="success",
        index=1,
        flowforge_ports={"2": "success", "3": None},
        flowforge_input={"2": {"url": "a", "token": "t"}, "3": {"url": "b"}},
        flowforge_error={"3": {"code": "http-status", "message": "Answered 500."}},
        return_value={"2": {"body": 1}},
    )
    url = f"{URL}/{run['id']}/steps/ask"
    good = admin.get(url, params={"item": 2}).json()
    assert (good["state"], good["input"], good["output"]) == (
        "success",
        {"url": "a", "token": "***"},
        {"body": 1},
    )
    assert good["items"]["total"] == 5
    bad = admin.get(url, params={"item": 3}).json()
    assert (bad["state"], bad["output"], bad["error"]["code"]) == ("failed", None, "http-status")
    report(run, "ask", state="failed", index=2)
    assert admin.get(url, params={"item": 4}).json()["error"]["code"] == "step-died"
    for wrong in (5, 10_000):
        assert admin.get(url, params={"item": wrong}).json()["code"] == "item-not-found"
    assert admin.get(f"{URL}/{run['id']}/steps/after", params={"item": 0}).status_code == 404


def test_the_log_of_an_item_is_that_of_its_task(admin: AsgiClient, run: dict[str, Any]) -> None:
    make_batches(run)
    report(run, "ask", state="skipped", index=0)
    url = f"{URL}/{run['id']}/steps/ask/logs"
    assert admin.get(url, params={"item": 1}).status_code == 200
    assert admin.get(url, params={"item": 2}).json()["code"] == "step-not-found"
    assert admin.get(url, params={"item": 7}).json()["code"] == "item-not-found"
