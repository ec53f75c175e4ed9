"""An HTTP request is drawn and filled in by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.e2e.nodes.conftest import TakePictures
    from tests.e2e.pages.drawing import Drawing
    from tests.support.airflow import AirflowInstance

pytestmark = [pytest.mark.e2e, pytest.mark.integration, pytest.mark.timeout(180)]


def test_drawn_by_mouse(
    airflow_api: AirflowInstance, new_drawing: Callable[..., Drawing], pictures: TakePictures
) -> None:
    airflow_api.add_connection("drawn_shop", conn_type="http", host="https://shop.example.com")
    drawing = new_drawing("Drawn request")

    request = drawing.add("http.request")
    drawing.connect("start", request)
    values = {
        "method": "POST",
        "url": "/orders/{{ trigger.body.id }}",
        "connection_id": "drawn_shop",
        "query": [{"name": "source", "value": "flowforge"}],
        "headers": [{"name": "X-Run", "value": "{{ run.id }}"}],
        "body_type": "json",
        "body": {"product": "{{ trigger.body.product }}", "quantity": 2},
        "read_timeout_s": 12.5,
        "success_statuses": ["2xx", "404"],
        "follow_redirects": False,
    }
    drawing.fill(request, values)

    assert drawing.parameters(request) | values == drawing.parameters(request)
    assert drawing.edges() == {("start", "success", request)}
    drawing.expect_no_issues()
    pictures(drawing, request, name="node-http-request")


@pytest.mark.slow
def test_a_form_with_files_and_pages(new_drawing: Callable[..., Drawing], pictures: TakePictures) -> None:
    drawing = new_drawing("Drawn upload")

    upload = drawing.add("http.request")
    drawing.connect("start", upload)
    values = {
        "method": "POST",
        "url": "https://shop.example.com/reports",
        "body_type": "multipart",
        "form": [{"name": "title", "value": "Report"}],
        "files": [{"name": "report", "file": "{{ trigger.body.file }}", "filename": "report.csv"}],
        "response_type": "json",
        "idempotency_header": "X-Request-Key",
        "total_timeout_s": 120,
        "proxy": "http://proxy.example.com:3128",
        "pagination": "cursor",
        "cursor_field": "meta.next",
        "items_field": "data",
        "page_size": 50,
        "stop_when": "{{ page.number >= 3 }}",
    }
    drawing.fill(upload, values)

    assert drawing.parameters(upload) | values == drawing.parameters(upload)
    drawing.expect_no_issues()
    pictures(drawing, upload, name="node-http-request-upload")


def test_imported_from_curl(
    new_drawing: Callable[..., Drawing], picture: Callable[[Page, str], Path]
) -> None:
    drawing = new_drawing("Imported request")
    request = drawing.add("http.request")
    drawing.connect("start", request)
    page = drawing.editor.page
    page.get_by_test_id("import-curl").click()
    page.get_by_label("Import cURL").fill(
        "curl 'https://api.example.com/orders?page=2' -H 'Authorization: Bearer very-secret' \\\n"
        "  -H 'accept: application/json' -b 'sid=1' --data-raw '{\"id\": 7}' --compressed"
    )
    picture(page, "node-http-request-curl")
    page.get_by_test_id("import-curl-apply").click()

    told = page.get_by_test_id("curl-left-out")
    expect(told).to_contain_text("Authorization: a token. Put it into a connection")
    picture(page, "node-http-request-curl-imported")
    found = drawing.parameters(request)
    wanted = {
        "method": "POST",
        "url": "https://api.example.com/orders",
        "query": [{"name": "page", "value": "2"}],
        "headers": [{"name": "accept", "value": "application/json"}],
        "body_type": "json",
        "body": {"id": 7},
    }
    assert found | wanted == found
    assert "very-secret" not in str(drawing.graph())
    drawing.expect_no_issues()


def test_found_by_the_keyboard(new_drawing: Callable[..., Drawing]) -> None:
    drawing = new_drawing("Picked request")

    request = drawing.add("http.request", search="http req")
    drawing.fill(request, {"url": "https://example.com", "read_timeout_s": "{{ trigger.body.patience }}"})

    assert drawing.parameters(request)["read_timeout_s"] == "{{ trigger.body.patience }}"
    assert drawing.edges() == {("start", "success", request)}
    drawing.expect_no_issues()
