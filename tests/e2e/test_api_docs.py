"""The Swagger UI page in a real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tests.support.airflow import AirflowInstance

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_api_docs_show_every_tag_and_load_nothing_from_elsewhere(
    airflow_api: AirflowInstance, chromium: Browser, scheme: Literal["light", "dark"]
) -> None:
    page = chromium.new_page(color_scheme=scheme, viewport={"width": 1200, "height": 900})
    elsewhere: list[str] = []
    complaints: list[str] = []
    page.on(
        "request",
        lambda request: (
            None if request.url.startswith((airflow_api.url, "data:")) else elsewhere.append(request.url)
        ),
    )
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{airflow_api.url}/flowforge/api-docs")
    page.locator("#operations-tag-workflows").wait_for()
    page.locator("#operations-workflows-publish_workflow").click()
    page.get_by_text("Make the draft live").wait_for()
    assert page.locator("html.dark-mode").count() == (1 if scheme == "dark" else 0)
    assert elsewhere == []
    assert complaints == []
    page.close()
