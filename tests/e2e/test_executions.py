"""Executions in a real browser: found in the list, explained on their page, and mended there."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from flowforge_provider.graph.models import Position
from tests.e2e.api import API, make_workflow
from tests.factories import make_graph, make_set, make_trigger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import httpx
    from playwright.sync_api import Page

    from tests.support.airflow import AirflowInstance

pytestmark = [pytest.mark.e2e, pytest.mark.integration, pytest.mark.timeout(600)]

PHONE = {"width": 390, "height": 844}
PATIENCE_MS = 120_000


@pytest.fixture
def client(airflow_sqlite: AirflowInstance) -> Iterator[httpx.Client]:
    with airflow_sqlite.client() as value:
        yield value


@pytest.fixture
def refused(client: httpx.Client) -> tuple[str, str]:
    """A workflow whose second step fails with the payload that it was started with, and that execution."""
    steps = [
        make_trigger(),
        make_set("before", seen=True),
        make_set("divide", half="{{ 10 // trigger.body.by }}"),
    ]
    placed = [
        step.model_copy(update={"position": Position(x=280 * index, y=0)}) for index, step in enumerate(steps)
    ]
    graph = make_graph(*placed)
    workflow_id = make_workflow(client, "Divides an order", graph)
    assert client.post(f"{API}/workflows/{workflow_id}/publish", json={"message": ""}).status_code == 200
    answer = client.post(f"{API}/executions", json={"workflow_id": workflow_id, "payload": {"by": 0}})
    execution_id = str(answer.json()["id"])
    _wait(client, execution_id, "failed")
    return workflow_id, execution_id


def _wait(client: httpx.Client, execution_id: str, state: str) -> dict[str, Any]:
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while True:
        found: dict[str, Any] = client.get(f"{API}/executions/{execution_id}").json()
        if found["state"] == state or time.monotonic() > deadline:
            assert found["state"] == state
            return found
        time.sleep(0.5)


def test_a_failure_is_found_explained_and_mended(
    airflow_sqlite: AirflowInstance,
    client: httpx.Client,
    refused: tuple[str, str],
    open_page: Callable[..., Page],
    picture: Callable[[Page, str], Path],
) -> None:
    workflow_id, execution_id = refused
    page = open_page()
    page.goto(f"{airflow_sqlite.url}/plugin/flowforge")
    page.get_by_test_id("open-executions").click()
    page.get_by_test_id("filter-state").select_option("failed")
    page.get_by_test_id("filter-workflow").fill(workflow_id)
    expect(page).to_have_url(re.compile(rf"executions\?workflow={workflow_id}&state=failed$"))
    row = page.get_by_test_id(f"execution-{execution_id}")
    expect(row).to_contain_text("Divide")
    picture(page, "executions-light")

    # The page says why before anything else, and shows the step that failed.
    page.get_by_test_id(f"open-execution-{execution_id}").click()
    expect(page.get_by_test_id("failure")).to_contain_text("What to do")
    expect(page.get_by_test_id("node-divide")).to_have_attribute("data-state", "failed")
    expect(page.get_by_test_id("timeline-divide")).to_have_attribute("aria-current", "true")
    page.get_by_test_id("tab-tries").click()
    expect(page.get_by_test_id("try-1")).to_be_visible()
    picture(page, "execution-light")
    page.get_by_test_id("timeline-before").click()
    expect(page).to_have_url(re.compile(r"step=before$"))
    page.get_by_test_id("node-divide").click()
    expect(page).to_have_url(re.compile(r"step=divide$"))

    # From the step that failed on, with another input: what comes before it keeps its output.
    page.get_by_test_id("failure-rerun").click()
    plan = page.get_by_test_id("rerun-plan")
    expect(plan).to_contain_text("before")
    editor = page.get_by_test_id("rerun-input").locator(".cm-content")
    editor.click()
    page.keyboard.press("ControlOrMeta+a")
    operations = '[{"operation": "set_fields", "fields": [{"name": "half", "value": 5}]}]'
    page.keyboard.insert_text(f'{{"operations": {operations}}}')
    picture(page, "execution-rerun")
    page.get_by_test_id("rerun-submit").click()
    expect(page.get_by_test_id("rerun-of")).to_be_visible()
    header = page.get_by_test_id("execution-header")
    expect(header).to_have_attribute("data-state", "success", timeout=PATIENCE_MS)
    new_id = page.get_by_test_id("execution-page").get_attribute("data-execution")
    assert new_id is not None
    steps = {step["node_id"]: step for step in _wait(client, new_id, "success")["steps"]}
    assert (steps["before"]["reused"], steps["divide"]["output"]) == (True, {"half": 5})

    # The two beside each other, then the failed one is marked.
    page.get_by_test_id("compare-with-original").click()
    expect(page.get_by_test_id("compare-divide")).to_be_visible()
    picture(page, "execution-comparison")
    page.get_by_test_id("close-comparison").click()
    page.get_by_test_id("failure-handle").click()
    page.get_by_test_id("handle-comment").fill("Sent again with another number.")
    page.get_by_test_id("handle-submit").click()
    expect(page.get_by_test_id("handled")).to_contain_text("Sent again with another number.")
    page.get_by_test_id("to-executions").click()
    page.get_by_test_id("filter-handled").select_option("yes")
    expect(page.get_by_test_id(f"execution-{execution_id}")).to_have_attribute("data-handled", "true")


@pytest.mark.slow
def test_it_fits_on_a_phone_in_russian_and_in_the_dark(
    airflow_sqlite: AirflowInstance,
    refused: tuple[str, str],
    open_page: Callable[..., Page],
    picture: Callable[[Page, str], Path],
) -> None:
    workflow_id, execution_id = refused
    page = open_page(viewport=PHONE, has_touch=True)
    page.add_init_script("localStorage.setItem('theme', 'dark'); localStorage.setItem('i18nextLng', 'ru');")
    page.goto(f"{airflow_sqlite.url}/plugin/flowforge/executions?workflow={workflow_id}")
    expect(page.get_by_test_id(f"execution-{execution_id}")).to_contain_text("Ошибка", timeout=30_000)
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    picture(page, "executions-phone-dark-ru")
    page.get_by_test_id(f"open-execution-{execution_id}").click()
    expect(page.get_by_test_id("failure")).to_contain_text("Что делать")
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    picture(page, "execution-phone-dark-ru")


def test_several_are_chosen_and_mended_at_once(
    airflow_sqlite: AirflowInstance,
    client: httpx.Client,
    refused: tuple[str, str],
    open_page: Callable[..., Page],
) -> None:
    workflow_id, execution_id = refused
    page = open_page()
    page.goto(f"{airflow_sqlite.url}/plugin/flowforge/executions?workflow={workflow_id}")
    page.get_by_test_id(f"execution-{execution_id}").get_by_role("checkbox").check(timeout=30_000)
    expect(page.get_by_test_id("bulk-cancel")).to_have_attribute("aria-disabled", "true")
    page.get_by_test_id("bulk-handle").click()
    page.get_by_test_id("bulk-comment").fill("Known.")
    page.get_by_test_id("bulk-submit").click()
    # It appears in the row without a reload.
    expect(page.get_by_test_id(f"execution-{execution_id}")).to_have_attribute("data-handled", "true")
    assert client.get(f"{API}/executions/{execution_id}").json()["handled"]["comment"] == "Known."
