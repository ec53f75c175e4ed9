"""Deliveries in a real browser: one is caught at the test address, and others are found and sent again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from playwright.sync_api import expect

from tests.e2e.api import API, draft_of
from tests.e2e.pages.signed_in import open_as
from tests.factories import make_graph, make_node

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.e2e.pages.editor_page import EditorPage
    from tests.support.airflow import AirflowInstance

pytestmark = [pytest.mark.e2e, pytest.mark.integration, pytest.mark.timeout(400)]

TOKEN = "a-token-of-the-browser-test"
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def opened(
    airflow_api: AirflowInstance, open_graph: Callable[..., tuple[str, EditorPage]]
) -> tuple[str, EditorPage]:
    """A workflow that a webhook starts, in the editor."""
    airflow_api.add_connection("deliveries_token", conn_type="flowforge_webhook", password=TOKEN)
    hook = make_node("hook", "webhook", parameters={"connection_id": "deliveries_token"})
    return open_graph("Deliveries", make_graph(hook))


def _call(url: str, body: Any, *, token: str = TOKEN) -> httpx.Response:
    return httpx.post(url, json=body, headers={"X-FlowForge-Token": token}, timeout=30)


def test_a_call_is_caught_while_somebody_looks_and_becomes_the_sample(
    opened: tuple[str, EditorPage],
    client: httpx.Client,
    page: Page,
    picture: Callable[[Page, str], Path],
) -> None:
    workflow_id, editor = opened
    editor.node("hook").click()
    url = page.get_by_test_id("webhook-test-url").inner_text()
    assert url.endswith(f"/flowforge/api/webhooks-test/{workflow_id}")
    page.get_by_test_id("listen").click()
    expect(page.get_by_test_id("listen-stop")).to_be_visible()

    assert _call(url, {}, token="wrong").status_code == 401
    expect(page.get_by_test_id("test-refusals")).to_contain_text("The token is missing or wrong")
    picture(page, "test-delivery-refused")
    assert _call(url, {"id": 41, "customer": "Ada"}).status_code == 200
    caught = page.get_by_test_id("test-caught")
    expect(caught).to_contain_text("Ada")
    expect(caught).to_contain_text("it would start a run")
    caught.scroll_into_view_if_needed()
    picture(page, "test-delivery-caught")

    page.get_by_test_id("use-sample").click()
    editor.wait_until_saved()
    hook = next(node for node in draft_of(client, workflow_id)["nodes"] if node["id"] == "hook")
    assert hook["parameters"]["sample_payload"] == {"id": 41, "customer": "Ada"}


def test_deliveries_are_found_and_sent_again(  # noqa: PLR0917 - fixtures
    airflow_api: AirflowInstance,
    opened: tuple[str, EditorPage],
    client: httpx.Client,
    page: Page,
    open_page: Callable[..., Page],
    picture: Callable[[Page, str], Path],
) -> None:
    workflow_id, _ = opened
    assert client.post(f"{API}/workflows/{workflow_id}/publish", json={"message": ""}).status_code == 200
    hook = f"{airflow_api.url}{API}/webhooks/{workflow_id}"
    ids = [_call(hook, {"id": number, "password": "pw"}).json()["delivery_id"] for number in (1, 2)]

    page.goto(f"{airflow_api.url}/plugin/flowforge/deliveries?workflow={workflow_id}")
    rows = page.locator("tr[data-testid^=delivery-]")
    expect(rows).to_have_count(2, timeout=30_000)
    page.get_by_test_id("filter-search").fill(ids[0])
    expect(rows).to_have_count(1)
    expect(page).to_have_url(re.compile(f"search={ids[0]}"))
    page.get_by_test_id(f"delivery-{ids[0]}").get_by_role("button").click()
    detail = page.get_by_test_id("delivery-detail")
    expect(detail).to_contain_text("***")
    expect(page.get_by_test_id("delivery-headers")).to_contain_text("x-flowforge-token")
    expect(detail).not_to_contain_text(TOKEN)
    picture(page, "delivery-detail-light")
    page.get_by_test_id("delivery-redeliver").click()
    page.get_by_test_id("redeliver-submit").click()
    expect(page.get_by_text("1 delivery was sent again")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_test_id("clear-filters").click()
    page.get_by_test_id("filter-workflow").fill(workflow_id)
    expect(rows).to_have_count(3)
    picture(page, "deliveries-light")

    chain = client.get(f"{API}/deliveries/{ids[0]}").json()["chain"]
    assert len(chain) == 2
    new = client.get(f"{API}/deliveries/{chain[1]['id']}").json()
    assert (new["redelivery_of"], new["body"]) == (ids[0], {"id": 1, "password": "***"})

    # All that match at once: asked for with their number, then counted.
    page.get_by_test_id("filter-state").select_option("dispatched")
    expect(rows).to_have_count(3)
    page.get_by_test_id("redeliver-all").click()
    expect(page.get_by_test_id("redeliver-all-dialog")).to_contain_text("Send all 3 deliveries that match")
    page.get_by_test_id("redeliver-all-submit").click()
    expect(page.get_by_test_id("redeliver-all-progress")).to_have_text("Sent again: 3. Left out: 0.")
    picture(page, "deliveries-all-sent")
    page.get_by_test_id("redeliver-all-close").click()

    # On a phone, in Russian and in the dark; a viewer sees everything and sends nothing again.
    phone = open_as("viewer", airflow=airflow_api, open_page=open_page, viewport=PHONE, has_touch=True)
    phone.add_init_script("localStorage.setItem('theme', 'dark'); localStorage.setItem('i18nextLng', 'ru');")
    phone.goto(f"{airflow_api.url}/plugin/flowforge/deliveries?workflow={workflow_id}")
    expect(phone.get_by_test_id(f"delivery-{ids[1]}")).to_be_visible(timeout=30_000)
    # Airflow loads its languages by and by.
    expect(phone.locator("html")).to_have_attribute("lang", "ru", timeout=30_000)
    assert phone.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    picture(phone, "deliveries-phone-dark-ru")
    phone.get_by_test_id(f"delivery-{ids[1]}").get_by_role("button").click()
    expect(phone.get_by_test_id("delivery-redeliver")).to_have_attribute("aria-disabled", "true")
    picture(phone, "delivery-detail-phone-dark-ru")


def test_a_workflow_shows_its_own_deliveries(
    opened: tuple[str, EditorPage], page: Page, picture: Callable[[Page, str], Path]
) -> None:
    page.get_by_test_id("tab-deliveries").click()
    expect(page.get_by_test_id("no-deliveries")).to_contain_text("Nothing was received yet")
    picture(page, "deliveries-tab-empty")
