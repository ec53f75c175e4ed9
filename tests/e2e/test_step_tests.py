"""Steps are tested in the editor, and their outputs pinned: on real workers, in a real browser."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.e2e.api import API, draft_of, make_workflow
from tests.e2e.conftest import DESKTOP
from tests.e2e.pages.drawing import Drawing
from tests.e2e.pages.editor_page import EditorPage
from tests.factories import make_graph, make_trigger
from tests.support.workflows import Workflows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import httpx
    from playwright.sync_api import Page

    from tests.support.airflow import AirflowInstance

pytestmark = [pytest.mark.e2e, pytest.mark.integration, pytest.mark.timeout(600)]

PHONE = {"width": 390, "height": 844}
PATIENCE_MS = 120_000
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"viewport": DESKTOP},
    "phone-dark-ru": {"viewport": PHONE, "has_touch": True, "theme": "dark", "language": "ru"},
}


@pytest.fixture
def client(airflow_sqlite: AirflowInstance) -> Iterator[httpx.Client]:
    """A client of the server, which others share: whatever happens, nothing stays paused."""
    with airflow_sqlite.client() as value:
        yield value
        value.post(f"{API}/queue/pause", json={"paused": False})


def _open(
    open_page: Callable[..., Page], airflow: AirflowInstance, workflow_id: str, **options: Any
) -> EditorPage:
    theme, language = options.pop("theme", "light"), options.pop("language", "en")
    page = open_page(**options)
    page.add_init_script(
        f"localStorage.setItem('theme', '{theme}'); localStorage.setItem('i18nextLng', '{language}');"
    )
    editor = EditorPage(page)
    editor.open(airflow.url, workflow_id)
    return editor


def _expect_result(page: Page, text: str) -> None:
    expect(page.get_by_test_id("test-state")).to_contain_text(text, timeout=PATIENCE_MS)


def _set(name: str, value: Any) -> dict[str, Any]:
    return {"operations": [{"operation": "set_fields", "fields": [{"name": name, "value": value}]}]}


def _type_pin(page: Page, value: Any) -> None:
    page.get_by_test_id("pin-edit").click()
    dialog = page.get_by_test_id("pin-dialog")
    dialog.locator(".cm-content").click()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.press("Delete")
    page.keyboard.insert_text(json.dumps(value))
    page.get_by_test_id("pin-save").click()
    expect(dialog).to_be_hidden()


def test_a_step_is_tested_and_the_next_one_with_what_was_pinned(
    airflow_sqlite: AirflowInstance,
    client: httpx.Client,
    open_page: Callable[..., Page],
    picture: Callable[[Page, str], Path],
) -> None:
    workflow_id = make_workflow(client, "Tested prices", make_graph(make_trigger()))
    editor = _open(open_page, airflow_sqlite, workflow_id)
    page = editor.page
    drawing = Drawing(editor, client=client, workflow_id=workflow_id)

    # A step that is just drawn is tested before anything is published.
    price = drawing.add("transform")
    drawing.connect("start", price)
    drawing.fill(price, _set("price", 10))
    page.get_by_test_id("test-step").click()
    _expect_result(page, "Succeeded")
    expect(page.get_by_test_id("test-output")).to_contain_text("price")
    picture(page, "step-test-output")
    page.get_by_test_id("tab-test-log").click()
    expect(page.get_by_test_id("log-lines")).not_to_be_empty()

    # Its output is pinned, marked on the canvas, and changed by hand; undo brings the first one back.
    page.get_by_test_id("pin-output").click()
    mark = page.get_by_test_id(f"node-pinned-{price}")
    expect(mark).to_be_visible()
    _type_pin(page, {"price": 21})
    expect(page.get_by_test_id("output-pane")).to_contain_text("21")
    editor.undo()
    expect(page.get_by_test_id("output-pane")).not_to_contain_text("21")
    editor.redo()

    # The next step sees what is pinned; the keyboard begins its test.
    total = drawing.add("transform")
    drawing.connect(price, total)
    drawing.fill(total, _set("total", "{{ steps.PRICE.price * 2 }}".replace("PRICE", price)))
    page.keyboard.press("ControlOrMeta+Shift+Enter")
    _expect_result(page, "Succeeded")
    expect(page.get_by_test_id("test-output")).to_contain_text("42")
    page.get_by_test_id("panel-widen").click()
    expect(page.get_by_test_id(f"input-pinned-{price}")).to_be_visible()
    page.get_by_test_id("test-data").click()
    expect(page.get_by_test_id("test-seen")).to_contain_text("pinned")
    picture(page, "step-test-wide")
    page.get_by_test_id("panel-widen").click()

    # Nothing of this was a run. Published, the step gives what it gives, and no pin is in the revision.
    assert client.get(f"{API}/executions", params={"workflow_id": workflow_id}).json()["executions"] == []
    editor.show_all()
    picture(page, "step-test-pinned-canvas")
    editor.publish("Prices")
    workflows = Workflows(client)
    execution = workflows.finish(workflows.start(workflow_id))
    assert execution["steps"][total]["output"]["total"] == 20
    pins = {node["id"]: node.get("pinned") for node in draft_of(client, workflow_id)["nodes"]}
    assert pins[price]["output"] == {"price": 21}
    revision = client.get(f"{API}/workflows/{workflow_id}/revisions/1").json()["graph"]
    assert all(node.get("pinned") is None for node in revision["nodes"])


@pytest.mark.parametrize("look", ["light", pytest.param("phone-dark-ru", marks=pytest.mark.slow)])
def test_a_test_tells_why_it_failed_and_why_it_cannot_begin(
    airflow_sqlite: AirflowInstance,
    client: httpx.Client,
    open_page: Callable[..., Page],
    picture: Callable[[Page, str], Path],
    look: str,
) -> None:
    options = LOOKS[look]
    graph = make_graph(make_trigger(parameters={"sample_payload": {"by": 0}}))
    node = {**graph.nodes[-1].model_dump(), "id": "divide", "type": "transform", "name": "Divide"}
    node["parameters"] = _set("half", "{{ 10 // trigger.body.by }}")
    document = {**graph.model_dump(mode="json")}
    document["nodes"] = [*document["nodes"], {**node, "position": {"x": 280, "y": 0}}]
    document["edges"] = [{"source": "start", "source_port": "success", "target": "divide"}]
    made = client.post(f"{API}/workflows", json={"name": f"Tested division {look}", "graph": document})
    workflow_id = made.json()["id"]
    editor = _open(open_page, airflow_sqlite, workflow_id, **options)
    page = editor.page
    editor.node("divide").click()
    if options["viewport"] is PHONE:
        page.get_by_test_id("open-form").click()
    page.get_by_test_id("test-step").click()
    expect(page.get_by_test_id("test-state")).to_have_attribute("data-state", "failed", timeout=PATIENCE_MS)
    expect(page.get_by_test_id("test-error")).to_contain_text("Divide")
    expect(page.get_by_test_id("pin-output")).to_have_count(0)
    picture(page, f"step-test-failed-{look}")

    # Typed data mends it, without a change of the workflow.
    page.get_by_test_id("test-data").click()
    page.get_by_test_id("test-source").select_option("json")
    page.get_by_test_id("test-json").locator(".cm-content").click()
    page.keyboard.insert_text('{"trigger": {"body": {"by": 5}}}')
    picture(page, f"step-test-json-{look}")
    page.get_by_test_id("test-step").click()
    expect(page.get_by_test_id("test-state")).to_have_attribute("data-state", "success", timeout=PATIENCE_MS)
    expect(page.get_by_test_id("test-output")).to_contain_text("half")
    page.get_by_test_id("pin-output").click()
    expect(page.get_by_test_id("pinned-note")).to_be_visible()
    picture(page, f"step-test-pinned-{look}")
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0

    client.post(f"{API}/queue/pause", json={"paused": True, "reason": "The shop moves"})
    page.reload()
    editor.node("divide").click()
    if options["viewport"] is PHONE:
        page.get_by_test_id("open-form").click()
    expect(page.get_by_test_id("test-refusal")).to_contain_text("The shop moves", timeout=30_000)
    expect(page.get_by_test_id("test-step")).to_have_attribute("aria-disabled", "true")
    picture(page, f"step-test-paused-{look}")
