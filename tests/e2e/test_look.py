"""The editor follows Airflow's colours and language, and fits on a phone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.e2e.pages.editor_page import EditorPage
from tests.e2e.pages.list_page import ListPage
from tests.e2e.pages.signed_in import open_as
from tests.factories import make_graph

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.support.airflow import AirflowInstance

pytestmark = [pytest.mark.e2e, pytest.mark.integration, pytest.mark.timeout(180)]

PHONE = {"width": 390, "height": 844}

# Brightness of the page that lies under everything, from 0 to 1.
_BRIGHTNESS = """() => {
    const root = document.querySelector('flowforge-root').shadowRoot;
    for (let at = root.querySelector('main'); at; at = at.parentElement ?? at.getRootNode().host) {
        const canvas = Object.assign(document.createElement('canvas'), {width: 1, height: 1});
        const paint = canvas.getContext('2d');
        paint.fillStyle = getComputedStyle(at).backgroundColor;
        paint.fillRect(0, 0, 1, 1);
        const [r, g, b, a] = paint.getImageData(0, 0, 1, 1).data;
        if (a === 255) return (r + g + b) / 765;
    }
    return -1;
}"""

# How far anything of the page sticks out to the right of the screen, in pixels.
_OVERFLOW = "() => document.documentElement.scrollWidth - window.innerWidth"


@pytest.fixture
def workflow_id(airflow_api: AirflowInstance) -> str:
    with airflow_api.client("admin") as client:
        graph = make_graph().model_copy(update={"id": "untitled"})
        answer = client.post(
            "/flowforge/api/workflows", json={"name": "Looked at", "graph": graph.model_dump(mode="json")}
        )
        return str(answer.json()["id"])


def test_colours_and_language_are_those_of_airflow(
    airflow_api: AirflowInstance,
    workflow_id: str,
    open_page: Callable[..., Page],
    picture: Callable[[Page, str], Path],
) -> None:
    page = open_as("admin", airflow=airflow_api, open_page=open_page)
    # Where Airflow's own UI keeps the user's choice.
    page.add_init_script("localStorage.setItem('theme', 'dark'); localStorage.setItem('i18nextLng', 'ru');")
    workflows = ListPage(page, base_url=airflow_api.url)

    workflows.open()

    expect(page.locator("html")).to_have_class(re.compile("dark"))
    expect(page.get_by_test_id("new-workflow").first).to_have_text("Новый процесс")
    assert 0 <= page.evaluate(_BRIGHTNESS) < 0.3
    picture(page, "dark-russian")
    editor = workflows.open_workflow(workflow_id)
    expect(page.get_by_test_id("publish-button")).to_have_text("Опубликовать")
    expect(editor.node("total")).to_contain_text("total")
    page.get_by_test_id("back-to-list").click()

    # Both change without a reload: the colours as by another tab, the language as by Airflow's menu.
    page.evaluate(
        "() => { dispatchEvent(new StorageEvent('storage', {key: 'theme', newValue: 'light'}));"
        " document.documentElement.lang = 'en'; }"
    )
    expect(page.get_by_test_id("new-workflow").first).to_have_text("New workflow")
    expect(page.locator("html")).not_to_have_class(re.compile("dark"))
    page.wait_for_function(f"() => ({_BRIGHTNESS})() > 0.8")


def test_a_workflow_is_built_and_published_on_a_phone(
    airflow_api: AirflowInstance, open_page: Callable[..., Page], picture: Callable[[Page, str], Path]
) -> None:
    page = open_as("admin", airflow=airflow_api, open_page=open_page, viewport=PHONE, has_touch=True)
    workflows = ListPage(page, base_url=airflow_api.url)
    workflows.open()
    assert page.evaluate(_OVERFLOW) <= 0
    workflows.create_blank("From a phone")
    editor = EditorPage(page)
    expect(page.get_by_test_id("editor-page")).to_have_attribute("data-narrow", "true")
    editor.settle()

    page.get_by_test_id("add-after-start-success").click()
    page.get_by_test_id("node-picker-item-transform").click()
    expect(page.locator(".react-flow__node")).to_have_count(2)
    page.get_by_test_id("open-form").click()
    editor.properties.fill({"operations": [{"operation": "set_fields"}]})
    editor.properties.add_rows("operations.0.fields", {"seen": "on a phone"})
    assert page.evaluate(_OVERFLOW) <= 0
    picture(page, "phone-form")
    editor.close_properties()
    editor.publish("From a phone")

    assert page.evaluate(_OVERFLOW) <= 0
    picture(page, "phone-editor")


def test_what_was_drawn_is_there_after_a_visit_elsewhere_in_airflow(
    airflow_api: AirflowInstance, workflow_id: str, open_page: Callable[..., Page]
) -> None:
    page = open_as("admin", airflow=airflow_api, open_page=open_page)
    workflows = ListPage(page, base_url=airflow_api.url)
    workflows.open()
    editor = workflows.open_workflow(workflow_id)
    added = editor.add_node("transform")
    address = page.url

    page.locator("a[href='/dags']").first.click()
    expect(editor.canvas).to_be_hidden()
    page.go_back()

    expect(editor.canvas).to_be_visible()
    assert page.url == address
    expect(editor.node(added)).to_be_visible()
    # Undo still knows what was done before.
    editor.undo()
    expect(editor.node(added)).to_have_count(0)
