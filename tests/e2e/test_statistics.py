"""Statistics of a workflow in a real browser, of runs that Airflow has really made."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

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
PATIENCE_S = 240


@pytest.fixture
def client(airflow_sqlite: AirflowInstance) -> Iterator[httpx.Client]:
    with airflow_sqlite.client() as value:
        yield value


def _run(client: httpx.Client, workflow_id: str, *, by: list[int]) -> None:
    """Start an execution with each payload, and wait until all have ended."""
    started = [
        str(
            client.post(
                f"{API}/executions", json={"workflow_id": workflow_id, "payload": {"by": number}}
            ).json()["id"]
        )
        for number in by
    ]
    deadline = time.monotonic() + PATIENCE_S
    for execution_id in started:
        while client.get(f"{API}/executions/{execution_id}").json()["state"] not in ("success", "failed"):
            assert time.monotonic() < deadline, f"{execution_id} has not ended."
            time.sleep(0.5)


def test_a_workflow_is_told_by_its_runs(
    airflow_sqlite: AirflowInstance,
    client: httpx.Client,
    open_page: Callable[..., Page],
    picture: Callable[[Page, str], Path],
) -> None:
    graph = make_graph(make_trigger(), make_set("divide", half="{{ 10 // trigger.body.by }}"))
    workflow_id = make_workflow(client, "Counts its runs", graph)
    assert client.post(f"{API}/workflows/{workflow_id}/publish", json={"message": ""}).status_code == 200

    # From the list: nothing has run yet, and the page says so.
    page = open_page()
    page.goto(f"{airflow_sqlite.url}/plugin/flowforge")
    page.get_by_test_id(f"workflow-menu-{workflow_id}").click(timeout=60_000)
    page.get_by_role("menuitem", name="Statistics").click()
    expect(page.get_by_test_id("never-ran")).to_be_visible()
    expect(page).to_have_url(re.compile(rf"workflows/{workflow_id}/statistics$"))
    picture(page, "statistics-never")

    # What runs meanwhile appears by itself.
    _run(client, workflow_id, by=[1, 2, 0])
    expect(page.get_by_test_id("statistics-total")).to_contain_text("3", timeout=60_000)
    expect(page.get_by_test_id("statistics-rate")).to_contain_text("66.7%")
    expect(page.get_by_test_id("fail-divide")).to_contain_text("1 of 3")

    # By keyboard: the chart takes the focus, and the last day is today.
    chart = page.get_by_test_id("chart-runs")
    expect(chart.locator("path.recharts-rectangle").first).to_be_visible()
    chart.get_by_role("application").focus()
    # What the mouse points at comes before what the keys have reached.
    page.mouse.move(1, 1)
    tip = page.get_by_test_id("tip-runs")
    expect(tip).to_be_visible()
    for _ in range(60):
        if "Failed1" in str(tip.text_content()):
            break
        page.keyboard.press("ArrowRight")
        # One step is drawn a frame; of keys that come faster the last one counts.
        page.wait_for_timeout(50)
    expect(tip).to_contain_text(re.compile(r"Succeeded\s*2.*Failed\s*1"))
    picture(page, "statistics-light")

    # As a table, whose days lead to their executions; from there it leads back.
    page.get_by_test_id("toggle-runs").click()
    page.get_by_test_id("table-runs").get_by_role("link").click()
    expect(page.locator("[data-testid^='open-execution-']")).to_have_count(3)
    page.get_by_test_id("to-statistics").click()
    page.get_by_test_id("range-7").click()
    expect(page).to_have_url(re.compile(r"/statistics\?days=7$"))
    expect(page.get_by_test_id("card-triggers")).to_contain_text("By hand")

    # From the editor, too.
    page.get_by_test_id("to-editor").click()
    page.get_by_test_id("more-menu").click()
    page.get_by_role("menuitem", name="Statistics").click()
    expect(page.get_by_test_id("statistics-total")).to_be_visible()

    phone = open_page(viewport=PHONE, has_touch=True)
    phone.add_init_script("localStorage.setItem('theme', 'dark'); localStorage.setItem('i18nextLng', 'ru');")
    phone.goto(page.url)
    expect(phone.get_by_test_id("card-runs")).to_contain_text("Запуски по дням", timeout=60_000)
    expect(phone.get_by_test_id("chart-duration").locator("path.recharts-line-curve").first).to_be_attached()
    assert phone.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    picture(phone, "statistics-phone-dark-ru")
