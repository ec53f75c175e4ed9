"""The list of workflows in a real browser."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e.api import API
from tests.e2e.pages.list_page import ListPage
from tests.factories import make_graph, make_set, make_trigger

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import httpx
    from playwright.sync_api import Page

    from tests.e2e.conftest import Watch
    from tests.support.airflow import AirflowInstance

pytestmark = [pytest.mark.e2e, pytest.mark.integration, pytest.mark.timeout(180)]


@pytest.fixture
def workflows(airflow_api: AirflowInstance, page: Page) -> ListPage:
    return ListPage(page, base_url=airflow_api.url)


def make_workflow(client: httpx.Client, name: str, *, schedule: str | None = None) -> str:
    trigger = make_trigger()
    if schedule:
        trigger = make_trigger(type="cron", parameters={"expression": schedule})
    graph = make_graph(trigger, make_set("mark", a=1)).model_copy(update={"id": "untitled"})
    answer = client.post(f"{API}/workflows", json={"name": name, "graph": graph.model_dump(mode="json")})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def test_search_and_state_leave_what_is_looked_for(client: httpx.Client, workflows: ListPage) -> None:
    draft = make_workflow(client, "Quince draft")
    live = make_workflow(client, "Quince live", schedule="0 9 * * *")
    assert client.post(f"{API}/workflows/{live}/publish", json={"message": ""}).status_code == 200
    other = make_workflow(client, "Medlar")
    page = workflows.page
    workflows.open()
    expect(workflows.row(other)).to_be_visible()

    page.get_by_test_id("list-search").fill("quince")

    expect(workflows.row(other)).to_have_count(0)
    expect(workflows.row(draft)).to_contain_text("not scheduled")
    expect(workflows.row(draft)).to_contain_text("never")
    # When a schedule comes next is told in words of time, whatever the hour is now.
    expect(workflows.row(live)).to_contain_text("in ")
    page.get_by_role("group", name="State").get_by_text("Published", exact=True).click()
    expect(workflows.row(draft)).to_have_count(0)
    expect(workflows.row(live)).to_be_visible()


def test_duplicate_rename_and_delete(client: httpx.Client, workflows: ListPage) -> None:
    original = make_workflow(client, "Sloe")
    page = workflows.page
    workflows.open()

    workflows.choose(original, "duplicate")
    found = page.locator("[data-testid^=workflow-row-]").filter(has_text="Sloe")
    expect(found).to_have_count(2)
    listed = client.get(f"{API}/workflows", params={"search": "sloe"}).json()["workflows"]
    (copy,) = {row["id"] for row in listed} - {original}

    workflows.choose(copy, "rename")
    page.get_by_test_id("rename-name").fill("Damson")
    page.get_by_test_id("rename-submit").click()
    expect(page.get_by_test_id(f"workflow-link-{copy}")).to_have_text("Damson")

    workflows.choose(original, "delete")
    page.get_by_test_id("delete-confirm").click()
    expect(workflows.row(original)).to_have_count(0)
    assert client.get(f"{API}/workflows/{original}").status_code == 404
    assert client.get(f"{API}/workflows/{copy}").json()["name"] == "Damson"


def test_a_published_workflow_is_deleted_only_when_that_is_meant(
    client: httpx.Client, workflows: ListPage
) -> None:
    live = make_workflow(client, "Bullace")
    assert client.post(f"{API}/workflows/{live}/publish", json={"message": ""}).status_code == 200
    page = workflows.page
    workflows.open()

    workflows.choose(live, "delete")

    expect(page.get_by_test_id("delete-confirm")).to_be_disabled()
    page.get_by_test_id("delete-force").check()
    page.get_by_test_id("delete-confirm").click()
    expect(workflows.row(live)).to_have_count(0)
    assert client.get(f"{API}/workflows/{live}").status_code == 404


def test_an_exported_document_comes_in_again(client: httpx.Client, workflows: ListPage, watch: Watch) -> None:
    original = make_workflow(client, "Service tree")
    document = client.get(f"{API}/workflows/{original}/export").text
    page = workflows.page
    workflows.open()
    page.get_by_test_id("import-workflow").click()
    watch.allow_refusal(422, "/workflows/import")

    page.get_by_test_id("import-text").fill('{"format": "flowforge/v1", "nodes": [{"id": "Bad Id"}]}')
    page.get_by_test_id("import-submit").click()
    expect(page.get_by_test_id("import-issues")).to_contain_text("Bad Id")

    page.get_by_test_id("import-file").set_input_files(
        files={"name": "service.json", "mimeType": "application/json", "buffer": document.encode()}
    )
    page.get_by_test_id("import-name").fill("Chequer tree")
    page.get_by_test_id("import-submit").click()
    expect(page.get_by_test_id("editor-page")).to_be_visible(timeout=30_000)
    imported = page.url.split("/workflows/")[1].split("?")[0]
    assert imported != original
    graph = client.get(f"{API}/workflows/{imported}").json()["graph"]
    assert graph["name"] == "Chequer tree"
    assert graph["nodes"] == json.loads(document)["nodes"]


def test_a_template_becomes_a_workflow_of_ones_own(
    client: httpx.Client, workflows: ListPage, picture: Callable[[Page, str], Path]
) -> None:
    page = workflows.page
    workflows.open()
    page.get_by_test_id("new-workflow").first.click()
    gallery = page.locator("[data-testid^=create-example-]")
    expect(gallery.first).to_be_visible()
    picture(page, "gallery")

    page.get_by_test_id("create-search").fill("postgres")
    expect(page.get_by_test_id("create-example-orders")).to_have_count(0)
    page.get_by_test_id("create-search").fill("orders")
    page.get_by_test_id("create-example-orders").click()
    page.get_by_test_id("create-name").fill("Rowan")
    page.keyboard.press("Enter")

    expect(page.get_by_test_id("editor-page")).to_be_visible(timeout=30_000)
    made = page.url.split("/workflows/")[1].split("?")[0]
    workflow = client.get(f"{API}/workflows/{made}").json()
    template = client.get(f"{API}/templates/orders").json()
    assert workflow["name"] == "Rowan"
    assert workflow["graph"]["nodes"] == template["graph"]["nodes"]
    assert workflow["graph"]["settings"]["tags"] == []
