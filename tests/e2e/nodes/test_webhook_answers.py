"""What a webhook takes and what it answers is filled in by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.support.front_door import make_webhook

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.nodes.conftest import TakePictures
    from tests.e2e.pages.drawing import Drawing

pytestmark = [pytest.mark.e2e, pytest.mark.integration, pytest.mark.timeout(400)]


@pytest.mark.slow
def test_bodies_and_answers_by_mouse(new_drawing: Callable[..., Drawing], pictures: TakePictures) -> None:
    drawing = new_drawing("Answered", make_webhook("hook", authentication="none"))
    form = drawing.editor.select("hook")
    expect(form.field("respond_limit_s")).to_have_count(0)
    values: dict[str, Any] = {
        "max_body_bytes": 65536,
        "body_schema": {"type": "object", "required": ["id"]},
        "allowed_origins": ["https://shop.example.com"],
        "respond": "when_finished",
        "respond_limit_s": 45,
    }
    drawing.fill("hook", values)
    saved = drawing.parameters("hook")
    assert {name: saved[name] for name in values} == values
    pictures(drawing, "hook", name="webhook-bodies", field="body_schema")
    pictures(drawing, "hook", name="webhook-answers", field="respond_limit_s")
