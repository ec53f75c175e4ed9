"""The step's panel of an execution in a real browser: its question is answered, its log is followed."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from flowforge_provider.graph.models import Position
from tests.e2e.api import API, make_workflow
from tests.factories import make_edge, make_graph, make_node, make_set, make_trigger

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page, Route

    from tests.support.airflow import AirflowInstance

pytestmark = [pytest.mark.e2e, pytest.mark.integration, pytest.mark.timeout(600)]

PHONE = {"width": 390, "height": 844}
PATIENCE_MS = 120_000


@pytest.fixture
def asking(airflow_sqlite: AirflowInstance) -> str:
    """An execution that waits for an answer."""
    fields = [{"name": "reason", "label": "Reason", "type": "text", "required": True}]
    steps = [
        make_trigger(),
        make_node("ask", "approval", parameters={"title": "Pay the order?", "fields": fields}),
        make_set("pay", reason="{{ steps.ask.values.reason }}"),
    ]
    placed = [
        step.model_copy(update={"position": Position(x=280 * index, y=0)}) for index, step in enumerate(steps)
    ]
    edges = [make_edge("start", "ask"), make_edge("ask", "pay", source_port="approved")]
    with airflow_sqlite.client() as client:
        workflow_id = make_workflow(client, "Asks before it pays", make_graph(*placed, edges=edges))
        published = client.post(f"{API}/workflows/{workflow_id}/publish", json={"message": ""})
        assert published.status_code == 200, published.text
        answer = client.post(f"{API}/executions", json={"workflow_id": workflow_id, "payload": {}})
        execution_id = str(answer.json()["id"])
        deadline = time.monotonic() + PATIENCE_MS / 1000
        while not client.get(f"{API}/executions/{execution_id}").json()["approvals"]:
            assert time.monotonic() < deadline
            time.sleep(0.5)
    return execution_id


def _address(airflow: AirflowInstance, execution_id: str) -> str:
    return f"{airflow.url}/plugin/flowforge/executions/{quote(execution_id, safe='')}?step=ask"


def test_a_question_is_answered_and_the_log_is_followed(
    airflow_sqlite: AirflowInstance,
    asking: str,
    open_page: Callable[..., Page],
    picture: Callable[[Page, str], Path],
) -> None:
    page = open_page()
    page.goto(_address(airflow_sqlite, asking))
    card = page.get_by_test_id("approval")
    expect(card).to_contain_text("Pay the order?", timeout=30_000)
    picture(page, "execution-question-light")

    # The log while the step waits: it is told as it is written, and what is looked for is marked.
    page.get_by_test_id("tab-logs").click()
    lines = page.get_by_test_id("log-lines")
    expect(lines).to_contain_text("Waiting for an answer", timeout=30_000)
    expect(page.get_by_test_id("log-live")).to_have_attribute("data-live", "true")
    page.get_by_test_id("log-search").fill("answer")
    found = page.get_by_test_id("log-found")
    expect(found).to_have_text(re.compile(r"^1 of \d+$"))
    page.get_by_test_id("log-search").press("Shift+Enter")
    expect(found).to_have_text(re.compile(r"^(\d+) of \1$"))
    expect(lines.locator("mark[data-current]")).to_have_count(1)
    picture(page, "execution-log-light")
    with page.expect_download() as download:
        page.get_by_test_id("log-download").click()
    assert "Waiting for an answer" in download.value.path().read_text()

    # What must be filled in is asked for; then the run goes on, and the log to its end.
    page.get_by_test_id("tab-question").click()
    page.get_by_test_id("answer-0").click()
    expect(card.locator("[aria-invalid='true']")).to_have_count(1)
    card.get_by_label("Reason").fill("A known customer.")
    page.get_by_test_id("answer-0").click()
    header = page.get_by_test_id("execution-header")
    expect(header).to_have_attribute("data-state", "success", timeout=PATIENCE_MS)
    expect(card).to_have_count(0)
    page.get_by_test_id("node-pay").click()
    expect(page.get_by_test_id("step-output")).to_contain_text("A known customer.")


@pytest.mark.slow
def test_it_goes_on_where_no_stream_comes_through(
    airflow_sqlite: AirflowInstance,
    asking: str,
    open_page: Callable[..., Page],
    picture: Callable[[Page, str], Path],
) -> None:
    def cut_off(route: Route) -> None:
        route.fulfill(status=200, content_type="text/event-stream", body=": nothing comes\n\n")

    page = open_page(viewport=PHONE, has_touch=True)
    page.add_init_script("localStorage.setItem('theme', 'dark'); localStorage.setItem('i18nextLng', 'ru');")
    page.route(re.compile(r"/events\?"), cut_off)
    page.goto(_address(airflow_sqlite, asking))
    expect(page.get_by_test_id("approval")).to_be_visible(timeout=30_000)
    page.get_by_test_id("tab-logs").click()
    lines = page.get_by_test_id("log-lines")
    expect(lines).to_contain_text("Waiting for an answer", timeout=30_000)
    expect(page.get_by_test_id("log-live")).to_have_text("Раз в секунду")
    page.get_by_test_id("log-search").fill("answer")
    lines.scroll_into_view_if_needed()
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    picture(page, "execution-log-phone-dark-ru")
    with airflow_sqlite.client() as client:
        body: dict[str, Any] = {"option": "Approve", "values": {"reason": "Known."}, "map_index": -1}
        answered = client.post(f"{API}/executions/{asking}/steps/ask/answer", json=body)
        assert answered.status_code == 200, answered.text
    # Neither the page nor the log was told: both have asked.
    expect(page.get_by_test_id("execution-header")).to_have_attribute(
        "data-state", "success", timeout=PATIENCE_MS
    )
    expect(page.get_by_test_id("log-follow")).to_have_count(0, timeout=30_000)
