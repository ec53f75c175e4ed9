"""An HTTP request is drawn and filled in by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

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


def test_found_by_the_keyboard(new_drawing: Callable[..., Drawing]) -> None:
    drawing = new_drawing("Picked request")

    request = drawing.add("http.request", search="http req")
    drawing.fill(request, {"url": "https://example.com", "read_timeout_s": "{{ trigger.body.patience }}"})

    assert drawing.parameters(request)["read_timeout_s"] == "{{ trigger.body.patience }}"
    assert drawing.edges() == {("start", "success", request)}
    drawing.expect_no_issues()
