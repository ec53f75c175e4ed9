"""Sample data pinned to nodes: kept with the draft, and with nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from flowforge_provider.compiler import compile_graph
from flowforge_provider.graph.load import load_graph
from tests.factories import make_graph
from tests.support.front_door import open_front_door, publish_graph
from tests.support.runs import start, succeed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.asgi import AsgiClient

URL = "/flowforge/api/workflows/orders"
PIN = f"{URL}/steps/total/pin"


@pytest.fixture(autouse=True)
def front_door(database: None) -> Iterator[None]:
    with open_front_door():
        yield


def pins(workflow: dict[str, Any]) -> dict[str, Any]:
    return {node["id"]: node["pinned"] for node in workflow["graph"]["nodes"] if "pinned" in node}


def pin(admin: AsgiClient, **body: Any) -> dict[str, Any]:
    answer = admin.put(PIN, json=body)
    assert answer.status_code == 200, answer.text
    workflow: dict[str, Any] = answer.json()
    return workflow


def test_a_pin_is_saved_with_the_draft_and_changes_nothing_that_is_published(admin: AsgiClient) -> None:
    publish_graph(make_graph())
    before = admin.get(URL).json()
    workflow = pin(admin, output={"total": 20})
    assert pins(workflow) == {"total": {"output": {"total": 20}, "execution_id": None}}
    assert workflow["version"] == before["version"] + 1
    # Not "changed": there is nothing to publish.
    assert workflow["state"] == "published"
    assert admin.post(f"{URL}/publish", json={}).json()["seq"] == before["published_seq"]
    assert pins(admin.get(URL).json()) != {}
    unpinned = admin.delete(PIN)
    assert (pins(unpinned.json()), unpinned.json()["version"]) == ({}, before["version"] + 2)


def test_the_same_source_is_compiled_with_and_without_pins() -> None:
    document = make_graph().model_dump(mode="json")
    pinned = {**document, "nodes": [{**node, "pinned": {"output": 7}} for node in document["nodes"]]}
    assert compile_graph(load_graph(pinned)) == compile_graph(load_graph(document))


def test_revisions_executions_and_files_hold_no_pins(admin: AsgiClient) -> None:
    publish_graph(make_graph())
    pin(admin, output={"secret": "sample"})
    changed = admin.get(URL).json()
    graph = {**changed["graph"], "settings": {**changed["graph"]["settings"], "description": "Other"}}
    saved = admin.put(URL, json={"graph": graph}, headers={"If-Match": f'"{changed["version"]}"'})
    assert saved.status_code == 200, saved.text
    assert admin.post(f"{URL}/publish", json={}).status_code == 200
    for url in (f"{URL}/export", f"{URL}/export?revision=2"):
        assert "sample" not in admin.get(url).text
    execution = start(admin)
    assert "sample" not in admin.get(f"/flowforge/api/executions/{execution}").text
    # Nor does going back to an older revision take them away.
    restored = admin.post(f"{URL}/revisions/1/restore", headers={"If-Match": f'"{saved.json()["version"]}"'})
    assert restored.status_code == 200, restored.text
    assert pins(admin.get(URL).json()) == {"total": {"output": {"secret": "sample"}, "execution_id": None}}


def test_an_output_of_an_execution_is_pinned_as_it_is_shown(admin: AsgiClient) -> None:
    publish_graph(make_graph())
    execution = start(admin)
    refused = admin.put(PIN, json={"execution_id": execution})
    assert (refused.status_code, refused.json()["code"]) == (409, "pin-without-output")
    succeed(execution, "total", {"total": 20, "password": "hunter2"})
    workflow = pin(admin, execution_id=execution)
    assert pins(workflow)["total"] == {
        "output": {"total": 20, "password": "***"},
        "execution_id": execution,
    }


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "request-invalid"),
        ({"output": 1, "execution_id": "orders.x"}, 422, "request-invalid"),
        ({"output": "x" * 131_072}, 422, "graph-invalid"),
        ({"execution_id": "orders.x"}, 404, "execution-not-found"),
        ({"execution_id": "other.x"}, 404, "execution-not-found"),
    ],
)
def test_what_cannot_be_pinned(admin: AsgiClient, body: dict[str, Any], status: int, code: str) -> None:
    publish_graph(make_graph())
    answer = admin.put(PIN, json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


def test_a_pin_needs_its_node_and_the_present_draft(admin: AsgiClient) -> None:
    publish_graph(make_graph())
    missing = admin.put(f"{URL}/steps/nowhere/pin", json={"output": 1})
    assert (missing.status_code, missing.json()["code"]) == (404, "node-not-found")
    pin(admin, output=1)
    stale = admin.put(PIN, json={"output": 2}, headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "stale-version")


def test_the_pins_of_all_nodes_have_a_bound() -> None:
    from flowforge_provider.exceptions import GraphValidationError

    document = make_graph().model_dump(mode="json")
    node = document["nodes"][1]
    many = [{**node, "id": f"n{number}", "pinned": {"output": "x" * 120_000}} for number in range(9)]
    with pytest.raises(GraphValidationError, match="1 error"):
        load_graph({**document, "nodes": many, "edges": []})
