"""What starts a workflow is drawn and filled in by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.e2e.pages.list_page import ListPage

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import httpx
    from playwright.sync_api import Page

    from tests.e2e.nodes.conftest import TakePictures
    from tests.e2e.pages.drawing import Drawing
    from tests.support.airflow import AirflowInstance

pytestmark = [pytest.mark.e2e, pytest.mark.integration, pytest.mark.timeout(180)]


@pytest.mark.parametrize(
    ("node_type", "values"),
    [
        pytest.param(
            "manual", {"sample_payload": {"order": {"id": 7, "quantity": 2}}}, marks=pytest.mark.slow
        ),
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
        pytest.param(
            "email.receive",
            {
                "connection_id": "drawn_mailbox",
                "folder": "Orders",
                "after": "move",
                "move_to": "Done",
                "senders": ["example.com"],
                "subject": "order",
            },
            marks=pytest.mark.slow,
        ),
        pytest.param(
            "form",
            {
                "title": "Report a problem",
                "fields": [{"name": "email", "label": "Your email", "type": "email", "required": True}],
                "message": "Thank you.",
            },
            marks=pytest.mark.slow,
        ),
        pytest.param("asset", {"assets": ["orders", "prices"], "when": "all"}, marks=pytest.mark.slow),
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
    airflow_api.add_connection("drawn_mailbox", conn_type="flowforge_imap", password="drawn-password")
    drawing = new_drawing(f"Started by {node_type}")
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


@pytest.mark.slow
def test_an_asset_is_published(new_drawing: Callable[..., Drawing], pictures: TakePictures) -> None:
    drawing = new_drawing("Tells of prices")
    step = drawing.add("asset.publish")
    drawing.connect("start", step)
    values = {"asset": "prices", "extra": {"rows": "{{ trigger.body.rows }}"}}
    drawing.fill(step, values)

    assert drawing.parameters(step) | values == drawing.parameters(step)
    drawing.expect_no_issues()
    pictures(drawing, step, name="node-asset.publish")


def test_several_triggers_and_a_schedule_that_is_switched(  # noqa: PLR0917 - fixtures
    page: Page,
    client: httpx.Client,
    airflow_api: AirflowInstance,
    new_drawing: Callable[..., Drawing],
    pictures: TakePictures,
    picture: Callable[[Page, str], Path],
) -> None:
    drawing = new_drawing("Two ways in")
    editor = drawing.editor
    cron = drawing.add("cron")
    after = drawing.add("transform")
    drawing.connect("start", after)
    drawing.connect(cron, after)
    drawing.fill(after, {"operations": [{"operation": "set_fields", "fields": {"seen": True}}]})

    # Clicked together, read in words, and counted out.
    panel = editor.select(cron)
    builder = panel.field("expression")
    builder.get_by_test_id("cron-repeat").select_option("weekly")
    builder.get_by_test_id("cron-time").fill("02:30")
    builder.get_by_test_id("cron-weekday-6").click()
    assert drawing.parameters(cron)["expression"] == "30 2 * * 1-6"
    expect(page.get_by_test_id("cron-reading")).to_have_text("At 02:30, Monday through Saturday")
    runs = page.get_by_test_id("cron-next").locator("time")
    expect(runs).to_have_count(10)
    builder.get_by_test_id("cron-repeat").select_option("monthly")
    builder.get_by_test_id("cron-day").select_option("L")
    assert drawing.parameters(cron)["expression"] == "30 2 L * *"
    panel.type_text("expression", "0 9 * * 5#2")
    expect(builder.get_by_test_id("cron-repeat")).to_have_value("custom")
    drawing.expect_no_issues()
    pictures(drawing, cron, name="schedule")

    # Switched where it is drawn, and shown in the list.
    published = client.post(f"/flowforge/api/workflows/{drawing.workflow_id}/publish", json={})
    assert published.status_code == 200, published.text
    page.reload()
    switch = page.get_by_test_id("schedule-switch")
    expect(switch).to_have_attribute("aria-checked", "true")
    switch.click()
    expect(switch).to_have_attribute("aria-checked", "false")
    picture(page, "schedule-switched-off")
    shown = client.get(f"/flowforge/api/workflows/{drawing.workflow_id}").json()
    assert (shown["schedule_active"], shown["next_run_at"]) == (False, None)

    # Started by hand at the trigger that is chosen.
    page.get_by_test_id("run-button").click()
    page.get_by_test_id("run-trigger").select_option(cron)
    picture(page, "run-with-triggers")
    page.get_by_test_id("run-submit").click()
    expect(page.get_by_test_id("run-dialog")).to_have_count(0)
    (run,) = client.get("/flowforge/api/executions", params={"workflow_id": drawing.workflow_id}).json()[
        "executions"
    ]
    assert client.get(f"/flowforge/api/executions/{run['id']}").json()["trigger"]["node"] == cron

    workflows = ListPage(page, base_url=airflow_api.url)
    workflows.open()
    expect(page.get_by_test_id(f"schedule-off-{drawing.workflow_id}")).to_be_visible()
    expect(page.get_by_test_id(f"triggers-{drawing.workflow_id}")).to_have_attribute(
        "title", "Manual, Schedule"
    )
    picture(page, "list-with-schedules")
