"""What starts a workflow is drawn and filled in by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.nodes.conftest import TakePictures
    from tests.e2e.pages.drawing import Drawing
    from tests.support.airflow import AirflowInstance

pytestmark = [pytest.mark.e2e, pytest.mark.integration, pytest.mark.timeout(180)]


@pytest.mark.parametrize(
    ("node_type", "values"),
    [
        ("manual", {"sample_payload": {"order": {"id": 7, "quantity": 2}}}),
        (
            "webhook",
            {
                "authentication": "header_token",
                "header_name": "X-Shop-Token",
                "connection_id": "drawn_token",
                "sample_payload": {"id": 7},
            },
        ),
        ("cron", {"expression": "0 9 * * 1-5", "timezone": "Europe/Lisbon"}),
    ],
)
def test_drawn_by_mouse(
    node_type: str,
    values: dict[str, Any],
    airflow_api: AirflowInstance,
    new_drawing: Callable[..., Drawing],
    pictures: TakePictures,
) -> None:
    airflow_api.add_connection("drawn_token", conn_type="flowforge_webhook", password="drawn-token")
    drawing = new_drawing(f"Started by {node_type}")
    # A workflow has one trigger.
    drawing.editor.delete("start")

    trigger = drawing.add(node_type)
    after = drawing.add("transform")
    drawing.connect(trigger, after)
    drawing.fill(after, {"operations": [{"operation": "set_fields", "fields": {"seen": True}}]})
    drawing.fill(trigger, values)

    assert drawing.parameters(trigger) | values == drawing.parameters(trigger)
    assert drawing.edges() == {(trigger, "success", after)}
    drawing.expect_no_issues()
    pictures(drawing, trigger, name=f"node-{node_type}")
