"""Telegram messages are drawn and filled in by hand."""

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
    airflow_api.add_connection("drawn_bot", conn_type="telegram", password="1:x")
    drawing = new_drawing("Drawn message")

    message = drawing.add("telegram.send")
    drawing.connect("start", message)
    values = {
        "connection_id": "drawn_bot",
        "chats": ["-1001234567890", "@news"],
        "text": "<b>Order {{ trigger.body.id }}</b>",
        "format": "html",
        "media": [{"kind": "document", "source": "url", "url": "https://example.com/a.pdf"}],
        "buttons": [{"text": "Open", "url": "https://example.com/{{ trigger.body.id }}"}],
        "silent": True,
        "topic_id": 5,
    }
    drawing.fill(message, values)

    saved = drawing.parameters(message)
    plain = [name for name in values if name not in ("media", "buttons")]
    assert {name: saved[name] for name in plain} == {name: values[name] for name in plain}
    assert [(one["kind"], one["source"], one["url"]) for one in saved["media"]] == [
        ("document", "url", "https://example.com/a.pdf")
    ]
    assert [(one["text"], one["url"]) for one in saved["buttons"]] == [
        ("Open", "https://example.com/{{ trigger.body.id }}")
    ]
    assert drawing.edges() == {("start", "success", message)}
    drawing.expect_no_issues()
    pictures(drawing, message, name="node-telegram-send")


def test_found_by_the_keyboard(airflow_api: AirflowInstance, new_drawing: Callable[..., Drawing]) -> None:
    airflow_api.add_connection("drawn_bot", conn_type="telegram", password="1:x")
    drawing = new_drawing("Picked message")

    message = drawing.add("telegram.send", search="telegram")
    drawing.fill(message, {"connection_id": "drawn_bot", "text": "Order {{ trigger.body.id }} is paid."})

    assert drawing.parameters(message)["text"] == "Order {{ trigger.body.id }} is paid."
    assert drawing.edges() == {("start", "success", message)}
    drawing.expect_no_issues()
