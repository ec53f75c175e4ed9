"""How a webhook knows its senders is filled in by hand; each way shows the fields that it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.support.front_door import make_webhook

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.nodes.conftest import TakePictures
    from tests.e2e.pages.drawing import Drawing
    from tests.support.airflow import AirflowInstance

pytestmark = [pytest.mark.e2e, pytest.mark.integration, pytest.mark.timeout(600)]


@pytest.mark.slow
def test_two_senders_by_mouse(
    airflow_api: AirflowInstance, new_drawing: Callable[..., Drawing], pictures: TakePictures
) -> None:
    airflow_api.add_connection("slack_app", conn_type="flowforge_webhook", password="signing-secret")
    drawing = new_drawing("Called by others", make_webhook("hook"))
    form = drawing.editor.select("hook")
    expect(form.root.get_by_test_id("create-token")).to_be_visible()

    slack = {
        "authentication": "slack",
        "connection_id": "slack_app",
        "tolerance_s": 120,
        "allowed_networks": ["192.0.2.0/24", "2001:db8::/32"],
        "handshake": "slack",
    }
    drawing.fill("hook", slack)
    # Slack gives its secret out, and has no header or algorithm to choose.
    expect(form.root.get_by_test_id("create-token")).to_have_count(0)
    for name in ("header_name", "hmac_header", "jwt_algorithms"):
        expect(form.field(name)).to_have_count(0)
    assert drawing.parameters("hook") | slack == drawing.parameters("hook")
    drawing.expect_no_issues()
    pictures(drawing, "hook", name="webhook-slack", field="authentication")

    drawing.fill("hook", {"handshake": "none", "authentication": "hmac"})
    hmac = {
        "hmac_header": "Paddle-Signature",
        "hmac_algorithm": "sha512",
        "hmac_encoding": "base64",
        "hmac_prefix": "h1=",
        "hmac_content": "{timestamp}:{body}",
        "hmac_timestamp_header": "Paddle-Signature",
        "hmac_timestamp_prefix": "ts=",
    }
    drawing.fill("hook", hmac)
    expect(form.root.get_by_test_id("create-token")).to_be_visible()
    assert drawing.parameters("hook") | hmac == drawing.parameters("hook")
    drawing.expect_no_issues()
    pictures(drawing, "hook", name="webhook-hmac", field="hmac_header")
