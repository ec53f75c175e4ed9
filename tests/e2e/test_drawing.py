"""What the mouse and the keyboard do on the canvas, and what is kept of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from flowforge_provider.graph.models import Position
from tests.e2e.api import API, draft_of, edges_of
from tests.e2e.pages.editor_page import EditorPage
from tests.e2e.pages.list_page import ListPage
from tests.e2e.pages.signed_in import open_as
from tests.factories import make_graph, make_node, make_set, make_trigger

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx
    from playwright.sync_api import Page

    from flowforge_provider.graph.models import Graph, Node
    from tests.e2e.conftest import Watch
    from tests.support.airflow import AirflowInstance

pytestmark = [pytest.mark.e2e, pytest.mark.integration, pytest.mark.timeout(180)]


def in_a_row(*nodes: Node) -> Graph:
    """A chain whose nodes do not lie on each other."""
    placed = [
        node.model_copy(update={"position": Position(x=340 * number, y=0)})
        for number, node in enumerate(nodes)
    ]
    return make_graph(*placed)


def test_a_click_in_the_palette_adds_and_connects_what_the_search_found(
    airflow_api: AirflowInstance, client: httpx.Client, page: Page
) -> None:
    workflows = ListPage(page, base_url=airflow_api.url)
    workflows.open()
    workflows.create_blank("Clicked together")
    editor = EditorPage(page)
    workflow_id = page.url.split("/workflows/")[1].split("?")[0]
    items = page.get_by_test_id("palette").locator("[data-testid^=palette-item-]")
    expect(items).to_have_count(client.get(f"{API}/node-types").json()["total_entries"])

    page.get_by_test_id("palette-search").fill("curl")
    expect(items).to_have_count(1)
    added = editor.add_node("http.request")

    expect(editor.edge("start", added)).to_be_attached()
    page.get_by_test_id("palette-search").fill("no such node")
    expect(items).to_have_count(0)
    page.get_by_test_id("palette-search").fill("")
    # A second trigger stands alone until it is connected.
    second = editor.add_node("cron")
    editor.wait_until_saved()
    draft = draft_of(client, workflow_id)
    assert edges_of(draft) == {("start", "success", added)}
    assert second in {node["id"] for node in draft["nodes"]}


def test_a_line_that_cannot_be_is_refused_with_the_reason(
    client: httpx.Client, page: Page, open_graph: Callable[..., tuple[str, EditorPage]]
) -> None:
    graph = in_a_row(make_trigger(), make_set("first", a=1), make_set("second", b=2))
    workflow_id, editor = open_graph("Refused lines", graph)
    editor.show_all()

    editor.draw_line("second", page.get_by_test_id("in-first"))
    expect(page.get_by_test_id("connect-refused")).to_contain_text("That would make a circle")
    editor.draw_line("first", page.get_by_test_id("node-name-start"))
    expect(page.get_by_test_id("connect-refused")).to_contain_text("nothing can lead into it")

    assert edges_of(draft_of(client, workflow_id)) == {
        ("start", "success", "first"),
        ("first", "success", "second"),
    }
    editor.connect("first", "second", port="error")
    editor.wait_until_saved()
    assert ("first", "error", "second") in edges_of(draft_of(client, workflow_id))


def test_what_was_deleted_comes_back_and_goes_again(
    client: httpx.Client, page: Page, open_graph: Callable[..., tuple[str, EditorPage]]
) -> None:
    workflow_id, editor = open_graph(
        "Undone",
        in_a_row(make_trigger(), make_set("first", a=1), make_set("second", b=2)),
    )
    before = draft_of(client, workflow_id)
    editor.show_all()

    # Two at once: a click, and another one with the key for more.
    editor.node("first").click()
    editor.settle()
    editor.node("second").click(modifiers=["ControlOrMeta"])
    expect(page.locator("[data-testid^=node-][data-selected]")).to_have_count(2)
    page.keyboard.press("Delete")
    expect(page.locator(".react-flow__node")).to_have_count(1)
    editor.wait_until_saved()
    assert draft_of(client, workflow_id)["edges"] == []

    page.keyboard.press("ControlOrMeta+Z")
    expect(editor.edge("first", "second")).to_be_attached()
    editor.wait_until_saved()
    assert draft_of(client, workflow_id) == before
    editor.redo()
    expect(page.locator(".react-flow__node")).to_have_count(1)
    editor.undo()
    expect(page.locator(".react-flow__node")).to_have_count(3)


def test_a_node_that_was_moved_is_there_after_a_reload(
    airflow_api: AirflowInstance,
    client: httpx.Client,
    page: Page,
    open_graph: Callable[..., tuple[str, EditorPage]],
) -> None:
    workflow_id, editor = open_graph("Moved", in_a_row(make_trigger(), make_set("mark", a=1)))
    editor.show_all()

    editor.drag_existing("mark", by=(40, 160))
    expect(page.get_by_test_id("undo")).to_be_enabled()
    editor.wait_until_saved()

    moved = {node["id"]: node["position"] for node in draft_of(client, workflow_id)["nodes"]}
    assert moved["start"] == {"x": 0, "y": 0}
    assert moved["mark"]["y"] > 100
    editor = EditorPage(page)
    editor.open(airflow_api.url, workflow_id)
    expect(editor.node("mark")).to_be_visible()
    assert draft_of(client, workflow_id)["nodes"][1]["position"] == moved["mark"]


def test_an_issue_leads_to_its_field(page: Page, open_graph: Callable[..., tuple[str, EditorPage]]) -> None:
    _, editor = open_graph(
        "With an issue", in_a_row(make_trigger(), make_node("call", type="http.request", parameters={}))
    )
    expect(page.get_by_test_id("node-issues-call")).to_be_visible()

    editor.open_tab("issues")
    page.get_by_test_id("issue-row-missing-parameter").click()

    expect(editor.node("call")).to_have_attribute("data-selected", "true")
    url = editor.properties.field("url")
    expect(url.locator(":focus")).to_be_attached()
    page.keyboard.insert_text("https://example.com/orders")
    expect(page.get_by_test_id("node-issues-call")).to_have_count(0, timeout=15_000)
    expect(page.get_by_test_id("no-issues")).to_be_visible()


def test_the_code_is_that_of_the_drawing_and_the_dag_is_a_click_away(
    airflow_api: AirflowInstance,
    client: httpx.Client,
    page: Page,
    open_graph: Callable[..., tuple[str, EditorPage]],
) -> None:
    workflow_id, editor = open_graph("Seen as code", in_a_row(make_trigger(), make_set("mark", a=1)))
    editor.publish("First")

    editor.open_tab("code")

    lines = page.get_by_test_id("code-source").locator(".cm-line")
    expect(lines.filter(has_text=f'dag_id="{workflow_id}"')).to_be_visible()
    # The panel is low, and draws no more lines than it shows.
    shown = [line.rstrip("\n") for line in lines.all_inner_texts()]
    exported = client.get(f"{API}/workflows/{workflow_id}/export", params={"format": "python"}).text
    assert shown == exported.splitlines()[: len(shown)]
    page.get_by_test_id("more-menu").click()
    link = page.get_by_test_id("menu-open-dag")
    expect(link).to_have_attribute("href", f"{airflow_api.url}/dags/{workflow_id}")


def test_two_who_save_one_draft_lose_nothing(
    client: httpx.Client,
    page: Page,
    open_graph: Callable[..., tuple[str, EditorPage]],
    watch: Watch,
) -> None:
    workflow_id, editor = open_graph("Saved by two", in_a_row(make_trigger(), make_set("mark", a=1)))
    other = client.get(f"{API}/workflows/{workflow_id}")
    graph = other.json()["graph"]
    graph["settings"]["description"] = "of the other one"
    saved = client.patch(
        f"{API}/workflows/{workflow_id}", json={"graph": graph}, headers={"If-Match": other.headers["etag"]}
    )
    assert saved.status_code == 200, saved.text

    watch.allow_refusal(412, f"/workflows/{workflow_id}")
    mine = editor.add_node("transform")
    state = page.get_by_test_id("save-state")
    expect(state).to_have_attribute("data-state", "conflict", timeout=15_000)

    assert draft_of(client, workflow_id)["settings"]["description"] == "of the other one"
    expect(editor.node(mine)).to_be_visible()
    page.get_by_test_id("resolve-conflict").click()
    page.get_by_test_id("keep-mine").click()
    editor.wait_until_saved()
    assert {node["id"] for node in draft_of(client, workflow_id)["nodes"]} == {"start", "mark", mine}


def test_the_form_of_a_schedule_shows_its_next_runs(
    page: Page, open_graph: Callable[..., tuple[str, EditorPage]]
) -> None:
    cron = make_trigger(
        "every", type="cron", parameters={"expression": "0 9 * * *", "timezone": "Asia/Tokyo"}
    )
    _, editor = open_graph("Scheduled", in_a_row(cron, make_set("mark", a=1)))
    panel = editor.select("every")

    runs = page.get_by_test_id("cron-next").locator("time")
    expect(runs.first).to_contain_text("09:00")
    expect(page.get_by_test_id("cron-next")).to_contain_text("Asia/Tokyo")

    zone = panel.field("timezone").get_by_role("combobox")
    zone.click()
    zone.fill("lisbon")
    panel.field("timezone").get_by_role("option").first.click()
    expect(page.get_by_test_id("cron-next")).to_contain_text("Europe/Lisbon")
    panel.type_text("expression", "99 9 * * *")
    expect(page.get_by_test_id("cron-error")).to_be_visible()


def test_viewers_look_and_change_nothing(
    airflow_api: AirflowInstance, client: httpx.Client, open_page: Callable[..., Page]
) -> None:
    answer = client.post(
        f"{API}/workflows",
        json={"name": "Only seen", "graph": make_graph(id="only-seen").model_dump(mode="json")},
    )
    workflow_id = str(answer.json()["id"])
    page = open_as("viewer", airflow=airflow_api, open_page=open_page)

    editor = EditorPage(page)
    editor.open(airflow_api.url, workflow_id)

    expect(page.get_by_test_id("palette")).to_have_count(0)
    expect(page.get_by_test_id("publish-button")).to_be_disabled()
    editor.node("total").click()
    page.keyboard.press("Delete")
    expect(editor.node("total")).to_be_visible()
    assert edges_of(draft_of(client, workflow_id)) == {("start", "success", "total")}
    assert client.get(f"{API}/workflows/{workflow_id}").json()["version"] == answer.json()["version"]
