from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.factories import make_edge, make_graph, make_node, make_set, make_trigger
from tests.support.front_door import open_front_door, publish_graph
from tests.support.runs import URL, end, report, start, states, succeed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.asgi import AsgiClient


@pytest.fixture(autouse=True)
def front_door(database: None) -> Iterator[None]:
    with open_front_door():
        yield


def _chain() -> str:
    graph = make_graph(
        make_trigger(),
        make_set("first"),
        make_set("second"),
        make_set("third"),
        edges=[make_edge("start", "first"), make_edge("first", "second"), make_edge("second", "third")],
    )
    return publish_graph(graph)


def _failed_chain(admin: AsgiClient) -> str:
    _chain()
    execution = start(admin)
    report(execution, "start", "success", tries=0)
    succeed(execution, "first", {"a": 1})
    report(execution, "second", "failed", tries=2)
    report(execution, "third", "upstream_failed", tries=0)
    end(execution, "failed")
    return execution


def test_failed_steps_and_what_follows_run_again_in_the_same_run(admin: AsgiClient) -> None:
    execution = _failed_chain(admin)
    answer = admin.post(f"{URL}/{execution}/retry", json={})
    assert answer.status_code == 200, answer.text
    assert answer.json()["id"] == execution
    assert answer.json()["state"] == "queued"
    assert states(execution) == {"start": "success", "first": "success", "second": None, "third": None}
    steps = {step["node_id"]: step for step in answer.json()["steps"]}
    assert steps["first"]["output"] == {"a": 1}
    # Tries go on counting.
    assert (steps["second"]["tries"], steps["second"]["max_tries"]) == (2, 3)


def test_what_has_not_failed_or_not_ended_is_not_retried(admin: AsgiClient) -> None:
    _chain()
    execution = start(admin)
    running = admin.post(f"{URL}/{execution}/retry")
    assert (running.status_code, running.json()["code"]) == (409, "execution-running")
    for step in ("first", "second", "third"):
        succeed(execution, step)
    end(execution, "success")
    done = admin.post(f"{URL}/{execution}/retry")
    assert (done.status_code, done.json()["code"]) == (409, "nothing-failed")
    missing = admin.post(f"{URL}/{execution}/retry", json={"nodes": ["nowhere"]})
    assert (missing.status_code, missing.json()["code"]) == (404, "step-not-found")
    unknown = admin.post(f"{URL}/orders.nothing/retry")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "execution-not-found")


def test_an_unpublished_workflow_has_no_retries(admin: AsgiClient) -> None:
    execution = _failed_chain(admin)
    assert admin.post("/flowforge/api/workflows/orders/unpublish").status_code == 200
    answer = admin.post(f"{URL}/{execution}/retry")
    assert (answer.status_code, answer.json()["code"]) == (409, "workflow-not-published")
    assert states(execution)["second"] == "failed"


def test_retrying_needs_the_right_to_run(
    admin: AsgiClient, client: Callable[[str | None], AsgiClient]
) -> None:
    execution = _failed_chain(admin)
    assert client("viewer").post(f"{URL}/{execution}/retry").status_code == 403


def test_a_cancelled_execution_goes_on_where_it_was_cut_off(admin: AsgiClient) -> None:
    _chain()
    execution = start(admin)
    report(execution, "start", "success", tries=0)
    succeed(execution, "first")
    assert admin.post(f"{URL}/{execution}/cancel").json()["state"] == "cancelled"
    assert states(execution)["second"] == "skipped"
    answer = admin.post(f"{URL}/{execution}/retry")
    assert answer.json()["state"] == "queued"
    assert states(execution)["first"] == "success"
    assert states(execution)["second"] is None


def _loop(**parameters: object) -> str:
    graph = make_graph(
        make_trigger(),
        make_node("each", "for_each", parameters={"items": "{{ trigger.body }}", **parameters}),
        make_set("one"),
        make_set("two"),
        make_set("after"),
        edges=[
            make_edge("start", "each"),
            make_edge("each", "one", "item"),
            make_edge("one", "two"),
            make_edge("each", "after", "done"),
        ],
    )
    return publish_graph(graph)


def test_of_a_loop_only_the_items_run_again_that_have_failed_or_were_not_begun(admin: AsgiClient) -> None:
    _loop()
    execution = start(admin, payload=[1, 2, 3])
    succeed(execution, "each-items", [[1], [2], [3]])
    report(execution, "one", "success", map_index=0)
    report(execution, "one", "failed", map_index=1)
    # Begun after the other one had failed.
    report(execution, "one", "skipped", map_index=2)
    report(execution, "two", "success", map_index=0)
    report(execution, "two", "upstream_failed", map_index=1)
    report(execution, "two", "skipped", map_index=2)
    report(execution, "each", "failed")
    report(execution, "after", "upstream_failed")
    end(execution, "failed")

    assert admin.post(f"{URL}/{execution}/retry").status_code == 200
    now = states(execution)
    assert now["each-items"] == "success"
    assert now["one[0]"] == now["two[0]"] == "success"
    again = ("one[1]", "one[2]", "two[1]", "two[2]", "each", "after")
    assert {name: now[name] for name in again} == dict.fromkeys(again)


def test_tolerated_items_are_retried_only_when_their_step_is_named(admin: AsgiClient) -> None:
    _loop(continue_on_item_error=True)
    execution = start(admin, payload=[1, 2])
    succeed(execution, "each-items", [[1], [2]])
    report(execution, "one", "failed", map_index=0)
    report(execution, "one", "success", map_index=1)
    report(execution, "two", "upstream_failed", map_index=0)
    report(execution, "two", "success", map_index=1)
    succeed(execution, "each")
    succeed(execution, "after")
    end(execution, "success")
    assert admin.post(f"{URL}/{execution}/retry").json()["code"] == "nothing-failed"
    assert admin.post(f"{URL}/{execution}/retry", json={"nodes": ["each"]}).status_code == 200
    now = states(execution)
    assert now["one[1]"] == now["two[1]"] == "success"
    assert now["one[0]"] is now["two[0]"] is now["each"] is now["after"] is None
