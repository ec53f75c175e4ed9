"""Forms that start workflows: in the run dialog, and on the public page as a stranger sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.factories import make_graph, make_node

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import httpx
    from playwright.sync_api import Page

    from flowforge_provider.graph.models import Graph
    from tests.e2e.conftest import Watch
    from tests.e2e.pages.editor_page import EditorPage
    from tests.support.airflow import AirflowInstance

pytestmark = [pytest.mark.e2e, pytest.mark.integration, pytest.mark.timeout(240)]

FIELDS = [
    {"name": "email", "label": "Your email", "type": "email", "required": True, "help": "We answer there."},
    {"name": "count", "label": "How many?", "type": "integer", "minimum": 1, "default": "2"},
    {"name": "size", "label": "Size", "type": "select", "options": ["Small", "Large"]},
    {"name": "bill", "label": "Bill", "type": "file"},
]


def newest_body(client: httpx.Client, workflow_id: str) -> Any:
    listed = client.get("/flowforge/api/executions", params={"workflow_id": workflow_id}).json()
    assert listed["total_entries"] == 1
    execution = client.get(f"/flowforge/api/executions/{listed['executions'][0]['id']}").json()
    return execution["trigger"]["body"]


def test_the_run_dialog_asks_for_the_fields(
    open_graph: Callable[[str, Graph], tuple[str, EditorPage]],
    client: httpx.Client,
    picture: Callable[[Page, str], Path],
    watch: Watch,
) -> None:
    watch.allow_refusal(422, "/api/executions")
    parameters = {"payload_input": "fields", "fields": FIELDS}
    workflow_id, editor = open_graph("Asked", make_graph(make_node("start", "manual", parameters=parameters)))
    assert client.post(f"/flowforge/api/workflows/{workflow_id}/publish", json={}).status_code == 200
    page = editor.page
    page.reload()
    page.get_by_test_id("run-button").click()
    form = page.get_by_test_id("payload-form")
    expect(form.get_by_label("How many?")).to_have_value("2")
    page.get_by_test_id("run-submit").click()
    expect(form).to_contain_text("Fill this in.")
    form.get_by_label("Your email").fill("nobody")
    form.get_by_label("How many?").fill("0")
    page.get_by_test_id("run-submit").click()
    expect(form).to_contain_text("Enter 1 or more.")
    expect(form).to_contain_text("Enter an email address")
    picture(page, "run-dialog-form")
    form.get_by_label("Your email").fill("ann@example.com")
    form.get_by_label("How many?").fill("3")
    form.get_by_label("Size").select_option(label="Large")
    page.get_by_role("tab", name="JSON").click()
    expect(page.get_by_test_id("run-dialog")).to_contain_text('"size": "Large"')
    page.get_by_role("tab", name="Form").click()
    expect(form.get_by_label("Size")).to_have_value("1")
    page.get_by_test_id("run-submit").click()
    expect(page.get_by_test_id("run-dialog")).to_be_hidden()
    assert newest_body(client, workflow_id) == {"email": "ann@example.com", "count": 3, "size": "Large"}


def test_a_stranger_fills_in_the_public_page(  # noqa: PLR0917 - fixtures
    airflow_api: AirflowInstance,
    open_graph: Callable[[str, Graph], tuple[str, EditorPage]],
    open_page: Callable[..., Page],
    client: httpx.Client,
    picture: Callable[[Page, str], Path],
    tmp_path: Path,
    watch: Watch,
) -> None:
    parameters = {"title": "Send us a bill", "description": "We pay at once.", "fields": FIELDS}
    workflow_id, editor = open_graph("Bills", make_graph(make_node("form", "form", parameters=parameters)))
    assert client.post(f"/flowforge/api/workflows/{workflow_id}/publish", json={}).status_code == 200
    watch.allow_refusal(422, f"/api/forms/{workflow_id}")
    editor.page.reload()
    editor.settle()
    editor.select("form")
    address = editor.page.get_by_test_id("open-form-page").get_attribute("href")
    assert address is not None
    assert address.endswith(f"/flowforge/api/forms/{workflow_id}")
    expect(editor.page.get_by_test_id("form-preview")).to_contain_text("Send us a bill")
    picture(editor.page, "node-form-panel")

    page = open_page(
        viewport={"width": 390, "height": 844}, color_scheme="dark", locale="ru-RU", java_script_enabled=False
    )
    page.goto(f"{airflow_api.url}/flowforge/api/forms/{workflow_id}")
    expect(page.get_by_role("heading", name="Send us a bill")).to_be_visible()
    page.get_by_label("Your email").fill("ann@example.com")
    page.get_by_label("How many?").fill("0")
    page.get_by_role("button", name="Отправить").click()
    expect(page.get_by_role("alert")).to_contain_text("Форма не отправлена")
    expect(page.locator(".fault")).to_have_text("Введите не меньше 1.")
    expect(page.get_by_label("Your email")).to_have_value("ann@example.com")
    picture(page, "form-page-faults-phone-dark-ru")
    bill = tmp_path / "bill.txt"
    bill.write_text("5 EUR", encoding="utf-8")
    page.get_by_label("How many?").fill("4")
    page.get_by_label("Bill").set_input_files(bill)
    page.get_by_role("button", name="Отправить").click()
    expect(page.get_by_role("heading", name="Спасибо")).to_be_visible()
    picture(page, "form-page-thanks-phone-dark-ru")
    page.reload()
    expect(page.get_by_text("второй раз она не отправлена")).to_be_visible()

    body = newest_body(client, workflow_id)
    assert (body["email"], body["count"], body["bill"]["filename"]) == ("ann@example.com", 4, "bill.txt")
    stored = client.get(f"/flowforge/api/files/{body['bill']['file_id']}")
    assert stored.text == "5 EUR"
