"""Workflows that publish assets, and workflows that wait for them, by a real scheduler and workers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from flowforge_provider.graph.load import dump_graph
from tests.factories import make_edge, make_graph, make_node, make_set
from tests.integration.operators.loopback import wait_until
from tests.support.workflows import Workflows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowforge_provider.graph.models import Graph
    from tests.support.airflow import AirflowInstance

pytestmark = [pytest.mark.integration, pytest.mark.timeout(400)]

URI = "s3://lake/second"


@pytest.fixture(scope="module")
def workflows(airflow_postgres: AirflowInstance) -> Iterator[Workflows]:
    with airflow_postgres.client() as client:
        yield Workflows(client)


def publisher(name: str, **parameters: Any) -> Graph:
    return make_graph(
        make_node("start", "manual"),
        make_node("publish", "asset.publish", parameters=parameters),
        make_set("after_fault", seen="{{ steps.publish.error.code }}"),
        edges=[make_edge("start", "publish"), make_edge("publish", "after_fault", "error")],
        id=name,
        name=name,
    )


def waiter(name: str, *assets: str, when: str = "any") -> Graph:
    return make_graph(
        make_node("updated", "asset", parameters={"assets": list(assets), "when": when}),
        make_set(
            "read",
            numbers="{{ trigger.body.events | map(attribute='extra.number') }}",
            type="{{ trigger.type }}",
        ),
        edges=[make_edge("updated", "read")],
        id=name,
        name=name,
    )


def test_publishing_an_asset_starts_whoever_waits_for_it(
    workflows: Workflows, airflow_postgres: AirflowInstance
) -> None:
    extra = {"number": "{{ trigger.body.number }}"}
    first = publisher("asset_first", asset="first", extra=extra)
    second = publisher("asset_second", asset="second", uri=URI, extra=extra)
    for graph in (
        first,
        second,
        waiter("asset_any", "first", f"second {URI}"),
        waiter("asset_all", "first", f"second {URI}", when="all"),
    ):
        workflows.publish(dump_graph(graph))

    # A step that fails, and goes on through its error port, has updated nothing.
    failed = workflows.finish(workflows.start("asset_first", {"other": 1}))
    assert failed["state"] == "success"
    assert failed["steps"]["after_fault"]["state"] == "success"

    sent = workflows.finish(workflows.start("asset_first", {"number": 1}))
    assert sent["steps"]["publish"]["output"] == {"asset": "first", "uri": "first", "extra": {"number": 1}}
    caused = workflows.finish(workflows.wait_for_run("asset_any", trigger_type="asset"))
    assert caused["trigger_type"] == "asset"
    assert caused["trigger"]["type"] == "asset"
    assert caused["trigger"]["node"] == "updated"
    (event,) = caused["trigger"]["body"]["events"]
    assert (event["asset"], event["uri"], event["extra"]) == ("first", "first", {"number": 1})
    assert event["source"] == {
        "workflow_id": "asset_first",
        "execution_id": sent["id"],
        "node_id": "publish",
    }
    # A worker sees the same.
    assert caused["steps"]["read"]["output"] == {"numbers": [1], "type": "asset"}
    assert workflows.list("asset_all") == []

    workflows.finish(workflows.start("asset_second", {"number": 2}))
    whole = workflows.finish(workflows.wait_for_run("asset_all", trigger_type="asset"))
    assert whole["steps"]["read"]["output"]["numbers"] == [1, 2]
    assert [event["uri"] for event in whole["trigger"]["body"]["events"]] == ["first", URI]
    wait_until(lambda: len(workflows.list("asset_any")) == 2, seconds=60)

    with airflow_postgres.client() as client:
        offered = client.get("/flowforge/api/assets").json()["assets"]
    assert {"value": f"second {URI}", "label": "second", "description": URI} in offered
    assert {"value": "first", "label": "first", "description": ""} in offered
