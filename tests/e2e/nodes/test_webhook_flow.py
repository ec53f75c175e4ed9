"""What a webhook leaves out, recognises and holds back is filled in by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.e2e.pages.conditions import fill_row
from tests.e2e.pages.form_fields import find_field
from tests.support.front_door import make_webhook

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.nodes.conftest import TakePictures
    from tests.e2e.pages.drawing import Drawing

pytestmark = [pytest.mark.e2e, pytest.mark.integration, pytest.mark.timeout(240)]

HIDDEN_AT_FIRST = ("dedup_key", "rate_limit", "rate_key", "group_key", "debounce_quiet_s", "batch_size")


@pytest.mark.slow
def test_flow_control_by_mouse(new_drawing: Callable[..., Drawing], pictures: TakePictures) -> None:
    drawing = new_drawing("Held back", make_webhook("hook", authentication="none"))
    form = drawing.editor.select("hook")
    find_field(form.root, "parameters.rate_limiting")
    for name in HIDDEN_AT_FIRST:
        expect(form.field(name)).to_have_count(0)
    values: dict[str, Any] = {
        "filter": {
            "conditions": [
                {"left": "{{ trigger.body.total }}", "type": "number", "operator": "greater", "right": "100"}
            ]
        },
        "deduplication": "expression",
        "dedup_key": "{{ trigger.body.id }}",
        "dedup_window_s": 3600,
        "rate_limiting": "spread",
        "rate_limit": 10,
        "rate_period_s": 300,
        "rate_key": "{{ trigger.body.customer }}",
        "grouping": "batch",
        "group_key": "{{ trigger.body.customer }}",
        "batch_size": 20,
        "batch_wait_s": 30,
        "limit_concurrency": True,
        "concurrency_limit": 2,
        "concurrency_key": "{{ trigger.body.customer }}",
    }
    drawing.fill("hook", {name: value for name, value in values.items() if name != "filter"})
    expect(form.field("debounce_quiet_s")).to_have_count(0)
    fill_row(
        drawing.editor.page,
        form.root.get_by_test_id("condition-parameters.filter.conditions.0"),
        left="{{ trigger.body.total }}",
        type_="number",
        operator="greater",
        right="100",
    )

    saved = drawing.parameters("hook")
    row = saved["filter"]["conditions"][0]
    assert {**row, **values["filter"]["conditions"][0]} == row
    others = {name: value for name, value in values.items() if name != "filter"}
    assert {**saved, **others} == saved
    pictures(drawing, "hook", name="webhook-decisions", field="filter")
    pictures(drawing, "hook", name="webhook-flow", field="rate_limiting")

    drawing.fill("hook", {"grouping": "debounce", "debounce_quiet_s": 5, "debounce_longest_s": 60})
    expect(form.field("batch_size")).to_have_count(0)
    saved = drawing.parameters("hook")
    assert (saved["grouping"], saved["debounce_quiet_s"], saved["debounce_longest_s"]) == ("debounce", 5, 60)
