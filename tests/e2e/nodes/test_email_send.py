"""Emails are drawn and filled in by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.nodes.conftest import TakePictures
    from tests.e2e.pages.drawing import Drawing
    from tests.support.airflow import AirflowInstance

pytestmark = [pytest.mark.e2e, pytest.mark.integration, pytest.mark.timeout(240)]


def test_drawn_by_mouse(
    airflow_api: AirflowInstance, new_drawing: Callable[..., Drawing], pictures: TakePictures
) -> None:
    airflow_api.add_connection("drawn_mail", conn_type="smtp", host="mail.example.com")
    drawing = new_drawing("Drawn email")

    email = drawing.add("email.send")
    drawing.connect("start", email)
    values = {
        "connection_id": "drawn_mail",
        "sender": "Shop <shop@example.com>",
        "to": ["{{ trigger.body.email }}", "Ann Lee <ann@example.com>"],
        "subject": "Order {{ trigger.body.id }}",
        "body_type": "markdown",
        "markdown": "**Thank you**, {{ trigger.body.name }}.",
        "attachments": [{"source": "url", "url": "https://example.com/terms.pdf", "filename": "terms.pdf"}],
        "cc": ["boss@example.com"],
        "headers": [{"name": "X-Order", "value": "{{ trigger.body.id }}"}],
    }
    drawing.fill(email, values)

    saved = drawing.parameters(email)
    assert {name: saved[name] for name in values if name != "attachments"} == {
        name: value for name, value in values.items() if name != "attachments"
    }
    assert [(one["source"], one["url"], one["filename"]) for one in saved["attachments"]] == [
        ("url", "https://example.com/terms.pdf", "terms.pdf")
    ]
    assert drawing.edges() == {("start", "success", email)}
    drawing.expect_no_issues()
    pictures(drawing, email, name="node-email-send")


def test_found_by_the_keyboard(airflow_api: AirflowInstance, new_drawing: Callable[..., Drawing]) -> None:
    airflow_api.add_connection("drawn_resend", conn_type="resend")
    drawing = new_drawing("Picked email")

    email = drawing.add("email.send", search="email")
    values = {
        "connection_id": "drawn_resend",
        "to": ["ann@example.com"],
        "subject": "Later",
        "text": "Hello",
        "tags": [{"name": "kind", "value": "order"}],
        "scheduled_at": "{{ trigger.body.at }}",
    }
    drawing.fill(email, values)

    saved = drawing.parameters(email)
    assert {name: saved[name] for name in values} == values
    drawing.expect_no_issues()
