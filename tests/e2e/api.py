"""What tests read and write through the API, beside what they do in the browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx

    from flowforge_provider.graph.models import Graph

API = "/flowforge/api"


def make_workflow(client: httpx.Client, name: str, graph: Graph) -> str:
    """
    Make a workflow and return its id.

    :param client: signed in
    :param name: of the workflow
    :param graph: its draft; the server sets its id and its name
    """
    answer = client.post(f"{API}/workflows", json={"name": name, "graph": graph.model_dump(mode="json")})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def draft_of(client: httpx.Client, workflow_id: str) -> dict[str, Any]:
    """
    Return the saved draft of a workflow as JSON.

    :param client: signed in
    :param workflow_id: its id
    """
    graph: dict[str, Any] = client.get(f"{API}/workflows/{workflow_id}").json()["graph"]
    return graph


def edges_of(graph: dict[str, Any]) -> set[tuple[str, str, str]]:
    """
    Return the edges of a draft: source, port of the source, target.

    :param graph: a draft as JSON
    """
    return {(edge["source"], edge["source_port"], edge["target"]) for edge in graph["edges"]}
